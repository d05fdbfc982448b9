package hmis

import (
	"testing"
)

func TestNames(t *testing.T) {
	for hud, want := range map[string]string{
		"PersonalID": "personalId", "SSN": "ssn", "RelationshipToHoH": "relationshipToHoh", "AmIndAKNative": "amIndAkNative",
		"TCellCount": "tCellCount", "CoCCode": "cocCode", "EnrollmentCoC": "enrollmentCoc", "HOHLeaseholder": "hohLeaseholder",
		"LeaseOwn60Day": "leaseOwn60Day", "DateOfPATHStatus": "dateOfPathStatus", "HMISParticipationID": "hmisParticipationId",
	} {
		if got := camel(snake(hud)); got != want {
			t.Errorf("%s: got %s, want %s", hud, got, want)
		}
	}
}

// The sizes that the README of the reference data names.
func TestDictionaryIsWhole(t *testing.T) {
	if len(Files()) != 24 {
		t.Errorf("%d files, want 24", len(Files()))
	}
	count := map[Year]int{}
	for _, f := range Files() {
		for _, y := range []Year{FY2024, FY2026} {
			for i, c := range f.Header(y) {
				count[y]++
				if c.years[yearIndex(y)].position != i+1 {
					t.Errorf("%s.%s FY%d is at %d, want %d", f.Name, c.Name, y, i+1, c.years[yearIndex(y)].position)
				}
			}
		}
		for _, c := range f.Columns {
			if c.Kind == Code && ListNumbered(c.List()) == nil {
				t.Errorf("%s.%s: no list %s", f.Name, c.Name, c.List())
			}
			if f.Level == ClientLevel && c.Category == Unclassified && RowTypes(f.Name) == nil {
				t.Errorf("%s.%s has no category", f.Name, c.Name)
			}
		}
	}
	if count[FY2024] != 531 || count[FY2026] != 519 {
		t.Errorf("%d columns of FY2024 and %d of FY2026, want 531 and 519", count[FY2024], count[FY2026])
	}
	if len(Elements()) != 99 || len(ApplicabilityRows()) != 286 || len(FunderInfos()) != 53 ||
		len(ProjectTypeInfos()) != 14 || len(SituationInfos()) != 43 || len(CategoryInfos()) != 14 {
		t.Errorf("elements %d, applicability %d, funders %d, project types %d, situations %d, categories %d",
			len(Elements()), len(ApplicabilityRows()), len(FunderInfos()), len(ProjectTypeInfos()), len(SituationInfos()), len(CategoryInfos()))
	}
}

func TestRowCategory(t *testing.T) {
	for _, c := range []struct {
		file          string
		typ, provided int32
		want          Category
	}{
		{"Disabilities", 8, 0, HIV}, {"Disabilities", 10, 1, BehavioralHealth}, {"Disabilities", 5, 1, Health},
		{"Disabilities", 99, 1, Unclassified}, {"Services", 143, 3, HIV}, {"Services", 200, 200, ServicesCategory},
		{"Services", 142, 7, YouthJustice}, {"Services", 142, 14, Health}, {"Services", 142, 99, Unclassified},
		{"Services", 0, 0, Unclassified},
	} {
		if got := RowTypeOf(c.file, c.typ, c.provided).Class.Category; got != c.want {
			t.Errorf("%s %d+%d: got %s, want %s", c.file, c.typ, c.provided, got, c.want)
		}
	}
}
