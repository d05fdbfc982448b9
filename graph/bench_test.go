package graph_test

import (
	"context"
	"flag"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// BenchmarkNested asks for 50 clients with their stays, exits and services, as the lead and as an agency. cpu-ms/op is
// the processor time of the hub's process; on PostgreSQL the server's own comes on top.
func BenchmarkNested(b *testing.B) {
	path := storetest.WriteCrowd(b, 5000, hmis.FY2026)
	for _, d := range storetest.Databases(b, server) {
		h := newHub(b, d)
		if _, err := storetest.ImportPath(h.store, path, store.ImportOptions{Source: "crowd"}); err != nil {
			b.Fatal(err)
		}
		h.addAgency(b)
		for _, viewer := range []string{"lead", "agency"} {
			b.Run(d.Name+"/"+viewer, func(b *testing.B) {
				before := processorTime(b)
				for b.Loop() {
					if answer := h.ask(b, viewer, nested, map[string]any{"n": 50}); strings.Count(answer, `"personalId"`) != 50 {
						b.Fatal(answer)
					}
				}
				b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			})
		}
	}
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkGuard asks the same of the same rows as an agency whose own they are, as the lead, and as the hub itself, for
// whom no rule applies and nothing is withheld: the difference is the price of the guard.
func BenchmarkGuard(b *testing.B) {
	path := storetest.WriteCrowd(b, 5000, hmis.FY2026)
	question := strings.Replace(nested, "withheld { field category reason }", "", 1)
	for _, d := range storetest.Databases(b, server) {
		h := newHub(b, d)
		if _, err := storetest.ImportPath(h.store, path, store.ImportOptions{Source: "crowd"}); err != nil {
			b.Fatal(err)
		}
		h.addAgency(b)
		viewers := map[string]context.Context{"unguarded": h.store.System(context.Background(), "a benchmark measures the guard")}
		for _, viewer := range []string{"lead", "agency"} {
			ctx, err := h.resolver.Authenticate(context.Background(), h.tokens[viewer], "", "192.0.2.1")
			if err != nil {
				b.Fatal(err)
			}
			viewers[viewer] = ctx
		}
		for _, name := range []string{"unguarded", "lead", "agency"} {
			b.Run(d.Name+"/"+name, func(b *testing.B) {
				before := processorTime(b)
				for b.Loop() {
					if answer := h.run(b, viewers[name], question, map[string]any{"n": 50}); strings.Count(answer, `"personalId"`) != 50 {
						b.Fatal(answer)
					}
				}
				b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			})
		}
	}
}

// addAgency makes an account of the agency of the crowd.
func (h *hub) addAgency(b *testing.B) {
	today := h.store.Now().Day()
	if err := h.resolver.Accounts.Create(context.Background(), account.New{Username: "agency", Role: policy.CaseManager, Organization: "crowd/1", TrainedOn: &today, AgreedOn: &today}); err != nil {
		b.Fatal(err)
	}
	token, err := h.resolver.Accounts.CreateToken(context.Background(), "agency")
	if err != nil {
		b.Fatal(err)
	}
	h.tokens["agency"] = token.Token
}

var people = flag.Int("people", 5000, "the clients of the community that BenchmarkStatistics asks about")

// statisticsAsked are the questions of bench/, as a dashboard asks them.
var statisticsAsked = map[string]string{
	"active": `{ statistics(period: {fiscalYear: 2025}) { groups(by: [PROJECT_TYPE, AGE_BAND, VETERAN], first: 5000) { groups { values { name } numbers { served { value } stays { value } } } } } }`,
	"stay":   `{ statistics(period: {fiscalYear: 2025}) { groups(by: [VETERAN]) { groups { values { name } numbers { lengthOfStay { mean median } } } } } }`,
	"flows":  `{ statistics(period: {start: "2023-10-01", end: "2025-09-30"}) { groups(grain: MONTH) { groups { start numbers { inflow { total { value } } outflow { total { value } } } } } } }`,
	"page":   `{ statistics(period: {fiscalYear: 2025}) { groups(by: [PROJECT_TYPE, VETERAN], first: 5000) { groups { values { name } numbers { served { value reason } } } } } }`,
}

// BenchmarkStatistics asks the questions of bench/ through GraphQL: the lead exactly, a funder in protected numbers what is
// protected. p50-ms is the median of the time of a request, cpu-ms/op the processor time of the hub's process.
func BenchmarkStatistics(b *testing.B) {
	path := storetest.WriteCrowd(b, *people, hmis.FY2026)
	for _, d := range storetest.Databases(b, server) {
		h := newHub(b, d)
		if _, err := storetest.ImportPath(h.store, path, store.ImportOptions{Source: "crowd"}); err != nil {
			b.Fatal(err)
		}
		for _, c := range []struct{ viewer, name string }{{"lead", "active"}, {"lead", "stay"}, {"lead", "flows"}, {"lead", "page"}, {"funder", "page"}} {
			h.ask(b, c.viewer, statisticsAsked[c.name], nil) // reads the community and makes the release
			b.Run(d.Name+"/"+c.viewer+"/"+c.name, func(b *testing.B) {
				before := processorTime(b)
				var times []time.Duration
				for b.Loop() {
					began := time.Now()
					if answer := h.ask(b, c.viewer, statisticsAsked[c.name], nil); strings.HasPrefix(answer, "errors") {
						b.Fatal(answer)
					}
					times = append(times, time.Since(began))
				}
				slices.Sort(times)
				b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
				b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			})
		}
	}
}
