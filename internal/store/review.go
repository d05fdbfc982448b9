package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// AccountReview is what a review of access looks at of one account in a quarter.
type AccountReview struct {
	Account           string
	Role              policy.Role
	Organization      *ent.Organization
	Active            bool
	LastUsed          *hmis.Timestamp // in the quarter
	Operations        int             // that were recorded
	ClientsShown      int             // different ones that it was shown
	OwnClientsShown   int             // of those, shown as its agency's own at least once
	OtherClientsShown int             // of those, shown by a release or by the role at least once
	OutsideHours      int             // operations outside office hours
	Denied            int             // operations and logins that were refused

	organization int64
	clients      map[int64]clientUse
}

// clientUse is on what bases a client was shown.
type clientUse struct{ own, other bool }

// OfficeHours are those of the machine's time zone, Monday to Friday.
const (
	OfficeOpens  = 7  // o'clock
	OfficeCloses = 19 // o'clock
)

// AccessReview counts what accounts did in a quarter, one line for each account that there is, by username. It is for the
// HMIS lead and the privacy officer, and for an agency's administrator about its own people. Errors: Denied; Invalid for
// no quarter.
func (s *Store) AccessReview(ctx context.Context, year, quarter int) ([]*AccountReview, error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	ofAdmin := ss.viewer.Role == policy.AgencyAdmin && ss.viewer.Standing.InOrder(ss.day)
	switch {
	case !ss.readsLog() && !ofAdmin:
		return nil, hmis.Errorf(hmis.Denied, "a review of access is for the HMIS lead, the administrators of agencies and the privacy officer")
	case quarter < 1 || quarter > 4 || year < 1970 || year > 9999:
		return nil, hmis.Errorf(hmis.Invalid, "a quarter is 1 to 4 of a year")
	}
	audit.RecorderOf(ctx).Is(audit.LogRead)
	reviews, err := s.reviewed(ctx, ss)
	if err != nil {
		return nil, err
	}
	first := time.Date(year, time.Month(3*quarter-2), 1, 0, 0, 0, 0, time.UTC)
	err = s.each(ctx, func(rows *sql.Rows) error {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return err
		}
		rec, err := audit.Parse(body)
		if err != nil {
			return err
		}
		if r := reviews[rec.Account]; r != nil {
			r.add(rec)
		}
		return nil
	}, "SELECT body FROM audit_records WHERE at >= $1 AND at < $2", hmis.TimestampOf(first), hmis.TimestampOf(first.AddDate(0, 3, 0)))
	if err != nil {
		return nil, err
	}
	return s.countReviews(ctx, reviews)
}

// reviewed begins a line for each account that the viewer reviews, by its row number.
func (s *Store) reviewed(ctx context.Context, ss *session) (map[int64]*AccountReview, error) {
	reviews := map[int64]*AccountReview{}
	err := s.each(ctx, func(rows *sql.Rows) error {
		var key int64
		var role string
		var organization *int64
		r := &AccountReview{clients: map[int64]clientUse{}}
		err := rows.Scan(&key, &r.Account, &role, &organization, &r.Active)
		if err != nil {
			return err
		}
		if organization != nil {
			r.organization = *organization
		}
		if ss.readsLog() || r.organization == ss.viewer.Organization {
			reviews[key] = r
		}
		r.Role, err = policy.ParseRole(role)
		return err
	}, "SELECT id, username, role, organization_key, active FROM accounts ORDER BY id")
	return reviews, err
}

func (r *AccountReview) add(rec *audit.Record) {
	if r.LastUsed == nil || *r.LastUsed < rec.At {
		r.LastUsed = &rec.At
	}
	r.Operations++
	if rec.Outcome == audit.Denied {
		r.Denied++
	}
	if outsideHours(time.Unix(int64(rec.At), 0)) {
		r.OutsideHours++
	}
	for _, c := range rec.Clients {
		use := r.clients[c.Key]
		for _, b := range c.Bases {
			own := b.Reason == policy.OwnOrganization.String()
			use.own, use.other = use.own || own, use.other || !own
		}
		r.clients[c.Key] = use
	}
}

// outsideHours is judged in the machine's time zone; the log's times are in UTC.
func outsideHours(at time.Time) bool {
	at = at.Local()
	weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
	return weekend || at.Hour() < OfficeOpens || at.Hour() >= OfficeCloses
}

// countReviews counts clients, finds organizations, and sorts the lines.
func (s *Store) countReviews(ctx context.Context, reviews map[int64]*AccountReview) ([]*AccountReview, error) {
	var keys []int64
	list := make([]*AccountReview, 0, len(reviews))
	for _, r := range reviews {
		r.ClientsShown = len(r.clients)
		for _, use := range r.clients {
			if use.own {
				r.OwnClientsShown++
			}
			if use.other {
				r.OtherClientsShown++
			}
		}
		keys = append(keys, r.organization)
		list = append(list, r)
	}
	organizations, err := byKeys(ctx, s, kindOrganization, slices.Compact(slices.Sorted(slices.Values(keys))))
	for _, r := range list {
		r.Organization = organizations[r.organization]
	}
	slices.SortFunc(list, func(a, b *AccountReview) int { return cmp.Compare(a.Account, b.Account) })
	return list, err
}
