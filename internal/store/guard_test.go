package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// viewer is an account in order, of an organization by its HUD id.
func viewer(t testing.TB, s *store.Store, role policy.Role, organization string) *policy.Viewer {
	t.Helper()
	v := &policy.Viewer{Account: int64(role), Username: role.String(), Role: role, Scopes: hmis.AllContent,
		Standing: policy.Standing{Active: true, TrainedUntil: 1 << 20, AgreedUntil: 1 << 20}}
	if organization != "" {
		var err error
		if v.Organization, err = s.OrganizationWithID(context.Background(), organization); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func as(t testing.TB, s *store.Store, v *policy.Viewer) context.Context {
	t.Helper()
	ctx, err := s.As(context.Background(), v)
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

func clientIDs(t testing.TB, s *store.Store, ctx context.Context, where *store.ClientFilter) []string {
	t.Helper()
	page, err := s.Clients(ctx, store.Page{}, where, store.ByID)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, c := range page.Nodes() {
		ids = append(ids, c.PersonalID)
	}
	n, err := page.TotalCount(ctx)
	if err != nil || int(n) != len(ids) {
		t.Errorf("totalCount is %d for %d rows (%v)", n, len(ids), err)
	}
	return ids
}

func TestWhoIsListed(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		storetest.Import(t, s, storetest.Community())
		for _, c := range []struct {
			role         policy.Role
			organization string
			want         []string
		}{
			{policy.SystemAdmin, "", []string{"ada", "bea", "cal", "dot", "eve"}},
			{policy.AgencyAdmin, "1", []string{"ada", "cal", "eve"}},
			{policy.CaseManager, "2", []string{"ada", "bea", "cal"}},
			{policy.Intake, "3", []string{"dot"}},
			{policy.Analyst, "", []string{"ada", "bea", "cal", "dot", "eve"}},
			{policy.PartnerApp, "1", []string{"ada", "cal", "eve"}},
			{policy.Funder, "", []string{}},
			{policy.Auditor, "", []string{}},
		} {
			got := clientIDs(t, s, as(t, s, viewer(t, s, c.role, c.organization)), nil)
			if c.role == policy.Analyst { // who knows clients by pseudonym
				got = realIDs(t, s, got)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s of %q sees %v, want %v", c.role, c.organization, got, c.want)
			}
		}
		out := viewer(t, s, policy.SystemAdmin, "")
		out.Standing.TrainedUntil = 0
		if got := clientIDs(t, s, as(t, s, out), nil); len(got) != 0 {
			t.Errorf("an account whose training has run out sees %v", got)
		}
		if _, err := s.Clients(context.Background(), store.Page{}, nil, store.ByID); hmis.CodeOf(err) != hmis.Denied {
			t.Errorf("nobody asks and the answer is %v, want denied", err)
		}
	})
}

// realIDs finds the PersonalIDs behind an analyst's pseudonyms.
func realIDs(t testing.TB, s *store.Store, pseudonyms []string) (ids []string) {
	t.Helper()
	found, err := s.Nodes(as(t, s, viewer(t, s, policy.SystemAdmin, "")), pseudonyms)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range found {
		ids = append(ids, n.(*ent.ClientRecord).PersonalID)
	}
	return ids
}

// consent records a release of a client to organizations (none: all partners) and returns it.
func consent(t testing.TB, s *store.Store, ctx context.Context, client string, days hmis.Date, provisions ...*store.ProvisionInput) *ent.Consent {
	t.Helper()
	c, err := s.ClientNamed(ctx, "made-up", client)
	if err != nil || c == nil {
		t.Fatalf("client %s: %v", client, err)
	}
	today := s.Now().Day()
	until := today + days
	recorded, problems, err := s.RecordConsent(ctx, store.ConsentInput{Client: c.OpaqueID, Agreed: true, SignedBy: policy.SignedByClient,
		Method: policy.Written, StartsOn: today, EndsOn: &until, Provisions: provisions})
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v %v", problems, err)
	}
	return recorded
}

func TestReleaseOpensAndRevocationHides(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		storetest.Import(t, s, storetest.Community())
		north, east := viewer(t, s, policy.CaseManager, "1"), viewer(t, s, policy.CaseManager, "3")
		before := clientIDs(t, s, as(t, s, east), nil)
		release := consent(t, s, as(t, s, north), "eve", 365, &store.ProvisionInput{General: true, AllPartners: true})

		ctx := as(t, s, east)
		if got, want := clientIDs(t, s, ctx, nil), []string{"dot", "eve"}; !slices.Equal(got, want) {
			t.Fatalf("with the release: %v, want %v", got, want)
		}
		eve, err := s.ClientNamed(ctx, "made-up", "eve")
		if err != nil || eve == nil || eve.FirstName == nil || *eve.FirstName != "Eve" {
			t.Fatalf("the release opens the name: %v %v", eve, err)
		}
		stays, err := s.EnrollmentsOfClient(ctx, eve, store.Page{}, nil, store.ByID)
		if err != nil || len(stays.Edges()) != 1 {
			t.Fatalf("%d stays, want 1 (%v)", len(stays.Edges()), err)
		}
		stay := stays.Edges()[0].Node
		if stay.DisablingCondition != nil {
			t.Error("a general release does not cover HEALTH, and the disabling condition is shown")
		}
		if !slices.ContainsFunc(stay.Withheld(), func(w policy.Withheld) bool {
			return w.Field == "disablingCondition" && w.Category == hmis.Health && w.Reason == policy.NotReleased
		}) {
			t.Errorf("withheld does not name disablingCondition: %v", stay.Withheld())
		}

		if _, problems, err := s.RevokeConsent(as(t, s, north), release.OpaqueID, policy.HideAtOnce); err != nil || len(problems) > 0 {
			t.Fatalf("%v %v", problems, err)
		}
		if got := clientIDs(t, s, as(t, s, east), nil); !slices.Equal(got, before) {
			t.Errorf("after the revocation: %v, want %v", got, before)
		}
		if got := clientIDs(t, s, as(t, s, north), nil); !slices.Contains(got, "eve") {
			t.Error("the organization that collected the facts no longer sees them")
		}
		history, err := s.HistoryOf(as(t, s, north), release)
		if err != nil || len(history) != 2 || history[1].State != policy.Revoked {
			t.Errorf("history %v (%v)", history, err)
		}
	})
}

func TestConsentRules(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		storetest.Import(t, s, storetest.Community())
		north := viewer(t, s, policy.CaseManager, "1")
		eve, _ := s.ClientNamed(as(t, s, north), "made-up", "eve")
		today := s.Now().Day()
		long, later := today.AddYears(11), today+40
		general := []*store.ProvisionInput{{General: true, AllPartners: true}}
		for name, in := range map[string]store.ConsentInput{
			"no last day":             {Agreed: true, Provisions: general},
			"ends before it starts":   {Agreed: true, EndsOn: new(today - 1), Provisions: general},
			"too long":                {Agreed: true, EndsOn: &long, Provisions: general},
			"verbal beyond 30 days":   {Agreed: true, EndsOn: &later, Method: policy.Verbal, Provisions: general},
			"opens nothing":           {Agreed: true, EndsOn: &later},
			"no category":             {Agreed: true, EndsOn: &later, Provisions: []*store.ProvisionInput{{AllPartners: true}}},
			"nobody":                  {Agreed: true, EndsOn: &later, Provisions: []*store.ProvisionInput{{General: true}}},
			"an unknown organization": {Agreed: true, EndsOn: &later, Provisions: []*store.ProvisionInput{{General: true, Recipients: []string{eve.OpaqueID}}}},
			"refused, yet opens":      {Agreed: false, Provisions: general},
		} {
			in.Client, in.StartsOn = eve.OpaqueID, today
			if in.Method == "" {
				in.Method = policy.Written
			}
			if c, problems, err := s.RecordConsent(as(t, s, north), in); c != nil || len(problems) == 0 || err != nil {
				t.Errorf("%s: recorded %v, %v", name, c, err)
			}
		}
		// Another agency's client, an absent one and a wrong id are the same "not found".
		dot, _ := s.ClientNamed(as(t, s, viewer(t, s, policy.SystemAdmin, "")), "made-up", "dot")
		for _, id := range []string{dot.OpaqueID, s.IDOf(t, "Client", 999), "nonsense"} {
			_, _, err := s.RecordConsent(as(t, s, north), store.ConsentInput{Client: id, StartsOn: today, Method: policy.Written})
			if hmis.CodeOf(err) != hmis.NotFound {
				t.Errorf("%s: %v, want not found", id, err)
			}
		}
	})
}

// The rule in SQL and policy.Decide are the same rule: each row is listed exactly when one of its categories may be seen.
func TestRuleAgreesWithDecide(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		storetest.Import(t, s, storetest.Community())
		lead := as(t, s, viewer(t, s, policy.SystemAdmin, ""))
		south, err := s.OrganizationNamed(lead, "made-up", "2")
		if err != nil {
			t.Fatal(err)
		}
		consent(t, s, lead, "ada", 365, &store.ProvisionInput{General: true, AllPartners: true})
		consent(t, s, lead, "cal", 365,
			&store.ProvisionInput{Categories: []hmis.Category{hmis.HIV, hmis.ServicesCategory, hmis.EnrollmentCategory}, AllPartners: true},
			&store.ProvisionInput{Categories: []hmis.Category{hmis.BehavioralHealth}, Recipients: []string{south.OpaqueID}, Purpose: policy.Treatment})
		dot := consent(t, s, lead, "dot", 365, &store.ProvisionInput{General: true, Recipients: []string{south.OpaqueID}})
		everybody := func(what string) {
			for _, role := range policy.Roles() {
				for _, organization := range []string{"1", "2", "3"} {
					for _, purpose := range []policy.Purpose{policy.AnyPurpose, policy.Treatment} {
						if !role.OfAgency() {
							organization = ""
						}
						v := viewer(t, s, role, organization)
						v.Purpose = purpose
						t.Run(fmt.Sprint(what, role, organization, purpose), func(t *testing.T) { s.CompareRule(t, as(t, s, v)) })
					}
				}
			}
		}
		everybody("with releases, ")
		s.Flee(t, "ada")
		eve, _ := s.ClientNamed(lead, "made-up", "eve")
		if _, problems, err := s.LockClient(lead, eve.OpaqueID, true, policy.LockedByClient); err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		if _, problems, err := s.RevokeConsent(lead, dot.OpaqueID, policy.FromNowOn); err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		everybody("fleeing, locked, revoked, ")
	})
}
