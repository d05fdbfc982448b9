package server

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// How much of a kind a caller may have open at a time.
const (
	socketLimit = 10
	streamLimit = 20 // operations, over all sockets
)

// crowd counts what callers have open.
type crowd struct {
	mu   sync.Mutex
	open map[string]int
}

// enter reports whether there was room for one more; leave must then be called once.
func (c *crowd) enter(caller string, limit int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = map[string]int{}
	}
	if c.open[caller] >= limit {
		return false
	}
	c.open[caller]++
	return true
}

func (c *crowd) leave(caller string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[caller]--; c.open[caller] == 0 {
		delete(c.open, caller)
	}
}

// key names a caller among others: an account by its number, a stranger by the address.
func (c *call) key() string {
	if c.caller.Account == 0 {
		return c.address
	}
	return strconv.FormatInt(c.caller.Account, 10)
}

// renewed is the context of a stream. Its values, and with them who asks and what they may see, are those of the last
// time that the caller was let in.
type renewed struct {
	context.Context // when it ends
	admitted        atomic.Pointer[context.Context]
}

func (r *renewed) Value(key any) any { return (*r.admitted.Load()).Value(key) }

// admitStream lets a caller in for longer: who asks is found out again every two seconds, and end is called with the
// reason once the caller is no longer let in or sees another API, or the hub stops. It ends with ctx.
func (d *door) admitStream(ctx context.Context, c *call, shown credential, end func(*refusal)) (context.Context, *refusal) {
	admitted, refused := d.admit(ctx, c, shown)
	if refused != nil {
		return nil, refused
	}
	live := &renewed{Context: ctx}
	live.admitted.Store(&admitted)
	go d.watch(live, d.side(admitted), *c, shown, end)
	return live, nil
}

var errStopping = refuse(0, hmis.Unavailable, "the hub is stopping; connect again")

func (d *door) watch(live *renewed, from *side, c call, shown credential, end func(*refusal)) {
	defer func() {
		if p := recover(); p != nil { // nobody else would, and the whole hub would end
			d.logPanic(live, c.incident, p)
			end(refuse(http.StatusInternalServerError, hmis.Internal, internalText))
		}
	}()
	account := c.caller.Account
	for {
		select {
		case <-live.Done():
			return
		case <-stopping(live.Context):
			end(errStopping)
			return
		case <-time.After(d.patience.check):
		}
		admitted, refused := d.admit(live.Context, &c, shown)
		if live.Err() != nil {
			return
		}
		if refused == nil && (d.side(admitted) != from || c.caller.Account != account) {
			refused = refuse(http.StatusUnauthorized, hmis.Denied, "what the account may see has changed; connect again")
		}
		if refused != nil {
			end(refused)
			return
		}
		live.admitted.Store(&admitted)
	}
}

// follow runs an operation of a stream and hands every answer to send until there are no more, or ctx ends. What it
// returns is sent last: the refusal of an operation that did not run, or why it ended early.
func (d *door) follow(ctx context.Context, c *call, q *request, send func(answer) error) (last answer) {
	defer d.recoverPanic(c, &last)
	ctx = context.WithValue(ctx, callKey{}, c)
	if !d.streams.enter(c.key(), streamLimit) {
		return c.refused(refuse(http.StatusTooManyRequests, hmis.Limit, "a caller has at most %d operations open; end one first", streamLimit))
	}
	defer d.streams.leave(c.key())
	side, oc, refused := d.prepare(ctx, c, q)
	if refused != nil {
		return c.refused(refused...)
	}
	if oc.Operation.Operation != ast.Subscription {
		limited, cancel := context.WithTimeout(ctx, d.patience.operation)
		defer cancel()
		ctx = limited
	}
	next, ctx := side.executor.DispatchOperation(ctx, oc)
	for first := true; ; first = false {
		response := next(ctx)
		if response == nil && ctx.Err() == context.DeadlineExceeded {
			return c.refused(refuse(0, hmis.Unavailable, lateText))
		}
		if response == nil {
			return answer{status: http.StatusOK}
		}
		if !first {
			if refused := d.pay(c, operationCost+c.rows); refused != nil {
				return c.refused(refused)
			}
		}
		if send(d.answered(ctx, c, response)) != nil || oc.Operation.Operation != ast.Subscription {
			return answer{status: http.StatusOK}
		}
	}
}
