package account

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// A session ends after 30 minutes without use and after 12 hours with it, a token made by hand after its own life; what
// ends them is that time went by, so the test sets back when they were made and used.
func TestSessionsEnd(t *testing.T) {
	ctx := context.Background()
	for _, d := range storetest.Databases(t, postgresURL) {
		t.Run(d.Name, func(t *testing.T) {
			url := d.New(t)
			b := Open(storetest.OpenURL(t, url))
			if err := b.Create(ctx, New{Username: "ann", Role: policy.Analyst, Password: "window harbor velvet nine"}); err != nil {
				t.Fatal(err)
			}
			ago := func(d time.Duration) string {
				return (b.store.Now() - hmis.Timestamp(d/time.Second)).String()
			}
			hour := time.Hour
			for _, c := range []struct {
				what                string
				session             bool
				used, made, expires time.Duration // ago
				live                bool
			}{
				{"just made", true, 0, 0, -12 * hour, true},
				{"unused for less than 30 minutes", true, 29 * time.Minute, 2 * hour, -10 * hour, true},
				{"unused for 30 minutes", true, 30 * time.Minute, 2 * hour, -10 * hour, false},
				{"used all the time for 12 hours", true, time.Minute, 12 * hour, 0, false},
				{"a token, unused for a month", false, 720 * hour, 800 * hour, -hour, true},
				{"a token at its end", false, time.Minute, 800 * hour, 0, false},
			} {
				var s Session
				var err error
				if c.session {
					s, err = b.Login(ctx, Attempt{Username: "ann", Password: "window harbor velvet nine", Address: "192.0.2.1"})
				} else {
					s, err = b.CreateToken(ctx, "ann")
				}
				if err != nil {
					t.Fatal(err)
				}
				if life := time.Duration(s.Expires-b.store.Now()) * time.Second; c.session && (life > SessionLife || life < SessionLife-time.Minute) {
					t.Errorf("a session lives %s", life)
				}
				storetest.Run(t, url, fmt.Sprintf("UPDATE api_tokens SET last_used_at = '%s', created_at = '%s', expires_at = '%s' WHERE ended_at IS NULL", ago(c.used), ago(c.made), ago(c.expires)))
				v, err := b.Viewer(ctx, s.Token, "")
				if (err == nil) != c.live || err != nil && hmis.CodeOf(err) != hmis.Denied {
					t.Errorf("%s: %+v %v", c.what, v, err)
				}
				storetest.Run(t, url, "UPDATE api_tokens SET ended_at = created_at")
			}
			// One session at a time, unless the community allows several.
			login := func() string {
				s, err := b.Login(ctx, Attempt{Username: "ann", Password: "window harbor velvet nine", Address: "192.0.2.1"})
				if err != nil {
					t.Fatal(err)
				}
				return s.Token
			}
			first, second := login(), login()
			if _, err := b.Viewer(ctx, first, ""); hmis.CodeOf(err) != hmis.Denied {
				t.Error("two sessions:", err)
			}
			if err := b.store.SetSetting(ctx, store.SessionsPerUser, 2, nil); err != nil {
				t.Fatal(err)
			}
			third := login()
			for _, token := range []string{second, third} {
				if _, err := b.Viewer(ctx, token, ""); err != nil {
					t.Error("two are allowed:", err)
				}
			}
			login()
			if _, err := b.Viewer(ctx, second, ""); hmis.CodeOf(err) != hmis.Denied {
				t.Error("the oldest of three goes on where two are allowed:", err)
			}
			if _, err := b.Viewer(ctx, third, ""); err != nil {
				t.Error("the newer one ended:", err)
			}
		})
	}
}
