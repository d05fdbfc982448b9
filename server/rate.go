package server

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// What operations cost a caller, in rows: each costs operationCost, whether or not it is refused, and what it may read.
// A message of a socket costs messageCost.
const (
	operationCost = 100
	messageCost   = 1
)

// A budget is a bucket of rows, and how many flow into it each second.
type budget struct {
	rows   int
	refill rate.Limit
}

// Two of the heaviest operations at once and one more every 25 seconds, or 200 small ones a second; for a stranger 200
// small ones at once and two more a second.
var (
	accountBudget  = budget{2 * rowLimit, rowLimit / 25}
	strangerBudget = budget{200 * operationCost, 2 * operationCost}
)

// bucketLimit is how many callers of one kind are told apart. Those beyond it share one bucket, so that somebody with
// many addresses takes no more memory and gets no more rows.
const bucketLimit = 10_000

// meter keeps the buckets of callers of one kind.
type meter struct {
	budget
	mu      sync.Mutex
	buckets map[string]*rate.Limiter
	rest    *rate.Limiter // of those for whom there is no room
	swept   time.Time
}

func newMeter(b budget) *meter {
	return &meter{budget: b, buckets: map[string]*rate.Limiter{}, rest: rate.NewLimiter(b.refill, b.rows)}
}

// purse is what is left in a bucket, and how long until it suffices where it did not.
type purse struct {
	limit, left int
	full        time.Duration // until the bucket is full
	wait        time.Duration
}

// spend takes rows out of a caller's bucket, or none where there are too few. More than a bucket holds needs a full one.
func (m *meter) spend(caller string, rows int, now time.Time) purse {
	b := m.bucket(caller, now)
	taken := b.ReserveN(now, min(rows, m.rows))
	wait := taken.DelayFrom(now)
	if wait > 0 {
		taken.CancelAt(now)
	}
	left := max(0, b.TokensAt(now))
	missing := float64(m.rows) - left
	return purse{limit: m.rows, left: int(left), full: seconds(missing / float64(m.refill)), wait: wait}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func (m *meter) bucket(caller string, now time.Time) *rate.Limiter {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.buckets[caller]; b != nil {
		return b
	}
	if len(m.buckets) >= bucketLimit && now.Sub(m.swept) > time.Second {
		m.sweep(now)
	}
	if len(m.buckets) >= bucketLimit {
		return m.rest
	}
	b := rate.NewLimiter(m.refill, m.rows)
	m.buckets[caller] = b
	return b
}

// sweep forgets the buckets that are full again, which are as good as new ones.
func (m *meter) sweep(now time.Time) {
	m.swept = now
	for caller, b := range m.buckets {
		if b.TokensAt(now) >= float64(m.rows) {
			delete(m.buckets, caller)
		}
	}
}

// pay charges the caller, or says when to come back.
func (d *door) pay(c *call, rows int) *refusal {
	if d.Unmetered {
		return nil
	}
	m, caller := d.accounts, strconv.FormatInt(c.caller.Account, 10)
	if c.caller.Account == 0 {
		m, caller = d.strangers, c.address
	}
	p := m.spend(caller, rows, d.now())
	c.purse = &p
	if p.wait <= 0 {
		return nil
	}
	return refuse(http.StatusTooManyRequests, hmis.Limit, "too much was asked in too short a time; try again in %d seconds", whole(p.wait))
}

// header tells the caller what is left.
func (p *purse) header(h http.Header) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(p.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(p.left))
	h.Set("X-RateLimit-Reset", strconv.Itoa(whole(p.full)))
	if p.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(whole(p.wait)))
	}
}

func whole(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
