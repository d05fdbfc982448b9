package store_test

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

func prepared(t testing.TB, s *store.Store) {
	t.Helper()
	if err := s.PrepareSearch(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func byFirst(name string) *store.ClientSearch { return &store.ClientSearch{FirstName: &name} }
func byLast(name string) *store.ClientSearch  { return &store.ClientSearch{LastName: &name} }
func byName(name string) *store.ClientSearch  { return &store.ClientSearch{Name: &name} }
func bySSN(ssn string) *store.ClientSearch    { return &store.ClientSearch{SSN: &ssn} }
func byDOB(y, m, d int) *store.ClientSearch {
	born := hmis.NewDate(y, time.Month(m), d)
	return &store.ClientSearch{DOB: &born}
}

func soundsLike(c *store.ClientSearch) *store.ClientSearch {
	c.SoundsLike = true
	return c
}

// found lists the PersonalIDs of a search.
func found(t testing.TB, s *store.Store, ctx context.Context, what *store.ClientSearch) string {
	t.Helper()
	c, err := s.SearchClients(ctx, all, what, nil, store.ByID)
	if err != nil {
		return failed(err)
	}
	var ids []string
	for _, e := range c.Edges() {
		ids = append(ids, e.Node.PersonalID)
	}
	slices.Sort(ids)
	if n, err := c.TotalCount(ctx); err != nil || int(n) != len(ids) {
		t.Errorf("%d are found and counted as %d, %v", len(ids), n, err)
	}
	return strings.Join(ids, " ")
}

func TestSearch(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		rows := storetest.Community().Set("Client", "cal", "LastName", "De la Cruz-Núñez")
		storetest.Import(t, s, rows)
		lead := as(t, s, viewer(t, s, policy.SystemAdmin, ""))
		if _, err := s.SearchClients(lead, all, byFirst("A"), nil, store.ByID); hmis.CodeOf(err) != hmis.Unavailable {
			t.Errorf("before it is prepared: %v", err)
		}
		prepared(t, s)
		p, j := "a", "AD"
		for _, c := range []struct {
			what *store.ClientSearch
			want string
		}{
			{byFirst("A"), "ada"}, {byFirst("d"), "dot"}, {byLast("adam"), "ada bea"}, {&store.ClientSearch{FirstName: &p, LastName: &j}, "ada"},
			{byLast("de la c"), "cal"}, {byLast("DELACRUZ NUN"), "cal"}, {byName("cal de la cruz nunez"), "cal"}, {byName("Ewing, Eve"), "eve"}, {byName("Eve Ewin"), ""},
			{soundsLike(byName("Dott Drayk")), "dot"}, {soundsLike(byLast("Uwing")), "eve"}, {bySSN("900-00-0003"), "cal"}, {bySSN("0004"), "dot"}, {bySSN("9999"), ""},
			{byDOB(1999, 11, 12), "eve"}, {byDOB(1999, 11, 13), ""},
		} {
			if got := found(t, s, lead, c.what); got != c.want {
				t.Errorf("%+v: found %q, want %q", c.what, got, c.want)
			}
		}
		// What is narrowed by other conditions too is both.
		veteran := &store.ClientFilter{VeteranStatus: []hmis.NoYesReasons{1}}
		if c, err := s.SearchClients(lead, all, byFirst("D"), veteran, store.ByID); err != nil || len(c.Edges()) != 1 {
			t.Errorf("a veteran is not found: %v", err)
		}
		if c, err := s.SearchClients(lead, all, byFirst("A"), veteran, store.ByID); err != nil || len(c.Edges()) != 0 {
			t.Errorf("who is no veteran is found: %v", err)
		}
	})
}

// Whatever is committed before a search is in it: changes and deletions of imports, and clients that are new.
func TestSearchFollowsTheFeed(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		prepared(t, s)
		lead := as(t, s, viewer(t, s, policy.SystemAdmin, ""))
		rows := storetest.Community()
		expect := func(what *store.ClientSearch, want string) {
			t.Helper()
			if got := found(t, s, lead, what); got != want {
				t.Errorf("%+v: found %q, want %q", what, got, want)
			}
		}
		expect(byFirst("E"), "")
		storetest.Import(t, s, rows)
		expect(byFirst("E"), "eve")
		const later = "2025-06-03 08:00:00"
		rows = rows.Set("Client", "eve", "FirstName", "Zoe").Set("Client", "eve", "DateUpdated", later)
		storetest.Import(t, s, rows)
		expect(byFirst("E"), "")
		expect(byFirst("Z"), "eve")
		lockEve(t, s, lead, true)
		expect(byFirst("Z"), "eve")
		rows = rows.Set("Client", "eve", "DateDeleted", later)
		storetest.Import(t, s, rows)
		expect(byFirst("Z"), "")
	})
}

// A search finds a client for whom it sees what is searched, and for nobody else.
func TestSearchAsksConsentFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		storetest.Import(t, s, storetest.Community())
		prepared(t, s)
		lead := as(t, s, viewer(t, s, policy.SystemAdmin, ""))
		consent(t, s, lead, "eve", 100, &store.ProvisionInput{Categories: []hmis.Category{hmis.Demographics}, AllPartners: true})
		named := consent(t, s, lead, "cal", 100, &store.ProvisionInput{Categories: []hmis.Category{hmis.Identity}, AllPartners: true})
		searches := []*store.ClientSearch{byFirst("e"), byFirst("c"), byLast("drake"), byName("eve ewing"), bySSN("0005"), bySSN("900000003"), byDOB(1999, 11, 12), soundsLike(byName("kal kombs"))}
		denied := strings.Repeat(failed(hmis.Errorf(hmis.Denied, "this account does not see what identifies clients, so it cannot search by it"))+"|", len(searches))
		look := func(v *policy.Viewer) (text string) {
			for _, what := range searches {
				text += found(t, s, as(t, s, v), what) + "|"
			}
			return text
		}
		app := viewer(t, s, policy.PartnerApp, "1")
		for _, c := range []struct {
			v    *policy.Viewer
			want string
		}{
			{viewer(t, s, policy.SystemAdmin, ""), "eve|cal|dot|eve|eve|cal|eve|cal|"},
			{viewer(t, s, policy.CaseManager, "1"), "eve|cal||eve|eve|cal|eve|cal|"},
			{viewer(t, s, policy.Intake, "3"), "|cal|dot|||cal||cal|"}, // eve is listed, and her name is not shown
			{viewer(t, s, policy.Analyst, ""), denied}, {viewer(t, s, policy.Funder, ""), denied}, {viewer(t, s, policy.Auditor, ""), denied},
			{&policy.Viewer{Account: app.Account, Username: app.Username, Role: app.Role, Organization: app.Organization, Standing: app.Standing,
				Scopes: hmis.CategoriesOf(hmis.Demographics)}, denied},
		} {
			if got := look(c.v); got != c.want {
				t.Errorf("%s of %d: found %s, want %s", c.v.Role, c.v.Organization, got, c.want)
			}
		}
		if _, problems, err := s.RevokeConsent(lead, named.OpaqueID, policy.HideAtOnce); err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		if got := found(t, s, as(t, s, viewer(t, s, policy.Intake, "3")), byFirst("c")); got != "" {
			t.Errorf("after the revocation %q is found", got)
		}
	})
}

// A search's cursor is good for the same search alone, and nothing in it, in an error or in a log can be read.
func TestSearchTermsStayHidden(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		storetest.Import(t, s, storetest.Community())
		prepared(t, s)
		lead := as(t, s, viewer(t, s, policy.SystemAdmin, ""))
		c, err := s.SearchClients(lead, first(1), byLast("Adams"), nil, store.ByID)
		if err != nil || !c.PageInfo.HasNextPage {
			t.Fatal(err)
		}
		cursor := c.Edges()[0].Cursor()
		if text := string(decoded(t, cursor)); strings.Contains(strings.ToLower(text), "adam") {
			t.Errorf("the cursor tells what was searched: %q", text)
		}
		next := store.Page{After: &cursor}
		if c, err := s.SearchClients(lead, next, byLast("Adams"), nil, store.ByID); err != nil || len(c.Edges()) != 1 || c.Edges()[0].Node.PersonalID != "bea" {
			t.Errorf("the second page: %v", err)
		}
		for _, other := range []*store.ClientSearch{byLast("Adam"), byFirst("Adams"), nil} {
			if _, err := s.SearchClients(lead, next, other, nil, store.ByID); hmis.CodeOf(err) != hmis.Invalid {
				t.Errorf("another search goes on from it: %v", err)
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("search", "what", byLast("Adams"))
		if strings.Contains(log.String(), "Adams") || !strings.Contains(log.String(), "withheld") {
			t.Errorf("logged as %s", log.String())
		}
	})
}

// A search leaves nothing in the database: no file of it is another one afterwards.
func TestSearchWritesNothing(t *testing.T) {
	s := storetest.SQLite.Open(t)
	storetest.Import(t, s, storetest.Community())
	lead := as(t, s, viewer(t, s, policy.SystemAdmin, ""))
	files := func() map[string]string {
		contents := map[string]string{}
		for _, folder := range s.Folders(t) {
			entries, err := os.ReadDir(folder)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if text, err := os.ReadFile(filepath.Join(folder, e.Name())); err == nil && !strings.HasSuffix(e.Name(), "-shm") { // locks of readers
					contents[e.Name()] = string(text)
				}
			}
		}
		return contents
	}
	before := files()
	prepared(t, s)
	for _, what := range []*store.ClientSearch{byFirst("A"), byName("Eve Ewing"), soundsLike(byLast("Uwing")), bySSN("900000003"), bySSN("0004"), byDOB(1999, 11, 12)} {
		if found(t, s, lead, what) == "" {
			t.Fatal("a search that finds nobody shows nothing")
		}
	}
	if len(before) == 0 || !maps.Equal(before, files()) {
		t.Errorf("of %d files some changed", len(before))
	}
}

// A client with a spoilt cell is not found; the others are.
func TestSearchOfSpoiltCells(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		storetest.Import(t, s, storetest.Community())
		s.Spoil(t, "bea", "dob", 8*18)
		prepared(t, s)
		lead := as(t, s, viewer(t, s, policy.SystemAdmin, ""))
		if got := found(t, s, lead, byLast("Adams")); got != "ada" {
			t.Errorf("found %q", got)
		}
	})
}

// searches asks for everything that two hubs may differ in.
func searches(values ...*store.ClientSearch) func(a *asked) {
	return func(a *asked) {
		prepared(a, a.s)
		for _, what := range values {
			for _, p := range []store.Page{all, first(1), first(0)} {
				a.note(list(a.s.SearchClients(a.ctx, p, what, nil, store.ByID)))
			}
		}
	}
}

func TestChannel11SearchByName(t *testing.T) {
	community := storetest.Community()
	renamed := community.Clone()
	for _, client := range renamed["Client"] {
		if client["PersonalID"] == "eve" {
			client["FirstName"], client["LastName"], client["SSN"], client["DOB"] = "Zoe", "Zorn", "911223344", "1950-01-01"
		}
	}
	ask := searches(byFirst("Eve"), byFirst("Z"), byLast("Ewing"), byLast("zorn"), byName("eve ewing"), byName("zorn zoe"), soundsLike(byName("Eef Uing")),
		bySSN("900000005"), bySSN("0005"), bySSN("3344"), byDOB(1999, 11, 12), byDOB(1950, 1, 1), byFirst("Fay"), bySSN("0006"), byFirst("-"), bySSN("1"))
	written := func(r storetest.Rows) storetest.Rows {
		return r.Set("Client", "eve", "DateUpdated", "2099-01-01 08:00:00")
	}
	revoked := func(t testing.TB, s *store.Store, lead context.Context, _ bool) {
		c := consent(t, s, lead, "eve", 365, &store.ProvisionInput{Categories: []hmis.Category{hmis.Identity}, AllPartners: true})
		if _, problems, err := s.RevokeConsent(lead, c.OpaqueID, policy.FromNowOn); err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		opens("eve", hmis.Demographics)(t, s, lead, true)
	}
	for name, w := range map[string]worlds{
		"a client without her name":     {policy.CaseManager, "3", community, renamed, opens("eve", hmis.Demographics), ask},
		"and at the intake desk":        {policy.Intake, "3", community, renamed, opens("eve", hmis.Demographics), ask},
		"another agency's client":       {policy.CaseManager, "3", withFay(community), community, nil, ask},
		"the own locked client":         {policy.CaseManager, "1", community, withoutEve(community), lockEve, ask},
		"written after the revocation":  {policy.CaseManager, "3", written(community), written(renamed), revoked, ask},
		"an analyst, who sees no names": {policy.Analyst, "", community, renamed, nil, ask},
	} {
		t.Run(name, w.compare)
	}
}
