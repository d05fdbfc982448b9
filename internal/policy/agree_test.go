package policy_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

var (
	cases = flag.Int("cases", 300_000, "how many random questions to ask both policies")
	long  = flag.Bool("long", false, "ask ten million random questions, drawn anew")
	seed  = flag.Uint64("seed", 0, "ask the random questions of a seed again; 0: always the same ones, with -long new ones")
)

// The two policies agree on random questions. A third of the questions comes with grants that no release would make,
// the others with the grants that random releases compile to, which the naive policy reads on paper.
func TestPoliciesAgreeAtRandom(t *testing.T) {
	n, from := *cases, *seed
	if *long {
		n = max(n, 10_000_000)
		if from == 0 {
			from = rand.Uint64()
		}
	}
	if from == 0 {
		from = 1
	}
	t.Logf("%d questions, -seed %d", n, from)
	d := dice{rand.New(rand.NewPCG(from, 0))}
	reasons := map[policy.Reason]int{}
	for i := range n {
		q := d.question()
		var releases []policy.Release
		naively := naiveDecide
		if d.roll(3) > 0 {
			releases = d.releases()
			q.Grants = grantsOf(releases)
			naively = func(q policy.Question) policy.Decision { return naiveDecideOnPaper(q, releases) }
		}
		got, want := policy.Decide(q), naively(q)
		if got != want {
			t.Fatalf("question %d of -seed %d:\n%s\nreleases %+v\nDecide %s\nnaive  %s", i, from, tell(q), releases, say(got), say(want))
		}
		reasons[got.Reason]++
	}
	for reason := policy.VictimServiceData; reason <= policy.NotReleased; reason++ {
		if reasons[reason] < n/200 {
			t.Errorf("%v was the answer to %d of %d questions only: the dice are bad", reason, reasons[reason], n)
		}
	}
}

func grantsOf(releases []policy.Release) (grants []policy.Grant) {
	for _, r := range releases {
		grants = append(grants, r.Grants()...)
	}
	return grants
}

// today is the day of every question; dates lie on it and around it.
var today = hmis.NewDate(2026, 3, 1)

// dice draws questions from small domains, so that rare cases come together.
type dice struct{ *rand.Rand }

func (d dice) roll(sides int) int          { return d.IntN(sides) }
func (d dice) once(in int) bool            { return d.IntN(in) == 0 }
func (d dice) day() hmis.Date              { return today + hmis.Date(d.roll(5)-2) }
func (d dice) category() hmis.Category     { return hmis.Category(d.roll(int(hmis.CategoryCount))) }
func (d dice) purpose() policy.Purpose     { return policy.Purpose(d.roll(3)) }
func (d dice) organization() int64         { return int64(d.roll(4)) }
func (d dice) categories() hmis.Categories { return hmis.Categories(d.Uint32() | d.Uint32()) }

// last is the last day of something that mostly still holds.
func (d dice) last() hmis.Date {
	if d.once(12) {
		return today - hmis.Date(d.roll(2))
	}
	return today + 300
}

func (d dice) viewer() *policy.Viewer {
	if d.once(100) {
		return nil
	}
	v := &policy.Viewer{
		Role: policy.Role(d.roll(9)), Organization: d.organization(), Purpose: d.purpose(), Programs: hmis.Programs(d.roll(16)),
		Scopes:   d.categories(),
		Standing: policy.Standing{Active: !d.once(20), TrainedUntil: d.last(), AgreedUntil: d.last()},
	}
	if d.once(2) {
		v.Role = []policy.Role{policy.AgencyAdmin, policy.CaseManager, policy.PartnerApp}[d.roll(3)]
	}
	return v
}

func (d dice) class() hmis.Class {
	c := hmis.ClassOf(d.category())
	if d.once(4) {
		c.Programs = hmis.Programs(d.roll(16))
	}
	if d.once(10) {
		c.Place = !c.Place
	}
	return c
}

func (d dice) telling() (s hmis.Categories) {
	for d.once(5) {
		s |= hmis.CategoriesOf(d.category())
	}
	return s
}

func (d dice) question() policy.Question {
	q := policy.Question{
		Viewer: d.viewer(), Day: today, Class: d.class(), VictimService: d.once(30), Own: d.once(6), Restricted: d.once(10),
		Telling: d.telling(), Written: d.day(), Partners: !d.once(10), Refused: d.once(10), Fleeing: d.once(4),
	}
	for range d.roll(8) {
		q.Grants = append(q.Grants, d.grant(q.Class.Category))
	}
	return q
}

// grant is one that may well be of the category.
func (d dice) grant(of hmis.Category) policy.Grant {
	g := policy.Grant{Release: int64(1 + d.roll(3)), Category: d.category(), Recipient: d.organization(), Purpose: d.purpose(),
		From: today - 100, Until: today + 100}
	if d.once(2) {
		g.Category = of
	}
	if d.once(3) {
		g.From = d.day()
	}
	if d.once(3) {
		g.Until = d.day()
	}
	if d.once(3) {
		day := d.day()
		g.Before = &day
	}
	return g
}

func (d dice) releases() (list []policy.Release) {
	for id := range d.roll(4) {
		r := policy.Release{ID: int64(id + 1), State: policy.Active, From: today - 100}
		if d.once(3) {
			r.State = []policy.ConsentState{policy.Draft, policy.Refused, policy.Revoked, policy.Expired, policy.Superseded}[d.roll(5)]
		}
		if d.once(3) {
			r.From = d.day()
		}
		until := today + 100
		if d.once(3) {
			until = d.day()
		}
		if !d.once(10) {
			r.Until = &until
		}
		r.Effect = []policy.RevocationEffect{policy.HideAtOnce, policy.FromNowOn, policy.FromNowOn}[d.roll(3)]
		if on := d.day(); !d.once(10) {
			r.RevokedOn = &on
		}
		for range d.roll(4) {
			r.Provisions = append(r.Provisions, policy.Provision{Categories: d.categories(), Recipient: d.organization(), Purpose: d.purpose()})
		}
		list = append(list, r)
	}
	return list
}

func say(d policy.Decision) string {
	return fmt.Sprintf("permit %t, %v, release %d", d.Permit, d.Reason, d.Release)
}

func tell(q policy.Question) string {
	s := fmt.Sprintf("%+v", q)
	if q.Viewer != nil {
		s += fmt.Sprintf("\nviewer %+v", *q.Viewer)
	}
	for _, g := range q.Grants {
		s += fmt.Sprintf("\ngrant %+v", g)
		if g.Before != nil {
			s += fmt.Sprintf(" before %v", *g.Before)
		}
	}
	return s
}

// The two policies agree on every point of a lattice: each situation that the prose tells apart, together with each
// other one.
func TestPoliciesAgreeOnTheLattice(t *testing.T) {
	points := 0
	for q := range lattice() {
		points++
		if got, want := policy.Decide(q), naiveDecide(q); got != want {
			t.Fatalf("%s\nDecide %s\nnaive  %s", tell(q), say(got), say(want))
		}
	}
	// roles, classes, in order, (victim, own, locked, refused, fleeing; no partners), telling, organization, programs, purposes, grants
	const want = 10 * 19 * 2 * (32 + 1) * 3 * 2 * 2 * 2 * 15
	if points != want {
		t.Errorf("the lattice has %d points, not %d", points, want)
	}
	t.Logf("%d points", points)
}
