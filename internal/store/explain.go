package store

import (
	"context"
	"strings"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// AccessExplanation says what an account sees of a client, and why.
type AccessExplanation struct {
	Account  string
	Role     policy.Role
	Sections []*AccessSection
}

// AccessSection is about the client's rows of one origin.
type AccessSection struct {
	Origin     RowOrigin
	Categories []*CategoryExplanation
}

// RowOrigin says whose rows an explanation is about.
type RowOrigin string

// The origins.
const (
	OwnRows   RowOrigin = "OWN_ORGANIZATION"
	OtherRows RowOrigin = "OTHER_ORGANIZATIONS"
)

// CategoryExplanation is the decision about a category with the steps to it.
type CategoryExplanation struct {
	Category hmis.Category
	CanView  bool
	Reason   policy.Reason
	Release  *string // opaque id of the consent that it rests on
	Steps    []policy.Step
}

var errNoAccount = hmis.Errorf(hmis.NotFound, "there is no such account, or not for this one")

// ExplainAccess walks through the decision about a client for another account, as of now and for an account without a
// purpose. It is for the lead; for an agency's administrator about its own accounts and clients; and for the privacy
// officer. Errors: Denied for other roles, NotFound for a client or account that is absent or not for the viewer.
func (s *Store) ExplainAccess(ctx context.Context, client, username string) (*AccessExplanation, error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	if !ss.viewer.Role.ExplainsAccess() || !ss.viewer.Standing.InOrder(ss.day) {
		return nil, hmis.Errorf(hmis.Denied, "an account of this role does not look into others' access")
	}
	key, err := s.clientToExplain(ctx, client)
	if err != nil {
		return nil, err
	}
	a, err := s.AccountNamed(ctx, strings.ToLower(username))
	if err != nil {
		return nil, err
	}
	if a == nil || ss.viewer.Role == policy.AgencyAdmin && a.Organization != ss.viewer.Organization {
		return nil, errNoAccount
	}
	recorder := audit.RecorderOf(ctx)
	recorder.Is(audit.Explain)
	recorder.Touch(key)
	return s.explain(ctx, key, a)
}

// clientToExplain finds the client's number: the privacy officer, who sees no client, knows it by its id.
func (s *Store) clientToExplain(ctx context.Context, id string) (int64, error) {
	code, key, ok := s.keys.ParseID(id)
	if !ok || code != kindClient.code {
		return 0, errNoClient
	}
	ss, err := sessionOf(ctx)
	if err != nil {
		return 0, err
	}
	if ss.viewer.Role == policy.Auditor {
		ctx = s.System(ctx, "the privacy officer looks into access and is shown no client")
	}
	found, err := byKeys(audit.WithRecorder(ctx, nil), s, kindClient, []int64{key})
	if err != nil {
		return 0, err
	}
	c := found[key]
	if c == nil || c.RemovedAt != nil || ss.viewer.Role == policy.AgencyAdmin && !c.View.Own() {
		return 0, errNoClient
	}
	return key, nil
}

func (s *Store) explain(ctx context.Context, client int64, a *Account) (*AccessExplanation, error) {
	v, err := s.Viewer(ctx, a)
	if err != nil {
		return nil, err
	}
	subject, err := s.session(ctx, v)
	if err != nil {
		return nil, err
	}
	questions, err := subject.questions(ctx, []int64{client})
	if err != nil {
		return nil, err
	}
	q := questions[client]
	q.Written = subject.day
	e := &AccessExplanation{Account: a.Username, Role: a.Role}
	if a.Role.OfAgency() {
		own := q
		own.Own = true
		e.Sections = append(e.Sections, s.section(OwnRows, own))
	}
	e.Sections = append(e.Sections, s.section(OtherRows, q))
	return e, nil
}

func (s *Store) section(origin RowOrigin, q policy.Question) *AccessSection {
	section := &AccessSection{Origin: origin}
	for _, c := range hmis.AllContent.List() {
		q.Class = hmis.ClassOf(c)
		steps, d := policy.Explain(q)
		e := &CategoryExplanation{Category: c, CanView: d.Permit, Reason: d.Reason, Steps: steps}
		if d.Release != 0 {
			id := s.keys.ID(kindConsent.code, d.Release)
			e.Release = &id
		}
		section.Categories = append(section.Categories, e)
	}
	return section
}
