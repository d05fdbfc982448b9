package stats_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts/factstest"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// The tables below are communities of a few people whose answers anybody can work out. A stay is written
//
//	ann ES 2024-01-10 2024-02-05 to=410
//
// who, the project type, entry, exit (- for none), and what else is known of it; stays end with a semicolon.

var projectTypes = map[string]string{"ES": "0", "NBN": "1", "TH": "2", "PSH": "3", "SO": "4", "SSO": "6", "SH": "8", "PH": "9", "HP": "12", "RRH": "13", "CE": "14"}

// columns are what else can be known of a stay: days of records are written one by one, with commas.
var columns = map[string]string{"to": "Destination", "subsidy": "DestinationSubsidyType", "movein": "MoveInDate", "home": "HouseholdID", "is": "RelationshipToHoH",
	"born": "DOB", "disabled": "DisablingCondition", "slept": "LivingSituation", "since": "DateToStreetESSH", "times": "TimesHomelessPastThreeYears",
	"months": "MonthsHomelessPastThreeYears", "short": "LOSUnderThreshold", "street": "PreviousStreetESSH"}

// handMade makes a community of its stays; other, where it is not nil, adds to it.
func handMade(t *testing.T, stays string, other func(w *factstest.World)) *stats.Engine {
	t.Helper()
	w := factstest.New(t, "0")
	w.Rows["Project"] = nil
	w.Persons = map[string]int64{}
	for name, code := range projectTypes {
		w.Add("Project", factstest.Row{"ProjectID": name, "OrganizationID": "o", "ProjectName": name, "ProjectType": code})
	}
	for i, text := range strings.Split(strings.Trim(strings.TrimSpace(stays), ";"), ";") {
		words := strings.Fields(text)
		id := fmt.Sprintf("stay %02d", i)
		row := factstest.Row{"PersonalID": words[0], "ProjectID": words[1], "EntryDate": words[2], "HouseholdID": id}
		if words[3] != "-" {
			row["ExitDate"] = words[3]
		}
		for _, word := range words[4:] {
			name, value, _ := strings.Cut(word, "=")
			if column, known := columns[name]; known {
				row[column] = value
				continue
			}
			days := strings.Split(value, ",")
			switch name {
			case "nights":
				record(w, "Services", id, days, factstest.Row{"RecordType": "200"}, "DateProvided")
			case "contacts":
				record(w, "CurrentLivingSituation", id, days, factstest.Row{"CurrentLivingSituation": "116"}, "InformationDate")
			case "assessed":
				record(w, "Assessment", id, days, factstest.Row{"AssessmentType": "3"}, "AssessmentDate")
			case "events":
				for _, d := range days {
					day, event, _ := strings.Cut(d, "/")
					w.Record("Event", id, factstest.Row{"EventDate": day, "Event": event})
				}
			case "person":
				w.Persons[words[0]] = int64(value[0])
			default:
				t.Fatalf("%s: what is %s?", text, name)
			}
		}
		w.Stay(id, row)
	}
	if other != nil {
		other(w)
	}
	return stats.New(w.Facts(), stats.Version{})
}

func record(w *factstest.World, file, stay string, days []string, row factstest.Row, column string) {
	for _, d := range days {
		one := factstest.Row{column: d}
		for k, v := range row {
			one[k] = v
		}
		w.Record(file, stay, one)
	}
}

// between reads a period as 2024-01-01..2024-03-31.
func between(t *testing.T, text string) stats.Period {
	t.Helper()
	from, to, _ := strings.Cut(text, "..")
	p, err := stats.Between(factstest.Day(t, from), factstest.Day(t, to))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func answers(t *testing.T, e *stats.Engine, q stats.Query, measures ...stats.Measure) []stats.Answer {
	t.Helper()
	totals, err := e.Totals(q, measures...)
	if err != nil {
		t.Fatal(err)
	}
	return totals.Answers
}

// TestFlowsByHand: who comes onto the by-name list and who leaves it in the first three months of 2024. The numbers are: on the list
// at the start; who came for the first time, returned from permanent housing, re-engaged; who left for permanent housing,
// for another place, became inactive; on the list at the end.
func TestFlowsByHand(t *testing.T) {
	const served = "by service"
	const homes = "by household"
	const alone = "adults alone"
	for _, c := range []struct{ what, stays, want, how string }{
		{"nobody", `ann ES 2022-01-10 2022-02-05 to=410`, "0 + 0 0 0 - 0 0 0 = 0", ""},
		{"comes for the first time", `ann ES 2024-01-10 -`, "0 + 1 0 0 - 0 0 0 = 1", ""},
		{"was there and stays", `ann ES 2023-11-10 -`, "1 + 0 0 0 - 0 0 0 = 1", ""},
		{"leaves for a flat", `ann ES 2023-11-10 2024-02-05 to=410`, "1 + 0 0 0 - 1 0 0 = 0", ""},
		{"leaves for a friend's", `ann ES 2023-11-10 2024-02-05 to=312`, "1 + 0 0 0 - 0 1 0 = 0", ""},
		{"leaves without a word", `ann ES 2023-11-10 2024-02-05 to=30`, "1 + 0 0 0 - 0 0 1 = 0", ""},
		{"leaves for a rental with a subsidy that nobody names", `ann ES 2023-11-10 2024-02-05 to=435`, "1 + 0 0 0 - 0 0 1 = 0", ""},
		{"leaves for a rental with a subsidy", `ann ES 2023-11-10 2024-02-05 to=435 subsidy=431`, "1 + 0 0 0 - 1 0 0 = 0", ""},
		{"comes back from a flat", `ann ES 2023-01-10 2023-02-05 to=410; ann SO 2024-02-05 -`, "0 + 0 1 0 - 0 0 0 = 1", ""},
		{"comes back from a friend's", `ann ES 2023-01-10 2023-02-05 to=312; ann SO 2024-02-05 -`, "0 + 0 0 1 - 0 0 0 = 1", ""},
		{"goes and comes back", `ann ES 2023-11-10 2024-01-15 to=410; ann ES 2024-02-05 -`, "1 + 0 1 0 - 1 0 0 = 1", ""},
		{"goes from one shelter to another", `ann ES 2023-11-10 2024-01-15 to=101; ann TH 2024-01-15 -`, "1 + 0 0 0 - 0 0 0 = 1", ""},
		{"goes from one to another a day later", `ann ES 2023-11-10 2024-01-15 to=101; ann TH 2024-01-16 -`, "1 + 0 0 1 - 0 1 0 = 1", ""},
		{"leaves one of two", `ann ES 2023-11-10 2024-01-15 to=410; ann SO 2023-12-15 -`, "1 + 0 0 0 - 0 0 0 = 1", ""},
		{"leaves two on one day", `ann ES 2023-11-10 2024-01-15 to=410; ann SO 2023-12-15 2024-01-15 to=30`, "1 + 0 0 0 - 1 0 0 = 0", ""},
		{"is housed while enrolled", `ann RRH 2023-12-15 - movein=2024-02-01`, "1 + 0 0 0 - 1 0 0 = 0", ""},
		{"is housed on the first day", `ann PSH 2024-02-01 - movein=2024-02-01`, "0 + 0 0 0 - 0 0 0 = 0", ""},
		{"is housed, then leaves housing for the street", `ann RRH 2023-12-15 2024-03-01 movein=2024-02-01 to=116`, "1 + 0 0 0 - 1 0 0 = 0", ""},
		{"says move-in after leaving", `ann RRH 2023-12-15 2024-02-01 movein=2024-02-20 to=116`, "1 + 0 0 0 - 0 1 0 = 0", ""},
		{"stays for a day", `ann ES 2024-02-01 2024-02-01 to=302`, "0 + 1 0 0 - 0 1 0 = 0", ""},
		{"leaves on the last day", `ann ES 2024-02-01 2024-03-31 to=302`, "0 + 1 0 0 - 0 1 0 = 0", ""},
		{"leaves the day after", `ann ES 2024-02-01 2024-04-01 to=302`, "0 + 1 0 0 - 0 0 0 = 1", ""},
		{"comes the day after", `ann ES 2024-04-01 -`, "0 + 0 0 0 - 0 0 0 = 0", ""},
		{"is seen no more for 90 days", `ann SO 2023-11-01 - contacts=2023-12-10`, "1 + 0 0 0 - 0 0 1 = 0", served},
		{"is seen again before", `ann SO 2023-11-01 - contacts=2023-12-10,2024-03-09`, "1 + 0 0 0 - 0 0 0 = 1", served},
		{"is seen again after", `ann SO 2023-11-01 - contacts=2023-12-10,2024-03-10`, "1 + 0 0 1 - 0 0 1 = 1", served},
		{"a household of which one leaves", `ann ES 2023-11-10 2024-02-05 to=410 home=h is=1; bob ES 2023-11-10 - home=h is=2`, "1 + 0 0 0 - 0 0 0 = 1", homes},
		{"the two of it", `ann ES 2023-11-10 2024-02-05 to=410 home=h is=1; bob ES 2023-11-10 - home=h is=2`, "2 + 0 0 0 - 1 0 0 = 1", ""},
		{"was alone then and is now", `ann ES 2022-01-10 2022-02-05 to=410 born=1990-01-01; ann ES 2024-02-05 - born=1990-01-01`, "0 + 0 1 0 - 0 0 0 = 1", alone},
		{"was with a child then", `ann ES 2022-01-10 2022-02-05 to=410 born=1990-01-01 home=h is=1; bob ES 2022-01-10 2022-02-05 to=410 born=2015-01-01 home=h is=2; ann TH 2024-02-05 - born=1990-01-01`,
			"0 + 1 0 0 - 0 0 0 = 1", alone},
		{"two records of one person", `ann ES 2023-11-10 2024-01-15 to=410 person=1; anne ES 2024-01-15 - person=1`, "1 + 0 0 0 - 0 0 0 = 1", ""},
	} {
		q := stats.Query{Period: between(t, "2024-01-01..2024-03-31")}
		switch c.how {
		case served:
			q.ActiveBy = stats.ByService
		case homes:
			q.Unit = stats.Households
		case alone:
			q.Where = []stats.Condition{{Dimension: stats.HouseholdType, Values: []string{"WITHOUT_CHILDREN"}}}
		}
		a := answers(t, handMade(t, c.stays, nil), q, stats.ActiveAtStart, stats.Inflow, stats.Outflow, stats.ActiveAtEnd)
		in, out := a[1].Parts, a[2].Parts
		if got := fmt.Sprint(a[0].Count, " + ", in[0], in[1], in[2], " - ", out[0], out[1], out[2], " = ", a[3].Count); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// TestReturnsByHand: who left for permanent housing in the fiscal year 2024 and came back, within 6, 12 and 24 months.
func TestReturnsByHand(t *testing.T) {
	for _, c := range []struct{ what, stays, want string }{
		{"does not come back", `ann ES 2023-12-01 2024-01-10 to=410`, "0 0 0 of 1"},
		{"comes back on the same day", `ann ES 2023-12-01 2024-01-10 to=410; ann SO 2024-01-10 -`, "1 1 1 of 1"},
		{"after 180 days", `ann ES 2023-12-01 2024-01-10 to=410; ann ES 2024-07-08 -`, "1 1 1 of 1"},
		{"after 181 days", `ann ES 2023-12-01 2024-01-10 to=410; ann ES 2024-07-09 -`, "0 1 1 of 1"},
		{"after 366 days, after the period", `ann ES 2023-12-01 2024-01-10 to=410; ann ES 2025-01-10 -`, "0 0 1 of 1"},
		{"after 731 days", `ann ES 2023-12-01 2024-01-10 to=410; ann ES 2026-01-10 -`, "0 0 0 of 1"},
		{"left for a friend's", `ann ES 2023-12-01 2024-01-10 to=312; ann ES 2024-02-01 -`, "0 0 0 of 0"},
		{"left for a subsidy that nobody names", `ann ES 2023-12-01 2024-01-10 to=435; ann ES 2024-02-01 -`, "0 0 0 of 0"},
		{"left before the period", `ann ES 2023-08-01 2023-09-30 to=410; ann ES 2024-02-01 -`, "0 0 0 of 0"},
		{"left prevention, which is no homelessness", `ann HP 2023-12-01 2024-01-10 to=410; ann ES 2024-02-01 -`, "0 0 0 of 0"},
		{"comes to prevention", `ann ES 2023-12-01 2024-01-10 to=410; ann HP 2024-02-01 -`, "0 0 0 of 1"},
		{"enters housing 14 days later, which it left for", `ann ES 2023-12-01 2024-01-10 to=410; ann RRH 2024-01-24 -`, "0 0 0 of 1"},
		{"enters housing 15 days later", `ann ES 2023-12-01 2024-01-10 to=410; ann RRH 2024-01-25 -`, "1 1 1 of 1"},
		{"changes housing", `ann ES 2023-12-01 2024-01-10 to=410; ann RRH 2024-01-12 -; ann PSH 2024-03-01 -`, "0 0 0 of 1"},
		{"enters housing 14 days after other housing", `ann ES 2023-12-01 2024-01-10 to=410; ann RRH 2024-01-12 2024-02-01 to=410; ann PSH 2024-02-15 -`, "0 0 0 of 1"},
		{"enters housing 15 days after other housing", `ann ES 2023-12-01 2024-01-10 to=410; ann RRH 2024-01-12 2024-02-01 to=116; ann PSH 2024-02-16 -`, "1 1 1 of 1"},
		{"leaves twice: the first time counts", `ann ES 2023-12-01 2024-01-10 to=410; ann ES 2024-08-01 2024-09-01 to=410`, "0 1 1 of 1"},
		{"leaves twice and comes back after the second", `ann ES 2023-12-01 2024-01-10 to=410; ann HP 2024-03-01 2024-04-01 to=410; ann ES 2024-09-01 -`, "0 1 1 of 1"},
		{"comes back under another record", `ann ES 2023-12-01 2024-01-10 to=410 person=1; anne ES 2024-02-01 - person=1`, "1 1 1 of 1"},
		{"somebody else comes", `ann ES 2023-12-01 2024-01-10 to=410; bob ES 2024-02-01 -`, "0 0 0 of 1"},
	} {
		year, err := stats.FiscalYear(2024)
		if err != nil {
			t.Fatal(err)
		}
		a := answers(t, handMade(t, c.stays, nil), stats.Query{Period: year}, stats.Returns6Months, stats.Returns12Months, stats.Returns24Months)
		if got := fmt.Sprint(a[0].Numerator, a[1].Numerator, a[2].Numerator, " of ", a[0].Denominator); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// TestUtilizationByHand: nights against beds, and nights of heads against units, over the ten days from 2024-01-01. Each project of
// the type has the inventory beds/units/from/to.
func TestUtilizationByHand(t *testing.T) {
	const always = "10/4/2020-01-01/"
	for _, c := range []struct{ what, stays, of, inventory, want string }{
		{"nobody", `ann ES 2024-02-01 -`, "ES", always, "0/100 0/40"},
		{"all ten nights", `ann ES 2023-12-01 -`, "ES", always, "10/100 10/40"},
		{"the night before the exit is the last", `ann ES 2023-12-01 2024-01-04 to=410`, "ES", always, "3/100 3/40"},
		{"a family needs beds and one unit", `ann ES 2023-12-01 - home=h is=1; bob ES 2023-12-01 - home=h is=2; cid ES 2024-01-06 - home=h is=2`, "ES", always, "25/100 10/40"},
		{"night by night", `ann NBN 2023-12-01 - nights=2023-12-31,2024-01-02,2024-01-02,2024-01-05`, "NBN", always, "2/100 2/40"},
		{"no night on the day of the exit", `ann NBN 2023-12-01 2024-01-05 to=410 nights=2024-01-02,2024-01-05`, "NBN", always, "1/100 1/40"},
		{"housing is full from the move-in", `ann PSH 2023-12-01 - movein=2024-01-04`, "PSH", always, "7/100 7/40"},
		{"not yet moved in", `ann RRH 2023-12-01 -`, "RRH", always, "0/100 0/40"},
		{"the member who came later", `ann PSH 2023-12-01 - movein=2023-12-04 home=h is=1; bob PSH 2024-01-08 - home=h is=3`, "PSH", always, "13/100 10/40"},
		{"beds that came in the middle", `ann ES 2023-12-01 -`, "ES", "10/4/2024-01-06/", "10/50 10/20"},
		{"beds that went", `ann ES 2023-12-01 -`, "ES", "10/4/2020-01-01/2024-01-03", "10/30 10/12"},
		{"beds of two records", `ann ES 2023-12-01 -`, "ES", "10/4/2020-01-01/ 5/1/2024-01-10/", "10/105 10/41"},
		{"beds of street outreach are none", `ann SO 2023-12-01 -`, "SO", always, "0/0 0/0"},
		{"fuller than full", `ann ES 2023-12-01 - home=h is=1; bob ES 2023-12-01 - home=h is=2`, "ES", "1/1/2020-01-01/", "20/10 10/10"},
	} {
		e := handMade(t, c.stays, func(w *factstest.World) {
			for _, one := range strings.Fields(c.inventory) {
				part := strings.Split(one, "/")
				w.Add("Inventory", factstest.Row{"ProjectID": c.of, "BedInventory": part[0], "UnitInventory": part[1], "InventoryStartDate": part[2], "InventoryEndDate": part[3]})
			}
		})
		a := answers(t, e, stats.Query{Period: between(t, "2024-01-01..2024-01-10")}, stats.BedUtilization, stats.UnitUtilization)
		if got := fmt.Sprintf("%d/%d %d/%d", a[0].Numerator, a[0].Denominator, a[1].Numerator, a[1].Denominator); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// TestHouseholdTypesByHand: of which type the household of the head is in the year 2024, by the ages of its members. The head has the
// id 0.
func TestHouseholdTypesByHand(t *testing.T) {
	const parent = `p ES 2024-03-01 - home=h is=1 born=1990-01-01`
	for _, c := range []struct{ what, stays, want string }{
		{"a man", parent, "WITHOUT_CHILDREN"},
		{"a couple", parent + `; q ES 2024-03-01 - home=h is=3 born=1991-01-01`, "WITHOUT_CHILDREN"},
		{"a mother and a child", parent + `; q ES 2024-03-01 - home=h is=2 born=2015-01-01`, "WITH_CHILDREN"},
		{"a mother, a child and somebody of unknown age", parent + `; q ES 2024-03-01 - home=h is=2 born=2015-01-01; r ES 2024-03-01 - home=h is=5`, "WITH_CHILDREN"},
		{"an adult and somebody of unknown age", parent + `; r ES 2024-03-01 - home=h is=5`, "UNKNOWN"},
		{"a child and somebody of unknown age", `p ES 2024-03-01 - home=h is=1 born=2010-01-01; r ES 2024-03-01 - home=h is=5`, "UNKNOWN"},
		{"a child alone", `p ES 2024-03-01 - home=h is=1 born=2010-01-01`, "ONLY_CHILDREN"},
		{"siblings", `p ES 2024-03-01 - home=h is=1 born=2007-01-01; q ES 2024-03-01 - home=h is=5 born=2009-01-01`, "ONLY_CHILDREN"},
		{"a child who grew up after the entry", `p ES 2024-03-01 - home=h is=1 born=2006-03-02`, "ONLY_CHILDREN"},
		{"one who is 18 on the day of the entry", `p ES 2024-03-01 - home=h is=1 born=2006-03-01`, "WITHOUT_CHILDREN"},
		{"a child who grew up before the year, in a stay that began earlier", `p ES 2023-03-01 - home=h is=1 born=2005-12-31`, "WITHOUT_CHILDREN"},
		{"a mother whose child left before the year", `p ES 2023-03-01 - home=h is=1 born=1990-01-01; q ES 2023-03-01 2023-12-31 home=h is=2 born=2015-01-01`, "WITHOUT_CHILDREN"},
		{"a mother whose child left on its first day", `p ES 2023-03-01 - home=h is=1 born=1990-01-01; q ES 2023-03-01 2024-01-01 home=h is=2 born=2015-01-01`, "WITH_CHILDREN"},
		{"a mother whose child came after the year", `p ES 2023-03-01 - home=h is=1 born=1990-01-01; q ES 2025-01-01 - home=h is=2 born=2015-01-01`, "WITHOUT_CHILDREN"},
		{"born after the entry", `p ES 2024-03-01 - home=h is=1 born=2024-04-01`, "UNKNOWN"},
		{"the same HouseholdID in another project", parent + `; q TH 2024-03-01 - home=h is=1 born=2015-01-01`, "WITHOUT_CHILDREN"},
	} {
		q := stats.Query{Period: between(t, "2024-01-01..2024-12-31"), Unit: stats.Enrollments, Where: []stats.Condition{{Dimension: stats.ProjectType, Values: []string{hmis.ListNumbered("2.02.6").EnumName(0)}}, {Dimension: stats.Relationship, Values: []string{hmis.ListNumbered("3.15.1").EnumName(1)}}}}
		if got := onlyGroup(t, handMade(t, c.stays, nil), q, stats.HouseholdType); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// onlyGroup is the value that one stay has.
func onlyGroup(t *testing.T, e *stats.Engine, q stats.Query, d stats.Dimension) string {
	t.Helper()
	groups, err := e.Groups(q, stats.Grouping{By: []stats.Dimension{d}}, stats.Served)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range groups.Groups {
		got = append(got, g.Values[0].Name)
		if g.Answers[0].Count != 1 {
			got = append(got, fmt.Sprint(g.Answers[0].Count))
		}
	}
	return strings.Join(got, " ")
}

// TestChronicByHand: whether the first of a household is chronically homeless at the start of a stay in 2024.
func TestChronicByHand(t *testing.T) {
	const refused, missing = "CLIENT_DOES_NOT_KNOW_OR_PREFERS_NOT_TO_ANSWER", "DATA_NOT_COLLECTED"
	for _, c := range []struct{ what, stays, want string }{
		{"a year in shelter, disabled", `p ES 2024-03-01 - disabled=1 since=2023-03-01`, "YES"},
		{"a day less", `p ES 2024-03-01 - disabled=1 since=2023-03-02`, missing},
		{"not disabled", `p ES 2024-03-01 - disabled=0 since=2020-03-01`, "NO"},
		{"does not say whether disabled", `p ES 2024-03-01 - disabled=9 since=2020-03-01`, refused},
		{"nobody asked", `p ES 2024-03-01 - since=2020-03-01`, missing},
		{"four times, twelve months", `p ES 2024-03-01 - disabled=1 since=2024-01-01 times=4 months=112`, "YES"},
		{"four times, eleven months", `p ES 2024-03-01 - disabled=1 since=2024-01-01 times=4 months=111`, "NO"},
		{"three times", `p ES 2024-03-01 - disabled=1 since=2024-01-01 times=3 months=113`, "NO"},
		{"does not know how often", `p ES 2024-03-01 - disabled=1 since=2024-01-01 times=8 months=113`, refused},
		{"four times, months not known", `p ES 2024-03-01 - disabled=1 since=2024-01-01 times=4 months=99`, missing},
		{"from the street to housing", `p PSH 2024-03-01 - disabled=1 slept=116 since=2023-01-01`, "YES"},
		{"from a hospital after a short stay, before from the street", `p PSH 2024-03-01 - disabled=1 slept=206 short=1 street=1 since=2023-01-01`, "YES"},
		{"from a hospital after a long stay", `p PSH 2024-03-01 - disabled=1 slept=206 short=0 since=2023-01-01`, "NO"},
		{"from a hospital, before from home", `p PSH 2024-03-01 - disabled=1 slept=206 short=1 street=0 since=2023-01-01`, "NO"},
		{"nobody asked where they slept", `p PSH 2024-03-01 - disabled=1 since=2023-01-01`, missing},
		{"a child of a chronically homeless mother", `p ES 2024-03-01 - disabled=0 born=2015-01-01 home=h is=2; q ES 2024-03-01 - disabled=1 since=2023-03-01 born=1990-01-01 home=h is=1`, "YES"},
		{"a mother of a chronically homeless child", `p ES 2024-03-01 - disabled=0 born=1990-01-01 home=h is=1; q ES 2024-03-01 - disabled=1 since=2023-03-01 born=2015-01-01 home=h is=2`, "YES"},
		{"a child who came later", `p ES 2024-03-02 - disabled=0 born=2015-01-01 home=h is=2; q ES 2024-03-01 - disabled=1 since=2023-03-01 born=1990-01-01 home=h is=1`, "NO"},
		{"a child of a mother who is not", `p ES 2024-03-01 - born=2015-01-01 home=h is=2; q ES 2024-03-01 - disabled=0 born=1990-01-01 home=h is=1`, "NO"},
		{"a child of a mother who does not say", `p ES 2024-03-01 - born=2015-01-01 home=h is=2; q ES 2024-03-01 - disabled=8 born=1990-01-01 home=h is=1`, refused},
	} {
		q := stats.Query{Period: between(t, "2024-01-01..2024-12-31"), Unit: stats.Enrollments}
		e := handMade(t, c.stays, func(w *factstest.World) {
			if strings.Contains(c.stays, "; q ") { // the answer of the first alone
				w.Rows["Client"][0]["Sex"] = "0"
				w.Rows["Client"][1]["Sex"] = "1"
			}
		})
		if strings.Contains(c.stays, "; q ") {
			q.Where = []stats.Condition{{Dimension: stats.Sex, Values: []string{"FEMALE"}}}
		}
		if got := onlyGroup(t, e, q, stats.Chronic); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// TestTimeHomelessByHand: how many days homeless in the year 2024; - is nobody.
func TestTimeHomelessByHand(t *testing.T) {
	for _, c := range []struct{ what, stays, want string }{
		{"ten nights in shelter", `ann ES 2024-03-01 2024-03-11 to=410`, "10"},
		{"still there on 31 December", `ann ES 2024-12-22 -`, "10"},
		{"from the year before", `ann ES 2023-12-22 2024-01-11 to=410`, "20"},
		{"two stays", `ann ES 2024-03-01 2024-03-11 to=116; ann TH 2024-05-01 2024-05-06 to=410`, "15"},
		{"two stays at once", `ann ES 2024-03-01 2024-03-11 to=116; ann SH 2024-03-06 2024-03-16 to=410`, "15"},
		{"night by night", `ann NBN 2024-03-01 - nights=2024-03-02,2024-03-02,2024-03-09,2024-07-01`, "3"},
		{"a stay longer ago than a year is not counted", `ann ES 2022-03-01 2022-04-01 to=410; ann ES 2024-03-01 2024-03-11 to=410`, "10"},
		{"from 365 days before the last night on", `ann ES 2023-03-11 2023-03-15 to=410; ann ES 2024-03-01 2024-03-11 to=410`, "14"},
		{"and before that, as long as there is no gap", `ann ES 2023-02-01 2023-03-15 to=410; ann ES 2024-03-01 2024-03-11 to=410`, "52"},
		{"but not, where there is one", `ann ES 2023-02-01 2023-03-11 to=116; ann ES 2023-03-12 2023-03-15 to=410; ann ES 2024-03-01 2024-03-11 to=410`, "13"},
		{"an unbroken stay counts whole", `ann ES 2022-01-01 2024-01-11 to=410`, "740"},
		{"not on the street: outreach has no nights", `ann SO 2024-03-01 2024-03-11 to=410`, "-"},
		{"nights in housing are taken away", `ann ES 2024-03-01 2024-03-11 to=410; ann PSH 2024-02-01 - movein=2024-03-06`, "5"},
		{"all nights are taken away", `ann ES 2024-03-01 2024-03-11 to=410; ann PSH 2024-02-01 - movein=2024-03-01`, "-"},
		{"another's nights are not", `ann ES 2024-03-01 2024-03-11 to=410; bob PSH 2024-02-01 - movein=2024-03-01`, "10"},
		{"a stay on its first day alone", `ann ES 2024-03-01 2024-03-01 to=410`, "-"},
	} {
		a := answers(t, handMade(t, c.stays, nil), stats.Query{Period: between(t, "2024-01-01..2024-12-31")}, stats.LengthOfTimeHomeless)[0]
		got := "-"
		if a.Count > 0 {
			got = fmt.Sprint(a.Days.Mean)
		}
		if got != c.want || a.Count > 1 {
			t.Errorf("%s: %s (%d), want %s", c.what, got, a.Count, c.want)
		}
	}
}

// TestReferralsByHand: assessments, referrals to housing and the days from the one to the other in January 2024.
func TestReferralsByHand(t *testing.T) {
	for _, c := range []struct{ what, stays, want string }{
		{"nothing", `ann CE 2023-12-01 -`, "0 assessed 0 referred after [] days"},
		{"assessed, then referred to housing", `ann CE 2023-12-01 - assessed=2024-01-05 events=2024-01-12/14`, "1 assessed 1 referred after [7] days"},
		{"on the same day", `ann CE 2023-12-01 - assessed=2024-01-05 events=2024-01-05/13`, "1 assessed 1 referred after [0] days"},
		{"the latest assessment counts, also before the month", `ann CE 2023-12-01 - assessed=2023-12-05,2023-12-22,2024-01-20 events=2024-01-01/10`, "1 assessed 1 referred after [10] days"},
		{"never assessed", `ann CE 2023-12-01 - events=2024-01-12/14`, "0 assessed 1 referred after [] days"},
		{"flexible money is no referral to housing", `ann CE 2023-12-01 - assessed=2024-01-05 events=2024-01-12/16`, "1 assessed 0 referred after [] days"},
		{"nor is housing navigation", `ann CE 2023-12-01 - assessed=2024-01-05 events=2024-01-12/7`, "1 assessed 0 referred after [] days"},
		{"vouchers are", `ann CE 2023-12-01 - assessed=2024-01-05 events=2024-01-06/17,2024-01-07/18`, "1 assessed 2 referred after [1.5] days"},
		{"before the entry", `ann CE 2024-01-10 - assessed=2024-01-05 events=2024-01-06/14`, "0 assessed 0 referred after [] days"},
		{"after the exit", `ann CE 2023-12-01 2024-01-10 to=410 assessed=2024-01-05 events=2024-01-11/14`, "1 assessed 0 referred after [] days"},
		{"on the day of the exit", `ann CE 2023-12-01 2024-01-10 to=410 assessed=2024-01-05 events=2024-01-10/14`, "1 assessed 1 referred after [5] days"},
		{"in February", `ann CE 2023-12-01 - assessed=2024-01-05 events=2024-02-01/14`, "1 assessed 0 referred after [] days"},
	} {
		a := answers(t, handMade(t, c.stays, nil), stats.Query{Period: between(t, "2024-01-01..2024-01-31")}, stats.Assessments, stats.Referrals, stats.DaysToReferral)
		days := []float64{}
		if a[2].Count > 0 {
			days = append(days, a[2].Days.Mean)
		}
		if got := fmt.Sprintf("%d assessed %d referred after %v days", a[0].Count, a[1].Count, days); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
