package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// open serves a door whose patience and clock a test may change, on a listener of its own.
func open(t testing.TB, change func(*door), config ...func(*Config)) (*httptest.Server, *logBook) {
	t.Helper()
	c, log := newConfig(config...)
	d := newDoor(c)
	if change != nil {
		change(d)
	}
	s := httptest.NewServer(d.routes())
	t.Cleanup(s.Close)
	return s, log
}

// dial opens a socket; header lines change the handshake.
func dial(t testing.TB, s *httptest.Server, header ...string) (*client, *http.Response, error) {
	t.Helper()
	h := http.Header{}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		h.Set(name, value)
	}
	protocols := []string{subprotocol}
	if h.Get("Sec-WebSocket-Protocol") != "" {
		protocols = nil
	}
	conn, res, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http")+"/graphql", &websocket.DialOptions{HTTPHeader: h, Subprotocols: protocols})
	if err != nil {
		return nil, res, err
	}
	t.Cleanup(func() { conn.CloseNow() })
	return &client{t, conn}, res, nil
}

// client is the caller's end of a socket.
type client struct {
	t    testing.TB
	conn *websocket.Conn
}

func connect(t testing.TB, s *httptest.Server, header ...string) *client {
	t.Helper()
	c, _, err := dial(t, s, header...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const initGood = `{"type":"connection_init","payload":{"Authorization":"Bearer good"}}`

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.t.Logf("sending %.60s: %v", text, err) // the hub may have closed already; what it said is read next
	}
}

// receive is the next message; "" once the hub closed the connection, with its code.
func (c *client) receive() (string, websocket.StatusCode) {
	_, text, err := c.conn.Read(c.t.Context())
	if err != nil {
		return "", websocket.CloseStatus(err)
	}
	return string(text), 0
}

func (c *client) expect(want ...string) {
	c.t.Helper()
	for _, w := range want {
		if got, code := c.receive(); !strings.HasPrefix(got, w) || w == "" {
			c.t.Fatalf("%q %d, want %q", got, code, w)
		}
	}
}

func (c *client) expectClose(want websocket.StatusCode) {
	c.t.Helper()
	for {
		if text, code := c.receive(); text == "" {
			if code != want {
				c.t.Errorf("closed with %d, want %d", code, want)
			}
			return
		}
	}
}

func subscribe(id, query string) string {
	return fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":%s}`, id, document(query))
}

func TestSocket(t *testing.T) {
	s, log := open(t, nil)
	c := connect(t, s)
	c.send(`{"type":"ping"}`)
	c.expect(`{"type":"pong"}`)
	c.send(initGood)
	c.expect(`{"type":"connection_ack"}`)
	c.send(`{"type":"ping","payload":{"a":1}}`)
	c.expect(`{"type":"pong"}`)
	c.send(`{"type":"pong"}`)
	c.send(subscribe("a", "subscription { changes }"))
	c.expect(`{"id":"a","type":"next","payload":{"data":{"changes":"1"},`, `{"id":"a","type":"next","payload":{"data":{"changes":"2"},`, `{"id":"a","type":"complete"}`)
	c.send(subscribe("a", "{ must }")) // the id is free again
	c.expect(`{"id":"a","type":"next","payload":{"data":{"must":null}`, `{"id":"a","type":"complete"}`)
	c.send(subscribe("b", "{ fail(how: PLAIN) }"))
	c.expect(`{"id":"b","type":"next","payload":{"errors":[{"message":"internal error"`, `{"id":"b","type":"complete"}`)
	c.send(subscribe("c", "{ no }"))
	c.expect(`{"id":"c","type":"error","payload":[{"message":"Query has no such field"`)
	c.send(subscribe("d", "subscription { changes(n: -1) }"))
	c.expect(`{"id":"d","type":"next"`)
	c.send(`{"id":"d","type":"complete"}`)
	c.send(`{"id":"none","type":"complete"}`)
	c.send(subscribe("d", "{ must }"))
	c.expect(`{"id":"d","type":"next","payload":{"data":{"must":null}`, `{"id":"d","type":"complete"}`)
	c.conn.Close(websocket.StatusNormalClosure, "")
	if strings.Contains(log.String(), "panic") || strings.Count(log.String(), "msg=graphql") < 5 {
		t.Error(log)
	}
}

func TestSocketCloses(t *testing.T) {
	s, _ := open(t, nil)
	for _, c := range []struct {
		name string
		send []string
		code websocket.StatusCode
	}{
		{"no JSON", []string{"{"}, 4400},
		{"no object", []string{"[]"}, 4400},
		{"no type", []string{"{}"}, 4400},
		{"type of another kind", []string{`{"type":1}`}, 4400},
		{"unknown type", []string{`{"type":"start"}`}, 4400},
		{"legacy", []string{`{"type":"GQL_CONNECTION_INIT"}`}, 4400},
		{"payload is no object", []string{`{"type":"connection_init","payload":1}`}, 4400},
		{"basic", []string{`{"type":"connection_init","payload":{"Authorization":"Basic x"}}`}, 4400},
		{"no id", []string{initGood, `{"type":"subscribe","payload":{"query":"{ must }"}}`}, 4400},
		{"empty id", []string{initGood, subscribe("", "{ must }")}, 4400},
		{"long id", []string{initGood, subscribe(strings.Repeat("a", idLimit+1), "{ must }")}, 4400},
		{"no payload", []string{initGood, `{"id":"a","type":"subscribe"}`}, 4400},
		{"no query", []string{initGood, `{"id":"a","type":"subscribe","payload":{}}`}, 4400},
		{"subscribe first", []string{subscribe("a", "{ must }")}, 4401},
		{"stranger", []string{`{"type":"connection_init"}`}, 4403},
		{"bad token", []string{`{"type":"connection_init","payload":{"Authorization":"Bearer bad"}}`}, 4403},
		{"init twice", []string{initGood, initGood}, 4429},
		{"same id", []string{initGood, subscribe("a", "subscription { changes(n: -1) }"), subscribe("a", "{ must }")}, 4409},
		{"too large", []string{initGood, strings.Repeat(" ", bodyLimit+1)}, websocket.StatusMessageTooBig},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := connect(t, s)
			for _, text := range c.send {
				client.send(text)
			}
			client.expectClose(c.code)
		})
	}
	binary := connect(t, s)
	if err := binary.conn.Write(t.Context(), websocket.MessageBinary, []byte(initGood)); err != nil {
		t.Fatal(err)
	}
	binary.expectClose(4400)
}

// TestCompleteWhileWriting ends an operation in the middle of its answer, which the caller has not read yet. The
// connection must live on.
func TestCompleteWhileWriting(t *testing.T) {
	c, _ := newConfig()
	l := pipes(make(chan net.Conn))
	s := &http.Server{Handler: Handler(c)}
	go s.Serve(l)
	defer s.Close()
	caller := &http.Client{Transport: &http.Transport{DialContext: l.dial, DisableKeepAlives: true}}
	for range 50 {
		conn, _, err := websocket.Dial(t.Context(), "ws://localhost/graphql", &websocket.DialOptions{HTTPClient: caller, Subprotocols: []string{subprotocol}})
		if err != nil {
			t.Fatal(err)
		}
		c := &client{t, conn}
		c.send(initGood)
		c.expect(`{"type":"connection_ack"}`)
		c.send(subscribe("a", "subscription { changes(n: -1) }"))
		c.send(`{"id":"a","type":"complete"}`)
		c.send(`{"id":"none","type":"complete"}`) // by now the one before was handled
		go c.send(`{"type":"ping"}`)
		text, code := c.receive()
		if strings.HasPrefix(text, `{"id":"a","type":"next"`) {
			text, code = c.receive()
		}
		if text != `{"type":"pong"}` {
			t.Fatalf("%q %d", text, code)
		}
		conn.CloseNow()
	}
}

// TestSocketLate lets nobody wait: the hub closes a connection that does not say who it is.
func TestSocketLate(t *testing.T) {
	s, _ := open(t, func(d *door) { d.patience.init = time.Millisecond })
	connect(t, s).expectClose(4408)
}

func TestHandshake(t *testing.T) {
	s, _ := open(t, nil, func(c *Config) { c.Origins = []string{"https://app.example.org"} })
	for _, c := range []struct {
		name   string
		header []string
		status int
	}{
		{"no browser", nil, 101},
		{"token in the header", []string{"Authorization: Bearer good"}, 101},
		{"own page", []string{"Origin: " + s.URL}, 101},
		{"page that may", []string{"Origin: https://app.example.org"}, 101},
		{"page of another", []string{"Origin: https://evil.example"}, 403},
		{"page without an origin", []string{"Origin: null"}, 403},
		{"own page with a cookie", []string{"Origin: " + s.URL, "Cookie: hearth=good"}, 101},
		{"page of another with a cookie", []string{"Origin: https://app.example.org", "Cookie: hearth=good"}, 403},
		{"no page with a cookie", []string{"Cookie: hearth=good"}, 403},
		{"legacy protocol", []string{"Sec-WebSocket-Protocol: graphql-ws"}, 400},
		{"broken header", []string{"Authorization: Basic x"}, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, res, _ := dial(t, s, c.header...)
			if res == nil || res.StatusCode != c.status {
				t.Errorf("%+v, want %d", res, c.status)
			}
		})
	}
	// A cookie or a token of the handshake signs in; what connection_init says comes first.
	for _, c := range []struct {
		header  string
		payload string
		code    websocket.StatusCode
	}{
		{"Authorization: Bearer good", `{}`, 0},
		{"Authorization: Bearer bad", `{"authorization":"Bearer good"}`, 0},
		{"Authorization: Bearer good", `{"Authorization":"Bearer bad"}`, 4403},
		{"Cookie: hearth=good", `{}`, 0},
		{"Cookie: hearth=bad", `{}`, 4403},
	} {
		client := connect(t, s, c.header, "Origin: "+s.URL)
		client.send(`{"type":"connection_init","payload":` + c.payload + `}`)
		if text, code := client.receive(); code != c.code || code == 0 && text != `{"type":"connection_ack"}` {
			t.Errorf("%s %s: %s %d", c.header, c.payload, text, code)
		}
	}
}

// TestHandshakeSaysNothing sends handshakes that the library refuses with their own headers in its text.
func TestHandshakeSaysNothing(t *testing.T) {
	h, log := newHub(t)
	for _, line := range []string{"Connection: planted", "Sec-WebSocket-Version: planted", "Sec-WebSocket-Key: planted"} {
		r := httptest.NewRequest(http.MethodGet, "/graphql", nil)
		for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
			"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": subprotocol} {
			r.Header.Set(name, value)
		}
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code < 400 || strings.Contains(w.Body.String()+log.String(), "planted") {
			t.Errorf("%s: %d %s %s", line, w.Code, w.Body, log)
		}
	}
}

// revocable makes the token "good" end when it is told to, and counts how often it was asked for.
func revocable(revoked *atomic.Bool) func(*Config) {
	return func(c *Config) {
		good := c.Authenticate
		c.Authenticate = func(ctx context.Context, token, purpose, address string) (context.Context, error) {
			if revoked.Load() {
				return nil, hmis.Errorf(hmis.Denied, "the token is not valid, or no longer; sign in again")
			}
			return good(ctx, token, purpose, address)
		}
	}
}

func quick(d *door) { d.patience.check = time.Millisecond }

// TestRevokedSocket ends the stream of an account that is disabled while it lives.
func TestRevokedSocket(t *testing.T) {
	var revoked atomic.Bool
	s, _ := open(t, quick, revocable(&revoked))
	c := connect(t, s)
	c.send(initGood)
	c.send(subscribe("a", "subscription { changes(n: -1) }"))
	c.expect(`{"type":"connection_ack"}`, `{"id":"a","type":"next"`)
	revoked.Store(true)
	c.expectClose(4401)
}

// TestPanicOfACheck keeps the hub alive when the look at a stream's caller panics.
func TestPanicOfACheck(t *testing.T) {
	var broken atomic.Bool
	s, log := open(t, quick, func(c *Config) {
		good := c.Authenticate
		c.Authenticate = func(ctx context.Context, token, purpose, address string) (context.Context, error) {
			if broken.Load() {
				panic("planted")
			}
			return good(ctx, token, purpose, address)
		}
	})
	c := connect(t, s)
	c.send(initGood)
	c.expect(`{"type":"connection_ack"}`)
	broken.Store(true)
	c.expectClose(4401)
	if !strings.Contains(log.String(), "msg=panic") || strings.Contains(log.String(), "planted") {
		t.Error(log)
	}
}

func TestRevokedEvents(t *testing.T) {
	var revoked atomic.Bool
	s, _ := open(t, quick, revocable(&revoked))
	events := follow(t, s, "subscription { changes(n: -1) }")
	if e := <-events; !strings.Contains(e, `next {"data":{"changes":"1"}`) {
		t.Fatal(e)
	}
	revoked.Store(true)
	if e := <-events; !strings.Contains(e, `next {"errors":[{"message":"the token is not valid, or no longer; sign in again"`) {
		t.Error(e)
	}
	if e := <-events; e != "complete " {
		t.Error(e)
	}
}

// TestStreamSeesTheNewest shows that a stream asks anew who its caller is: its values are those of the last admission.
func TestStreamSeesTheNewest(t *testing.T) {
	var asked atomic.Int64
	c, _ := newConfig()
	d := newDoor(c)
	quick(d)
	type number struct{}
	d.Authenticate = func(ctx context.Context, _, _, _ string) (context.Context, error) {
		return context.WithValue(ctx, number{}, asked.Add(1)), nil
	}
	live, refused := d.admitStream(t.Context(), &call{}, credential{token: "good"}, func(*refusal) { t.Error("ended") })
	if refused != nil {
		t.Fatal(refused)
	}
	below, cancel := context.WithCancel(live)
	defer cancel()
	for below.Value(number{}).(int64) < 3 {
		time.Sleep(time.Millisecond)
	}
}

// TestOtherSide ends the stream of a caller who now gets the other API.
func TestOtherSide(t *testing.T) {
	var demoted atomic.Bool
	s, _ := open(t, quick, func(c *Config) {
		c.SeesPeople, c.Numbers = func(context.Context) bool { return !demoted.Load() }, c.API
	})
	c := connect(t, s)
	c.send(initGood)
	c.expect(`{"type":"connection_ack"}`)
	demoted.Store(true)
	c.expectClose(4401)
}

// follow asks for server-sent events and returns them one by one, as kind and data.
func follow(t *testing.T, s *httptest.Server, query string) <-chan string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/graphql", strings.NewReader(document(query)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {mediaJSON}, "Accept": {mediaStream}, "Authorization": {"Bearer good"}}
	res, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), mediaStream) || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	events := make(chan string)
	go func() {
		defer close(events)
		kind := ""
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				kind = value
			case "data":
				events <- kind + " " + value
			case ":":
				events <- "alive"
			}
		}
	}()
	return events
}

func TestEvents(t *testing.T) {
	s, log := open(t, nil)
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"subscription { changes }", []string{`next {"data":{"changes":"1"}`, `next {"data":{"changes":"2"}`, "complete"}},
		{"{ must }", []string{`next {"data":{"must":null}`, "complete"}},
		{"mutation { login(name: \"a\", secret: \"b\") }", []string{`next {"data":{"login":null}`, "complete"}},
		{"{ no }", []string{`next {"errors":[{"message":"Query has no such field"`, "complete"}},
		{"{", []string{`next {"errors":[{"message":"the document is not GraphQL`, "complete"}},
	} {
		var got []string
		for e := range follow(t, s, c.query) {
			got = append(got, e)
		}
		if len(got) != len(c.want) || !slices.EqualFunc(got, c.want, strings.HasPrefix) {
			t.Errorf("%s: %q, want %q", c.query, got, c.want)
		}
	}
	if n := strings.Count(log.String(), "msg=graphql"); n != 5 {
		t.Errorf("%d lines: %s", n, log)
	}
}

// TestEventsRefused answers what cannot be read or nobody may ask as usual.
func TestEventsRefused(t *testing.T) {
	h, _ := newHub(t)
	for _, c := range []struct {
		body, header string
		status       int
	}{
		{document("subscription { changes }"), "Authorization: Bearer bad", 401},
		{"{", "Authorization: Bearer good", 400},
		{document("{ must }"), "Content-Type: text/plain", 415},
		{strings.Repeat(" ", bodyLimit+1), "Authorization: Bearer good", 413},
	} {
		w := ask(h, c.body, "Accept: "+mediaStream, c.header)
		if w.Code != c.status || !strings.HasPrefix(w.Header().Get("Content-Type"), mediaGraphQL) {
			t.Errorf("%s: %d %v %s", c.header, w.Code, w.Header(), w.Body)
		}
	}
	if w := ask(h, document("subscription { changes }")); w.Code != 400 || !strings.Contains(w.Body.String(), mediaStream) {
		t.Errorf("a subscription that asks for one answer: %d %s", w.Code, w.Body)
	}
}

func TestEventsKeepAlive(t *testing.T) {
	s, _ := open(t, func(d *door) { d.patience.alive = time.Millisecond })
	events := follow(t, s, "subscription { changes(n: -1) }")
	<-events
	if e := <-events; e != "alive" {
		t.Error(e)
	}
}

// TestEventsOutliveTimeouts keeps an event stream open for longer than the server lets a request and its answer take, and
// than one event may take.
func TestEventsOutliveTimeouts(t *testing.T) {
	for _, second := range []bool{false, true} {
		t.Run(map[bool]string{false: "HTTP/1.1", true: "HTTP/2"}[second], func(t *testing.T) {
			t.Parallel()
			c, _ := newConfig()
			d := newDoor(c)
			d.patience.write, d.patience.alive = time.Second, 1500*time.Millisecond
			s := httptest.NewUnstartedServer(d.routes())
			s.Config.ReadTimeout, s.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
			s.EnableHTTP2 = second
			s.StartTLS()
			t.Cleanup(s.Close)
			events := follow(t, s, "subscription { changes(n: -1) }")
			for _, want := range []string{`next {"data"`, "alive", "alive"} {
				if e := <-events; !strings.HasPrefix(e, want) {
					t.Fatalf("%q, want %q", e, want)
				}
			}
		})
	}
}

// TestStreamLimits opens as many sockets and operations as a caller may, and one more.
func TestStreamLimits(t *testing.T) {
	s, _ := open(t, nil)
	var sockets []*client
	for range socketLimit {
		c := connect(t, s)
		c.send(initGood)
		c.expect(`{"type":"connection_ack"}`)
		sockets = append(sockets, c)
	}
	over := connect(t, s)
	over.send(initGood)
	over.expectClose(4429)
	other := connect(t, s) // another account has room
	other.send(strings.Replace(initGood, "good", "app", 1))
	other.expect(`{"type":"connection_ack"}`)

	for i := range streamLimit {
		c := sockets[i%socketLimit]
		c.send(subscribe(fmt.Sprint(i), "subscription { changes(n: -1) }"))
		c.expect(fmt.Sprintf(`{"id":"%d","type":"next"`, i))
	}
	sockets[0].send(subscribe("over", "{ must }"))
	sockets[0].expect(`{"id":"over","type":"error","payload":[{"message":"a caller has at most 20 operations open`)
	sockets[0].send(`{"id":"0","type":"complete"}`)
	for { // the place is free once the operation has ended
		sockets[0].send(subscribe("again", "{ must }"))
		if text, _ := sockets[0].receive(); strings.HasPrefix(text, `{"id":"again","type":"next"`) {
			break
		} else if !strings.HasPrefix(text, `{"id":"again","type":"error"`) {
			t.Fatal(text)
		}
	}
	sockets[1].conn.CloseNow()
	for { // as is the place of a socket that has gone
		c := connect(t, s)
		c.send(initGood)
		if text, _ := c.receive(); text == `{"type":"connection_ack"}` {
			break
		}
	}
}

// TestUnknownSockets keeps one address from holding many connections that say nothing.
func TestUnknownSockets(t *testing.T) {
	s, _ := open(t, nil)
	for range unknownLimit {
		connect(t, s)
	}
	if _, res, err := dial(t, s); err == nil || res == nil || res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("%v %+v", err, res)
	}
}

// TestStop ends streams when the hub stops.
func TestStop(t *testing.T) {
	stop := make(chan struct{})
	c, _ := newConfig()
	s := httptest.NewUnstartedServer(Handler(c))
	s.Config.BaseContext = withStopping(stop)
	s.Start()
	defer s.Close()
	socket := connect(t, s)
	socket.send(initGood)
	socket.expect(`{"type":"connection_ack"}`)
	unknown := connect(t, s)
	events := follow(t, s, "subscription { changes(n: -1) }")
	<-events
	close(stop)
	socket.expectClose(websocket.StatusGoingAway)
	unknown.expectClose(websocket.StatusGoingAway)
	if e := <-events; !strings.Contains(e, "the hub is stopping") {
		t.Error(e)
	}
}

// everywhere runs a document by each transport and returns the codes of its first errors, "" where there was none.
func everywhere(t *testing.T, h http.Handler, s *httptest.Server, query string, variables map[string]any) (found []hmis.ErrorCode) {
	t.Helper()
	body := parameters(map[string]any{"query": query, "variables": variables, "operationName": operationName(query)})
	found = append(found, parse(t, ask(h, body)).code())
	w := ask(h, body, "Accept: "+mediaStream)
	text := w.Body.String()
	if first, ok := strings.CutPrefix(text, "event: next\ndata: "); ok {
		text, _, _ = strings.Cut(first, "\n")
	}
	found = append(found, codeIn(t, text))
	c := connect(t, s)
	c.send(initGood)
	c.expect(`{"type":"connection_ack"}`)
	c.send(`{"id":"a","type":"subscribe","payload":` + body + `}`)
	answer, code := c.receive()
	switch {
	case code == websocket.StatusMessageTooBig:
		found = append(found, hmis.Limit)
	case strings.HasPrefix(answer, `{"id":"a","type":"error"`):
		found = append(found, codeIn(t, `{"errors"`+strings.TrimPrefix(answer, `{"id":"a","type":"error","payload"`)))
	default:
		found = append(found, codeIn(t, strings.TrimSuffix(strings.TrimPrefix(answer, `{"id":"a","type":"next","payload":`), "}")))
	}
	c.conn.CloseNow()
	return found
}

func codeIn(t *testing.T, text string) hmis.ErrorCode {
	t.Helper()
	var r reply
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return r.code()
}

// TestLimitsEverywhere asks for as much as each limit allows, and for one more, by every transport.
func TestLimitsEverywhere(t *testing.T) {
	h, _ := newHub(t, func(c *Config) { c.Unmetered = true })
	s, _ := open(t, nil, func(c *Config) { c.Unmetered = true })
	type question struct {
		query     string
		variables map[string]any
	}
	query := func(f func(n int) string) func(int) question {
		return func(n int) question { return question{query: f(n)} }
	}
	for _, c := range []struct {
		name  string
		limit int
		of    func(n int) question
	}{
		{"tokens", 1000, query(func(n int) string { return "{ must " + strings.Repeat("#\n", n-3) + "}" })},
		{"bytes of the document", 64 << 10, query(func(n int) string { return "{ must #" + strings.Repeat("a", n-10) + "\n}" })},
		{"depth", 12, query(func(n int) string { return "{ clients { nodes { " + nested(n-3, "self { ", "id", " }") + " } } }" })},
		{"aliases", 30, query(func(n int) string { return "{ clients { nodes { " + aliases(n) + " } } }" })},
		{"fields of the operation", 10, query(func(n int) string { return "{ " + strings.Repeat("must ", n) + "}" })},
		{"fields of a selection", 200, query(func(n int) string { return "{ clients { nodes { " + strings.Repeat("id ", n) + "} } }" })},
		{"directives", 50, query(func(n int) string {
			return "{ clients { nodes { " + strings.Repeat("id @include(if: true) ", n) + "} } }"
		})},
		{"rows", 500_000, func(n int) question {
			return question{"query($n: Int) { clients(first: $n) { nodes { id } } }", map[string]any{"n": n}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, over := c.of(c.limit), c.of(c.limit+1)
			if found := everywhere(t, h, s, at.query, at.variables); slices.ContainsFunc(found, func(c hmis.ErrorCode) bool { return c != "" }) {
				t.Errorf("at the limit: %q", found)
			}
			if found := everywhere(t, h, s, over.query, over.variables); slices.ContainsFunc(found, func(c hmis.ErrorCode) bool { return c != hmis.Limit }) || len(found) != 3 {
				t.Errorf("over the limit: %q", found)
			}
		})
	}
}

// TestBodyLimit sends 256 KiB, and one byte more.
func TestBodyLimit(t *testing.T) {
	h, _ := newHub(t)
	s, _ := open(t, nil)
	padded := func(text string, n int) string { return text + strings.Repeat(" ", n-len(text)) }
	for _, accept := range []string{mediaGraphQL, mediaJSON, mediaStream} {
		for n, status := range map[int]int{256 << 10: 200, 256<<10 + 1: 413} {
			if w := ask(h, padded(document("{ must }"), n), "Accept: "+accept); w.Code != status {
				t.Errorf("%s, %d bytes: %d, want %d", accept, n, w.Code, status)
			}
		}
	}
	for n, want := range map[int]websocket.StatusCode{256 << 10: 0, 256<<10 + 1: websocket.StatusMessageTooBig} {
		c := connect(t, s)
		c.send(initGood)
		c.expect(`{"type":"connection_ack"}`)
		c.send(padded(subscribe("a", "{ must }"), n))
		if text, code := c.receive(); code != want || code == 0 && !strings.HasPrefix(text, `{"id":"a","type":"next"`) {
			t.Errorf("%d bytes: %s %d", n, text, code)
		}
	}
}
