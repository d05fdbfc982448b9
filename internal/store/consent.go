package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/ent/consent"
	"github.com/hearth-hmis/hearth/ent/consentevent"
	"github.com/hearth-hmis/hearth/ent/consentprovision"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// UserError is what is wrong with an input.
type UserError struct {
	Code     hmis.ErrorCode
	Field    *string // of the input
	Message  string
	Severity Severity
	Element  *string // HUD's number
}

// Severity says whether an error stopped the mutation.
type Severity string

// SeverityError stopped it; nothing was changed.
const SeverityError Severity = "ERROR"

func invalid(field, format string, args ...any) *UserError {
	return &UserError{Code: hmis.Invalid, Field: &field, Message: fmt.Sprintf(format, args...), Severity: SeverityError}
}

// ConsentInput is what a client chose.
type ConsentInput struct {
	Client     string // opaque id
	Agreed     bool   // false: asked and refused
	SignedBy   policy.Signer
	Method     policy.ConsentMethod
	StartsOn   hmis.Date
	EndsOn     *hmis.Date // last day; only where the client agreed
	Provisions []*ProvisionInput
}

// ProvisionInput opens categories to recipients.
type ProvisionInput struct {
	General     bool // adds the categories that a general release covers
	Categories  []hmis.Category
	Recipients  []string // opaque ids of organizations
	AllPartners bool
	Purpose     policy.Purpose
}

// ConsentProvision is a line of a recorded consent.
type ConsentProvision struct {
	Categories []hmis.Category
	Recipient  *ent.Organization // nil: every partner agency
	Purpose    policy.Purpose
}

// The longest that a release may run.
const (
	longestReleaseYears = 10
	longestVerbalDays   = 30
)

// RecordConsent records what a client chose; it supersedes the client's earlier choices. Who may: a role that records
// consent, for a client of its own organization, and the HMIS lead. Errors: NotFound for a client that the viewer
// may not do this for; what is wrong with the input comes as user errors.
func (s *Store) RecordConsent(ctx context.Context, in ConsentInput) (*ent.Consent, []*UserError, error) {
	keys, problems, err := s.RecordConsents(ctx, []ConsentInput{in})
	if err != nil || len(problems) > 0 {
		return nil, problems, err
	}
	return s.consentNumbered(ctx, keys[0])
}

// RecordConsents is RecordConsent for many clients, all or nothing; it returns the numbers of the consents.
func (s *Store) RecordConsents(ctx context.Context, inputs []ConsentInput) (keys []int64, problems []*UserError, err error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, nil, err
	}
	clients := make([]int64, len(inputs))
	releases := make([]policy.Release, len(inputs))
	for i, in := range inputs {
		if clients[i], err = s.consentingClient(ctx, in.Client); err != nil {
			return nil, nil, err
		}
		if releases[i], problems, err = s.checkConsent(ctx, in); err != nil || len(problems) > 0 {
			return nil, problems, err
		}
	}
	keys = make([]int64, len(inputs))
	err = s.transaction(ctx, "the viewer was found to have the right", func(ctx context.Context, tx *ent.Tx) (err error) {
		for i, in := range inputs {
			if keys[i], err = s.writeConsent(ctx, tx, ss.viewer.Account, clients[i], in, releases[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return keys, nil, err
}

// consentingClient finds the client's number where the viewer may record and revoke its consents.
func (s *Store) consentingClient(ctx context.Context, id string) (int64, error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return 0, err
	}
	code, key, ok := s.keys.ParseID(id)
	if !ok || code != kindClient.code {
		return 0, errNoClient
	}
	return key, ss.mayConsent(ctx, key)
}

var errNoClient = hmis.Errorf(hmis.NotFound, "there is no such client, or not for this account")

func (ss *session) mayConsent(ctx context.Context, client int64) error {
	if ss.system {
		return nil
	}
	found, err := byKeys(ctx, ss.store, kindClient, []int64{client})
	if err != nil {
		return err
	}
	c := found[client]
	switch {
	case c == nil || !c.View.Own() && ss.viewer.Role != policy.SystemAdmin:
		return errNoClient
	case !ss.viewer.Role.RecordsConsent():
		return hmis.Errorf(hmis.Denied, "an account of this role does not record consents")
	}
	return nil
}

// checkConsent makes a release of the input, or lists what is wrong with it.
func (s *Store) checkConsent(ctx context.Context, in ConsentInput) (r policy.Release, problems []*UserError, err error) {
	r = policy.Release{State: policy.Active, From: in.StartsOn}
	complain := func(field, format string, args ...any) { problems = append(problems, invalid(field, format, args...)) }
	switch {
	case !in.Agreed && (in.EndsOn != nil || len(in.Provisions) > 0):
		complain("agreed", "a refusal has no last day and no provisions")
		return r, problems, nil
	case !in.Agreed:
		r.State = policy.Refused
		return r, nil, nil
	case in.EndsOn == nil:
		complain("endsOn", "a release needs its last day")
	case *in.EndsOn < in.StartsOn:
		complain("endsOn", "the last day is before the first")
	case *in.EndsOn > in.StartsOn.AddYears(longestReleaseYears):
		complain("endsOn", "a release runs at most %d years", longestReleaseYears)
	case in.Method == policy.Verbal && *in.EndsOn > in.StartsOn+longestVerbalDays:
		complain("endsOn", "a verbal release runs at most %d days, until it is signed", longestVerbalDays)
	default:
		r.Until = *in.EndsOn
	}
	if len(in.Provisions) == 0 {
		complain("provisions", "a release opens at least one category to somebody")
	}
	for i, p := range in.Provisions {
		field := fmt.Sprintf("provisions[%d]", i)
		categories := hmis.CategoriesOf(p.Categories...)
		if p.General {
			categories |= hmis.GeneralRelease
		}
		recipients, err := s.recipients(ctx, p)
		switch {
		case err != nil:
			return r, nil, err
		case categories == 0:
			complain(field, "no category is named; a general release is general: true")
		case len(recipients) == 0:
			complain(field, "no recipient is named, or one that there is not; every partner is allPartners: true")
		}
		for _, recipient := range recipients {
			r.Provisions = append(r.Provisions, policy.Provision{Categories: categories, Recipient: recipient, Purpose: p.Purpose})
		}
	}
	return r, problems, nil
}

// recipients finds the row numbers of a provision's recipients, 0 for every partner; none where one is unknown.
func (s *Store) recipients(ctx context.Context, p *ProvisionInput) ([]int64, error) {
	if p.AllPartners {
		return []int64{0}, nil
	}
	var keys []int64
	for _, id := range p.Recipients {
		code, key, ok := s.keys.ParseID(id)
		if !ok || code != kindOrganization.code {
			return nil, nil
		}
		keys = append(keys, key)
	}
	found, err := byKeys(ctx, s, kindOrganization, keys)
	if err != nil || len(found) < len(slices.Compact(slices.Sorted(slices.Values(keys)))) {
		return nil, err
	}
	return keys, nil
}

// writeConsent stores the consent with its history and grants, and ends those that it supersedes.
func (s *Store) writeConsent(ctx context.Context, tx *ent.Tx, account, client int64, in ConsentInput, r policy.Release) (int64, error) {
	if err := lockClient(ctx, tx, client); err != nil {
		return 0, err
	}
	if err := tx.ClientRecord.UpdateOneID(client).SetRefused(r.State == policy.Refused).Exec(ctx); err != nil {
		return 0, err
	}
	open, err := tx.Consent.Query().Where(openConsents(client)).All(ctx)
	if err != nil {
		return 0, err
	}
	for _, c := range open {
		if err := s.endConsent(ctx, tx, c, policy.Superseded, account); err != nil {
			return 0, err
		}
	}
	c, err := tx.Consent.Create().SetClientKey(client).SetState(r.State).SetSignedBy(in.SignedBy).SetMethod(in.Method).
		SetStartsOn(in.StartsOn).SetNillableEndsOn(in.EndsOn).SetRecordedBy(account).SetRecordedAt(*s.moment()).Save(ctx)
	if err != nil {
		return 0, err
	}
	r.ID = c.ID
	if err := s.writeProvisions(ctx, tx, client, r); err != nil {
		return 0, err
	}
	if err := s.consentEvent(ctx, tx, c, account); err != nil {
		return 0, err
	}
	return c.ID, s.change(ctx, tx, "consents", c.ID)
}

func (s *Store) writeProvisions(ctx context.Context, tx *ent.Tx, client int64, r policy.Release) error {
	for _, p := range r.Provisions {
		var names []string
		for _, c := range p.Categories.List() {
			names = append(names, c.String())
		}
		if err := tx.ConsentProvision.Create().SetConsentKey(r.ID).SetCategories(names).SetRecipientKey(p.Recipient).
			SetPurpose(p.Purpose.String()).Exec(ctx); err != nil {
			return err
		}
	}
	var grants []*ent.GrantCreate
	for _, g := range r.Grants() {
		grants = append(grants, tx.Grant.Create().SetClientKey(client).SetConsentKey(g.Release).SetCategory(int32(g.Category)).
			SetRecipientKey(g.Recipient).SetPurpose(int32(g.Purpose)).SetStartsOn(g.From).SetEndsOn(g.Until))
	}
	return tx.Grant.CreateBulk(grants...).Exec(ctx)
}

// RevokeConsent takes a release back: what it alone opened is hidden from the next request on. Errors as RecordConsent.
func (s *Store) RevokeConsent(ctx context.Context, id string) (*ent.Consent, []*UserError, error) {
	code, key, ok := s.keys.ParseID(id)
	if !ok || code != kindConsent.code {
		return nil, nil, errNoConsent
	}
	found, err := byKeys(ctx, s, kindConsent, []int64{key})
	if err != nil {
		return nil, nil, err
	}
	c := found[key]
	if c == nil {
		return nil, nil, errNoConsent
	}
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := ss.mayConsent(ctx, c.ClientKey); err != nil {
		return nil, nil, err
	}
	var problems []*UserError
	err = s.transaction(ctx, "the viewer was found to have the right", func(ctx context.Context, tx *ent.Tx) error {
		if err := lockClient(ctx, tx, c.ClientKey); err != nil {
			return err
		}
		active, err := tx.Consent.Query().Where(consent.ID(key), consent.StateEQ(policy.Active)).Exist(ctx)
		if err != nil {
			return err
		}
		if !active || c.State != policy.Active {
			problems = []*UserError{{Code: hmis.Conflict, Message: "only an active release can be revoked", Severity: SeverityError}}
			return nil
		}
		if err := s.endConsent(ctx, tx, c, policy.Revoked, ss.viewer.Account); err != nil {
			return err
		}
		return s.change(ctx, tx, "consents", key)
	})
	if err != nil || len(problems) > 0 {
		return nil, problems, err
	}
	return s.consentNumbered(ctx, key)
}

var errNoConsent = hmis.Errorf(hmis.NotFound, "there is no such consent, or not for this account")

func (s *Store) consentNumbered(ctx context.Context, key int64) (*ent.Consent, []*UserError, error) {
	found, err := byKeys(ctx, s, kindConsent, []int64{key})
	return found[key], nil, err
}

// ConsentsOf lists what a client chose, newest first.
func (s *Store) ConsentsOf(ctx context.Context, c *ent.ClientRecord) ([]*ent.Consent, error) {
	most := int32(maxPage)
	found, err := children(ctx, s, kindClient, c, kindConsent, "client_key", list{page: Page{Last: &most}})
	if err != nil {
		return nil, err
	}
	nodes := found.Nodes()
	slices.Reverse(nodes)
	return nodes, nil
}

// ProvisionsOf lists what a consent opens.
func (s *Store) ProvisionsOf(ctx context.Context, c *ent.Consent) ([]*ConsentProvision, error) {
	co := cohortOf(kindConsent, c)
	loaded, err := co.ask("provisions", func() (any, error) { return s.provisions(ctx, co.keys("id")) })
	if err != nil {
		return nil, err
	}
	return loaded.(map[int64][]*ConsentProvision)[c.ID], nil
}

func (s *Store) provisions(ctx context.Context, consents []int64) (map[int64][]*ConsentProvision, error) {
	rows, err := s.ent.ConsentProvision.Query().Where(consentprovision.ConsentKeyIn(consents...)).Order(consentprovision.ByID()).
		All(s.System(ctx, "who sees a consent sees what it says"))
	if err != nil {
		return nil, err
	}
	var keys []int64
	for _, r := range rows {
		keys = append(keys, r.RecipientKey)
	}
	organizations, err := byKeys(ctx, s, kindOrganization, keys)
	byConsent := map[int64][]*ConsentProvision{}
	for _, r := range rows {
		p := &ConsentProvision{Recipient: organizations[r.RecipientKey]}
		for _, name := range r.Categories {
			c, _ := hmis.ParseCategory(name)
			p.Categories = append(p.Categories, c)
		}
		if err := p.Purpose.UnmarshalGQL(r.Purpose); err != nil {
			return nil, err
		}
		byConsent[r.ConsentKey] = append(byConsent[r.ConsentKey], p)
	}
	return byConsent, err
}

// HistoryOf lists what happened to a consent, oldest first.
func (s *Store) HistoryOf(ctx context.Context, c *ent.Consent) ([]*ent.ConsentEvent, error) {
	co := cohortOf(kindConsent, c)
	loaded, err := co.ask("history", func() (any, error) {
		rows, err := s.ent.ConsentEvent.Query().Where(consentevent.ConsentKeyIn(co.keys("id")...)).Order(consentevent.ByID()).
			All(s.System(ctx, "who sees a consent sees its history"))
		byConsent := map[int64][]*ent.ConsentEvent{}
		for _, r := range rows {
			byConsent[r.ConsentKey] = append(byConsent[r.ConsentKey], r)
		}
		return byConsent, err
	})
	if err != nil {
		return nil, err
	}
	return loaded.(map[int64][]*ent.ConsentEvent)[c.ID], nil
}
