package store_test

import (
	"context"
	"flag"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"

	"github.com/hearth-hmis/hearth/graph"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

var rounds = flag.Int("rounds", 3, "rounds of BenchmarkOverhead")

// As graph's benchmarks ask.
const nested = `query($n: Int!) { clients(first: $n) { totalCount pageInfo { endCursor hasNextPage } edges { node {
    id personalId firstName lastName ssn dob veteranStatus withheld { field category reason }
    enrollments(first: 5) { totalCount edges { node { enrollmentId entryDate relationshipToHoh
      project { projectName projectType organization { organizationName } }
      exit { exitDate destination }
      services(first: 5) { edges { node { dateProvided recordType typeProvided } } } } } } } } } }`

// variant is a hub as it is, or without what is to be paid for.
type variant struct {
	name     string
	ctx      context.Context
	executor *executor.Executor
	took     []time.Duration // of each round, by request
}

func newVariant(b *testing.B, name string, s *store.Store, recording bool) *variant {
	b.Helper()
	resolver := &graph.Resolver{Store: s}
	v := &variant{name: name, ctx: as(b, s, viewer(b, s, policy.SystemAdmin, "")), executor: executor.New(resolver.Schema())}
	if recording {
		v.executor.Use(resolver.Recording())
	}
	return v
}

// round asks so many times and keeps the processor time of one request.
func (v *variant) round(b *testing.B, requests int) {
	b.Helper()
	runtime.GC()
	began := processorTime(b)
	for range requests {
		ctx := graphql.StartOperationTrace(v.ctx)
		oc, errs := v.executor.CreateOperationContext(ctx, &graphql.RawParams{Query: nested, Variables: map[string]any{"n": 50}})
		if errs != nil {
			b.Fatal(errs)
		}
		answers, ctx := v.executor.DispatchOperation(ctx, oc)
		if answer := answers(ctx); len(answer.Errors) > 0 || strings.Count(string(answer.Data), `"personalId"`) != 50 {
			b.Fatal(answer.Errors)
		}
	}
	v.took = append(v.took, (processorTime(b)-began)/time.Duration(requests))
}

func (v *variant) median() float64 {
	slices.Sort(v.took)
	return float64(v.took[len(v.took)/2].Microseconds()) / 1000
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkOverhead asks for 50 clients with their stays, exits and services: of a hub as it is, of one that keeps no log,
// and of one that keeps none and whose database is in the clear. They take turns; what is reported is the processor time
// of this process by request, the median of -rounds rounds, and what sealing and the log add to it in percent. On
// PostgreSQL the server's own time is not in it.
func BenchmarkOverhead(b *testing.B) {
	path := storetest.WriteCrowd(b, 5000, hmis.FY2026)
	for _, d := range storetest.Databases(b, server) {
		b.Run(d.Name, func(b *testing.B) {
			sealed, clear := d.Open(b), d.Open(b)
			for _, s := range []*store.Store{sealed, clear} {
				if _, err := storetest.ImportPath(s, path, store.ImportOptions{Source: "crowd"}); err != nil {
					b.Fatal(err)
				}
			}
			clear.Unseal(b)
			clear.ReadInTheClear()
			variants := []*variant{newVariant(b, "whole", sealed, true), newVariant(b, "no-log", sealed, false), newVariant(b, "clear", clear, false)}
			for b.Loop() {
				for range *rounds {
					for _, v := range variants {
						v.round(b, 20)
					}
				}
			}
			whole, noLog, clearOne := variants[0].median(), variants[1].median(), variants[2].median()
			for _, v := range variants {
				b.ReportMetric(v.median(), v.name+"-cpu-ms")
			}
			b.ReportMetric(100*(whole/noLog-1), "log-%")
			b.ReportMetric(100*(noLog/clearOne-1), "sealing-%")
		})
	}
}
