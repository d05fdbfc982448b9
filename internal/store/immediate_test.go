package store_test

import (
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

var races = flag.Int("races", 500, "how many times a release is revoked on one server and read on another")

// A release that one server recorded is open on another, and closed there as soon as its revocation has been answered.
func TestRevocationHoldsOnAnotherServer(t *testing.T) {
	const runners = 8
	d := storetest.Databases(t, server)[1]
	url := d.New(t)
	a, b := storetest.OpenURL(t, url), storetest.OpenURL(t, url)
	storetest.Import(t, a, strangers(*races))
	north, east := viewer(t, a, policy.CaseManager, "1"), viewer(t, b, policy.CaseManager, "3")
	began := time.Now()
	clients := release(t, a, north, *races)
	recorded := time.Since(began)

	var stale, missing atomic.Int64
	var wait sync.WaitGroup
	for r := range runners {
		wait.Go(func() {
			for i := r; i < len(clients); i += runners {
				if !there(t, b, east, clients[i].client) {
					missing.Add(1)
				}
				if _, problems, err := a.RevokeConsent(as(t, a, north), clients[i].consent, policy.HideAtOnce); err != nil || len(problems) > 0 {
					t.Error(problems, err)
				}
				if there(t, b, east, clients[i].client) {
					stale.Add(1)
				}
			}
		})
	}
	wait.Wait()
	if stale.Load() > 0 || missing.Load() > 0 {
		t.Errorf("%d stale reads after a revocation, %d releases not seen before it", stale.Load(), missing.Load())
	}
	t.Logf("%d races in %v, after %v to record the releases", len(clients), time.Since(began).Round(time.Millisecond), recorded.Round(time.Millisecond))
}

// race is a client and the release of hers that is to be revoked.
type race struct{ client, consent string }

// strangers are clients of North Shelter, of whom East knows nothing.
func strangers(n int) storetest.Rows {
	r := storetest.Community()
	for i := range n {
		id := fmt.Sprint("p", i)
		r["Client"] = append(r["Client"], map[string]string{"PersonalID": id, "NameDataQuality": "99", "SSNDataQuality": "99", "DOBDataQuality": "99", "VeteranStatus": "99", "RaceNone": "99"})
		r["Enrollment"] = append(r["Enrollment"], map[string]string{"EnrollmentID": id, "PersonalID": id, "ProjectID": "11", "EntryDate": "2025-01-01",
			"HouseholdID": id, "RelationshipToHoH": "1", "EnrollmentCoC": "NY-600", "DisablingCondition": "99"})
	}
	return r
}

// release records a release of each stranger to every partner.
func release(t *testing.T, s *store.Store, v *policy.Viewer, n int) (list []race) {
	t.Helper()
	today := s.Now().Day()
	until := today + 100
	var inputs []store.ConsentInput
	for i := range n {
		id := s.IDNamed(t, "Client", fmt.Sprint("p", i))
		inputs = append(inputs, store.ConsentInput{Client: id, Agreed: true, SignedBy: policy.SignedByClient, Method: policy.Written, StartsOn: today, EndsOn: &until,
			Provisions: []*store.ProvisionInput{{Categories: []hmis.Category{hmis.Demographics}, AllPartners: true}}})
	}
	for start := 0; start < n; start += 500 { // a transaction each
		part := inputs[start:min(start+500, n)]
		keys, problems, err := s.RecordConsents(as(t, s, v), part)
		if err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		for i, key := range keys {
			list = append(list, race{part[i].Client, s.IDOf(t, "Consent", key)})
		}
	}
	return list
}

// there reports whether a viewer finds a client with a new request.
func there(t *testing.T, s *store.Store, v *policy.Viewer, id string) bool {
	t.Helper()
	ctx, err := s.As(t.Context(), v)
	if err != nil {
		t.Error(err)
		return false
	}
	found, err := s.Node(ctx, id)
	if err != nil {
		t.Error(err)
	}
	return found != nil
}

// A release, a training and an agreement hold to the end of their last day by the clock of the server that is asked.
func TestExpiryHoldsWithoutAnybodyWriting(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		url := d.New(t)
		a, b := storetest.OpenURL(t, url), storetest.OpenURL(t, url)
		storetest.Import(t, a, storetest.Community())
		today := a.Now().Day()
		consent(t, a, as(t, a, viewer(t, a, policy.CaseManager, "1")), "eve", 30, &store.ProvisionInput{Categories: []hmis.Category{hmis.Demographics}, AllPartners: true})
		east := viewer(t, b, policy.CaseManager, "3")
		east.Standing = policy.Standing{Active: true, TrainedUntil: today + 60, AgreedUntil: today + 90}
		eve, dot := a.IDNamed(t, "Client", "eve"), a.IDNamed(t, "Client", "dot")
		for _, c := range []struct {
			days     int
			eve, dot bool
		}{{0, true, true}, {30, true, true}, {31, false, true}, {60, false, true}, {61, false, false}} {
			b.SetClock(func() time.Time { return time.Now().AddDate(0, 0, c.days) })
			if got := [2]bool{there(t, b, east, eve), there(t, b, east, dot)}; got != [2]bool{c.eve, c.dot} {
				t.Errorf("after %d days eve (by a release of 30) and the own dot (by a training of 60) are there: %v", c.days, got)
			}
		}
	})
}
