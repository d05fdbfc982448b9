package server

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// events answers one operation as server-sent events, in the distinct connections mode of GraphQL over SSE: an event
// "next" for each answer, the refusal of a document included, then "complete".
func (d *door) events(w http.ResponseWriter, r *http.Request, c *call) (last answer) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	var ended atomic.Pointer[refusal]
	c.media = mediaGraphQL // until the stream is open
	_, q, refused := d.receive(w, r, c)
	if refused == nil {
		shown, _ := d.shown(r) // which receive has seen
		ctx, refused = d.admitStream(ctx, c, shown, func(why *refusal) {
			ended.Store(why)
			cancel()
		})
	}
	if refused != nil {
		last = c.refused(refused)
		c.write(w, last)
		return last
	}
	s := &eventStream{w: w, control: http.NewResponseController(w), patience: d.patience}
	c.media = mediaStream
	c.header(w.Header())
	_ = s.control.SetWriteDeadline(time.Time{})
	go s.keepAlive(ctx)
	last = d.follow(ctx, c, q, func(a answer) error { return s.send("next", c.body(a)) })
	if why := ended.Load(); why != nil {
		last = c.refused(why)
	}
	if len(last.errors) > 0 {
		_ = s.send("next", c.body(last)) // the caller may have gone
	}
	_ = s.send("complete", nil)
	return last
}

// eventStream writes events.
type eventStream struct {
	mu       sync.Mutex
	w        http.ResponseWriter
	control  *http.ResponseController
	patience patience
	ended    bool
}

func (s *eventStream) send(event string, data []byte) error {
	var b bytes.Buffer
	b.WriteString("event: " + event + "\ndata: ")
	b.Write(data) // JSON without line breaks
	b.WriteString("\n\n")
	return s.write(b.Bytes(), event == "complete")
}

// write gives each event its own time: that of the whole answer is too short for a stream. Between events there is no
// deadline, since HTTP/2 ends a stream that reaches one even if nothing is being written.
func (s *eventStream) write(b []byte, last bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return http.ErrHandlerTimeout
	}
	s.ended = last
	_ = s.control.SetWriteDeadline(time.Now().Add(s.patience.write)) // a recorder of tests has none
	defer func() { _ = s.control.SetWriteDeadline(time.Time{}) }()
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.control.Flush()
}

// keepAlive writes comments, so that proxies do not take the stream for dead.
func (s *eventStream) keepAlive(ctx context.Context) {
	alive := time.NewTicker(s.patience.alive)
	defer alive.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-alive.C:
			if s.write([]byte(":\n\n"), false) != nil {
				return
			}
		}
	}
}
