package graph

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/graph/model"
	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/report"
	"github.com/hearth-hmis/hearth/internal/store"
)

// report runs a report on what the viewer may report on.
func (r *Resolver) report(ctx context.Context, in model.ReportInput) (*model.Report, error) {
	data, err := r.Store.ReportScope(ctx, in.Projects)
	if err != nil {
		return nil, err
	}
	return r.runReport(data, in)
}

// projects finds projects in the order of their row numbers as given.
func (r *Resolver) projects(ctx context.Context, keys []int64) ([]*ent.Project, error) {
	found, err := r.Store.ProjectsNumbered(ctx, keys)
	list := make([]*ent.Project, 0, len(found))
	for _, key := range keys {
		if p := found[key]; p != nil {
			list = append(list, p)
		}
	}
	return list, err
}

func (r *Resolver) runReport(data *store.ReportScope, in model.ReportInput) (*model.Report, error) {
	scope := report.Scope{Projects: data.Projects, Start: in.Start, End: in.End}
	if in.Coc != nil {
		scope.CoC = *in.Coc
	}
	found, err := report.Run(data.Facts, model.KindOf(in.Kind), scope)
	if err != nil {
		return nil, err
	}
	return &model.Report{Report: found, Data: data, Ran: r.Store.Now().Day()}, nil
}

// opensCells reports whether the clients of the cells are asked for, which costs a statement for each cell.
func opensCells(ctx context.Context) bool {
	return slices.ContainsFunc(graphql.CollectFieldsCtx(ctx, []string{"ReportCell"}), func(f graphql.CollectedField) bool { return f.Name == "clients" })
}

var errOneCell = hmis.Errorf(hmis.Limit, "ask for the cell by its address to see its clients: cells(address: …)")

// reportPatience is how long a run is waited for before its caller is told to ask again.
const reportPatience = time.Second

// startReport runs a report in the background and keeps its figures. Most are done before it returns.
func (r *Resolver) startReport(ctx context.Context, in model.ReportInput) (*ent.ReportRun, error) {
	run, err := r.Store.StartReportRun(ctx, store.NewReportRun{Kind: string(model.KindOf(in.Kind)), Projects: in.Projects, Start: in.Start, End: in.End, CoC: in.Coc})
	if err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	counting := audit.WithRecorder(context.WithoutCancel(ctx), nil) // the run is in the log already
	go func() { done <- r.finishReport(counting, run, in) }()
	select {
	case err = <-done:
	case <-time.After(reportPatience):
	}
	if err != nil {
		return nil, err
	}
	return r.Store.ReportRunOf(ctx, run.OpaqueID)
}

// halfWay is how far a run is, in percent, when the data is read and the counting begins.
const halfWay = 50

// finishReport keeps the figures of a run, or why there are none.
func (r *Resolver) finishReport(ctx context.Context, run *ent.ReportRun, in model.ReportInput) error {
	data, err := r.Store.ReportScope(ctx, in.Projects)
	if err == nil {
		err = r.Store.ReportProgress(ctx, run, halfWay)
	}
	var found *model.Report
	if err == nil {
		found, err = r.runReport(data, in)
	}
	if err == nil {
		return r.Store.EndReportRun(ctx, run, data, found.Figures(), nil)
	}
	failure := "internal error"
	if told, ok := errors.AsType[*hmis.Error](err); ok {
		failure = told.Message
	}
	return r.Store.EndReportRun(ctx, run, data, nil, &failure)
}

// A run that did not end in this time was cut off with its server.
const longestRun = 15 * time.Minute

func stateOf(run *ent.ReportRun, now hmis.Timestamp) model.RunState {
	switch {
	case run.FinishedAt == nil && now-*run.StartedAt < hmis.Timestamp(longestRun/time.Second):
		return model.RunStateRunning
	case run.FinishedAt == nil || run.Failure != nil:
		return model.RunStateFailed
	}
	return model.RunStateDone
}

var errNoRun = hmis.Errorf(hmis.NotFound, "there is no such run, or not for this account")

// runPace is how often a run that is followed is looked at.
const runPace = 500 * time.Millisecond

// followRun gives a run as it is, and again whenever it has got further, until it has ended or is no longer for the
// viewer. Each look is a question of its own to the store, which asks anew what the viewer may see.
func (r *Resolver) followRun(ctx context.Context, id string) (<-chan *ent.ReportRun, error) {
	run, err := r.Store.ReportRunOf(ctx, id)
	if err == nil && run == nil {
		err = errNoRun
	}
	if err != nil {
		return nil, err
	}
	runs := make(chan *ent.ReportRun)
	go func() {
		defer close(runs)
		for told := (*ent.ReportRun)(nil); run != nil && err == nil; run, err = r.Store.ReportRunOf(ctx, id) {
			ended := stateOf(run, r.Store.Now()) != model.RunStateRunning
			if told == nil || ended || run.Progress != told.Progress {
				select {
				case runs <- run:
					told = run
				case <-ctx.Done():
					return
				}
			}
			if ended || !pause(ctx, runPace) {
				return
			}
		}
	}()
	return runs, nil
}

// pause waits; it reports whether ctx still holds.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// place is where a figure stands.
type place struct{ table, address string }

func places(figures ...store.Figures) []place {
	seen := map[place]bool{}
	for _, f := range figures {
		for table, cells := range f {
			for address := range cells {
				seen[place{table, address}] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b place) int {
		return cmp.Or(compareNatural(a.table, b.table), compareNatural(a.address, b.address))
	})
}

// compareNatural puts Q5a before Q10 and B2 before B10.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		na, nb := digits(a), digits(b)
		if na > 0 && nb > 0 {
			x, _ := strconv.Atoi(a[:na])
			y, _ := strconv.Atoi(b[:nb])
			if x != y {
				return cmp.Compare(x, y)
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) (n int) {
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func keptCells(figures store.Figures) []*model.KeptCell {
	cells := []*model.KeptCell{}
	for _, p := range places(figures) {
		cell := &model.KeptCell{Table: p.table, Address: p.address}
		if text, is := figures[p.table][p.address].(string); is {
			cell.Text = &text
		} else {
			cell.Value = number64(figures[p.table][p.address])
		}
		cells = append(cells, cell)
	}
	return cells
}

// differences lists the cells in which two runs are not the same.
func differences(before, after store.Figures) []*model.CellDifference {
	list := []*model.CellDifference{}
	for _, p := range places(before, after) {
		was, is := number64(before[p.table][p.address]), number64(after[p.table][p.address])
		if was == nil && is == nil || was != nil && is != nil && *was == *is {
			continue
		}
		list = append(list, &model.CellDifference{Table: p.table, Address: p.address, Before: was, After: is})
	}
	return list
}

// number64 is a figure as it was counted or read back from JSON, nil for a text or none.
func number64(v any) *float64 {
	switch v := v.(type) {
	case float64:
		return &v
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return &f
		}
	}
	return nil
}
