package disclosure_test

import (
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/disclosure"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// TestDefinitions: the catalogue says of every measure how it is protected, or why it is not offered.
func TestDefinitions(t *testing.T) {
	b := newBench(t, 1500, 3, generous{})
	for _, info := range stats.Measures() {
		m := info.Measure
		text := disclosure.Definition(m)
		if strings.HasPrefix(text, "Not offered: ") == disclosure.Offered(m) || strings.Contains(text, "adds .") || !strings.HasSuffix(text, ".") {
			t.Errorf("%v, offered %t: %s", m, disclosure.Offered(m), text)
		}
		if none := b.total(t, stats.Query{Period: year}, m).Count.Reason == disclosure.NotOffered; none == disclosure.Offered(m) {
			t.Errorf("%v is offered: %t, and answered as not offered: %t", m, disclosure.Offered(m), none)
		}
	}
}
