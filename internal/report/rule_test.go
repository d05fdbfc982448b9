package report

import (
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
)

// Who is in (report-rules.md 2).
func TestActive(t *testing.T) {
	for _, c := range []struct {
		name, projectType string
		entry, exit       string
		night             string
		want              bool
	}{
		{"before", "0", "2024-01-01", "2024-09-30", "", false},
		{"exit on the first day", "0", "2024-01-01", "2024-10-01", "", true},
		{"entry on the last day", "0", "2025-09-30", "", "", true},
		{"entry after", "0", "2025-10-01", "", "", false},
		{"nightly without a night", "1", "2024-01-01", "", "", false},
		{"nightly with a night in the period", "1", "2024-01-01", "", "2024-12-01", true},
		{"nightly with a night before", "1", "2024-01-01", "", "2024-02-01", false},
		{"nightly with a night before entry", "1", "2025-01-01", "", "2024-12-01", false},
		{"nightly with an exit in the period", "1", "2024-01-01", "2024-11-01", "", true},
	} {
		w := newWorld(t, c.projectType)
		w.Stay("a", values{"EntryDate": c.entry, "ExitDate": c.exit})
		if c.night != "" {
			w.Record("Services", "a", values{"RecordType": "200", "TypeProvided": "2", "DateProvided": c.night})
		}
		if got := w.period().Active(0); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// Age (3).
func TestAge(t *testing.T) {
	for _, c := range []struct {
		birth, entry string
		want         int
	}{
		{"2000-10-01", "2020-01-01", 24}, // on the first day of the report
		{"2000-10-02", "2020-01-01", 23},
		{"2000-10-02", "2024-12-01", 24}, // on entry, which is later
		{"2004-02-29", "2025-02-28", 20},
		{"2004-02-29", "2025-03-01", 21},
		{"", "2025-03-01", glossary.UnknownAge},
		{"2025-03-02", "2025-03-01", glossary.UnknownAge},
		{"2025-03-01", "2025-03-01", 0},
	} {
		w := newWorld(t, "2")
		w.Stay("a", values{"DOB": c.birth, "EntryDate": c.entry})
		if got := w.period().Age(0); got != c.want {
			t.Errorf("born %s, entered %s: %d, want %d", c.birth, c.entry, got, c.want)
		}
	}
}

// Household types (3).
func TestHouseholdType(t *testing.T) {
	for _, c := range []struct {
		ages []int
		want glossary.HouseholdType
	}{
		{[]int{30}, glossary.WithoutChildren},
		{[]int{30, 18}, glossary.WithoutChildren},
		{[]int{30, 17}, glossary.WithChildren},
		{[]int{30, 17, glossary.UnknownAge}, glossary.WithChildren},
		{[]int{30, glossary.UnknownAge}, glossary.UnknownHousehold},
		{[]int{17, glossary.UnknownAge}, glossary.UnknownHousehold},
		{[]int{17, 0}, glossary.OnlyChildren},
		{[]int{glossary.UnknownAge}, glossary.UnknownHousehold},
	} {
		if got := glossary.TypeOf(c.ages); got != c.want {
			t.Errorf("%v: %d, want %d", c.ages, got, c.want)
		}
	}
}

// Length of participation (4).
func TestLength(t *testing.T) {
	for _, c := range []struct {
		name, projectType, entry, exit string
		nights                         []string
		want                           int
	}{
		{"left", "2", "2025-01-01", "2025-01-31", nil, 30},
		{"stays", "2", "2025-09-30", "", nil, 1},
		{"leaves after the report", "2", "2025-09-30", "2025-12-31", nil, 1},
		{"nights from entry on", "1", "2024-06-01", "", []string{"2024-06-01", "2024-06-02", "2024-06-02", "2025-10-01", "2024-05-31"}, 2},
		{"the night of the exit", "1", "2024-11-01", "2024-11-03", []string{"2024-11-01", "2024-11-02", "2024-11-03"}, 2},
	} {
		w := newWorld(t, c.projectType)
		w.Stay("a", values{"EntryDate": c.entry, "ExitDate": c.exit})
		for _, n := range c.nights {
			w.Record("Services", "a", values{"RecordType": "200", "TypeProvided": "200", "DateProvided": n})
		}
		if got := w.period().Length(0); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// Housing move-in (4).
func TestMoveIn(t *testing.T) {
	w := newWorld(t, "13")
	w.Stay("head", values{"EntryDate": "2025-01-10", "MoveInDate": "2025-02-01"})
	w.Stay("with", values{"EntryDate": "2025-01-10", "RelationshipToHoH": "2"})
	w.Stay("left", values{"EntryDate": "2025-01-10", "RelationshipToHoH": "2", "ExitDate": "2025-01-31"})
	w.Stay("late", values{"EntryDate": "2025-03-01", "RelationshipToHoH": "2"})
	w.Stay("own", values{"EntryDate": "2025-01-10", "RelationshipToHoH": "3", "MoveInDate": "2025-02-11"})
	w.Stay("false", values{"EntryDate": "2025-01-10", "RelationshipToHoH": "3", "MoveInDate": "2025-01-01"})
	w.Stay("early", values{"EntryDate": "2025-01-10", "HouseholdID": "g", "MoveInDate": "2025-01-09"})
	w.Stay("future", values{"EntryDate": "2025-01-10", "HouseholdID": "f", "MoveInDate": "2025-10-01"})
	w.Stay("exit", values{"EntryDate": "2025-01-10", "HouseholdID": "e", "MoveInDate": "2025-01-20", "ExitDate": "2025-01-20"})
	p := w.period()
	for id, want := range map[string]string{"head": "2025-02-01", "with": "2025-02-01", "left": "", "late": "2025-03-01", "own": "2025-02-11",
		"false": "2025-02-01", "early": "", "future": "", "exit": "2025-01-20"} {
		got := ""
		if d := p.MoveIn(stayOf(t, p, id)); d != facts.NoDay {
			got = d.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

// Annual assessments (5).
func TestAnnual(t *testing.T) {
	for _, c := range []struct {
		name, head, member, birth string
		due                       string // "": not owed
	}{
		{"first year", "2024-10-01", "2024-10-01", "1980-01-01", ""},
		{"a year to the day", "2024-09-30", "2024-09-30", "1980-01-01", "2025-09-30"},
		{"third year", "2022-05-01", "2022-05-01", "1980-01-01", "2025-05-01"},
		{"came after the day", "2022-05-01", "2025-05-02", "1980-01-01", ""},
		{"grown up, came on the day", "2022-05-01", "2025-05-01", "1980-01-01", ""},
		{"child, came on the day", "2022-05-01", "2025-05-01", "2020-01-01", "2025-05-01"},
		{"leap day", "2024-02-29", "2024-02-29", "1980-01-01", "2025-03-01"},
	} {
		w := newWorld(t, "3")
		w.Stay("head", values{"EntryDate": c.head, "DOB": "1970-01-01"})
		w.Stay("member", values{"EntryDate": c.member, "DOB": c.birth, "RelationshipToHoH": "2"})
		p := w.period()
		due, owed := p.AnnualDue(stayOf(t, p, "member"))
		if owed != (c.due != "") || owed && due.String() != c.due {
			t.Errorf("%s: %v %v, want %q", c.name, due, owed, c.due)
		}
	}
}

func TestAnnualRecord(t *testing.T) {
	for on, found := range map[string]bool{"2025-03-31": false, "2025-04-01": true, "2025-05-31": true, "2025-06-01": false} {
		w := newWorld(t, "3")
		w.Stay("a", values{"EntryDate": "2023-05-01"})
		w.Record("IncomeBenefits", "a", values{"InformationDate": on, "DataCollectionStage": "5"})
		if got := w.period().AnnualRecord(0) != glossary.NoRecord; got != found {
			t.Errorf("%s: %v", on, got)
		}
	}
	w := newWorld(t, "3")
	w.Stay("a", values{"EntryDate": "2023-09-20"})
	w.Record("IncomeBenefits", "a", values{"InformationDate": "2025-10-01", "DataCollectionStage": "5"})
	if w.period().AnnualRecord(0) != glossary.NoRecord {
		t.Error("an assessment after the period counts")
	}
}

// Total income, the first that holds (5).
func TestIncome(t *testing.T) {
	for _, c := range []struct {
		name   string
		v      values
		total  facts.Cents
		earned facts.Cents
		known  bool
	}{
		{"total", values{"IncomeFromAnySource": "1", "TotalMonthlyIncome": "100.50", "Earned": "1", "EarnedAmount": "50"}, 10050, 5000, true},
		{"sources", values{"IncomeFromAnySource": "1", "Earned": "1", "EarnedAmount": "50", "SSI": "1", "SSIAmount": "25", "GA": "0", "GAAmount": "9"}, 7500, 5000, true},
		{"no", values{"IncomeFromAnySource": "0"}, 0, 0, true},
		{"no, and yet a total", values{"IncomeFromAnySource": "0", "TotalMonthlyIncome": "10"}, 1000, 0, true},
		{"yes and zero", values{"IncomeFromAnySource": "1", "TotalMonthlyIncome": "0"}, 0, 0, true},
		{"yes and nothing else", values{"IncomeFromAnySource": "1"}, 0, 0, false},
		{"does not know", values{"IncomeFromAnySource": "8", "TotalMonthlyIncome": "0"}, 0, 0, false},
		{"empty", values{}, 0, 0, false},
		{"earned below zero", values{"IncomeFromAnySource": "1", "TotalMonthlyIncome": "10", "Earned": "1", "EarnedAmount": "-5"}, 1000, 0, true},
	} {
		w := newWorld(t, "3")
		w.Stay("a", values{"EntryDate": "2025-01-01"})
		c.v["InformationDate"], c.v["DataCollectionStage"] = "2025-01-01", "1"
		w.Record("IncomeBenefits", "a", c.v)
		p := w.period()
		if got := p.IncomeOf(p.IncomeAt(0, glossary.AtStart)); got.Total != c.total || got.Earned != c.earned || got.Known != c.known {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// Chronic at project start, own answers (7).
func TestOwnChronic(t *testing.T) {
	year := "2023-01-01"
	for _, c := range []struct {
		name, projectType string
		v                 values
		want              glossary.Answer
	}{
		{"a year on the street", "0", values{"DisablingCondition": "1", "DateToStreetESSH": year}, glossary.Yes},
		{"a day less", "0", values{"DisablingCondition": "1", "DateToStreetESSH": "2024-01-02", "TimesHomelessPastThreeYears": "1"}, glossary.No},
		{"not disabled", "0", values{"DisablingCondition": "0", "DateToStreetESSH": year}, glossary.No},
		{"disability not known", "0", values{"DisablingCondition": "9"}, glossary.DontKnow},
		{"disability missing", "0", values{}, glossary.NotCollected},
		{"four times, twelve months", "0", values{"DisablingCondition": "1", "TimesHomelessPastThreeYears": "4", "MonthsHomelessPastThreeYears": "112"}, glossary.Yes},
		{"four times, eleven months", "0", values{"DisablingCondition": "1", "TimesHomelessPastThreeYears": "4", "MonthsHomelessPastThreeYears": "111"}, glossary.No},
		{"four times, months not known", "0", values{"DisablingCondition": "1", "TimesHomelessPastThreeYears": "4", "MonthsHomelessPastThreeYears": "8"}, glossary.DontKnow},
		{"times not known", "0", values{"DisablingCondition": "1", "TimesHomelessPastThreeYears": "9"}, glossary.DontKnow},
		{"times missing", "0", values{"DisablingCondition": "1"}, glossary.NotCollected},
		{"housed before", "2", values{"DisablingCondition": "1", "LivingSituation": "410", "LOSUnderThreshold": "0", "DateToStreetESSH": year}, glossary.No},
		{"short stay after the street", "2", values{"DisablingCondition": "1", "LivingSituation": "204", "LOSUnderThreshold": "1", "PreviousStreetESSH": "1", "DateToStreetESSH": year}, glossary.Yes},
		{"short stay, not from the street", "2", values{"DisablingCondition": "1", "LivingSituation": "204", "LOSUnderThreshold": "1", "PreviousStreetESSH": "0"}, glossary.No},
		{"short stay, before missing", "2", values{"DisablingCondition": "1", "LivingSituation": "204", "LOSUnderThreshold": "1"}, glossary.NotCollected},
		{"situation missing", "2", values{"DisablingCondition": "1"}, glossary.NotCollected},
		{"from the street", "2", values{"DisablingCondition": "1", "LivingSituation": "116", "DateToStreetESSH": year}, glossary.Yes},
	} {
		w := newWorld(t, c.projectType)
		c.v["EntryDate"] = "2025-01-01"
		w.Stay("a", c.v)
		if got := w.period().OwnChronic(0); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// Chronic at project start, by the household (7).
func TestHouseholdChronic(t *testing.T) {
	yesAnswers := values{"DisablingCondition": "1", "DateToStreetESSH": "2020-01-01"}
	member := func(id, birth, relation, entry string, v values) func(*world) {
		return func(w *world) {
			all := values{"DOB": birth, "RelationshipToHoH": relation, "EntryDate": entry}
			for k, x := range v {
				all[k] = x
			}
			w.Stay(id, all)
		}
	}
	for _, c := range []struct {
		name    string
		members []func(*world)
		want    map[string]glossary.Answer
	}{
		{"one makes all", []func(*world){member("head", "1980-01-01", "1", "2025-01-01", values{"DisablingCondition": "0"}), member("other", "1980-01-01", "3", "2025-01-01", yesAnswers),
			member("child", "2015-01-01", "2", "2025-01-01", nil)}, map[string]glossary.Answer{"head": glossary.Yes, "other": glossary.Yes, "child": glossary.Yes}},
		{"who comes later keeps his own", []func(*world){member("head", "1980-01-01", "1", "2025-01-01", yesAnswers), member("late", "1980-01-01", "3", "2025-02-01", values{"DisablingCondition": "0"})},
			map[string]glossary.Answer{"head": glossary.Yes, "late": glossary.No}},
		{"a child has the head's no", []func(*world){member("head", "1980-01-01", "1", "2025-01-01", values{"DisablingCondition": "0"}), member("child", "2015-01-01", "2", "2025-01-01", values{"DisablingCondition": "8"})},
			map[string]glossary.Answer{"head": glossary.No, "child": glossary.No}},
		{"a child has the head's missing", []func(*world){member("head", "1980-01-01", "1", "2025-01-01", nil), member("child", "2015-01-01", "2", "2025-01-01", values{"DisablingCondition": "0"})},
			map[string]glossary.Answer{"head": glossary.NotCollected, "child": glossary.NotCollected}},
		{"any adult's no comes before the head's missing", []func(*world){member("head", "1980-01-01", "1", "2025-01-01", nil), member("other", "1980-01-01", "3", "2025-01-01", values{"DisablingCondition": "0"}),
			member("child", "2015-01-01", "2", "2025-01-01", nil)}, map[string]glossary.Answer{"head": glossary.NotCollected, "other": glossary.No, "child": glossary.No}},
	} {
		w := newWorld(t, "0")
		for _, add := range c.members {
			add(w)
		}
		p := w.period()
		for id, want := range c.want {
			if got := p.Chronic(stayOf(t, p, id)); got != want {
				t.Errorf("%s: %s is %d, want %d", c.name, id, got, want)
			}
		}
	}
}

// Destinations (6).
func TestDestination(t *testing.T) {
	for _, c := range []struct {
		projectType, destination, subsidy string
		want                              glossary.Answer
		positive, excluded                bool
	}{
		{"13", "410", "", 410, true, false},
		{"13", "101", "", 101, false, false},
		{"13", "206", "", 206, false, true},
		{"13", "24", "", 24, false, true},
		{"13", "332", "", 332, false, false},
		{"0", "332", "", 332, false, false},
		{"4", "101", "", 101, true, false},
		{"4", "329", "", 329, false, true},
		{"4", "215", "", 215, true, false},
		{"14", "410", "", 410, false, false},
		{"13", "435", "428", 435, true, false},
		{"13", "435", "", glossary.NotCollected, false, false},
		{"13", "435", "410", glossary.NotCollected, false, false},
		{"13", "8", "", glossary.DontKnow, false, false},
		{"13", "", "", glossary.NotCollected, false, false},
		{"13", "99", "", glossary.NotCollected, false, false},
		{"13", "336", "", glossary.NotCollected, false, false}, // a situation that is no destination
		{"13", "30", "", 30, false, false},
	} {
		w := newWorld(t, c.projectType)
		w.Stay("a", values{"EntryDate": "2025-01-01"})
		w.Record("Exit", "a", values{"ExitDate": "2025-02-01", "Destination": c.destination, "DestinationSubsidyType": c.subsidy})
		p := w.period()
		positive, excluded := p.Outcome(0)
		if got := p.Destination(0); got != c.want || positive != c.positive || excluded != c.excluded {
			t.Errorf("type %s to %s: %d %v %v, want %d %v %v", c.projectType, c.destination, got, positive, excluded, c.want, c.positive, c.excluded)
		}
	}
	for code, info := range glossary.Situations {
		if _, listed := destinationBit[glossary.AnswerOf(facts.Code(code))]; info.ValidDestination && !info.Subsidy && !listed {
			t.Errorf("Q23c has no row for destination %d", code)
		}
	}
}

// Points in time (4).
func TestPresent(t *testing.T) {
	for _, c := range []struct {
		projectType, entry, exit string
		more                     values
		want                     bool
	}{
		{"0", "2025-01-29", "", nil, true},
		{"0", "2025-01-30", "", nil, false},
		{"0", "2025-01-01", "2025-01-29", nil, false},
		{"0", "2025-01-01", "2025-01-30", nil, true},
		{"4", "2025-01-01", "2025-01-29", nil, true},
		{"12", "2025-01-01", "2025-01-29", nil, true},
		{"4", "2025-01-01", "2025-01-28", nil, false},
		{"13", "2025-01-01", "", values{"MoveInDate": "2025-01-29"}, true},
		{"13", "2025-01-01", "", values{"MoveInDate": "2025-01-30"}, false},
		{"9", "2025-01-01", "", nil, true},
		{"1", "2025-01-01", "", nil, false},
	} {
		w := newWorld(t, c.projectType)
		v := values{"EntryDate": c.entry, "ExitDate": c.exit}
		for k, x := range c.more {
			v[k] = x
		}
		w.Stay("a", v)
		if got := w.period().Present(0, day(t, "2025-01-29")); got != c.want {
			t.Errorf("type %s from %s to %s: %v", c.projectType, c.entry, c.exit, got)
		}
	}
}

func TestLastWednesday(t *testing.T) {
	for _, c := range []struct {
		start, end string
		want       [4]string
	}{
		{"2024-10-01", "2025-09-30", [4]string{"2025-01-29", "2025-04-30", "2025-07-30", "2024-10-30"}},
		{"2023-10-01", "2025-09-30", [4]string{"2025-01-29", "2025-04-30", "2025-07-30", "2024-10-30"}},
		{"2025-01-30", "2025-04-29", [4]string{"", "", "", ""}},
		{"2025-01-29", "2025-01-29", [4]string{"2025-01-29", "", "", ""}},
	} {
		p := &glossary.Period{Start: day(t, c.start), End: day(t, c.end)}
		for i, m := range months {
			got := ""
			if d, ok := p.LastWednesday(m); ok {
				got = d.String()
			}
			if got != c.want[i] {
				t.Errorf("%s to %s, %s: %q, want %q", c.start, c.end, m, got, c.want[i])
			}
		}
	}
}

// Conditions (6).
func TestConditions(t *testing.T) {
	w := newWorld(t, "3")
	w.Stay("a", values{"EntryDate": "2024-01-01", "DisablingCondition": "1"})
	add := func(on, stage, kind, response string) {
		w.Record("Disabilities", "a", values{"InformationDate": on, "DataCollectionStage": stage, "DisabilityType": kind, "DisabilityResponse": response})
	}
	add("2024-01-01", "1", "9", "1")
	add("2024-01-01", "1", "10", "3")
	add("2024-01-01", "1", "5", "8")
	add("2025-01-01", "5", "10", "2")
	add("2025-10-01", "2", "6", "1") // after the report
	p := w.period()
	if got := p.ConditionsAt(0, glossary.AtStart); got != glossary.HasMental|glossary.HasAlcohol|glossary.HasDrugs {
		t.Errorf("at start: %b", got)
	}
	if got := p.ConditionsAt(0, glossary.AtAnnual); got != glossary.HasDrugs {
		t.Errorf("for stayers: %b", got)
	}
	r := w.run(APR)
	for cell, want := range map[string]float64{"Q13a1!B2": 1, "Q13a1!B3": 0, "Q13a1!B4": 0, "Q13a1!B5": 1, "Q13a2!B5": 1, "Q13c1!B4": 1, "Q13c2!B3": 1} {
		c := claim{cells: []string{cell}}
		if got := c.value(r); got != want {
			t.Errorf("%s: %v, want %v", cell, got, want)
		}
	}
}

// The stay that supplies every answer (2).
func TestLatestStay(t *testing.T) {
	w := newWorld(t, "0")
	w.Stay("a", values{"EntryDate": "2025-01-01", "ExitDate": "2025-02-01", "Destination": "410", "DOB": "1980-01-01"})
	for _, id := range []string{"b", "c"} {
		w.Add("Enrollment", values{"EnrollmentID": id, "PersonalID": "a", "ProjectID": "p", "HouseholdID": id, "RelationshipToHoH": "1", "EntryDate": "2025-03-01"})
	}
	r := w.run(APR)
	if n := r.Table("Q5a").Cell("C2").Value; n != 1 {
		t.Errorf("%v persons, want 1", n)
	}
	if n := r.Table("Q5a").Cell("C9").Value; n != 1 {
		t.Errorf("%v stayers, want 1", n)
	}
	if id := r.Facts.Enrollments.ID(r.universe.persons[0].stay); id != "c" {
		t.Errorf("stay %s counts, want the highest EnrollmentID, c", id)
	}
}

// Clients that the hub has linked are one person; the latest stay of any of them supplies every answer.
func TestLinkedClients(t *testing.T) {
	w := newWorld(t, "0")
	w.Stay("a", values{"EntryDate": "2025-03-01", "HouseholdID": "1", "VeteranStatus": "1", "DOB": "1980-01-01"})
	w.Stay("b", values{"EntryDate": "2025-01-01", "HouseholdID": "2", "VeteranStatus": "0", "DOB": "1980-01-01"})
	w.Stay("c", values{"EntryDate": "2025-01-01", "HouseholdID": "3", "VeteranStatus": "0", "DOB": "1980-01-01"})
	if n := w.run(APR).Table("Q5a").Cell("C2").Value; n != 3 {
		t.Errorf("%v persons without links, want 3", n)
	}
	w.Persons = map[string]int64{"a": 5, "b": 5, "c": 6}
	r := w.run(APR)
	if n := r.Table("Q5a").Cell("C2").Value; n != 2 {
		t.Errorf("%v persons, want 2", n)
	}
	veterans := r.Table("Q5a").Cell("C11").Clients()
	if len(veterans) != 1 || r.Facts.Clients.ID(veterans[0]) != "a" {
		t.Errorf("veterans are %v, want the client of the latest stay", veterans)
	}
}

// Deleted records do not count.
func TestDeleted(t *testing.T) {
	w := newWorld(t, "0")
	w.Stay("a", values{"EntryDate": "2025-01-01", "HouseholdID": "1"})
	w.Stay("b", values{"EntryDate": "2025-01-01", "HouseholdID": "2", "DateDeleted": "2025-02-01 00:00:00"})
	if n := w.run(APR).Table("Q5a").Cell("C2").Value; n != 1 {
		t.Errorf("%v persons, want 1", n)
	}
}

// A CoC is asked for (2).
func TestCoC(t *testing.T) {
	w := newWorld(t, "0")
	w.Add("Project", values{"ProjectID": "q", "OrganizationID": "o", "ProjectName": "Other", "ProjectType": "0"})
	for _, c := range []values{{"ProjectID": "p", "CoCCode": "NY-600"}, {"ProjectID": "q", "CoCCode": "NY-600"}, {"ProjectID": "q", "CoCCode": "NY-601"}} {
		w.Add("ProjectCoC", c)
	}
	w.Stay("whole", values{"EntryDate": "2025-01-01", "HouseholdID": "1", "EnrollmentCoC": "NY-601"})
	w.Stay("head", values{"EntryDate": "2025-01-01", "HouseholdID": "2", "ProjectID": "q", "EnrollmentCoC": "NY-600"})
	w.Stay("member", values{"EntryDate": "2025-01-01", "HouseholdID": "2", "ProjectID": "q", "RelationshipToHoH": "3", "EnrollmentCoC": "NY-601"})
	w.Stay("other", values{"EntryDate": "2025-01-01", "HouseholdID": "3", "ProjectID": "q", "EnrollmentCoC": "NY-601"})
	f := w.Facts()
	for coc, want := range map[string]int{"": 4, "NY-600": 3, "NY-601": 1} {
		u, err := newUniverse(f, Scope{Start: day(t, firstDay), End: day(t, lastDay), CoC: coc})
		if err != nil {
			t.Fatal(err)
		}
		if len(u.persons) != want {
			t.Errorf("%q: %d persons, want %d", coc, len(u.persons), want)
		}
	}
}

// What the command refuses.
func TestRefused(t *testing.T) {
	w := newWorld(t, "0")
	w.Stay("a", values{"EntryDate": "2025-01-01"})
	f := w.Facts()
	start, end := day(t, firstDay), day(t, lastDay)
	for want, s := range map[string]Scope{
		"the report ends (2024-10-01) before it starts (2025-09-30); exchange the dates":                 {Start: end, End: start},
		"nobody was in these projects from 2023-10-01 to 2024-09-30; look at the projects and the dates": {Start: start - 366, End: start - 1},
		"none of the projects is in NY-600; look at ProjectCoC.csv or leave the CoC out":                 {Start: start, End: end, CoC: "NY-600"},
	} {
		if _, err := Run(f, APR, s); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := ProjectsNamed(f, []string{"x"}, ""); err == nil || err.Error() != "there is no project x; the projects are p" {
		t.Error(err)
	}
	if _, err := ProjectsNamed(f, []string{"p"}, "NY-600"); err == nil || err.Error() != "project p has no CoC; add its row to ProjectCoC.csv or leave the CoC out" {
		t.Error(err)
	}
	if _, err := Run(f, "pit", Scope{Start: start, End: end}); err == nil {
		t.Error("an unknown report is run")
	}
	if _, err := Run(f, CEAPR, Scope{Start: start, End: end}); err == nil {
		t.Error("a CE APR without an access point is run")
	}
}
