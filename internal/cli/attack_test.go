package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/disclosure/attack"
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/stats"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
	"github.com/hearth-hmis/hearth/server"
)

var wholeAttack = flag.Bool("whole-attack", false, "attack communities of 1,000, 3,000 and 10,000 people with five seeds each through GraphQL, and print the table")

// besieged is a hub with a made-up community, and funders who work together: the attacker has as many accounts as it likes.
type besieged struct {
	*door
	known   *attack.Known
	current int // the account that asks
}

const mostFunders = 40

func besiege(t testing.TB, url string, people int, seed uint64) *besieged {
	t.Helper()
	b := &besieged{door: &door{store: storetest.OpenURL(t, url), tokens: map[string]string{}}}
	f, err := facts.Open(b.attacked(t, people, seed))
	if err != nil {
		t.Fatal(err)
	}
	b.known = attack.Know(f)
	b.Handler = handler(b.store, server.Config{Unmetered: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	b.book = account.Open(b.store)
	b.join(t, "lead", policy.SystemAdmin)
	b.join(t, "funder0", policy.Funder)
	return b
}

func (b *besieged) join(t testing.TB, name string, role policy.Role) {
	t.Helper()
	today := b.store.Now().Day()
	if err := b.book.Create(context.Background(), account.New{Username: name, Role: role, TrainedOn: &today, AgreedOn: &today}); err != nil {
		t.Fatal(err)
	}
	token, err := b.book.CreateToken(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	b.tokens[name] = token.Token
}

// document writes a question as GraphQL.
func document(q attack.Question) string {
	var where, by []string
	for _, c := range q.Where {
		values, _ := json.Marshal(c.Values)
		where = append(where, fmt.Sprintf("{dimension: %s, values: %s}", c.Dimension, values))
	}
	for _, d := range q.By {
		by = append(by, d.String())
	}
	const number = "{ value margin reason }"
	served, field := "number: served "+number, fieldOf(q.Measure.String())
	asked := map[stats.Kind]string{
		stats.Count:    "number: " + field + number,
		stats.Flow:     "parts: " + field + "{ total " + number + " }",
		stats.Average:  served + " mean: " + field + "{ mean: value reason }", // over the number served, which is asked for too
		stats.Duration: "duration: " + field + "{ observations " + number + " mean meanReason }",
	}[q.Measure.Info().Kind]
	return fmt.Sprintf(`{ statistics(period: {start: "%s", end: "%s"}, where: [%s], unit: %s, scope: COMMUNITY) { mode groups(by: [%s], first: 5000) { groups { values { name } numbers { %s } } } } }`,
		q.Period.Start, q.Period.End, strings.Join(where, ", "), []string{"PEOPLE", "HOUSEHOLDS", "HEADS", "ADULTS_AND_HEADS", "ENROLLMENTS"}[q.Unit], strings.Join(by, ", "), asked)
}

// fieldOf is how GraphQL writes a measure, as bedNights.
func fieldOf(name string) string {
	words := strings.Split(strings.ToLower(name), "_")
	for i := range words[1:] {
		words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
	}
	return strings.Join(words, "")
}

type number struct {
	Value, Margin *int64
	Reason        *string
}

// numbers are those of a group, as document asks for them.
type numbers struct {
	Number   number
	Parts    struct{ Total number }
	Mean     struct{ Mean *float64 }
	Duration struct {
		Observations number
		Mean         *float64
	}
}

// of gives the count of a group, and the mean where the measure has one.
func (n *numbers) of(k stats.Kind) (number, *float64) {
	switch k {
	case stats.Flow:
		return n.Parts.Total, nil
	case stats.Average:
		return n.Number, n.Mean.Mean
	case stats.Duration:
		return n.Duration.Observations, n.Duration.Mean
	}
	return n.Number, nil
}

// groups asks as an account; a cell has no count where there is none, and counts says why.
func (b *besieged) groups(viewer string, q attack.Question) (mode string, groups []attack.Cell, counts []number, refused bool, err error) {
	text := b.ask(viewer, document(q))
	var answer struct {
		Data struct {
			Statistics struct {
				Mode   string
				Groups struct {
					Groups []struct {
						Values  []struct{ Name string }
						Numbers numbers
					}
				}
			}
		}
		Errors []struct{ Extensions struct{ Code hmis.ErrorCode } }
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return "", nil, nil, false, err
	}
	if len(answer.Errors) > 0 {
		if answer.Errors[0].Extensions.Code == hmis.Invalid {
			return "", nil, nil, true, nil
		}
		return "", nil, nil, false, fmt.Errorf("%s: %.300s", document(q), text)
	}
	for _, g := range answer.Data.Statistics.Groups.Groups {
		var c attack.Cell
		for _, v := range g.Values {
			c.Values = append(c.Values, v.Name)
		}
		count, mean := g.Numbers.of(q.Measure.Info().Kind)
		c.Count, c.Mean = count.Value, mean
		groups, counts = append(groups, c), append(counts, count)
	}
	return answer.Data.Statistics.Mode, groups, counts, false, nil
}

// asker asks as one funder, and as the next when the first was told as much as one may be.
func (b *besieged) asker(t testing.TB) attack.Asker {
	return func(q attack.Question) ([]attack.Cell, error) {
		for {
			mode, cells, numbers, refused, err := b.groups(fmt.Sprint("funder", b.current), q)
			if err != nil || refused {
				return nil, err
			}
			if mode != "PROTECTED" {
				return nil, fmt.Errorf("a funder is answered %s", mode)
			}
			if slices.ContainsFunc(numbers, func(n number) bool { return n.Reason != nil && *n.Reason == "BUDGET_SPENT" }) {
				b.current++
				if b.current == mostFunders {
					return nil, fmt.Errorf("the numbers of %d accounts are spent", mostFunders)
				}
				b.join(t, fmt.Sprint("funder", b.current), policy.Funder)
				continue
			}
			sigma := 0.0 // the same in all groups of an answer
			for _, n := range numbers {
				if n.Margin != nil {
					sigma = max(sigma, float64(*n.Margin-2)/2)
				}
			}
			for i := range cells {
				cells[i].Count, cells[i].Error, cells[i].Least = numbers[i].Value, sigma, 11+2*sigma
				if limits, added := stats.BoundsOf(q.Measure, q.Period); added { // one condition more than the number of persons
					cells[i].SumError = 11 * float64(limits.Most-limits.Least) / 2
				}
			}
			return cells, nil
		}
	}
}

// exact asks as the HMIS lead, and hides what is below the least: what funders would get without protection.
func (b *besieged) exact(least int64) attack.Asker {
	return func(q attack.Question) ([]attack.Cell, error) {
		mode, cells, numbers, refused, err := b.groups("lead", q)
		if err != nil || refused {
			return nil, err
		}
		if mode != "EXACT" {
			return nil, fmt.Errorf("the lead is answered %s", mode)
		}
		for i := range cells {
			cells[i].Least, cells[i].Mean = float64(least-1), nil // exact means are not cut at the bounds
			if n := numbers[i].Value; n != nil && *n >= least {
				cells[i].Count = n
			}
		}
		return cells, nil
	}
}

// The attack of internal/disclosure through the whole of the hub, as hearth serve opens it.
func TestAttackThroughGraphQL(t *testing.T) {
	for _, aim := range []struct {
		people    int
		area, top float64
	}{{1000, 0.65, 0.40}, {3000, 0.62, 0.40}, {10000, 0.58, 0.40}} {
		seeds := uint64(5)
		if !*wholeAttack {
			if seeds = 1; aim.people > 1000 {
				continue
			}
		}
		area, top := 0.0, 0.0
		for seed := range seeds {
			b := besiege(t, storetest.SQLite.New(t), aim.people, seed+1)
			found, err := b.known.Reconstruct(b.asker(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%5d people, seed %d: area %.3f, top %.2f; %d questions, %d cells shown, %d accounts", aim.people, seed+1, found.Area, found.Top, found.Asked, found.Told, b.current+1)
			if found.Told < 50 {
				t.Errorf("only %d cells were shown", found.Told)
			}
			area, top = area+found.Area/float64(seeds), top+found.Top/float64(seeds)
			if aim.people > 1000 || seed > 0 {
				continue
			}
			b.single(t)
			bites, err := b.known.Reconstruct(b.exact(11))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%5d people, exact but hidden below 11: area %.3f, top %.2f", aim.people, bites.Area, bites.Top)
			if bites.Area < 0.9 || bites.Top < 0.9 {
				t.Errorf("the attack finds only area %.3f, top %.2f of exact numbers", bites.Area, bites.Top)
			}
		}
		if area > aim.area || top > aim.top {
			t.Errorf("%d people: area %.3f (at most %.2f), top %.2f (at most %.2f)", aim.people, area, aim.area, top, aim.top)
		}
	}
}

// single looks for single people who are found with certainty: by differencing and by trackers.
func (b *besieged) single(t *testing.T) {
	year := stats.Period{Start: hmis.NewDate(2024, 10, 1), End: hmis.NewDate(2025, 9, 30)}
	sure, err := b.known.Sure(b.asker(t), func(_ attack.Cell, count, group int) bool { return count >= 11 && group-count >= 11 })
	if err != nil {
		t.Fatal(err)
	}
	tried, found, err := b.known.Track(b.asker(t), year)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("certain by differences: %d; found by trackers: %d of %d", sure, found, tried)
	if sure != 0 || found != 0 || tried == 0 {
		t.Errorf("%d are certain by differences, %d of %d are found by trackers", sure, found, tried)
	}
}

// Nobody averages the noise away: the same people in other words, on other days, on another server and for another account have
// one answer, and it is not changed by who comes in.
func TestNoiseStaysThroughGraphQL(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		b := besiege(t, url, 1500, 1)
		b.join(t, "funder1", policy.Funder)
		ask := func(viewer, text string) string {
			t.Helper()
			answer := b.ask(viewer, text)
			_, rest, ok := strings.Cut(answer, `"served":`)
			if !ok {
				t.Fatal(answer)
			}
			return rest
		}
		const of = `{ statistics(period: %s, scope: COMMUNITY, where: [%s]) { totals { served { value margin reason } } } }`
		first := ask("funder0", fmt.Sprintf(of, "{fiscalYear: 2025}", `{dimension: SURVIVOR, values: ["YES"]}`))
		if !strings.Contains(first, `"reason":null`) {
			t.Fatal("no number is shown, so nothing was shown", first)
		}
		words := []string{}
		for range 40 {
			words = append(words,
				fmt.Sprintf(of, "{fiscalYear: 2025}", `{dimension: SURVIVOR, values: ["YES", "YES"]}`),
				fmt.Sprintf(of, `{start: "2024-10-01", end: "2025-09-30"}`, `{dimension: SURVIVOR, values: ["YES"]}`),
				fmt.Sprintf(of, "{fiscalYear: 2025}", `{dimension: SURVIVOR, values: ["YES"]}, {dimension: SURVIVOR, values: ["YES"]}`),
				`{ statistics(period: {fiscalYear: 2025}, scope: COMMUNITY) { totals { served: survivors { value margin reason } } } }`,
				`{ statistics(period: {fiscalYear: 2025}, scope: COMMUNITY) { groups(by: [SURVIVOR], having: [{measure: SERVED, atLeast: 1}], first: 1) { groups { numbers { served { value margin reason } } } } } }`)
		}
		for i, text := range words { // 200 questions
			viewer := fmt.Sprint("funder", i%2)
			if got := ask(viewer, text); strings.SplitAfter(got, "}")[0] != strings.SplitAfter(first, "}")[0] {
				t.Errorf("%s: %s, not %s", text, got, first)
			}
		}
		b.attacked(t, 400, 2)
		other := handler(b.store, server.Config{Unmetered: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		for _, h := range []struct {
			name string
			door *door
		}{{"the next day", b.door}, {"another server", &door{Handler: other, tokens: b.tokens}}} {
			answer := h.door.ask("funder0", fmt.Sprintf(of, "{fiscalYear: 2025}", `{dimension: SURVIVOR, values: ["YES"]}`))
			if !strings.Contains(answer, strings.SplitAfter(first, "}")[0]) {
				t.Errorf("%s: %s, not %s", h.name, answer, first)
			}
		}
		if before, after := 1500, b.ask("lead", `{ statistics(period: {fiscalYear: 2025}) { totals { served { value } } } }`); strings.Contains(after, fmt.Sprint(before)) {
			t.Error("the data did not change, so nothing was shown", after)
		}
	})
}
