package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// The protocol of sockets, and its close codes.
const (
	subprotocol = "graphql-transport-ws"

	closeInvalid      websocket.StatusCode = 4400 // a message that is none
	closeUnauthorized websocket.StatusCode = 4401 // not let in yet, or no longer
	closeForbidden    websocket.StatusCode = 4403 // not let in
	closeLate         websocket.StatusCode = 4408 // no connection_init in time
	closeDuplicate    websocket.StatusCode = 4409 // an operation of this id runs
	closeTooMuch      websocket.StatusCode = 4429 // a second connection_init, or too many messages
)

// unknownLimit is how many sockets one address may have open that have not said who they are.
const unknownLimit = 50

// idLimit is the longest id of an operation, in bytes.
const idLimit = 128

func upgrades(r *http.Request) bool { return headerHas(r.Header, "Upgrade", "websocket") }

func headerHas(h http.Header, name, token string) bool {
	return slices.ContainsFunc(strings.Split(strings.Join(h.Values(name), ","), ","), func(s string) bool {
		return strings.EqualFold(strings.TrimSpace(s), token)
	})
}

// socket is one connection of graphql-transport-ws.
type socket struct {
	*door
	conn  *websocket.Conn
	call  call            // what its operations have in common
	shown credential      // of the handshake; connection_init may show another
	base  context.Context // of the connection
	live  context.Context // of its caller
	ready atomic.Bool     // connection_ack was sent

	running    sync.WaitGroup
	mu         sync.Mutex
	operations map[string]context.CancelFunc
	leave      func() // gives the place among the caller's sockets back
}

// socket answers a handshake and serves the connection until it ends.
func (d *door) socket(w http.ResponseWriter, r *http.Request) {
	c := d.newCall(r)
	c.media, c.safe = mediaGraphQL, false
	unknown := "unknown " + c.address
	shown, refused := d.mayConnect(r)
	if refused == nil && !d.sockets.enter(unknown, unknownLimit) {
		refused = refuse(http.StatusTooManyRequests, hmis.Limit, "too many connections from this address have not said who they are; try again later")
	}
	if refused != nil {
		a := c.refused(refused)
		c.write(w, a)
		d.logCall(r.Context(), c, a, 0)
		return
	}
	s := &socket{door: d, call: *c, shown: shown, operations: map[string]context.CancelFunc{}, leave: func() { d.sockets.leave(unknown) }}
	defer func() { s.leave() }()
	conn, err := websocket.Accept(mute{w}, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, InsecureSkipVerify: true}) // mayConnect looked at the origin
	if err != nil {
		return
	}
	defer conn.CloseNow()
	s.conn = conn
	s.serve(r.Context())
}

// mute keeps the library's refusals of a handshake, which quote its headers, to their status.
type mute struct{ http.ResponseWriter }

func (mute) Write(b []byte) (int, error)   { return len(b), nil }
func (m mute) Unwrap() http.ResponseWriter { return m.ResponseWriter }

// foreignPage reports whether a page sent the request that may not call the hub. Every browser names the origin of the
// page, and lets any page open a socket.
func (d *door) foreignPage(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin != "" && !ownOrigin(r) && !slices.Contains(d.Origins, origin)
}

func (d *door) mayConnect(r *http.Request) (credential, *refusal) {
	switch {
	case r.Method != http.MethodGet:
		return credential{}, refuse(http.StatusMethodNotAllowed, hmis.Invalid, "a WebSocket begins with GET")
	case !headerHas(r.Header, "Sec-WebSocket-Protocol", subprotocol):
		return credential{}, refuse(http.StatusBadRequest, hmis.Invalid, "the hub speaks the subprotocol %s", subprotocol)
	case d.foreignPage(r):
		return credential{}, refuse(http.StatusForbidden, hmis.Denied, "pages of this origin may not call the hub; serve names the origins that may")
	}
	return d.shown(r)
}

// serve reads messages until the connection ends.
func (s *socket) serve(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer s.running.Wait()
	defer cancel()
	s.base = ctx
	s.conn.SetReadLimit(bodyLimit)
	late := time.AfterFunc(s.patience.init, func() {
		if !s.ready.Load() {
			s.conn.Close(closeLate, "Connection initialisation timeout")
		}
	})
	defer late.Stop()
	go s.keepAlive(ctx)
	for {
		kind, message, err := s.conn.Read(ctx)
		if err != nil {
			return
		}
		if code, reason := s.handle(ctx, kind, message); code != 0 {
			s.Log.Info("socket closed", "code", int(code))
			s.conn.Close(code, reason)
			return
		}
	}
}

// keepAlive sends pings, and ends the connection when the hub stops or nobody answers.
func (s *socket) keepAlive(ctx context.Context) {
	alive := time.NewTicker(s.patience.alive)
	defer alive.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-stopping(ctx):
			s.conn.Close(websocket.StatusGoingAway, errStopping.Message)
			return
		case <-alive.C:
			limited, cancel := context.WithTimeout(ctx, s.patience.write)
			err := s.conn.Ping(limited)
			cancel()
			if err != nil {
				s.conn.CloseNow()
				return
			}
		}
	}
}

// handle takes one message. A code other than 0 closes the connection.
func (s *socket) handle(ctx context.Context, kind websocket.MessageType, message []byte) (websocket.StatusCode, string) {
	var raw map[string]json.RawMessage
	var about, id string
	if kind != websocket.MessageText || json.Unmarshal(message, &raw) != nil ||
		decodeParameters(raw, []parameter{{"type", &about, "a string"}, {"id", &id, "a string"}}) != nil {
		return closeInvalid, "Invalid message received"
	}
	if s.ready.Load() && s.pay(&s.call, messageCost) != nil {
		return closeTooMuch, "Too many requests"
	}
	switch about {
	case "connection_init":
		return s.init(ctx, raw["payload"])
	case "ping":
		_ = s.writeText([]byte(`{"type":"pong"}`)) // an error ends the connection, which the reader notices
		return 0, ""
	case "pong":
		return 0, ""
	case "subscribe":
		return s.subscribe(id, raw["payload"])
	case "complete":
		if cancel := s.finish(id); cancel != nil {
			cancel()
		}
		return 0, ""
	}
	return closeInvalid, "Invalid message received"
}

// init lets the caller in. Strangers have nothing to follow.
func (s *socket) init(ctx context.Context, payload json.RawMessage) (websocket.StatusCode, string) {
	if s.ready.Load() {
		return closeTooMuch, "Too many initialisation requests"
	}
	shown, refused := s.shownIn(payload)
	if refused != nil {
		return closeInvalid, "Invalid message received"
	}
	live, refused := s.admitStream(ctx, &s.call, shown, s.end)
	if paid := s.pay(&s.call, operationCost); paid != nil {
		return closeTooMuch, "Too many requests"
	}
	if refused != nil || s.call.caller.Account == 0 {
		return closeForbidden, "Forbidden"
	}
	if !s.sockets.enter(s.call.key(), socketLimit) {
		return closeTooMuch, "Too many connections"
	}
	s.leave() // the place of the unknown
	s.leave = func() { s.sockets.leave(s.call.key()) }
	s.live = live
	s.ready.Store(true)
	_ = s.writeText([]byte(`{"type":"connection_ack"}`)) // as above
	return 0, ""
}

// shownIn is the credential in the payload of connection_init, named as the headers are, or else that of the handshake.
func (s *socket) shownIn(payload json.RawMessage) (credential, *refusal) {
	var fields map[string]any
	if len(payload) > 0 && json.Unmarshal(payload, &fields) != nil {
		return credential{}, refuse(0, hmis.Invalid, "the payload must be an object")
	}
	named := http.Header{}
	for name, value := range fields {
		if text, ok := value.(string); ok && len(name) < 64 {
			named.Set(name, text)
		}
	}
	shown, refused := bearer(named)
	if shown.token == "" {
		shown.token = s.shown.token
	}
	if shown.purpose == "" {
		shown.purpose = s.shown.purpose
	}
	return shown, refused
}

// end closes the connection of a caller who is no longer let in.
func (s *socket) end(why *refusal) {
	code, reason := closeUnauthorized, "Unauthorized"
	if why == errStopping {
		code, reason = websocket.StatusGoingAway, why.Message
	}
	s.conn.Close(code, reason)
}

// subscribe starts an operation.
func (s *socket) subscribe(id string, payload json.RawMessage) (websocket.StatusCode, string) {
	if !s.ready.Load() {
		return closeUnauthorized, "Unauthorized"
	}
	q, refused := decode(payload)
	if refused != nil || id == "" || len(id) > idLimit {
		return closeInvalid, "Invalid message received"
	}
	ctx, cancel := context.WithCancel(s.live)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.operations[id] != nil {
		cancel()
		return closeDuplicate, "Subscriber already exists"
	}
	s.operations[id] = cancel
	s.running.Go(func() {
		defer cancel()
		s.operate(ctx, id, q)
	})
	return 0, ""
}

// operate runs an operation and writes its answers, unless the caller has ended it.
func (s *socket) operate(ctx context.Context, id string, q *request) {
	c := &call{incident: newIncident(), media: mediaGraphQL, address: s.call.address, caller: s.call.caller}
	traced, span := tracer().Start(ctx, "operation")
	defer span.End()
	done := s.begin(traced, c)
	var last answer
	if paid := s.pay(c, operationCost); paid != nil {
		last = c.refused(paid)
	} else {
		last = s.follow(traced, c, q, func(a answer) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return s.send(id, "next", c.body(a))
		})
	}
	done(last)
	if ctx.Err() != nil || s.finish(id) == nil {
		return // the caller does not wait for it any more
	}
	if len(last.errors) > 0 {
		list, _ := json.Marshal(last.errors) // texts and numbers
		_ = s.send(id, "error", list)
		return
	}
	_ = s.send(id, "complete", nil)
}

// finish forgets an operation and returns what ends it; nil: there is none of the id.
func (s *socket) finish(id string) context.CancelFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	cancel := s.operations[id]
	delete(s.operations, id)
	return cancel
}

func (s *socket) send(id, about string, payload json.RawMessage) error {
	var b bytes.Buffer
	b.WriteString(`{"id":`)
	name, _ := json.Marshal(id) // a string
	b.Write(name)
	b.WriteString(`,"type":"` + about + `"`)
	if payload != nil {
		b.WriteString(`,"payload":`)
		b.Write(payload)
	}
	b.WriteByte('}')
	return s.writeText(b.Bytes())
}

// writeText has the time of the connection and not of an operation: a message that is broken off ends the connection.
func (s *socket) writeText(text []byte) error {
	ctx, cancel := context.WithTimeout(s.base, s.patience.write)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, text)
}
