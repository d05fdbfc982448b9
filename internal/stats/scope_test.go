package stats

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestScope: with a scope the answers are those of a community in which nobody stayed anywhere else, whatever is asked.
func TestScope(t *testing.T) {
	whole := New(town(), Version{})
	for _, every := range []int{2, 5, 11} {
		var scope []int32
		at := map[string]bool{}
		for p := 0; p < len(town().Projects); p += every {
			scope = append(scope, int32(p))
			at[town().Projects[p].ID] = true
		}
		alone := New(linked(t, townFile(), at), Version{})
		if alone.f.Enrollments.Len() == 0 || alone.f.Enrollments.Len() == whole.f.Enrollments.Len() {
			t.Fatalf("%d of %d stays are in the scope", alone.f.Enrollments.Len(), whole.f.Enrollments.Len())
		}
		rapid.Check(t, func(t *rapid.T) {
			q := anyQuery(t, whole)
			q.Projects = scope
			g := Grouping{By: []Dimension{anyDimension(t)}, Grain: Grain(rapid.SampledFrom([]Grain{NoGrain, Quarter, Year}).Draw(t, "grain"))}
			want, err := alone.Groups(q, g, allMeasures()...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := whole.Groups(q, g, allMeasures()...)
			if err != nil {
				t.Fatal(err)
			}
			got.Basis, want.Basis = Basis{}, Basis{}
			if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".codes" }, cmp.Ignore()), cmp.AllowUnexported(Group{})); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

// TestScopeValues: the values of a dimension that are listed with a scope name no place outside it.
func TestScopeValues(t *testing.T) {
	e := New(town(), Version{})
	for _, d := range []Dimension{Project, Organization, CoC, Geocode} {
		few, all := e.Values(d, []int32{0}), e.Values(d, nil)
		if len(few) == 0 || len(few) > 3 || len(all) < len(few) {
			t.Errorf("%s: %d values at one project, %d in all", d, len(few), len(all))
		}
	}
	if v := e.Values(Project, []int32{4}); len(v) != 1 || v[0] != (Value{"4", e.f.Projects[4].Name}) {
		t.Errorf("the project of the scope is %v", v)
	}
}
