package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Attempts to sign in are counted before the password is looked at, so that many at once are counted too. What is counted
// is kept as a keyed hash: a thief learns neither names nor addresses. Counts wear off by half in halfLife.
const halfLife = 15 * 60 // seconds

// attemptCount is one of the things that attempts are counted by.
type attemptCount struct {
	subject []byte
	free    float64 // attempts that cost no waiting
}

// What attempts are counted by. A name that somebody else guesses at does not lock its owner out: from an address where
// the owner signed in lately only the pair of both counts.
const (
	freeOfPair    = 5
	freeOfName    = 20
	freeOfAddress = 50
	freeOfAll     = 1000
	longestWait   = 15 * 60 // seconds
	credit        = -8.0    // of a pair that signed in; it wears off too, in about a day to a few
	creditHalf    = 24 * 60 * 60
)

func (s *Store) counters(name, address string) (pair, ofName, ofAddress, all attemptCount) {
	hash := func(what string, parts ...string) []byte {
		return binary.BigEndian.AppendUint64(nil, uint64(s.keys.Fingerprint(fmt.Appendf(nil, "attempt %s %q", what, parts))))
	}
	return attemptCount{hash("pair", name, address), freeOfPair}, attemptCount{hash("name", name), freeOfName},
		attemptCount{hash("address", address), freeOfAddress}, attemptCount{hash("all"), freeOfAll}
}

// CountAttempt counts an attempt to sign in and tells how many seconds it has to wait, 0 for none. An attempt that has to
// wait is not looked at, whether its password is right or not.
func (s *Store) CountAttempt(ctx context.Context, name, address string) (wait int, err error) {
	pair, ofName, ofAddress, all := s.counters(name, address)
	known := false
	for _, c := range []attemptCount{pair, ofAddress, ofName, all} {
		before, after, err := s.count(ctx, c.subject, 1)
		if err != nil {
			return 0, err
		}
		if string(c.subject) == string(pair.subject) {
			known = before < 0
		} else if known {
			continue
		}
		if over := after - c.free; over > 0 {
			wait = max(wait, int(min(math.Exp2(min(over, 12)), longestWait)))
		}
	}
	return wait, nil
}

// ForgetAttempt takes an attempt that was right off the counts and lets its pair of name and address have credit.
func (s *Store) ForgetAttempt(ctx context.Context, name, address string) error {
	pair, ofName, ofAddress, all := s.counters(name, address)
	for _, c := range []attemptCount{ofName, ofAddress, all} {
		if _, _, err := s.count(ctx, c.subject, -1); err != nil {
			return err
		}
	}
	_, err := s.db.ExecContext(ctx, "UPDATE login_failures SET failures = $1, last_at = $2 WHERE subject = $3", credit, *s.moment(), pair.subject)
	return err
}

// count adds to a count in one statement, which other servers' wait for, and tells it before and after.
func (s *Store) count(ctx context.Context, subject []byte, by float64) (before, after float64, err error) {
	now := *s.moment()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, 0, err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "INSERT INTO login_failures (subject, failures, last_at) VALUES ($1, 0, $2) ON CONFLICT (subject) DO UPDATE SET failures = login_failures.failures", subject, now); err != nil {
		return 0, 0, err
	}
	var last hmis.Timestamp
	if err := tx.QueryRowContext(ctx, "SELECT failures, last_at FROM login_failures WHERE subject = $1", subject).Scan(&before, &last); err != nil {
		return 0, 0, err
	}
	half := float64(halfLife)
	if before < 0 {
		half = creditHalf
	}
	if before *= math.Exp2(-float64(now-last) / half); math.Abs(before) < 0.5 {
		before = 0
	}
	after = before + by
	if before >= 0 {
		after = max(after, 0)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE login_failures SET failures = $1, last_at = $2 WHERE subject = $3", after, now, subject); err != nil {
		return 0, 0, err
	}
	return before, after, tx.Commit()
}
