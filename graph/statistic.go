package graph

import (
	"context"
	"strconv"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"github.com/hearth-hmis/hearth/graph/model"
	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/disclosure"
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/stats"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/table"
)

// statistics is what the resolvers keep between questions.
type statistics struct {
	mu        sync.Mutex
	protector *disclosure.Protector
	engines   map[*facts.Facts]*stats.Engine
}

// mostEngines bounds the communities for which an engine is kept: the whole one, and those of single agencies.
const mostEngines = 32

// engine gives the engine of facts, which is kept while they are among the newest.
func (s *statistics) engine(data *store.StatisticsData) *stats.Engine {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.engines[data.Facts]; e != nil {
		return e
	}
	if s.engines == nil || len(s.engines) >= mostEngines {
		s.engines = map[*facts.Facts]*stats.Engine{}
	}
	e := stats.New(data.Facts, stats.Version{Change: data.Change, At: data.At})
	s.engines[data.Facts] = e
	return e
}

// releases are the published states of the community, for disclosure.
type releases struct{ *store.Store }

func (r releases) Names(ctx context.Context) ([]string, error) { return r.ReleaseNames(ctx) }

func (r releases) Engine(ctx context.Context, name string) (*stats.Engine, error) {
	f, err := r.Release(ctx, name)
	if err != nil {
		return nil, err
	}
	return stats.New(f, stats.Version{}), nil
}

// protect gives the one who protects numbers.
func (r *Resolver) protect() *disclosure.Protector {
	s := &r.statistics
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.protector == nil {
		s.protector = disclosure.New(r.Store.NoiseKey(), releases{r.Store}, r.Store)
	}
	return s.protector
}

// ask finds out what the viewer may have, and makes the question one of the engine's.
func (r *Resolver) ask(ctx context.Context, q model.StatisticsQuestion) (*model.Statistics, error) {
	v := policy.ViewerOf(ctx)
	if v == nil {
		return nil, hmis.Errorf(hmis.Denied, "sign in first")
	}
	scope := model.StatisticsScopeCommunity
	if q.Scope != nil {
		scope = *q.Scope
	} else if v.Role.OfAgency() {
		scope = model.StatisticsScopeOwn
	}
	data, err := r.Store.StatisticsData(ctx, scope == model.StatisticsScopeOwn)
	if err != nil {
		return nil, err
	}
	s, err := r.protected(q)
	if err != nil || data == nil {
		return s, err
	}
	s.Basis.Scope = scope
	s.Mode, s.Engine, s.Facts = model.StatisticsModeExact, r.statistics.engine(data), data.Facts
	s.Basis.Protected = false
	if data.Dated {
		change := int32(data.Change)
		s.Basis.Change, s.Basis.DataAt = &change, data.At
	}
	return s, nil
}

// protected makes a question one to the community's protected numbers.
func (r *Resolver) protected(q model.StatisticsQuestion) (*model.Statistics, error) {
	period, err := r.period(*q.Period)
	if err != nil {
		return nil, err
	}
	asked := stats.Query{Period: period, Unit: stats.Unit(rank(model.AllStatisticsUnit, q.Unit)), ActiveBy: stats.ActiveBy(rank(model.AllStatisticsActiveBy, q.ActiveBy)),
		RaceMethod: stats.RaceMethod(rank(model.AllStatisticsRaceMethod, q.RaceMethod)), AgeAt: stats.AgeAt(rank(model.AllStatisticsAgeAt, q.AgeAt)),
		Identity: stats.Identity(rank(model.AllStatisticsIdentity, q.Identity))}
	for _, c := range q.Where {
		asked.Where = append(asked.Where, stats.Condition{Dimension: c.Dimension, Values: c.Values})
	}
	return &model.Statistics{Mode: model.StatisticsModeProtected, Query: asked, Basis: &model.StatisticsBasis{Start: period.Start, End: period.End, Unit: q.Unit,
		ActiveBy: q.ActiveBy, RaceMethod: q.RaceMethod, AgeAt: q.AgeAt, Identity: q.Identity, Scope: model.StatisticsScopeCommunity, Protected: true}}, nil
}

// rank is where a value is among all of its enum, which are in the engine's order.
func rank[T comparable](all []T, value T) int {
	for i, v := range all {
		if v == value {
			return i
		}
	}
	return -1
}

var errPeriod = hmis.Errorf(hmis.Invalid, "a period is one of: start and end, lastDays, lastMonths, lastQuarters, lastYears, fiscalYear, day")

func (r *Resolver) period(p model.StatisticsPeriod) (stats.Period, error) {
	today := r.Store.Now().Day()
	var found []func() (stats.Period, error)
	if p.Start != nil || p.End != nil {
		if p.Start == nil || p.End == nil {
			return stats.Period{}, errPeriod
		}
		found = append(found, func() (stats.Period, error) { return stats.Between(*p.Start, *p.End) })
	}
	for kind, n := range map[stats.PeriodKind]*int32{stats.LastDays: p.LastDays, stats.LastMonths: p.LastMonths, stats.LastQuarters: p.LastQuarters, stats.LastYears: p.LastYears} {
		if n != nil {
			found = append(found, func() (stats.Period, error) { return stats.Last(int(*n), kind, today) })
		}
	}
	if p.FiscalYear != nil {
		found = append(found, func() (stats.Period, error) { return stats.FiscalYear(int(*p.FiscalYear)) })
	}
	if p.Day != nil {
		found = append(found, func() (stats.Period, error) { return stats.On(*p.Day) })
	}
	if len(found) != 1 {
		return stats.Period{}, errPeriod
	}
	return found[0]()
}

// release is what protected numbers are from.
func (r *Resolver) release(ctx context.Context, b *model.StatisticsBasis) (*string, error) {
	if !b.Protected {
		return nil, nil
	}
	names, err := r.Store.ReleaseNames(ctx)
	if err != nil {
		return nil, err
	}
	name, ok := disclosure.ReleaseOf(stats.Period{Start: b.Start, End: b.End}, names)
	if !ok {
		return nil, nil
	}
	return &name, nil
}

// isExact reports whether the viewer's role may know all that is asked about exactly; a measure or dimension beyond is protected
// for analysts.
func isExact(ctx context.Context, s *model.Statistics, measures []stats.Measure, by []stats.Dimension) bool {
	if s.Engine == nil {
		return false
	}
	v := policy.ViewerOf(ctx)
	ceiling := v.Ceiling() | hmis.CategoriesOf(hmis.Meta)
	ok := true
	for _, m := range measures {
		ok = ok && ceiling.Has(m.Info().Category)
	}
	for _, d := range by {
		ok = ok && ceiling.Has(d.Info().Category)
	}
	for _, c := range s.Query.Where {
		ok = ok && ceiling.Has(c.Dimension.Info().Category)
	}
	return ok
}

// measuresAsked are those whose fields are asked for below a field of StatisticsNumbers.
func measuresAsked(ctx context.Context, under ...string) (list []stats.Measure) {
	fields := graphql.CollectFieldsCtx(ctx, nil)
	for _, name := range under {
		var inner []graphql.CollectedField
		for _, f := range fields {
			if f.Name == name {
				inner = append(inner, graphql.CollectFields(graphql.GetOperationContext(ctx), f.Selections, nil)...)
			}
		}
		fields = inner
	}
	seen := map[stats.Measure]bool{}
	for _, f := range fields {
		if m, ok := model.MeasureFields[f.Name]; ok && !seen[m] {
			seen[m] = true
			list = append(list, m)
		}
	}
	return list
}

func (r *Resolver) totals(ctx context.Context, s *model.Statistics) (*model.StatisticsNumbers, error) {
	measures := measuresAsked(ctx)
	if len(measures) == 0 {
		return &model.StatisticsNumbers{}, nil
	}
	if isExact(ctx, s, measures, nil) {
		t, err := s.Engine.Totals(s.Query, measures...)
		if err != nil {
			return nil, err
		}
		return exactNumbers(t.Answers), nil
	}
	t, err := r.protect().Totals(ctx, policy.ViewerOf(ctx).Account, s.Query, measures...)
	if err != nil {
		return nil, err
	}
	return protectedNumbers(t.Answers), nil
}

func exactNumbers(answers []stats.Answer) *model.StatisticsNumbers {
	n := &model.StatisticsNumbers{Exact: map[stats.Measure]stats.Answer{}}
	for _, a := range answers {
		n.Exact[a.Measure] = a
	}
	return n
}

func protectedNumbers(answers []disclosure.Answer) *model.StatisticsNumbers {
	n := &model.StatisticsNumbers{Protected: map[stats.Measure]disclosure.Answer{}}
	for _, a := range answers {
		n.Protected[a.Measure] = a
	}
	return n
}

var errNoMeasures = hmis.Errorf(hmis.Invalid, "name at least one measure")

// mostGroups bounds what one question answers.
const mostGroups = 5000

func grouping(by []stats.Dimension, grain *model.StatisticsGrain, having []*model.StatisticsHaving, orderBy []*model.StatisticsSort, first, after int32) (stats.Grouping, error) {
	g := stats.Grouping{By: by, First: int(first), After: int(after)}
	if first < 1 || first > mostGroups || after < 0 {
		return g, hmis.Errorf(hmis.Invalid, "first is from 1 to %d, after is not below 0", mostGroups)
	}
	if grain != nil {
		g.Grain = stats.Grain(rank(model.AllStatisticsGrain, *grain) + 1)
	}
	for _, h := range having {
		g.Having = append(g.Having, stats.Having{Measure: h.Measure, AtLeast: h.AtLeast, AtMost: h.AtMost})
	}
	for _, o := range orderBy {
		order := stats.Order{Down: o.Descending}
		chosen := 0
		if o.Time != nil && *o.Time {
			order.By = stats.OrderByTime
			chosen++
		}
		if o.Dimension != nil {
			order.By, order.Dimension = stats.OrderByDimension, *o.Dimension
			chosen++
		}
		if o.Measure != nil {
			order.By, order.Measure = stats.OrderByMeasure, *o.Measure
			chosen++
		}
		if chosen != 1 {
			return g, hmis.Errorf(hmis.Invalid, "an order is one of: time, dimension, measure")
		}
		g.OrderBy = append(g.OrderBy, order)
	}
	return g, nil
}

// groups answers a question in groups, exactly where the viewer may know.
func (r *Resolver) groups(ctx context.Context, s *model.Statistics, g stats.Grouping, measures []stats.Measure) (*model.StatisticsGroups, error) {
	also := append([]stats.Measure{}, measures...)
	for _, h := range g.Having {
		also = append(also, h.Measure)
	}
	exact := isExact(ctx, s, also, g.By)
	if len(measures) == 0 {
		measures = []stats.Measure{stats.Served}
	}
	if !exact {
		return r.protectedGroups(ctx, policy.ViewerOf(ctx).Account, s, g, measures)
	}
	found, err := s.Engine.Groups(s.Query, g, measures...)
	if err != nil {
		return nil, err
	}
	out := &model.StatisticsGroups{Count: int32(found.Count), Groups: []*model.StatisticsGroup{}}
	for _, group := range found.Groups {
		out.Groups = append(out.Groups, &model.StatisticsGroup{Start: group.Period.Start, End: group.Period.End, Values: values(group.Values), Numbers: exactNumbers(group.Answers)})
	}
	return out, nil
}

// public is the account of everybody.
const public = 0

// protectedGroups answers it in protected numbers, which an account is told.
func (r *Resolver) protectedGroups(ctx context.Context, account int64, s *model.Statistics, g stats.Grouping, measures []stats.Measure) (*model.StatisticsGroups, error) {
	found, err := r.protect().Groups(ctx, account, s.Query, g, measures...)
	if err != nil {
		return nil, err
	}
	return groupsOf(found), nil
}

func groupsOf(found *disclosure.Groups) *model.StatisticsGroups {
	out := &model.StatisticsGroups{Count: int32(found.Count), Groups: []*model.StatisticsGroup{}, Protected: true}
	for _, group := range found.Groups {
		out.Groups = append(out.Groups, &model.StatisticsGroup{Start: group.Period.Start, End: group.Period.End, Values: values(group.Values), Numbers: protectedNumbers(group.Answers)})
	}
	return out
}

// export answers it as a file.
func (r *Resolver) export(ctx context.Context, s *model.Statistics, g stats.Grouping, measures []stats.Measure, name string, f table.Format) (*model.StatisticsFile, error) {
	if len(measures) == 0 {
		return nil, errNoMeasures
	}
	groups, err := r.groups(ctx, s, g, measures)
	if err != nil {
		return nil, err
	}
	return fileOf(tableOf(g.By, measures, groups), name, f)
}

// members finds the records behind an exact number.
func (r *Resolver) members(ctx context.Context, s *model.Statistics, m stats.Measure, group []*model.StatisticsCondition) (*model.StatisticsMembers, error) {
	var of []stats.Condition
	var by []stats.Dimension
	for _, c := range group {
		of, by = append(of, stats.Condition{Dimension: c.Dimension, Values: c.Values}), append(by, c.Dimension)
	}
	exact := isExact(ctx, s, []stats.Measure{m}, by)
	if v := policy.ViewerOf(ctx); !exact || hmis.AllContent&^v.Ceiling() != 0 { // which rows have an answer would tell it of each
		return nil, hmis.Errorf(hmis.Denied, "the records behind a number are for those who may see all that it stands on")
	}
	found, err := s.Engine.Members(s.Query, m, of)
	if err != nil {
		return nil, err
	}
	audit.RecorderOf(ctx).Is(audit.Report)
	out := &model.StatisticsMembers{}
	for _, i := range found.Enrollments {
		out.EnrollmentKeys = append(out.EnrollmentKeys, s.Facts.Enrollments.Row[i])
	}
	for _, i := range found.Clients {
		out.ClientKeys = append(out.ClientKeys, s.Facts.Clients.Row[i])
	}
	return out, nil
}

func values(list []stats.Value) []*model.StatisticsValue {
	out := make([]*model.StatisticsValue, len(list))
	for i, v := range list {
		out[i] = &model.StatisticsValue{Name: v.Name, Label: v.Label}
	}
	return out
}

// change puts a question beside the same one for another period, as a whole and in groups.
func (r *Resolver) change(ctx context.Context, s *model.Statistics, to model.StatisticsCompare, measures []stats.Measure, g stats.Grouping) (*model.StatisticsChange, error) {
	if len(measures) == 0 {
		return nil, errNoMeasures
	}
	compare := stats.Compare(rank(model.AllStatisticsCompare, to))
	grouped := len(g.By) > 0 || g.Grain != stats.NoGrain
	out := &model.StatisticsChange{Groups: []*model.StatisticsGroupChange{}}
	if isExact(ctx, s, measures, g.By) {
		whole, err := s.Engine.Change(s.Query, compare, measures...)
		if err != nil {
			return nil, err
		}
		out.Start, out.End, out.Changes = whole.From.Start, whole.From.End, changes(whole.Now, whole.Before, whole.Percent, measures)
		if !grouped {
			return out, nil
		}
		groups, err := s.Engine.GroupChanges(s.Query, g, compare, measures...)
		if err != nil {
			return nil, err
		}
		for i, group := range groups.Groups.Groups {
			c := groups.Changes[i]
			out.Groups = append(out.Groups, groupChange(group.Period, group.Values, changes(c.Now, c.Before, c.Percent, measures)))
		}
		return out, nil
	}
	account := policy.ViewerOf(ctx).Account
	whole, err := r.protect().Change(ctx, account, s.Query, compare, measures...)
	if err != nil {
		return nil, err
	}
	out.Start, out.End, out.Changes = whole.From.Start, whole.From.End, changes(whole.Now, whole.Before, whole.Percent, measures)
	if !grouped {
		return out, nil
	}
	groups, err := r.protect().GroupChanges(ctx, account, s.Query, g, compare, measures...)
	if err != nil {
		return nil, err
	}
	for i, group := range groups.Groups.Groups {
		c := groups.Changes[i]
		out.Groups = append(out.Groups, groupChange(group.Period, group.Values, changes(c.Now, c.Before, c.Percent, measures)))
	}
	return out, nil
}

func groupChange(p stats.Period, of []stats.Value, list []*model.StatisticsMeasureChange) *model.StatisticsGroupChange {
	return &model.StatisticsGroupChange{Start: p.Start, End: p.End, Values: values(of), Changes: list}
}

// changes are the measures of answers, exact or protected, beside those before.
func changes[A interface{ Value() (float64, bool) }](now, before []A, percent []*float64, measures []stats.Measure) (list []*model.StatisticsMeasureChange) {
	for i := range now {
		c := &model.StatisticsMeasureChange{Measure: measures[i], Percent: percent[i]}
		if v, ok := now[i].Value(); ok {
			c.Now = &v
		}
		if v, ok := before[i].Value(); ok {
			c.Before = &v
		}
		list = append(list, c)
	}
	return list
}

func (r *Resolver) coverage(s *model.Statistics) ([]*model.StatisticsCoverage, error) {
	if s.Engine == nil {
		return []*model.StatisticsCoverage{}, nil
	}
	found, err := s.Engine.Coverage(s.Query)
	if err != nil {
		return nil, err
	}
	projects := s.Engine.Values(stats.Project, nil)
	list := []*model.StatisticsCoverage{}
	for _, p := range found.Projects {
		value := &model.StatisticsValue{Name: strconv.Itoa(int(p.Project))}
		if int(p.Project) < len(projects) {
			value.Label = projects[p.Project].Label
		}
		list = append(list, &model.StatisticsCoverage{Project: value, Enrollments: int32(p.Enrollments)})
	}
	return list, nil
}

func measureInfos() (list []*model.StatisticsMeasureInfo) {
	for _, m := range stats.Measures() {
		list = append(list, &model.StatisticsMeasureInfo{Measure: m.Measure, Label: m.Label, Definition: m.Definition + " Protected: " + disclosure.Definition(m.Measure), Reference: m.Reference, Unit: m.Unit,
			Protected: disclosure.Offered(m.Measure)})
	}
	return list
}

func dimensionInfos() (list []*model.StatisticsDimensionInfo) {
	for _, d := range stats.Dimensions() {
		list = append(list, &model.StatisticsDimensionInfo{Dimension: d.Dimension, Label: d.Label, Definition: d.Definition, Reference: d.Reference, Values: values(d.Values)})
	}
	return list
}
