package policy_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

var update = flag.Bool("update", false, "write the tables in testdata as the policy decides now; then read the difference")

// golden compares a file with what it should hold, or writes it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	is, was := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(is), len(was)) {
		if is[i] != was[i] {
			t.Fatalf("%s, line %d, says\n%s\nand the policy decides\n%s\nIf that is right, go test -update writes it.", path, i+1, was[i], is[i])
		}
	}
	t.Fatalf("%s has %d lines, not %d; go test -update writes it", path, len(was), len(is))
}

// column is what one column of a table asks about.
type column struct {
	head, means string
	class       hmis.Class
}

var columns = []column{
	{"ID", "IDENTITY", hmis.ClassOf(hmis.Identity)},
	{"DEM", "DEMOGRAPHICS", hmis.ClassOf(hmis.Demographics)},
	{"SGI", "SENSITIVE_IDENTITY", hmis.ClassOf(hmis.SensitiveIdentity)},
	{"ENR", "ENROLLMENT", hmis.ClassOf(hmis.EnrollmentCategory)},
	{"LOC", "LOCATION", hmis.ClassOf(hmis.Location)},
	{"SVC", "SERVICES", hmis.ClassOf(hmis.ServicesCategory)},
	{"INC", "INCOME", hmis.ClassOf(hmis.Income)},
	{"HLT", "HEALTH", hmis.ClassOf(hmis.Health)},
	{"BH", "BEHAVIORAL_HEALTH", hmis.ClassOf(hmis.BehavioralHealth)},
	{"HIV", "HIV", hmis.ClassOf(hmis.HIV)},
	{"DV", "DOMESTIC_VIOLENCE", hmis.ClassOf(hmis.DomesticViolence)},
	{"CE", "COORDINATED_ENTRY", hmis.ClassOf(hmis.CoordinatedEntry)},
	{"CE@", "COORDINATED_ENTRY, the columns that name a place", hmis.Class{Category: hmis.CoordinatedEntry, Place: true}},
	{"YJ", "YOUTH_JUSTICE", hmis.ClassOf(hmis.YouthJustice)},
	{"MIL", "MILITARY", hmis.ClassOf(hmis.Military)},
	{"???", "a row of a kind that nobody knows", hmis.ClassOf(hmis.Unclassified)},
}

// The words of the cells: capitals see, small letters and signs do not.
var cells = []struct {
	reason      policy.Reason
	sees        bool
	word, means string
}{
	{policy.OwnOrganization, true, "OWN", "seen: the account's own organization collected it"},
	{policy.ByRelease, true, "REL", "seen: a release of the client opens it"},
	{policy.ByRole, true, "ROLE", "seen: the role sees it of everybody"},
	{policy.NotReleased, false, ".", "not seen: no release opens it"},
	{policy.NotForRole, false, "/", "not seen: no account of this role, or with these scopes, sees it"},
	{policy.NoPartnerAgreement, false, "ptnr", "not seen: one of the two organizations has no partner agreement"},
	{policy.RefusedByClient, false, "no", "not seen: the client was asked and said no"},
	{policy.OtherProgram, false, "prog", "not seen: of a federal program that the organization does not run"},
	{policy.RestrictedRecord, false, "lock", "not seen: the record is locked"},
	{policy.AccountNotInOrder, false, "acct", "not seen: the account is not in order"},
	{policy.VictimServiceData, false, "vsp", "not seen: from a victim service provider or a comparable database"},
}

func word(d policy.Decision) string {
	for _, c := range cells {
		if c.reason == d.Reason && c.sees == d.Permit {
			return c.word
		}
	}
	return "wrong: " + say(d) // a reason of what is seen that withholds, or the reverse
}

const nameWidth = 32 // characters of a row's name

// heading is the line above the rows.
func heading() string {
	s := strings.Repeat(" ", nameWidth)
	for _, c := range columns {
		s += fmt.Sprintf(" %-4s", c.head)
	}
	return strings.TrimRight(s, " ") + "\n"
}

// table prints a row for each name; those whose cells are the same share one.
func table(names []string, decide func(name string, class hmis.Class) policy.Decision) string {
	var order []string
	sharing := map[string][]string{}
	for _, name := range names {
		line := ""
		for _, c := range columns {
			line += fmt.Sprintf(" %-4s", word(decide(name, c.class)))
		}
		if sharing[line] == nil {
			order = append(order, line)
		}
		sharing[line] = append(sharing[line], name)
	}
	rest := slices.IndexFunc(order, func(line string) bool { return len(sharing[line]) > 4 })
	if rest >= 0 { // most of them share one line: it comes last
		line := order[rest]
		order = append(slices.Delete(order, rest, rest+1), line)
		sharing[line] = []string{"everybody else"}
		if len(order) == 1 {
			sharing[line] = []string{"everybody"}
		}
	}
	s := ""
	for _, line := range order {
		s += strings.TrimRight(fmt.Sprintf("%-*s%s", nameWidth, strings.Join(sharing[line], ", "), line), " ") + "\n"
	}
	return s
}
