package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// ofOthers is the community with other records of other agencies than the first.
func ofOthers() storetest.Rows {
	return storetest.Community().
		Set("Enrollment", "e-ada-21", "EntryDate", "2024-09-15").Set("Enrollment", "e-dot-31", "DisablingCondition", "1").
		Set("Exit", "x-dot", "Destination", "116").Without("Enrollment", "EnrollmentID", "e-cal-22").
		Without("Services", "EnrollmentID", "e-cal-22").Without("Disabilities", "EnrollmentID", "e-cal-22").Without("IncomeBenefits", "EnrollmentID", "e-cal-22").
		Without("HealthAndDV", "EnrollmentID", "e-cal-22").Without("EmploymentEducation", "EnrollmentID", "e-cal-22")
}

// An agency's report, data quality and kept runs are the same whatever is in the records of other agencies: people and
// stays more or less, other answers, other releases.
func TestReportsTellNothingOfOthers(t *testing.T) {
	var questions []string
	for _, kind := range []string{"APR", "CAPER", "DQ"} {
		of := fmt.Sprintf(`kind: %s, start: "2024-07-01", end: "2025-06-30"`, kind)
		questions = append(questions,
			"{ report("+of+") { change dataAt projects { projectId } html tables { id title columns rows cells { address value text } } } }",
			"mutation { runReport(input: {"+of+"}) { run { state change cells { table address value text } } userErrors { message } } }")
	}
	questions = append(questions, `{ reportRuns { totalCount nodes { kind change username failure cells { table address value } } } }`,
		`{ dataQuality(start: "2024-07-01", end: "2025-06-30") { count checks { check { id area severity what mend } count } projects { project { projectId } count }
			organizations { organization { organizationName } count } projectTypes { projectType count } trend { month count }
			timeliness { project { projectId } starts exits medianDaysToRecordStart medianDaysToRecordExit }
			findings(first: 500) { check { id } file hudId project { projectId } client { personalId } enrollment { enrollmentId } } } }`)
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			one, two := newHub(t, d), newHubOf(t, d, ofOthers())
			for _, q := range questions {
				a, b := one.ask(t, "admin", q, nil), two.ask(t, "admin", q, nil)
				if strings.HasPrefix(a, "errors") {
					t.Fatal(a)
				}
				if diff := cmp.Diff(a, b); diff != "" {
					t.Errorf("%.60s (-as it is +with other agencies' records changed):\n%s", q, diff)
				}
			}
			if one.ask(t, "lead", questions[0], nil) == two.ask(t, "lead", questions[0], nil) {
				t.Error("the lead's report is the same too, so nothing was shown")
			}
		})
	}
}

// A run that is hidden from the viewer is answered as one that is absent, and one's own ends as it is.
func TestAFollowedRunIsHidden(t *testing.T) {
	const question = `subscription($id: ID!) { reportRun(id: $id) { kind username state progress } }`
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			h := newHub(t, d)
			for _, viewer := range []string{"lead", "admin"} {
				if answer := h.ask(t, viewer, `mutation { runReport(input: {kind: DQ, start: "2024-07-01", end: "2025-06-30"}) { run { id } userErrors { message } } }`, nil); !strings.Contains(answer, `"id"`) {
					t.Fatal(answer)
				}
			}
			leads, admins := h.ids(t).value("$ReportRun:1;"), h.ids(t).value("$ReportRun:2;")
			absent := h.ask(t, "admin", question, map[string]any{"id": "nonsense"})
			for viewer, sees := range map[string][2]bool{"lead": {true, true}, "admin": {false, true}, "north": {}, "south": {}, "analyst": {}, "app": {}} {
				for i, id := range []string{leads, admins} {
					answer := h.ask(t, viewer, question, map[string]any{"id": id})
					if shown := strings.Contains(answer, `"progress"`); shown != sees[i] || !shown && answer != absent {
						t.Errorf("%s, run %d: %s", viewer, i+1, answer)
					}
				}
			}
		})
	}
}
