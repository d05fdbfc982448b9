package cli

import (
	"context"
	"fmt"
	"log/slog"
	"math/bits"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
	"github.com/hearth-hmis/hearth/server"
)

// dataGate is a condition without which there is no data: the statement that opens it, those that close it, one at a time
// in turn, and what who asks is told where nothing else is closed.
type dataGate struct {
	open   string
	closed []string
	told   string
	shared bool // only of what others share
}

// Through the whole door: of all combinations of gates just the one with all open gives the data of another agency's
// client who released it, and just those with the gates of the account and the session open the agency's own.
func TestEveryGateIsNeeded(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		s := openSigning(t, url)
		token := s.signInEast()
		s.Handler = handler(s.store, server.Config{Unmetered: true, Log: slog.New(slog.NewTextHandler(s.log, nil))}) // or the budget refuses too
		today, now := s.store.Now().Day(), s.store.Now()
		account := func(set string) string { return "UPDATE accounts SET " + set + " WHERE username = 'east'" }
		session := func(set string) string { return "UPDATE api_tokens SET " + set + " WHERE session" }
		agreement := func(organization string, day hmis.Date) string {
			return fmt.Sprintf("UPDATE partner_agreements SET ends_on = '%s' WHERE organization_key = (SELECT id FROM organizations WHERE organization_id = '%s')", day, organization)
		}
		moment := func(ago time.Duration) string { return (now - hmis.Timestamp(ago/time.Second)).String() }
		yearAgo := today.AddYears(-1)
		gates := []dataGate{
			{account("active = true"), []string{account("active = false")}, "sign in again", false},
			{account("last_used_at = '" + moment(0) + "'"), []string{account("last_used_at = '" + moment(91*24*time.Hour) + "'")}, "enableAccount", false},
			{account("trained_on = '" + today.String() + "'"), []string{account("trained_on = '" + yearAgo.String() + "'"), account("trained_on = NULL")}, "recordTraining", false},
			{account("agreed_on = '" + today.String() + "', agreement_version = '2'"), []string{account("agreement_version = '1'"), account("agreement_version = NULL"),
				account("agreed_on = '" + yearAgo.String() + "'"), account("agreed_on = NULL")}, "signAgreement", false},
			{account("totp_step = 1"), []string{account("totp_step = -1")}, "beginSecondFactor", false},
			{session("ended_at = NULL, last_used_at = '" + moment(0) + "', expires_at = '" + moment(-time.Hour) + "'"), []string{session("ended_at = '" + moment(0) + "'"),
				session("last_used_at = '" + moment(31*time.Minute) + "'"), session("expires_at = '" + moment(0) + "'")}, "sign in again", false},
			{session("scopes = NULL, statistics_only = false"), []string{session("scopes = '[]'"), session("statistics_only = true")}, "", false},
			{agreement("3", today), []string{agreement("3", today-1)}, "", true},
			{agreement("1", today), []string{agreement("1", today-1)}, "", true},
			{"UPDATE grants SET ends_on = '" + today.String() + "'", []string{"UPDATE grants SET ends_on = '" + (today - 1).String() + "'"}, "", true},
		}
		for _, g := range gates {
			storetest.Run(t, url, g.open)
		}
		closed := uint(0) // a bit for each gate; from one combination to the next a single one changes
		for n := range uint(1) << len(gates) {
			if gray := n ^ n>>1; gray != closed {
				i := bits.TrailingZeros(gray ^ closed)
				if closed = gray; gray>>i&1 == 0 {
					storetest.Run(t, url, gates[i].open)
				} else {
					storetest.Run(t, url, gates[i].closed[n%uint(len(gates[i].closed))])
				}
			}
			s.judge(t, token, gates, closed)
		}
		for i, g := range gates { // each way to close each, alone
			storetest.Run(t, url, gates[len(gates)-1].open)
			for _, statement := range g.closed {
				storetest.Run(t, url, statement)
				s.judge(t, token, gates, 1<<i)
				storetest.Run(t, url, g.open)
			}
		}
	})
}

// judge asks for clients while gates are closed.
func (s *signing) judge(t *testing.T, token string, gates []dataGate, closed uint) {
	t.Helper()
	ofOthers, all := uint(0), uint(1)<<len(gates)-1
	for i, g := range gates {
		if g.shared {
			ofOthers |= 1 << i
		}
	}
	status, answer := s.as(token, `{ clients { nodes { personalId firstName } } }`)
	own, other := strings.Contains(answer, `"Dot"`), strings.Contains(answer, `"Eve"`)
	if wantOwn, wantOther := closed&all&^ofOthers == 0, closed == 0; own != wantOwn || other != wantOther {
		t.Fatalf("with gates %0*b closed: own data %t, want %t; what others share %t, want %t: %d %s", len(gates), closed, own, wantOwn, other, wantOther, status, answer)
	}
	if bits.OnesCount(closed) != 1 {
		return
	}
	g := gates[bits.TrailingZeros(closed)]
	if !strings.Contains(answer, g.told) || g.told != "" && (status == http.StatusOK && !strings.Contains(answer, `"DENIED"`)) {
		t.Errorf("with gate %b alone closed: %d %s; want a word of %q", closed, status, answer, g.told)
	}
}

// signInEast readies the hub for who is asked everything that accounts are asked, releases eve, and signs in with both
// factors.
func (s *signing) signInEast() string {
	s.t.Helper()
	ctx := context.Background()
	s.open(s.t, "IDENTITY, DEMOGRAPHICS, ENROLLMENT")
	if err := s.book.SetPassword(ctx, "east", goodPassword); err != nil {
		s.t.Fatal(err)
	}
	secret, _ := s.secondFactor("east")
	if err := s.store.SetSetting(ctx, store.SecondFactorRoles, []string{policy.CaseManager.String()}, nil); err != nil {
		s.t.Fatal(err)
	}
	if err := s.store.PublishAgreement(ctx, store.EndUserAgreement{Version: "2", Text: "I keep to it.", InForceFrom: s.store.Now().Day()}, nil); err != nil {
		s.t.Fatal(err)
	}
	code, err := totp.GenerateCode(secret, time.Unix(int64(s.store.Now())+30, 0)) // the next: this one was used
	if err != nil {
		s.t.Fatal(err)
	}
	a := s.login("192.0.2.3", "east", goodPassword, code)
	if a.Token == "" {
		s.t.Fatalf("%+v", a)
	}
	return a.Token
}
