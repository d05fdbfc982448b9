package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/ent/consent"
	"github.com/hearth-hmis/hearth/ent/consentevent"
	"github.com/hearth-hmis/hearth/ent/consentprovision"
	"github.com/hearth-hmis/hearth/ent/grant"
	"github.com/hearth-hmis/hearth/internal/audit"
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
	Draft      bool   // written down to be signed later; opens nothing and ends nothing
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
	ids := make([]string, len(inputs))
	for i, in := range inputs {
		ids[i] = in.Client
	}
	clients, err := s.consentingClients(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	born, err := s.birthDates(ctx, clients)
	if err != nil {
		return nil, nil, err
	}
	releases := make([]policy.Release, len(inputs))
	for i, in := range inputs {
		if releases[i], problems, err = s.checkConsent(ctx, in, born[clients[i]]); err != nil || len(problems) > 0 {
			return nil, problems, err
		}
	}
	keys = make([]int64, len(inputs))
	err = s.transaction(ctx, "the viewer was found to have the right", func(ctx context.Context, tx *ent.Tx) (err error) {
		for i := range inputs {
			if keys[i], err = s.writeConsent(ctx, tx, ss.viewer.Account, clients[i], releases[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return keys, nil, err
}

// consentingClients finds the clients' numbers where the viewer may record and revoke the consents of all of them.
func (s *Store) consentingClients(ctx context.Context, ids []string) ([]int64, error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]int64, len(ids))
	for i, id := range ids {
		code, key, ok := s.keys.ParseID(id)
		if !ok || code != kindClient.code {
			return nil, errNoClient
		}
		keys[i] = key
	}
	return keys, ss.mayConsent(ctx, keys...)
}

var errNoClient = hmis.Errorf(hmis.NotFound, "there is no such client, or not for this account")

// mayConsent asks whether the viewer may record and revoke consents of the clients, and lock their records.
func (ss *session) mayConsent(ctx context.Context, clients ...int64) (err error) {
	if ss.system {
		return nil
	}
	recorder := audit.RecorderOf(ctx)
	recorder.Is(audit.Write)
	defer func() {
		if err != nil {
			recorder.Deny()
			return
		}
		for _, key := range clients {
			recorder.Touch(key)
		}
	}()
	found, err := byKeys(audit.WithRecorder(ctx, nil), ss.store, kindClient, clients) // shown to nobody yet
	if err != nil {
		return err
	}
	for _, key := range clients {
		if c := found[key]; c == nil || !c.View.Own() && ss.viewer.Role != policy.SystemAdmin {
			return errNoClient
		}
	}
	if !ss.viewer.MayWriteAll() {
		return hmis.Errorf(hmis.Denied, "what a client chooses is about every category, and the token of this request may not write of all; use one that may")
	}
	if !ss.viewer.Role.RecordsConsent() {
		return hmis.Errorf(hmis.Denied, "an account of this role does not record consents")
	}
	return nil
}

// birthDates finds when clients were born, whom the viewer was found to act for.
func (s *Store) birthDates(ctx context.Context, clients []int64) (map[int64]*hmis.Date, error) {
	rows, err := byKeys(s.System(ctx, "whether a client may sign alone depends on the date of birth"), s, kindClient, clients)
	born := map[int64]*hmis.Date{}
	for key, c := range rows {
		born[key] = c.DOB
	}
	return born, err
}

// checkConsent makes a release of the input, or lists what is wrong with it.
func (s *Store) checkConsent(ctx context.Context, in ConsentInput, born *hmis.Date) (r policy.Release, problems []*UserError, err error) {
	r = policy.Release{State: policy.Active, SignedBy: in.SignedBy, Method: in.Method, From: in.StartsOn, Until: in.EndsOn}
	switch {
	case in.Draft && !in.Agreed:
		return r, []*UserError{invalid("draft", "a refusal needs no signature; record it at once")}, nil
	case in.Draft:
		r.State = policy.Draft
	case !in.Agreed:
		r.State = policy.Refused
	}
	for i, p := range in.Provisions {
		categories := hmis.CategoriesOf(p.Categories...)
		if p.General {
			categories |= hmis.GeneralRelease
		}
		recipients, err := s.recipients(ctx, p)
		if err != nil {
			return r, nil, err
		}
		if len(recipients) == 0 {
			problems = append(problems, invalid(fmt.Sprintf("provisions[%d]", i), "no recipient is named, or one that there is not; every partner is allPartners: true"))
		}
		for _, recipient := range recipients {
			r.Provisions = append(r.Provisions, policy.Provision{Categories: categories, Recipient: recipient, Purpose: p.Purpose})
		}
	}
	if len(problems) > 0 {
		return r, problems, nil
	}
	return r, faults(r, born), nil
}

func faults(r policy.Release, born *hmis.Date) (problems []*UserError) {
	for _, f := range r.Check(born) {
		problems = append(problems, invalid(f.Field, "%s", f.Message))
	}
	return problems
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
func (s *Store) writeConsent(ctx context.Context, tx *ent.Tx, account, client int64, r policy.Release) (int64, error) {
	if err := lockClient(ctx, tx, client); err != nil {
		return 0, err
	}
	if r.State != policy.Draft {
		if err := s.supersede(ctx, tx, account, client, r.State == policy.Refused); err != nil {
			return 0, err
		}
	}
	c, err := tx.Consent.Create().SetClientKey(client).SetState(r.State).SetSignedBy(r.SignedBy).SetMethod(r.Method).
		SetStartsOn(r.From).SetNillableEndsOn(r.Until).SetRecordedBy(account).SetRecordedAt(*s.moment()).Save(ctx)
	if err != nil {
		return 0, err
	}
	r.ID = c.ID
	for _, p := range r.Provisions {
		var names []string
		for _, c := range p.Categories.List() {
			names = append(names, c.String())
		}
		if err := tx.ConsentProvision.Create().SetConsentKey(r.ID).SetCategories(names).SetRecipientKey(p.Recipient).
			SetPurpose(p.Purpose.String()).Exec(ctx); err != nil {
			return 0, err
		}
	}
	if err := writeGrants(ctx, tx, client, r); err != nil {
		return 0, err
	}
	if err := s.consentEvent(ctx, tx, c, account); err != nil {
		return 0, err
	}
	return c.ID, s.change(ctx, tx, "consents", c.ID)
}

// supersede ends the client's earlier choices: the newest is what holds.
func (s *Store) supersede(ctx context.Context, tx *ent.Tx, account, client int64, refused bool) error {
	if err := tx.ClientRecord.UpdateOneID(client).SetRefused(refused).Exec(ctx); err != nil {
		return err
	}
	open, err := tx.Consent.Query().Where(openConsents(client)).All(ctx)
	if err != nil {
		return err
	}
	for _, c := range open {
		ended, err := tx.Consent.UpdateOneID(c.ID).SetState(policy.Superseded).Save(ctx)
		if err != nil {
			return err
		}
		if err := s.consentEvent(ctx, tx, ended, account); err != nil {
			return err
		}
	}
	_, err = tx.Grant.Delete().Where(grant.ClientKey(client)).Exec(ctx)
	return err
}

func writeGrants(ctx context.Context, tx *ent.Tx, client int64, r policy.Release) error {
	var grants []*ent.GrantCreate
	for _, g := range r.Grants() {
		grants = append(grants, tx.Grant.Create().SetClientKey(client).SetConsentKey(g.Release).SetCategory(int32(g.Category)).
			SetRecipientKey(g.Recipient).SetPurpose(int32(g.Purpose)).SetStartsOn(g.From).SetEndsOn(g.Until).SetNillableWrittenBefore(g.Before))
	}
	return tx.Grant.CreateBulk(grants...).Exec(ctx)
}

// SignConsent records what a draft says as the client's choice; the draft is superseded by it. Errors as RecordConsent.
func (s *Store) SignConsent(ctx context.Context, id string, by policy.Signer, method policy.ConsentMethod) (*ent.Consent, []*UserError, error) {
	return s.changeConsent(ctx, id, policy.Draft, "only a draft can be signed", func(ctx context.Context, tx *ent.Tx, w consentWrite) (int64, []*UserError, error) {
		w.release.State, w.release.SignedBy, w.release.Method = policy.Active, by, method
		if problems := faults(w.release, w.born); len(problems) > 0 {
			return 0, problems, nil
		}
		key, err := s.writeConsent(ctx, tx, w.account, w.client, w.release)
		return key, nil, err
	})
}

// RevokeConsent takes a release back from the next request on: all that it alone opened, or what is written from today
// on. Errors as RecordConsent.
func (s *Store) RevokeConsent(ctx context.Context, id string, effect policy.RevocationEffect) (*ent.Consent, []*UserError, error) {
	return s.changeConsent(ctx, id, policy.Active, "only an active release can be revoked", func(ctx context.Context, tx *ent.Tx, w consentWrite) (int64, []*UserError, error) {
		r, today := w.release, s.today()
		r.State, r.Effect, r.RevokedOn = policy.Revoked, effect, &today
		ended, err := tx.Consent.UpdateOneID(r.ID).SetState(r.State).SetEffect(effect).SetRevokedOn(today).Save(ctx)
		if err == nil {
			_, err = tx.Grant.Delete().Where(grant.ConsentKey(r.ID)).Exec(ctx)
		}
		if err == nil {
			err = writeGrants(ctx, tx, w.client, r)
		}
		if err == nil {
			err = s.consentEvent(ctx, tx, ended, w.account)
		}
		if err == nil {
			err = s.change(ctx, tx, "consents", r.ID)
		}
		return r.ID, nil, err
	})
}

// consentWrite is what a change of a consent needs to know.
type consentWrite struct {
	account, client int64
	born            *hmis.Date
	release         policy.Release // as it stands
}

// changeConsent carries out a change of a consent that is in the state, where the viewer may. The change returns the
// number of the consent that now holds.
func (s *Store) changeConsent(ctx context.Context, id string, from policy.ConsentState, otherwise string,
	change func(context.Context, *ent.Tx, consentWrite) (int64, []*UserError, error),
) (*ent.Consent, []*UserError, error) {
	ss, c, err := s.consentToChange(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	born, err := s.birthDates(ctx, []int64{c.ClientKey})
	if err != nil {
		return nil, nil, err
	}
	w := consentWrite{account: ss.viewer.Account, client: c.ClientKey, born: born[c.ClientKey]}
	var key int64
	var problems []*UserError
	err = s.transaction(ctx, "the viewer was found to have the right", func(ctx context.Context, tx *ent.Tx) error {
		if err := lockClient(ctx, tx, c.ClientKey); err != nil {
			return err
		}
		current, err := tx.Consent.Query().Where(consent.ID(c.ID)).Only(ctx)
		if err != nil {
			return err
		}
		if current.State.On(ss.day, current.EndsOn) != from {
			problems = []*UserError{{Code: hmis.Conflict, Message: otherwise, Severity: SeverityError}}
			return errNothing
		}
		if w.release, err = releaseOf(ctx, tx, current); err == nil {
			key, problems, err = change(ctx, tx, w)
		}
		if err == nil && len(problems) > 0 {
			return errNothing
		}
		return err
	})
	if err != nil || len(problems) > 0 {
		return nil, problems, err
	}
	return s.consentNumbered(ctx, key)
}

// consentToChange finds a consent where the viewer may change it.
func (s *Store) consentToChange(ctx context.Context, id string) (*session, *ent.Consent, error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, nil, err
	}
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
	return ss, c, ss.mayConsent(ctx, c.ClientKey)
}

// releaseOf reads a consent with its provisions.
func releaseOf(ctx context.Context, tx *ent.Tx, c *ent.Consent) (policy.Release, error) {
	r := policy.Release{ID: c.ID, State: c.State, SignedBy: c.SignedBy, Method: c.Method, From: *c.StartsOn, Until: c.EndsOn}
	rows, err := tx.ConsentProvision.Query().Where(consentprovision.ConsentKey(c.ID)).Order(consentprovision.ByID()).All(ctx)
	if err != nil {
		return r, err
	}
	for _, row := range rows {
		p := policy.Provision{Categories: categoriesNamed(row.Categories), Recipient: row.RecipientKey}
		if err := p.Purpose.UnmarshalGQL(row.Purpose); err != nil {
			return r, err
		}
		r.Provisions = append(r.Provisions, p)
	}
	return r, nil
}

func categoriesNamed(names []string) (s hmis.Categories) {
	for _, name := range names {
		c, _ := hmis.ParseCategory(name)
		s |= hmis.CategoriesOf(c)
	}
	return s
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
	if _, err := sessionOf(ctx); err != nil {
		return nil, err
	}
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
		p := &ConsentProvision{Recipient: organizations[r.RecipientKey], Categories: categoriesNamed(r.Categories).List()}
		if err := p.Purpose.UnmarshalGQL(r.Purpose); err != nil {
			return nil, err
		}
		byConsent[r.ConsentKey] = append(byConsent[r.ConsentKey], p)
	}
	return byConsent, err
}

// HistoryOf lists what happened to a consent, oldest first.
func (s *Store) HistoryOf(ctx context.Context, c *ent.Consent) ([]*ent.ConsentEvent, error) {
	if _, err := sessionOf(ctx); err != nil {
		return nil, err
	}
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
