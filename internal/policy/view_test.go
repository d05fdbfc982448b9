package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// caseManager asks today for an organization that runs no federal program.
func caseManager() *policy.Viewer {
	return &policy.Viewer{Role: policy.CaseManager, Organization: mine, Purpose: policy.Treatment, Standing: inOrder}
}

// released is a question about another organization's data of which the categories are released.
func released(categories ...hmis.Category) policy.Question {
	q := policy.Question{Viewer: caseManager(), Day: today, Written: latticeWritten, Partners: true}
	for _, c := range categories {
		q.Grants = append(q.Grants, policy.Grant{Release: 1, Category: c, From: today, Until: today})
	}
	return q
}

func ownData() policy.Question {
	q := released()
	q.Own = true
	return q
}

func loaded(file string, q policy.Question) *policy.Loaded {
	l := policy.Loaded{File: hmis.FileNamed(file), View: policy.NewView(q)}
	return l.Kept()
}

// A row names every field that the viewer may not see, whether or not it has a value, with category and reason.
func TestWithheld(t *testing.T) {
	fleeing := released(hmis.CoordinatedEntry, hmis.Location)
	fleeing.Fleeing = true
	analyst := released()
	analyst.Viewer.Role = policy.Analyst
	for _, tt := range []struct {
		name string
		row  *policy.Loaded
		want string
	}{
		{"own", loaded("HealthAndDV", ownData()), ""},
		{"health alone", loaded("HealthAndDV", released(hmis.Health)),
			"domesticViolenceSurvivor DOMESTIC_VIOLENCE NOT_RELEASED, whenOccurred DOMESTIC_VIOLENCE NOT_RELEASED, " +
				"currentlyFleeing DOMESTIC_VIOLENCE NOT_RELEASED, mentalHealthStatus BEHAVIORAL_HEALTH NOT_RELEASED"},
		{"a federal program's column", loaded("Disabilities", released(hmis.Health)),
			"tCellCountAvailable HIV OTHER_PROGRAM, tCellCount HIV OTHER_PROGRAM, tCellSource HIV OTHER_PROGRAM, viralLoadAvailable HIV OTHER_PROGRAM, " +
				"viralLoad HIV OTHER_PROGRAM, viralLoadSource HIV OTHER_PROGRAM, antiRetroviral HIV OTHER_PROGRAM"},
		{"places of who flees", loaded("Assessment", fleeing), "assessmentLocation COORDINATED_ENTRY NOT_RELEASED"},
		{"places, to an analyst", loaded("Event", analyst), "locationCrisisOrPhHousing COORDINATED_ENTRY NOT_FOR_ROLE"},
		{"nobody", &policy.Loaded{File: hmis.FileNamed("AssessmentResults")},
			"assessmentResultType COORDINATED_ENTRY NOT_RELEASED, assessmentResult COORDINATED_ENTRY NOT_RELEASED"},
	} {
		var got []string
		for _, w := range tt.row.Withheld() {
			got = append(got, fmt.Sprint(w.Field, " ", w.Category, " ", w.Reason))
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s: withheld\n%s, not\n%s", tt.name, s, tt.want)
		}
	}
}

// Access says by category what may be seen and changed, and why.
func TestAccess(t *testing.T) {
	lead := released()
	lead.Viewer.Role = policy.SystemAdmin
	psychiatric := loaded("Disabilities", released(hmis.BehavioralHealth))
	psychiatric.Type = hmis.ClassOf(hmis.BehavioralHealth)
	for _, tt := range []struct {
		name string
		row  *policy.Loaded
		want string
	}{
		{"own", loaded("HealthAndDV", ownData()),
			"HEALTH view edit OWN_ORGANIZATION, BEHAVIORAL_HEALTH view edit OWN_ORGANIZATION, DOMESTIC_VIOLENCE view edit OWN_ORGANIZATION"},
		{"health alone", loaded("HealthAndDV", released(hmis.Health)),
			"HEALTH view - BY_RELEASE, BEHAVIORAL_HEALTH - - NOT_RELEASED, DOMESTIC_VIOLENCE - - NOT_RELEASED"},
		{"the lead", loaded("Event", lead), "COORDINATED_ENTRY view edit BY_ROLE"},
		{"a row whose type decides", psychiatric, "BEHAVIORAL_HEALTH view - BY_RELEASE, HIV - - OTHER_PROGRAM"},
		{"nobody", &policy.Loaded{File: hmis.FileNamed("HealthAndDV")}, ""},
	} {
		var got []string
		for _, a := range tt.row.Access() {
			view, edit := "-", "-"
			if a.CanView {
				view = "view"
			}
			if a.CanEdit {
				edit = "edit"
			}
			got = append(got, fmt.Sprint(a.Category, " ", view, " ", edit, " ", a.Reason))
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s: access\n%s, not\n%s", tt.name, s, tt.want)
		}
	}
}

// The notice of 42 CFR 2.32 goes with what a release opens of behavioral health, and with nothing else.
func TestNotice(t *testing.T) {
	psychiatric, physical := loaded("Disabilities", released(hmis.BehavioralHealth)), loaded("Disabilities", released(hmis.BehavioralHealth))
	psychiatric.Type, physical.Type = hmis.ClassOf(hmis.BehavioralHealth), hmis.ClassOf(hmis.Health)
	for _, tt := range []struct {
		name string
		row  *policy.Loaded
		want bool
	}{
		{"released", loaded("HealthAndDV", released(hmis.BehavioralHealth)), true},
		{"other categories released", loaded("HealthAndDV", released(hmis.Health)), false},
		{"own", loaded("HealthAndDV", ownData()), false},
		{"a file without behavioral health", loaded("IncomeBenefits", released(hmis.BehavioralHealth)), false},
		{"a row of that type", psychiatric, true},
		{"a row of another type", physical, false},
		{"nobody", &policy.Loaded{File: hmis.FileNamed("HealthAndDV")}, false},
	} {
		if got := tt.row.Notice(); (got != nil) != tt.want || got != nil && *got != policy.RedisclosureNotice {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// Without a View nothing is shown and nothing is own.
func TestNoView(t *testing.T) {
	var none *policy.View
	if none.Own() || none.Shows(hmis.ClassOf(hmis.Demographics)) || none.Decide(hmis.Class{}) != (policy.Decision{Reason: policy.NotReleased}) {
		t.Error("no View shows something")
	}
}
