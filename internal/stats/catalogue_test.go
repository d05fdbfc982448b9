package stats

import (
	"regexp"
	"testing"
)

var enumName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// TestCatalogue: every measure and dimension is there, in order, with all that a reader of the schema needs.
func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	name := func(what, n string) {
		if !enumName.MatchString(n) || seen[what+n] {
			t.Errorf("%s %q: no name for an enum, or twice", what, n)
		}
		seen[what+n] = true
	}
	for i, m := range Measures() {
		name("measure ", m.Name)
		if parsed, ok := ParseMeasure(m.Name); int(m.Measure) != i || !ok || parsed != m.Measure {
			t.Errorf("%s is not in its place", m.Name)
		}
		if m.Label == "" || m.Definition == "" || m.Reference == "" || m.Unit == "" || m.Category == 0 {
			t.Errorf("%s lacks a label, definition, reference, unit or category", m.Name)
		}
		if (m.Kind == Flow || m.Kind == Mix) != (m.Parts != nil) || (m.Kind == Duration) != (m.Buckets != nil) {
			t.Errorf("%s: parts and buckets do not fit its kind", m.Name)
		}
		for _, p := range m.Parts {
			name("part of "+m.Name+" ", p.Name)
		}
	}
	for i, d := range Dimensions() {
		name("dimension ", d.Name)
		if parsed, ok := ParseDimension(d.Name); int(d.Dimension) != i || !ok || parsed != d.Dimension {
			t.Errorf("%s is not in its place", d.Name)
		}
		if d.Label == "" || d.Definition == "" || d.Category == 0 {
			t.Errorf("%s lacks a label, definition or category", d.Name)
		}
		if d.Many && len(d.Values) > 64 {
			t.Errorf("%s has %d values, more than bits", d.Name, len(d.Values))
		}
		for _, v := range d.Values {
			name("value of "+d.Name+" ", v.Name)
			if v.Label == "" {
				t.Errorf("%s %s has no label", d.Name, v.Name)
			}
		}
	}
}
