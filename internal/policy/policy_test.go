package policy_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// What each role may do besides seeing.
func TestRightsOfRoles(t *testing.T) {
	type rights struct{ ofAgency, people, consent, ownLocked, othersLocked, explains bool }
	for role, want := range map[policy.Role]rights{
		policy.NoRole:      {},
		policy.SystemAdmin: {people: true, consent: true, ownLocked: true, othersLocked: true, explains: true},
		policy.AgencyAdmin: {ofAgency: true, people: true, consent: true, ownLocked: true, explains: true},
		policy.CaseManager: {ofAgency: true, people: true, consent: true},
		policy.Intake:      {ofAgency: true, people: true, consent: true},
		policy.Analyst:     {people: true},
		policy.Funder:      {},
		policy.PartnerApp:  {ofAgency: true, people: true},
		policy.Auditor:     {explains: true},
	} {
		got := rights{role.OfAgency(), role.SeesPeople(), role.RecordsConsent(), role.SeesLocked(true), role.SeesLocked(false), role.ExplainsAccess()}
		if got != want {
			t.Errorf("%v: %+v, not %+v", role, got, want)
		}
	}
	if got := len(policy.Roles()); got != 8 {
		t.Errorf("%d roles, not 8", got)
	}
}

// The account's training and agreement hold on their last day and not on the next.
func TestStandingInOrder(t *testing.T) {
	for _, tt := range []struct {
		name     string
		standing policy.Standing
		want     bool
	}{
		{"none", policy.Standing{}, false},
		{"until today", policy.Standing{Active: true, TrainedUntil: today, AgreedUntil: today}, true},
		{"training until yesterday", policy.Standing{Active: true, TrainedUntil: today - 1, AgreedUntil: today}, false},
		{"agreement until yesterday", policy.Standing{Active: true, TrainedUntil: today, AgreedUntil: today - 1}, false},
		{"never trained", policy.Standing{Active: true, TrainedUntil: policy.Never, AgreedUntil: today}, false},
		{"inactive", policy.Standing{TrainedUntil: today, AgreedUntil: today}, false},
	} {
		if got := tt.standing.InOrder(today); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}

// Names are read as they are written, and nothing else is.
func TestNames(t *testing.T) {
	for _, r := range policy.Roles() {
		var back policy.Role
		if err := back.UnmarshalGQL(r.String()); err != nil || back != r {
			t.Errorf("%v reads as %v, %v", r, back, err)
		}
		if got := written(r); got != `"`+r.String()+`"` {
			t.Errorf("%v is written %s", r, got)
		}
	}
	for r := policy.VictimServiceData; r <= policy.NotReleased; r++ {
		var back policy.Reason
		if err := back.UnmarshalGQL(r.String()); err != nil || back != r || written(r) != `"`+r.String()+`"` {
			t.Errorf("%v reads as %v, %v, and is written %s", r, back, err, written(r))
		}
	}
	for p := policy.AnyPurpose; p <= policy.Research; p++ {
		var back policy.Purpose
		if err := back.UnmarshalGQL(p.String()); err != nil || back != p || written(p) != `"`+p.String()+`"` {
			t.Errorf("%v reads as %v, %v, and is written %s", p, back, err, written(p))
		}
	}
	for _, wrong := range []any{"", "NONE", "none", "ADMIN", nil, 1} {
		var role policy.Role
		var reason policy.Reason
		var purpose policy.Purpose
		for _, err := range []error{role.UnmarshalGQL(wrong), reason.UnmarshalGQL(wrong), purpose.UnmarshalGQL(wrong)} {
			if hmis.CodeOf(err) != hmis.Invalid {
				t.Errorf("%v: %v is not Invalid", wrong, err)
			}
		}
	}
}

func written(m interface{ MarshalGQL(io.Writer) }) string {
	var b strings.Builder
	m.MarshalGQL(&b)
	return b.String()
}

// Who asks travels in the context, and nobody is an error.
func TestViewerInContext(t *testing.T) {
	nobody := context.Background()
	if policy.ViewerOf(nobody) != nil {
		t.Error("nobody asks, and there is a viewer")
	}
	if err := policy.RequireViewer(nobody); hmis.CodeOf(err) != hmis.Denied {
		t.Errorf("nobody asks: %v", err)
	}
	v := &policy.Viewer{Account: 7}
	somebody := policy.WithViewer(nobody, v)
	if policy.ViewerOf(somebody) != v || policy.RequireViewer(somebody) != nil {
		t.Error("the viewer is lost on the way")
	}
	if policy.RequireViewer(policy.WithViewer(nobody, nil)) == nil {
		t.Error("no viewer passes for one")
	}
}
