package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/hearth-hmis/hearth/graph/model"
	"github.com/hearth-hmis/hearth/internal/disclosure"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/table"
)

// askedQuery is a question that was saved, ready to be answered.
type askedQuery struct {
	model.StatisticsQuestion
	grouping stats.Grouping
}

func groupingOf(q model.StatisticsQuestion) (stats.Grouping, error) {
	return grouping(q.By, q.Grain, q.Having, q.OrderBy, mostGroups, 0)
}

// saveQuery keeps a question that can be answered.
func (r *Resolver) saveQuery(ctx context.Context, in model.SaveQueryInput) (*store.SavedQuery, error) {
	s, err := r.ask(ctx, *in.Question)
	if err != nil {
		return nil, err
	}
	g, err := groupingOf(*in.Question)
	if err != nil {
		return nil, err
	}
	if _, err := r.export(ctx, s, g, in.Question.Measures, in.Name, table.CSV); err != nil {
		return nil, err
	}
	document, err := json.Marshal(in.Question)
	if err != nil {
		return nil, err
	}
	return r.Store.SaveQuery(ctx, in.Name, in.Title, string(document))
}

func (r *Resolver) askedBy(q *store.SavedQuery) (*askedQuery, error) {
	var a askedQuery
	if err := json.Unmarshal([]byte(q.Document), &a.StatisticsQuestion); err != nil {
		return nil, err
	}
	var err error
	a.grouping, err = groupingOf(a.StatisticsQuestion)
	return &a, err
}

// answer answers a saved query as the viewer may have it.
func (r *Resolver) answer(ctx context.Context, q *store.SavedQuery, f table.Format) (*model.StatisticsFile, error) {
	a, err := r.askedBy(q)
	if err != nil {
		return nil, err
	}
	s, err := r.ask(ctx, a.StatisticsQuestion)
	if err != nil {
		return nil, err
	}
	return r.export(ctx, s, a.grouping, a.Measures, q.Name, f)
}

// publicTable is what the public would get of a saved query, and the release that it stands on.
func (r *Resolver) publicTable(ctx context.Context, q *store.SavedQuery, as model.PublishAs) (*table.Table, string, error) {
	a, err := r.askedBy(q)
	if err != nil {
		return nil, "", err
	}
	s, err := r.protected(a.StatisticsQuestion)
	if err != nil {
		return nil, "", err
	}
	var found *disclosure.Groups
	if as == model.PublishAsFixed {
		if len(a.Measures) != 1 {
			return nil, "", hmis.Errorf(hmis.Invalid, "a fixed table is of one measure")
		}
		g := a.grouping
		g.First = 0
		found, err = r.protect().FixedTable(ctx, s.Query, g, a.Measures[0])
	} else {
		found, err = r.protect().Groups(ctx, public, s.Query, a.grouping, a.Measures...)
	}
	if err != nil {
		return nil, "", err
	}
	return tableOf(a.grouping.By, a.Measures, groupsOf(found)), found.Basis.Release, nil
}

// publicAnswer lets the lead look at what is or would be public.
func (r *Resolver) publicAnswer(ctx context.Context, q *store.SavedQuery, f table.Format, as model.PublishAs) (*model.StatisticsFile, error) {
	if err := r.Store.MayPublish(ctx); err != nil {
		return nil, err
	}
	t, _, err := r.publicTable(ctx, q, as)
	if err != nil {
		return nil, err
	}
	return fileOf(t, q.Name, f)
}

func (r *Resolver) publishQuery(ctx context.Context, in model.PublishQueryInput) (*store.SavedQuery, error) {
	q, err := r.Store.SavedQueryNamed(ctx, in.Name)
	if err == nil {
		err = r.Store.MayPublish(ctx) // before anything is counted: the public's budget is not for others to spend
	}
	if err != nil {
		return nil, err
	}
	if in.As == model.PublishAsProtected {
		if _, _, err := r.publicTable(ctx, q, in.As); err != nil {
			return nil, err
		}
		err = r.Store.PublishQuery(ctx, in.Name)
	} else {
		err = r.fixQuery(ctx, q)
	}
	if err != nil {
		return nil, err
	}
	return r.Store.SavedQueryNamed(ctx, in.Name)
}

// fixQuery publishes a fixed table. The question keeps the days that it was about when it was approved.
func (r *Resolver) fixQuery(ctx context.Context, q *store.SavedQuery) error {
	t, release, err := r.publicTable(ctx, q, model.PublishAsFixed)
	if err != nil {
		return err
	}
	a, err := r.askedBy(q)
	if err != nil {
		return err
	}
	if a.Period.Start == nil && a.Period.FiscalYear == nil && a.Period.Day == nil {
		return hmis.Errorf(hmis.Invalid, "a fixed table is for ever the same; give its period by start and end or fiscalYear")
	}
	period, err := r.period(*a.Period)
	if err != nil {
		return err
	}
	page, err := pageOf(q, t, release, model.PublishAsFixed)
	if err != nil {
		return err
	}
	body, err := json.Marshal(page)
	if err != nil {
		return err
	}
	return r.Store.FixQuery(ctx, q.Name, release, body, func(document string) bool {
		other, err := r.askedBy(&store.SavedQuery{Document: document})
		if err != nil {
			return true
		}
		of, err := r.period(*other.Period)
		return err != nil || slices.Equal(other.Measures, a.Measures) && of.Start <= period.End && period.Start <= of.End
	})
}

// Page is a published answer, in the forms in which it is served.
type Page struct {
	JSON json.RawMessage
	CSV  []byte
}

// pageOf makes the page of a saved query.
func pageOf(q *store.SavedQuery, t *table.Table, release string, as model.PublishAs) (*Page, error) {
	rows := []json.RawMessage{}
	for i := range t.Rows {
		row, err := t.Object(i)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	text, err := json.Marshal(map[string]any{"name": q.Name, "title": q.Title, "mode": as, "release": release, "question": json.RawMessage(q.Document), "rows": rows})
	if err != nil {
		return nil, err
	}
	var csv bytes.Buffer
	if err := t.Write(&csv, table.CSV); err != nil {
		return nil, err
	}
	return &Page{text, csv.Bytes()}, nil
}

// Public answers a published query to everybody. A page of protected numbers is the same until the next release, so it is
// made once for each. Errors: NotFound.
func (r *Resolver) Public(ctx context.Context, name string) (*Page, error) {
	q, err := r.Store.PublicQuery(ctx, name)
	if err != nil {
		return nil, err
	}
	names, err := r.Store.ReleaseNames(ctx)
	if err != nil {
		return nil, err
	}
	newest := ""
	if len(names) > 0 {
		newest = names[len(names)-1]
	}
	kept, err := r.Store.PublicTable(ctx, q, newest)
	if err != nil {
		return nil, err
	}
	if kept != nil {
		var page Page
		return &page, json.Unmarshal(kept, &page)
	}
	t, release, err := r.publicTable(ctx, q, model.PublishAsProtected)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(q, t, release, model.PublishAsProtected)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(page)
	if err != nil {
		return nil, err
	}
	return page, r.Store.KeepPublicTable(ctx, q, newest, body)
}

// QueryAnswer answers a saved query as CSV to whoever has its token, as the account may have it that made the token. Errors:
// NotFound, and those of the question.
func (r *Resolver) QueryAnswer(ctx context.Context, name, token string) ([]byte, error) {
	q, v, err := r.Accounts.QueryOfToken(ctx, name, token)
	if err != nil {
		return nil, err
	}
	if ctx, err = r.Store.As(ctx, v); err != nil {
		return nil, err
	}
	a, err := r.askedBy(q)
	if err != nil {
		return nil, err
	}
	s, err := r.ask(ctx, a.StatisticsQuestion)
	if err != nil {
		return nil, err
	}
	groups, err := r.groups(ctx, s, a.grouping, a.Measures)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = tableOf(a.grouping.By, a.Measures, groups).Write(&b, table.CSV)
	return b.Bytes(), err
}

const (
	publicPath = "/public/"
	queryPath  = "/saved/"
)

func publicPathOf(q *store.SavedQuery) *string {
	if !q.Public() {
		return nil
	}
	path := publicPath + q.Name
	return &path
}

// queryAddress makes the address of a saved query that answers without anything else.
func (r *Resolver) queryAddress(ctx context.Context, name string) (*model.QueryAddressPayload, error) {
	token, err := r.Accounts.CreateQueryToken(ctx, name)
	if err != nil {
		problems, err := userErrors(err)
		return &model.QueryAddressPayload{UserErrors: problems}, err
	}
	path := queryPath + name + ".csv?token=" + token
	return &model.QueryAddressPayload{Path: &path, UserErrors: []*store.UserError{}}, nil
}

func savedQueryPayload(q *store.SavedQuery, err error) (*model.SavedQueryPayload, error) {
	problems := []*store.UserError{}
	if err != nil {
		q = nil
		problems, err = userErrors(err)
	}
	return &model.SavedQueryPayload{SavedQuery: q, UserErrors: problems}, err
}
