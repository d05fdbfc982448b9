package policy_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// sound is a release without a fault: written, a year long, of a general and a health category to all partners.
func sound() policy.Release {
	until := today + 365
	return policy.Release{ID: 1, State: policy.Active, SignedBy: policy.SignedByClient, Method: policy.Written, From: today, Until: &until,
		Provisions: []policy.Provision{{Categories: hmis.CategoriesOf(hmis.Identity, hmis.Health)}}}
}

func on(day hmis.Date) *hmis.Date { return &day }

// opens makes a release of one provision.
func opens(recipient int64, purpose policy.Purpose, categories ...hmis.Category) func(*policy.Release) {
	return func(r *policy.Release) {
		r.Provisions = []policy.Provision{{Categories: hmis.CategoriesOf(categories...), Recipient: recipient, Purpose: purpose}}
	}
}

func TestCheckFindsEachFault(t *testing.T) {
	verbal := func(r *policy.Release) { r.Method = policy.Verbal; r.Until = on(r.From + 30) }
	until := func(day hmis.Date) func(*policy.Release) { return func(r *policy.Release) { r.Until = &day } }
	guardian := func(r *policy.Release) { r.SignedBy = policy.SignedByGuardian }
	refused := func(r *policy.Release) { r.State, r.Until, r.Provisions = policy.Refused, nil, nil }
	tenYears := today.AddYears(10)
	birthday := today.AddYears(-18) // of who is eighteen today

	const (
		noEnd    = "endsOn: a release needs its last day"
		reversed = "endsOn: the last day is before the first"
		tooLong  = "endsOn: a release runs at most 10 years"
		spoken   = "endsOn: a verbal release runs at most 30 days, until it is signed"
		grownUp  = "endsOn: what a guardian signed ends the day before the client's 18th birthday"
		alone    = "signedBy: the client is under 18: a guardian signs, for each child separately; without a guardian a minor cannot consent"
		empty    = "provisions: a release opens at least one category to somebody"
		nothing  = "provisions[0]: no category is named; a general release is general: true"
		said     = "agreed: a refusal has no last day and no provisions"
		unsigned = ": needs a written or electronic signature"
		toAll    = "provisions[0]: BEHAVIORAL_HEALTH: goes to organizations by name, not to all partners"
		forAny   = "provisions[0]: BEHAVIORAL_HEALTH: goes out for a named purpose only"
		year     = "provisions[0]: DOMESTIC_VIOLENCE: runs at most 365 days"
	)
	for _, tt := range []struct {
		name   string
		born   *hmis.Date
		change []func(*policy.Release)
		faults []string
	}{
		{"sound", nil, nil, nil},
		{"sound, of an adult", &birthday, nil, nil},
		{"electronic", nil, []func(*policy.Release){func(r *policy.Release) { r.Method = policy.Electronic }}, nil},
		{"a guardian for an adult", &birthday, []func(*policy.Release){guardian}, nil},

		{"no last day", nil, []func(*policy.Release){func(r *policy.Release) { r.Until = nil }}, []string{noEnd}},
		{"one day long", nil, []func(*policy.Release){until(today)}, nil},
		{"ends before it begins", nil, []func(*policy.Release){until(today - 1)}, []string{reversed}},
		{"ten years", nil, []func(*policy.Release){until(tenYears)}, nil},
		{"ten years and a day", nil, []func(*policy.Release){until(tenYears + 1)}, []string{tooLong}},
		{"thirty days by word", nil, []func(*policy.Release){verbal}, nil},
		{"thirty-one days by word", nil, []func(*policy.Release){verbal, until(today + 31)}, []string{spoken}},

		{"seventeen, alone", on(birthday + 1), nil, []string{alone, grownUp}},
		{"seventeen, alone, until the day before the birthday", on(birthday + 10), []func(*policy.Release){until(today + 9)}, []string{alone}},
		{"a guardian, until the day before the birthday", on(birthday + 10), []func(*policy.Release){guardian, until(today + 9)}, nil},
		{"a guardian, until the birthday", on(birthday + 10), []func(*policy.Release){guardian, until(today + 10)}, []string{grownUp}},

		{"a refusal", nil, []func(*policy.Release){refused}, nil},
		{"a minor refuses alone", on(birthday + 1), []func(*policy.Release){refused}, nil},
		{"a refusal with a last day", nil, []func(*policy.Release){refused, until(today)}, []string{said}},
		{"a refusal that opens", nil, []func(*policy.Release){refused, opens(0, 0, hmis.Income)}, []string{said}},

		{"no provision", nil, []func(*policy.Release){func(r *policy.Release) { r.Provisions = nil }}, []string{empty}},
		{"no category", nil, []func(*policy.Release){opens(0, 0)}, []string{nothing}},
		{"nothing that a release can open", nil, []func(*policy.Release){opens(0, 0, hmis.Unclassified, hmis.Meta)}, []string{nothing}},

		{"behavioral health, named and for treatment", nil, []func(*policy.Release){opens(mine, policy.Treatment, hmis.BehavioralHealth)}, nil},
		{"behavioral health to all", nil, []func(*policy.Release){opens(0, policy.Treatment, hmis.BehavioralHealth)}, []string{toAll}},
		{"behavioral health for any purpose", nil, []func(*policy.Release){opens(mine, policy.AnyPurpose, hmis.BehavioralHealth)}, []string{forAny}},
		{"behavioral health by word, to all, for anything", nil, []func(*policy.Release){verbal, opens(0, 0, hmis.BehavioralHealth)},
			[]string{"provisions[0]: BEHAVIORAL_HEALTH" + unsigned, toAll, forAny}},
		{"domestic violence to all, for anything, a year", nil, []func(*policy.Release){opens(0, 0, hmis.DomesticViolence)}, nil},
		{"domestic violence, a year and a day", nil, []func(*policy.Release){opens(0, 0, hmis.DomesticViolence), until(today + 366)}, []string{year}},
		{"domestic violence without end", nil, []func(*policy.Release){opens(0, 0, hmis.DomesticViolence), func(r *policy.Release) { r.Until = nil }}, []string{noEnd}},
		{"domestic violence by word", nil, []func(*policy.Release){verbal, opens(0, 0, hmis.DomesticViolence)}, []string{"provisions[0]: DOMESTIC_VIOLENCE" + unsigned}},
		{"HIV by word", nil, []func(*policy.Release){verbal, opens(0, 0, hmis.HIV)}, []string{"provisions[0]: HIV" + unsigned}},
		{"youth and justice by word", nil, []func(*policy.Release){verbal, opens(0, 0, hmis.YouthJustice)}, []string{"provisions[0]: YOUTH_JUSTICE" + unsigned}},
		{"gender by word", nil, []func(*policy.Release){verbal, opens(0, 0, hmis.SensitiveIdentity)}, []string{"provisions[0]: SENSITIVE_IDENTITY" + unsigned}},
		{"health by word", nil, []func(*policy.Release){verbal, opens(0, 0, hmis.Health)}, nil},
		{"the second provision", nil, []func(*policy.Release){func(r *policy.Release) {
			r.Provisions = append(r.Provisions, policy.Provision{Categories: hmis.CategoriesOf(hmis.BehavioralHealth), Recipient: mine})
		}}, []string{"provisions[1]: BEHAVIORAL_HEALTH: goes out for a named purpose only"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := sound()
			for _, change := range tt.change {
				change(&r)
			}
			if got := faultsOf(r, tt.born); !slices.Equal(got, tt.faults) {
				t.Errorf("faults\n%q, not\n%q", got, tt.faults)
			}
		})
	}
}

func faultsOf(r policy.Release, born *hmis.Date) (list []string) {
	for _, f := range r.Check(born) {
		list = append(list, f.Field+": "+f.Message)
	}
	return list
}

// The rules are those of the law, and each names it. What a general release covers asks for nothing.
func TestConsentRulesAreTheLaw(t *testing.T) {
	want := []policy.ConsentRule{
		{Category: hmis.BehavioralHealth, Signed: true, NamedRecipients: true, NamedPurpose: true},
		{Category: hmis.DomesticViolence, Signed: true, LongestDays: 365},
		{Category: hmis.HIV, Signed: true},
		{Category: hmis.YouthJustice, Signed: true},
		{Category: hmis.SensitiveIdentity, Signed: true},
	}
	got := slices.Clone(policy.ConsentRules())
	for i, r := range got {
		if r.Source == "" {
			t.Errorf("%v has no source", r.Category)
		}
		if hmis.GeneralRelease.Has(r.Category) {
			t.Errorf("%v has a rule, and a general release covers it", r.Category)
		}
		got[i].Source = ""
	}
	if !slices.Equal(got, want) {
		t.Errorf("rules %+v, not %+v", got, want)
	}
}

// Only a release that stands opens anything; one taken back from now on opens what stood there before.
func TestGrants(t *testing.T) {
	state := func(s policy.ConsentState) func(*policy.Release) { return func(r *policy.Release) { r.State = s } }
	revoked := func(effect policy.RevocationEffect, day *hmis.Date) func(*policy.Release) {
		return func(r *policy.Release) { r.State, r.Effect, r.RevokedOn = policy.Revoked, effect, day }
	}
	grant := func(c hmis.Category, before *hmis.Date) policy.Grant {
		return policy.Grant{Release: 1, Category: c, From: today, Until: today + 365, Before: before}
	}
	both := []policy.Grant{grant(hmis.Identity, nil), grant(hmis.Health, nil)}
	for _, tt := range []struct {
		name   string
		change func(*policy.Release)
		want   []policy.Grant
	}{
		{"active", state(policy.Active), both},
		{"draft", state(policy.Draft), nil},
		{"refused", state(policy.Refused), nil},
		{"expired", state(policy.Expired), nil},
		{"superseded", state(policy.Superseded), nil},
		{"of no state", state(""), nil},
		{"revoked, hidden at once", revoked(policy.HideAtOnce, on(today+5)), nil},
		{"revoked without an effect", revoked("", on(today+5)), nil},
		{"revoked from now on", revoked(policy.FromNowOn, on(today+5)), []policy.Grant{grant(hmis.Identity, on(today+5)), grant(hmis.Health, on(today+5))}},
		{"revoked from now on, on no day", revoked(policy.FromNowOn, nil), nil},
		{"active, with the traces of a revocation", func(r *policy.Release) { r.Effect, r.RevokedOn = policy.FromNowOn, on(today) }, both},
		{"without end", func(r *policy.Release) { r.Until = nil }, nil},
		{"without provisions", func(r *policy.Release) { r.Provisions = nil }, nil},
		{"without categories", opens(0, 0), nil},
		{"of what no release can open", opens(0, 0, hmis.Unclassified, hmis.Meta), nil},
		{"to one for a purpose", opens(mine, policy.Treatment, hmis.HIV), []policy.Grant{
			{Release: 1, Category: hmis.HIV, Recipient: mine, Purpose: policy.Treatment, From: today, Until: today + 365}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := sound()
			tt.change(&r)
			if got := r.Grants(); !slices.EqualFunc(got, tt.want, sameGrant) {
				t.Errorf("grants %+v, not %+v", got, tt.want)
			}
		})
	}
}

func sameGrant(a, b policy.Grant) bool {
	same := (a.Before == nil) == (b.Before == nil) && (a.Before == nil || *a.Before == *b.Before)
	a.Before, b.Before = nil, nil
	return same && a == b
}

// A release runs out after its last day, without anybody writing it down; nothing else changes by itself.
func TestStateOnADay(t *testing.T) {
	for _, tt := range []struct {
		stored policy.ConsentState
		until  *hmis.Date
		want   policy.ConsentState
	}{
		{policy.Active, on(today + 1), policy.Active},
		{policy.Active, on(today), policy.Active},
		{policy.Active, on(today - 1), policy.Expired},
		{policy.Active, nil, policy.Active},
		{policy.Refused, nil, policy.Refused},
		{policy.Draft, on(today - 1), policy.Draft},
		{policy.Revoked, on(today - 1), policy.Revoked},
		{policy.Superseded, on(today - 1), policy.Superseded},
	} {
		if got := tt.stored.On(today, tt.until); got != tt.want {
			t.Errorf("%s until %v is %s, not %s", tt.stored, tt.until, got, tt.want)
		}
	}
}

// Whatever Check lets through keeps the law when it is compiled: behavioral health goes to somebody by name and for a
// purpose, nothing that needs a signature goes out by word, nothing of violence for more than a year, nothing for good.
func TestWhatCheckLetsThroughKeepsTheLaw(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(8, 0))}
	signed := hmis.CategoriesOf(hmis.BehavioralHealth, hmis.DomesticViolence, hmis.HIV, hmis.YouthJustice, hmis.SensitiveIdentity)
	sound, opened := 0, map[hmis.Category]int{}
	for range drawn {
		r := policy.Release{State: policy.Active, SignedBy: policy.SignedByClient, Method: policy.Written, From: today,
			Until: on(today + []hmis.Date{-1, 0, 30, 31, 365, 366, 3652, 3653}[d.roll(8)])}
		if d.once(3) {
			r.Method = policy.Verbal
		}
		for range d.roll(3) {
			r.Provisions = append(r.Provisions, policy.Provision{
				Categories: hmis.CategoriesOf(d.category(), d.category()), Recipient: d.organization(), Purpose: d.purpose()})
		}
		if r.Check(nil) != nil {
			continue
		}
		sound++
		for _, g := range r.Grants() {
			opened[g.Category]++
			switch days := g.Until - g.From; {
			case g.Category == hmis.BehavioralHealth && (g.Recipient == 0 || g.Purpose == policy.AnyPurpose),
				signed.Has(g.Category) && r.Method == policy.Verbal,
				g.Category == hmis.DomesticViolence && days > 365,
				r.Method == policy.Verbal && days > 30,
				days < 0 || g.Until > today.AddYears(10):
				t.Fatalf("no fault in %+v, and it opens %+v", r, g)
			}
		}
	}
	if sound < drawn/10 || len(opened) != len(hmis.AllContent.List()) {
		t.Errorf("%d sound releases that open %v: the dice are bad", sound, opened)
	}
}
