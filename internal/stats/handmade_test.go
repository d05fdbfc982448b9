package stats

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts/factstest"
)

type row = factstest.Row

// village has a project of each of some types, named by them.
func village(t testing.TB) *factstest.World {
	w := factstest.New(t, "0")
	for id, code := range map[string]string{"es": "0", "nbn": "1", "th": "2", "psh": "3", "so": "4", "hp": "12", "rrh": "13"} {
		w.Add("Project", row{"ProjectID": id, "OrganizationID": "o", "ProjectName": id, "ProjectType": code, "ContinuumProject": "1", "OperatingStartDate": "2010-01-01"})
	}
	return w
}

// stay adds a stay of the only client, or of the one that the row names, in a household of its own.
func stay(w *factstest.World, id string, r row) {
	for column, value := range map[string]string{"PersonalID": "c", "HouseholdID": id, "ProjectID": "es"} {
		if r[column] == "" {
			r[column] = value
		}
	}
	w.Stay(id, r)
}

func between(t testing.TB, start, end string) Period {
	t.Helper()
	p, err := Between(factstest.Day(t, start), factstest.Day(t, end))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestFlows: one client, January 2025.
func TestFlows(t *testing.T) {
	type flow struct {
		start   int64
		in, out []int64
		end     int64
	}
	const home, street, unknown = "410", "116", "30"
	none := []int64{0, 0, 0}
	for _, c := range []struct {
		name  string
		stays []row
		want  flow
	}{
		{"there all month", []row{{"EntryDate": "2024-06-01"}}, flow{1, none, none, 1}},
		{"comes for the first time", []row{{"EntryDate": "2025-01-01"}}, flow{0, []int64{1, 0, 0}, none, 1}},
		{"comes on the last day", []row{{"EntryDate": "2025-01-31"}}, flow{0, []int64{1, 0, 0}, none, 1}},
		{"comes after", []row{{"EntryDate": "2025-02-01"}}, flow{0, none, none, 0}},
		{"leaves for home on the first day", []row{{"EntryDate": "2024-06-01", "ExitDate": "2025-01-01", "Destination": home}}, flow{1, none, []int64{1, 0, 0}, 0}},
		{"left the day before", []row{{"EntryDate": "2024-06-01", "ExitDate": "2024-12-31", "Destination": home}}, flow{0, none, none, 0}},
		{"leaves on the last day", []row{{"EntryDate": "2024-06-01", "ExitDate": "2025-01-31", "Destination": street}}, flow{1, none, []int64{0, 1, 0}, 0}},
		{"leaves after", []row{{"EntryDate": "2024-06-01", "ExitDate": "2025-02-01", "Destination": home}}, flow{1, none, none, 1}},
		{"leaves unheard of", []row{{"EntryDate": "2024-06-01", "ExitDate": "2025-01-10", "Destination": unknown}}, flow{1, none, []int64{0, 0, 1}, 0}},
		{"a rental whose subsidy is not named is not known", []row{{"EntryDate": "2024-06-01", "ExitDate": "2025-01-10", "Destination": "435"}}, flow{1, none, []int64{0, 0, 1}, 0}},
		{"a rental with a subsidy", []row{{"EntryDate": "2024-06-01", "ExitDate": "2025-01-10", "Destination": "435", "DestinationSubsidyType": "419"}}, flow{1, none, []int64{1, 0, 0}, 0}},
		{"died", []row{{"EntryDate": "2024-06-01", "ExitDate": "2025-01-10", "Destination": "24"}}, flow{1, none, []int64{0, 1, 0}, 0}},
		{"a stay of a day", []row{{"EntryDate": "2025-01-10", "ExitDate": "2025-01-10", "Destination": street}}, flow{0, []int64{1, 0, 0}, []int64{0, 1, 0}, 0}},
		{"a stay of a day on the last day", []row{{"EntryDate": "2025-01-31", "ExitDate": "2025-01-31", "Destination": street}}, flow{0, []int64{1, 0, 0}, none, 1}},
		{"comes back from home", []row{{"EntryDate": "2023-01-01", "ExitDate": "2023-02-01", "Destination": home}, {"EntryDate": "2025-01-10"}}, flow{0, []int64{0, 1, 0}, none, 1}},
		{"re-engaged", []row{{"EntryDate": "2023-01-01", "ExitDate": "2023-02-01", "Destination": home}, {"EntryDate": "2024-01-01", "ExitDate": "2024-02-01", "Destination": unknown},
			{"EntryDate": "2025-01-10"}}, flow{0, []int64{0, 0, 1}, none, 1}},
		{"goes and comes back twice", []row{{"EntryDate": "2024-06-01", "ExitDate": "2025-01-05", "Destination": home}, {"EntryDate": "2025-01-10", "ExitDate": "2025-01-15", "Destination": street},
			{"EntryDate": "2025-01-20"}}, flow{1, []int64{0, 1, 1}, []int64{1, 1, 0}, 1}},
		{"moves to another project on the day", []row{{"EntryDate": "2024-06-01", "ExitDate": "2025-01-05", "Destination": home}, {"EntryDate": "2025-01-05"}}, flow{1, none, none, 1}},
		{"moves the day after", []row{{"EntryDate": "2024-06-01", "ExitDate": "2025-01-05", "Destination": home}, {"EntryDate": "2025-01-06"}}, flow{1, []int64{0, 1, 0}, []int64{1, 0, 0}, 1}},
		{"the last of two stays decides", []row{{"EntryDate": "2024-06-01", "ExitDate": "2025-01-05", "Destination": home}, {"EntryDate": "2024-07-01", "ExitDate": "2025-01-09", "Destination": street}}, flow{1, none, []int64{0, 1, 0}, 0}},
		{"of two that end together home decides", []row{{"EntryDate": "2024-06-01", "ExitDate": "2025-01-09", "Destination": street}, {"EntryDate": "2024-07-01", "ExitDate": "2025-01-09", "Destination": home}}, flow{1, none, []int64{1, 0, 0}, 0}},
		{"waits for rapid re-housing and moves in", []row{{"ProjectID": "rrh", "EntryDate": "2024-06-01", "MoveInDate": "2025-01-09"}}, flow{1, none, []int64{1, 0, 0}, 0}},
		{"is housed already", []row{{"ProjectID": "psh", "EntryDate": "2024-06-01", "MoveInDate": "2024-06-09"}}, flow{0, none, none, 0}},
		{"moves in after", []row{{"ProjectID": "rrh", "EntryDate": "2024-06-01", "MoveInDate": "2025-02-09"}}, flow{1, none, none, 1}},
		{"is housed and goes back to the shelter", []row{{"ProjectID": "psh", "EntryDate": "2024-06-01", "MoveInDate": "2024-06-09"}, {"EntryDate": "2025-01-20"}}, flow{0, []int64{0, 1, 0}, none, 1}},
		{"never housed, leaves", []row{{"ProjectID": "rrh", "EntryDate": "2024-06-01", "ExitDate": "2025-01-09", "Destination": street}}, flow{1, none, []int64{0, 1, 0}, 0}},
		{"a move-in on the day of entry is no wait", []row{{"ProjectID": "psh", "EntryDate": "2025-01-10", "MoveInDate": "2025-01-10"}}, flow{0, none, none, 0}},
	} {
		w := village(t)
		for i, s := range c.stays {
			stay(w, fmt.Sprint(i), s)
		}
		a := totals(t, New(w.Facts(), Version{}), Query{Period: between(t, "2025-01-01", "2025-01-31")}, ActiveAtStart, Inflow, Outflow, ActiveAtEnd)
		got := flow{a[0].Count, a[1].Parts, a[2].Parts, a[3].Count}
		if got.start != c.want.start || got.end != c.want.end || !slices.Equal(got.in, c.want.in) || !slices.Equal(got.out, c.want.out) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestFlowsByService: 90 days without a service make inactive.
func TestFlowsByService(t *testing.T) {
	for _, c := range []struct {
		name, entry, exit string
		contacts          []string
		start             int64
		in, out           []int64
		end               int64
	}{
		{"the entry keeps active for 89 days more", "2024-11-03", "", nil, 1, []int64{0, 0, 0}, []int64{0, 0, 0}, 1}, // to 2025-01-31
		{"and not for 90", "2024-11-02", "", nil, 1, []int64{0, 0, 0}, []int64{0, 0, 1}, 0},
		{"a contact keeps active", "2024-06-01", "", []string{"2024-08-15", "2024-11-03"}, 1, []int64{0, 0, 0}, []int64{0, 0, 0}, 1},
		{"a contact on the day after is no gap", "2024-10-10", "", []string{"2025-01-08"}, 1, []int64{0, 0, 0}, []int64{0, 0, 0}, 1},
		{"a contact later is re-engagement", "2024-09-10", "", []string{"2025-01-08"}, 0, []int64{0, 0, 1}, []int64{0, 0, 0}, 1},
		{"both in the month", "2024-10-10", "", []string{"2025-01-20"}, 1, []int64{0, 0, 1}, []int64{0, 0, 1}, 1},
		{"an exit comes first", "2024-12-01", "2025-01-10", nil, 1, []int64{0, 0, 0}, []int64{1, 0, 0}, 0},
		{"an exit on that day", "2024-10-12", "2025-01-10", nil, 1, []int64{0, 0, 0}, []int64{1, 0, 0}, 0},
		{"an exit after it", "2024-10-12", "2025-01-11", nil, 1, []int64{0, 0, 0}, []int64{0, 0, 1}, 0},
		{"a contact after the exit is none", "2024-06-01", "2024-12-20", []string{"2025-01-10"}, 0, []int64{0, 0, 0}, []int64{0, 0, 0}, 0},
	} {
		w := village(t)
		stay(w, "a", row{"ProjectID": "so", "EntryDate": c.entry, "ExitDate": c.exit, "Destination": "410"})
		for _, day := range c.contacts {
			w.Record("CurrentLivingSituation", "a", row{"InformationDate": day, "CurrentLivingSituation": "116"})
		}
		q := Query{Period: between(t, "2025-01-01", "2025-01-31"), ActiveBy: ByService}
		a := totals(t, New(w.Facts(), Version{}), q, ActiveAtStart, Inflow, Outflow, ActiveAtEnd)
		if a[0].Count != c.start || a[3].Count != c.end || !slices.Equal(a[1].Parts, c.in) || !slices.Equal(a[2].Parts, c.out) {
			t.Errorf("%s: %d %v %v %d, want %d %v %v %d", c.name, a[0].Count, a[1].Parts, a[2].Parts, a[3].Count, c.start, c.in, c.out, c.end)
		}
	}
}

// TestReturns: an exit home on 2024-01-10, and what comes after.
func TestReturns(t *testing.T) {
	for _, c := range []struct {
		name    string
		stays   []row
		returns []int64 // within 6, 12, 24 months
	}{
		{"stays away", nil, []int64{0, 0, 0}},
		{"after 180 days", []row{{"EntryDate": "2024-07-08"}}, []int64{1, 1, 1}},
		{"after 181", []row{{"EntryDate": "2024-07-09"}}, []int64{0, 1, 1}},
		{"after 365", []row{{"EntryDate": "2025-01-09"}}, []int64{0, 1, 1}},
		{"after 366", []row{{"EntryDate": "2025-01-10"}}, []int64{0, 0, 1}},
		{"after 730, long after the period", []row{{"EntryDate": "2026-01-09"}}, []int64{0, 0, 1}},
		{"after 731", []row{{"EntryDate": "2026-01-10"}}, []int64{0, 0, 0}},
		{"on the day of the exit", []row{{"EntryDate": "2024-01-10"}}, []int64{1, 1, 1}},
		{"to street outreach", []row{{"ProjectID": "so", "EntryDate": "2024-02-10"}}, []int64{1, 1, 1}},
		{"prevention is no return", []row{{"ProjectID": "hp", "EntryDate": "2024-02-10"}}, []int64{0, 0, 0}},
		{"to housing within 14 days is a move", []row{{"ProjectID": "psh", "EntryDate": "2024-01-24"}}, []int64{0, 0, 0}},
		{"to housing after 15 days", []row{{"ProjectID": "psh", "EntryDate": "2024-01-25"}}, []int64{1, 1, 1}},
		{"from housing to housing is a move", []row{{"ProjectID": "rrh", "EntryDate": "2024-01-15", "ExitDate": "2024-05-01", "Destination": "410"},
			{"ProjectID": "psh", "EntryDate": "2024-05-15"}}, []int64{0, 0, 0}},
		{"from housing to housing after 15 days", []row{{"ProjectID": "rrh", "EntryDate": "2024-01-15", "ExitDate": "2024-05-01", "Destination": "410"},
			{"ProjectID": "psh", "EntryDate": "2024-05-16"}}, []int64{1, 1, 1}},
		{"the first exit counts, not that of the first stay", []row{{"EntryDate": "2023-11-01", "ExitDate": "2024-12-10", "Destination": "410"}, {"EntryDate": "2024-12-20"}}, []int64{0, 1, 1}},
		{"the first exit counts", []row{{"EntryDate": "2024-12-01", "ExitDate": "2024-12-10", "Destination": "410"}, {"EntryDate": "2024-12-20"}}, []int64{0, 1, 1}},
	} {
		w := village(t)
		stay(w, "exit", row{"EntryDate": "2023-12-01", "ExitDate": "2024-01-10", "Destination": "410"})
		for i, s := range c.stays {
			stay(w, fmt.Sprint(i), s)
		}
		q := Query{Period: between(t, "2024-01-01", "2024-12-31")}
		for i, a := range totals(t, New(w.Facts(), Version{}), q, Returns6Months, Returns12Months, Returns24Months) {
			if a.Numerator != c.returns[i] || a.Denominator != 1 {
				t.Errorf("%s: %s is %d of %d, want %d of 1", c.name, a.Measure, a.Numerator, a.Denominator, c.returns[i])
			}
		}
	}
}

// TestUtilization: two shelters in January 2025, 31 days; ten beds in four units, from 11 January on twenty in eight.
func TestUtilization(t *testing.T) {
	w := village(t)
	inventory := func(project, start, end, beds, units, coc string) {
		w.Add("Inventory", row{"ProjectID": project, "CoCCode": coc, "HouseholdType": "1", "InventoryStartDate": start, "InventoryEndDate": end, "BedInventory": beds, "UnitInventory": units})
	}
	inventory("es", "2020-01-01", "2025-01-10", "10", "4", "XX-500")
	inventory("es", "2025-01-11", "", "20", "8", "XX-500")
	inventory("nbn", "2025-01-31", "", "5", "5", "XX-501")
	inventory("so", "2020-01-01", "", "99", "99", "XX-500") // outreach has no beds
	stay(w, "all month", row{"EntryDate": "2024-01-01"})
	stay(w, "child", row{"PersonalID": "d", "HouseholdID": "all month", "RelationshipToHoH": "2", "EntryDate": "2025-01-22"})                 // 10 nights
	stay(w, "three nights", row{"PersonalID": "e", "EntryDate": "2025-01-05", "ExitDate": "2025-01-08", "Destination": "116"})                // 5, 6, 7
	stay(w, "nightly", row{"PersonalID": "f", "ProjectID": "nbn", "EntryDate": "2025-01-02", "ExitDate": "2025-01-20", "Destination": "116"}) // 2 nights
	stay(w, "housed", row{"PersonalID": "g", "ProjectID": "psh", "EntryDate": "2024-06-01", "MoveInDate": "2025-01-30"})                      // 2 nights
	stay(w, "outside", row{"PersonalID": "h", "ProjectID": "so", "EntryDate": "2024-06-01"})                                                  // none
	for _, day := range []string{"2025-01-01", "2025-01-03", "2025-01-03", "2025-01-19", "2025-01-20"} {                                      // before entry, twice, on the exit day
		w.Record("Services", "nightly", row{"RecordType": "200", "TypeProvided": "200", "DateProvided": day})
	}
	e := New(w.Facts(), Version{})
	q := Query{Period: between(t, "2025-01-01", "2025-01-31")}
	const beds, units = 10*10 + 21*20 + 5, 10*4 + 21*8 + 5
	for _, c := range []struct {
		name  string
		where []Condition
		want  [][2]int64 // nights, bed and unit utilization, average per night
	}{
		{"all", nil, [][2]int64{{31 + 10 + 3 + 2 + 2, 0}, {48, beds}, {38, units}, {48, 31}}},
		{"one project", []Condition{{ProjectType, []string{"EMERGENCY_SHELTER_ENTRY_EXIT"}}}, [][2]int64{{44, 0}, {44, beds - 5}, {34, units - 5}, {44, 31}}},
		{"the CoC of the inventory", []Condition{{CoC, []string{"XX-501"}}}, [][2]int64{{0, 0}, {0, 5}, {0, 5}, {0, 31}}},
		{"people do not touch what is offered", []Condition{{Relationship, []string{"CHILD_OF_HEAD_OF_HOUSEHOLD"}}}, [][2]int64{{10, 0}, {10, beds}, {0, units}, {10, 31}}},
	} {
		q.Where = c.where
		a := totals(t, e, q, BedNights, BedUtilization, UnitUtilization, AveragePerNight)
		for i := range a {
			if a[i].Count+a[i].Numerator != c.want[i][0] || a[i].Denominator != c.want[i][1] {
				t.Errorf("%s: %s is %d and %d, want %d", c.name, a[i].Measure, a[i].Count+a[i].Numerator, a[i].Denominator, c.want[i])
			}
		}
	}
}

// TestHouseholdTypes: from the ages of the members who are there in the period.
func TestHouseholdTypes(t *testing.T) {
	for _, c := range []struct {
		name    string
		members []row
		at      AgeAt
		want    string
	}{
		{"an adult", []row{{"DOB": "1990-01-01", "EntryDate": "2025-01-05"}}, AgeAtStart, "WITHOUT_CHILDREN"},
		{"with a child", []row{{"DOB": "1990-01-01", "EntryDate": "2025-01-05"}, {"DOB": "2020-01-01", "EntryDate": "2025-01-05"}}, AgeAtStart, "WITH_CHILDREN"},
		{"unknown ages do not matter then", []row{{"DOB": "1990-01-01", "EntryDate": "2025-01-05"}, {"DOB": "2020-01-01", "EntryDate": "2025-01-05"}, {"EntryDate": "2025-01-05"}}, AgeAtStart, "WITH_CHILDREN"},
		{"else they do", []row{{"DOB": "1990-01-01", "EntryDate": "2025-01-05"}, {"EntryDate": "2025-01-05"}}, AgeAtStart, "UNKNOWN"},
		{"only children", []row{{"DOB": "2010-01-01", "EntryDate": "2025-01-05"}}, AgeAtStart, "ONLY_CHILDREN"},
		{"the child left before", []row{{"DOB": "1990-01-01", "EntryDate": "2024-01-05"}, {"DOB": "2020-01-01", "EntryDate": "2024-01-05", "ExitDate": "2024-12-31"}}, AgeAtStart, "WITHOUT_CHILDREN"},
		{"grown up by the period", []row{{"DOB": "1990-01-01", "EntryDate": "2024-01-05"}, {"DOB": "2006-06-01", "EntryDate": "2024-01-05"}}, AgeAtStart, "WITHOUT_CHILDREN"},
		{"a child at entry", []row{{"DOB": "1990-01-01", "EntryDate": "2024-01-05"}, {"DOB": "2006-06-01", "EntryDate": "2024-01-05"}}, AgeAtEntry, "WITH_CHILDREN"},
		{"18 in the period", []row{{"DOB": "1990-01-01", "EntryDate": "2024-01-05"}, {"DOB": "2007-01-15", "EntryDate": "2024-01-05"}}, AgeAtStart, "WITH_CHILDREN"},
		{"18 at its end", []row{{"DOB": "1990-01-01", "EntryDate": "2024-01-05"}, {"DOB": "2007-01-15", "EntryDate": "2024-01-05"}}, AgeAtEnd, "WITHOUT_CHILDREN"},
	} {
		w := village(t)
		for i, m := range c.members {
			m["PersonalID"], m["HouseholdID"] = fmt.Sprint("c", i), "one"
			if i > 0 {
				m["RelationshipToHoH"] = "5"
			}
			stay(w, fmt.Sprint(i), m)
		}
		e := New(w.Facts(), Version{})
		q := Query{Period: between(t, "2025-01-01", "2025-01-31"), AgeAt: c.at, Unit: Households}
		groups, err := e.Groups(q, Grouping{By: []Dimension{HouseholdType}}, Served)
		if err != nil {
			t.Fatal(err)
		}
		if len(groups.Groups) != 1 || groups.Groups[0].Values[0].Name != c.want || groups.Groups[0].Answers[0].Count != 1 {
			t.Errorf("%s: %+v, want one household %s", c.name, groups.Groups, c.want)
		}
	}
}

// TestUnits: a family and a person who stayed twice, of whom two sources have a record.
func TestUnits(t *testing.T) {
	w := village(t)
	w.Persons = map[string]int64{"twice": 7, "again": 7, "head": 1, "spouse": 2, "child": 3}
	stay(w, "1", row{"PersonalID": "head", "DOB": "1980-01-01", "HouseholdID": "f", "EntryDate": "2025-01-01"})
	stay(w, "2", row{"PersonalID": "spouse", "DOB": "1981-01-01", "HouseholdID": "f", "RelationshipToHoH": "3", "EntryDate": "2025-01-01"})
	stay(w, "3", row{"PersonalID": "child", "DOB": "2015-01-01", "HouseholdID": "f", "RelationshipToHoH": "2", "EntryDate": "2025-01-01"})
	stay(w, "4", row{"PersonalID": "twice", "DOB": "2008-01-01", "EntryDate": "2025-01-02", "ExitDate": "2025-01-05"})
	stay(w, "5", row{"PersonalID": "again", "DOB": "2008-01-01", "ProjectID": "so", "EntryDate": "2025-01-10"})
	e := New(w.Facts(), Version{})
	for _, c := range []struct {
		unit     Unit
		identity Identity
		want     int64
	}{
		{People, Persons, 4}, {People, Clients, 5}, {Households, Persons, 3}, {Heads, Persons, 2}, {Heads, Clients, 3},
		{AdultsAndHeads, Persons, 3}, {Enrollments, Persons, 5},
	} {
		q := Query{Period: between(t, "2025-01-01", "2025-01-31"), Unit: c.unit, Identity: c.identity}
		if a := totals(t, e, q, Served, StaysInQuestion); a[0].Count != c.want {
			t.Errorf("unit %d, identity %d: %d, want %d", c.unit, c.identity, a[0].Count, c.want)
		}
	}
	if a := totals(t, e, Query{Period: between(t, "2025-01-01", "2025-01-31")}, AverageHouseholdSize, AverageAge, StaysInQuestion); a[0].Numerator != 5 || a[0].Denominator != 3 ||
		a[1].Numerator != 45+44+10+17 || a[1].Denominator != 4 || a[2].Count != 5 {
		t.Errorf("household size, age and stays: %+v", a)
	}
}

// TestTimeHomeless: by SPM measure 1a row 3, year 2024-10-01 to 2025-09-30.
func TestTimeHomeless(t *testing.T) {
	for _, c := range []struct {
		name  string
		stays []row
		want  int64
	}{
		{"ten nights", []row{{"EntryDate": "2025-01-01", "ExitDate": "2025-01-11"}}, 10},
		{"two stays with a gap", []row{{"EntryDate": "2025-01-01", "ExitDate": "2025-01-11"}, {"ProjectID": "th", "EntryDate": "2025-02-01", "ExitDate": "2025-02-06"}}, 15},
		{"stays that overlap", []row{{"EntryDate": "2025-01-01", "ExitDate": "2025-01-11"}, {"ProjectID": "th", "EntryDate": "2025-01-06", "ExitDate": "2025-01-16"}}, 15},
		{"nights before the year within 365 days of the end", []row{{"EntryDate": "2024-08-01", "ExitDate": "2024-08-11"}, {"EntryDate": "2025-01-01", "ExitDate": "2025-01-11"}}, 20},
		{"nights too long before", []row{{"EntryDate": "2023-08-01", "ExitDate": "2023-08-11"}, {"EntryDate": "2025-01-01", "ExitDate": "2025-01-11"}}, 10},
		{"without a gap back to the start", []row{{"EntryDate": "2022-10-01"}}, 3*365 + 1},
		{"less the days housed", []row{{"EntryDate": "2025-01-01", "ExitDate": "2025-01-11"}, {"ProjectID": "rrh", "EntryDate": "2025-01-03", "MoveInDate": "2025-01-06"}}, 5},
		{"no night in the year", []row{{"EntryDate": "2024-09-01", "ExitDate": "2024-10-01"}}, 0},
	} {
		w := village(t)
		for i, s := range c.stays {
			stay(w, fmt.Sprint(i), s)
		}
		a := totals(t, New(w.Facts(), Version{}), Query{Period: between(t, "2024-10-01", "2025-09-30")}, LengthOfTimeHomeless)[0]
		if got := int64(a.Days.Mean); got != c.want || (a.Count == 1) != (c.want > 0) {
			t.Errorf("%s: %d days of %d, want %d", c.name, got, a.Count, c.want)
		}
	}
}

// TestDurations: mean, median, 90th percentile and buckets.
func TestDurations(t *testing.T) {
	w := village(t)
	for i, exit := range []string{"2025-01-02", "2025-01-03", "2025-01-03", "2025-01-09", "2025-01-21", "2025-01-01"} { // 1, 2, 2, 8, 20, 0 days
		stay(w, fmt.Sprint(i), row{"PersonalID": fmt.Sprint("c", i), "EntryDate": "2025-01-01", "ExitDate": exit})
	}
	a := totals(t, New(w.Facts(), Version{}), Query{Period: between(t, "2025-01-01", "2025-01-31")}, LengthOfStay)[0]
	if a.Count != 6 || a.Days.Mean != 33.0/6 || a.Days.Median != 2 || a.Days.P90 != 20 || a.Days.Buckets[0] != 4 || a.Days.Buckets[1] != 1 || a.Days.Buckets[2] != 1 {
		t.Errorf("%+v", a)
	}
}

// TestFlowsChain: who moves in after the head is waiting at the end of one month and at the start of the next, whichever is
// asked.
func TestFlowsChain(t *testing.T) {
	w := village(t)
	stay(w, "head", row{"ProjectID": "rrh", "HouseholdID": "h", "EntryDate": "2024-10-01", "MoveInDate": "2025-01-10"})
	stay(w, "other", row{"ProjectID": "rrh", "HouseholdID": "h", "PersonalID": "d", "RelationshipToHoH": "5", "EntryDate": "2024-10-01", "MoveInDate": "2025-02-10"})
	e := New(w.Facts(), Version{})
	january := totals(t, e, Query{Period: between(t, "2025-01-01", "2025-01-31")}, ActiveAtStart, Outflow, ActiveAtEnd)
	february := totals(t, e, Query{Period: between(t, "2025-02-01", "2025-02-28")}, ActiveAtStart, Outflow, ActiveAtEnd)
	for i, want := range []int64{2, 1, 1, 1, 1, 0} {
		if got := append(january, february...)[i].Count; got != want {
			t.Errorf("%d: %d, want %d", i, got, want)
		}
	}
}

// TestFunders: a grant counts in the parts of the period that its dates touch.
func TestFunders(t *testing.T) {
	w := village(t)
	w.Add("Funder", row{"ProjectID": "es", "Funder": "8", "GrantID": "g", "StartDate": "2024-07-01", "EndDate": "2025-01-15"})
	w.Add("Funder", row{"ProjectID": "es", "Funder": "2", "GrantID": "g", "StartDate": "2025-03-01"})
	w.Add("Funder", row{"ProjectID": "es", "Funder": "5", "GrantID": "h", "StartDate": "2025-03-01"}) // the same partner
	w.Add("Inventory", row{"ProjectID": "es", "CoCCode": "XX-500", "InventoryStartDate": "2020-01-01", "BedInventory": "10"})
	stay(w, "a", row{"EntryDate": "2024-10-01"})
	e := New(w.Facts(), Version{})
	q := Query{Period: between(t, "2025-01-01", "2025-04-30")}
	groups, err := e.Groups(q, Grouping{By: []Dimension{FederalPartner}, Grain: Month}, Served, ActiveAtEnd, BedUtilization)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range groups.Groups {
		got = append(got, fmt.Sprint(g.Values[0].Name, " ", g.Answers[0].Count, g.Answers[1].Count, g.Answers[2].Denominator))
	}
	want := []string{"HUD_COC 0 0 0", "HUD_COC 0 0 0", "HUD_COC 1 1 310", "HUD_COC 1 1 300", "HUD_ESG 1 1 310", "HUD_ESG 0 0 0", "HUD_ESG 0 0 0", "HUD_ESG 0 0 0",
		"NONE 0 0 0", "NONE 1 1 280", "NONE 0 0 0", "NONE 0 0 0"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
