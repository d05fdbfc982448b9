package graph

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/graph/model"
	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
)

// ungated are the fields of the roots for accounts that are not in order too: what tells why they are not and lets them
// mend it, and what is the same for everybody. They show no data.
var ungated = map[string]bool{"viewer": true, "account": true, "endUserAgreement": true, "accountSettings": true, "login": true, "logout": true,
	"signAgreement": true, "changePassword": true, "beginSecondFactor": true, "confirmSecondFactor": true, "newRecoveryCodes": true,
	"removeSecondFactor": true, "endToken": true, "endSessions": true, "codeLists": true, "measures": true, "dimensions": true,
	"__schema": true, "__type": true, "__typename": true}

// gate refuses an operation that asks for more than that in the name of an account that is not in order, and says what
// to do. The store would show it nothing.
func (r *Resolver) gate(ctx context.Context) error {
	v := policy.ViewerOf(ctx)
	if v == nil || v.Standing.InOrder(r.Store.Now().Day()) {
		return nil
	}
	oc := graphql.GetOperationContext(ctx)
	for _, f := range graphql.CollectFields(oc, oc.Operation.SelectionSet, nil) {
		if !ungated[f.Name] {
			return r.closed(ctx, v)
		}
	}
	return nil
}

// closed says which gate is.
func (r *Resolver) closed(ctx context.Context, v *policy.Viewer) error {
	a, err := r.Store.AccountNumbered(ctx, v.Account)
	if err != nil {
		return err
	}
	if a != nil {
		gates, err := r.Store.Gates(ctx, a)
		if err != nil {
			return err
		}
		for _, g := range gates[0] {
			if !g.Open {
				return hmis.Errorf(hmis.Denied, "%s", g.Says)
			}
		}
	}
	return hmis.Errorf(hmis.Denied, "the account is not in order; ask your administrator")
}

// refuse records that an operation was refused, and answers it so.
func (x recording) refuse(ctx context.Context, why error) graphql.ResponseHandler {
	if hmis.CodeOf(why) == hmis.Denied {
		record := x.r.by(ctx, graphql.GetOperationContext(ctx))
		record.Kind, record.Outcome = audit.Read, audit.Denied
		if err := x.r.Store.Record(ctx, record); err != nil {
			why = err
		}
	}
	return graphql.OneShot(&graphql.Response{Data: []byte("null"), Errors: gqlerror.List{gqlerror.Wrap(why)}})
}

// keep does something to accounts as the viewer, and shows the account of a name ("": the own one) as it is then.
func (r *Resolver) keep(ctx context.Context, username *string, do func(*account.Desk) error) (*model.AccountPayload, error) {
	desk, err := r.Accounts.Desk(ctx)
	if err == nil {
		err = do(desk)
	}
	if err != nil {
		problems, err := refused(ctx, err)
		return &model.AccountPayload{UserErrors: problems}, err
	}
	a, err := desk.Account(ctx, orEmpty(username))
	if err != nil {
		return nil, err
	}
	shown, err := r.shown(ctx, a)
	return &model.AccountPayload{Account: shown}, err
}

// refused is userErrors of what was to be done to accounts: the log has that it was denied, or guessed at too often.
func refused(ctx context.Context, err error) ([]*store.UserError, error) {
	if code := hmis.CodeOf(err); code == hmis.Denied || code == hmis.Limit {
		audit.RecorderOf(ctx).Is(audit.AccessChanged)
		audit.RecorderOf(ctx).Deny()
	}
	return userErrors(err)
}

// administer is keep for what administrators do to others.
func (r *Resolver) administer(ctx context.Context, username string, do func(username string) error) (*model.AccountPayload, error) {
	return r.keep(ctx, &username, func(d *account.Desk) error { return d.Administer(ctx, username, do) })
}

func (r *Resolver) shown(ctx context.Context, a *store.Account) (*model.Account, error) {
	list, err := r.allShown(ctx, []*store.Account{a})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// allShown adds the gates to accounts.
func (r *Resolver) allShown(ctx context.Context, list []*store.Account) ([]*model.Account, error) {
	gates, err := r.Store.Gates(ctx, list...)
	if err != nil {
		return nil, err
	}
	shown := make([]*model.Account, len(list))
	for i, a := range list {
		shown[i] = &model.Account{Account: a}
		for _, g := range gates[i] {
			gate := &model.AccountGate{Name: model.AccountGateName(g.Name), Open: g.Open}
			if !g.Open {
				gate.Next = &g.Says
			}
			shown[i].Gates = append(shown[i].Gates, gate)
		}
	}
	return shown, nil
}

// account is the field of that name.
func (r *Resolver) account(ctx context.Context, username *string) (*model.Account, error) {
	desk, err := r.Accounts.Desk(ctx)
	if err != nil {
		return nil, err
	}
	a, err := desk.Account(ctx, orEmpty(username))
	if hmis.CodeOf(err) == hmis.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return r.shown(ctx, a)
}

// accounts is the field of that name. The cursor is the last username.
func (r *Resolver) accounts(ctx context.Context, first *int32, after *string) (*model.AccountConnection, error) {
	most := 50
	if first != nil {
		most = int(*first)
	}
	if most < 0 || most > 500 {
		return nil, hmis.Errorf(hmis.Invalid, "first is 0 to 500")
	}
	desk, err := r.Accounts.Desk(ctx)
	if err != nil {
		return nil, err
	}
	list, err := desk.Accounts(ctx, orEmpty(after), most+1)
	if err != nil {
		return nil, err
	}
	page := &model.AccountPageInfo{HasNextPage: len(list) > most}
	if list = list[:min(len(list), most)]; len(list) > 0 {
		page.EndCursor = &list[len(list)-1].Username
	}
	nodes, err := r.allShown(ctx, list)
	return &model.AccountConnection{Nodes: nodes, PageInfo: page}, err
}

// tokens lists the sessions or the API tokens of an account.
func (r *Resolver) tokens(ctx context.Context, a *model.Account, sessions bool) (list []*store.Token, desk *account.Desk, err error) {
	if desk, err = r.Accounts.Desk(ctx); err != nil {
		return nil, nil, err
	}
	all, err := desk.Tokens(ctx, a.Account)
	for _, t := range all {
		if t.Session == sessions {
			list = append(list, t)
		}
	}
	return list, desk, err
}

func (r *Resolver) sessions(ctx context.Context, a *model.Account) ([]*model.AccountSession, error) {
	list, desk, err := r.tokens(ctx, a, true)
	shown := make([]*model.AccountSession, len(list))
	for i, t := range list {
		shown[i] = &model.AccountSession{Token: t, ID: r.Store.TokenID(t.Key), Current: desk.Current(t)}
	}
	return shown, err
}

func (r *Resolver) apiTokens(ctx context.Context, a *model.Account) ([]*model.APIToken, error) {
	list, _, err := r.tokens(ctx, a, false)
	shown := make([]*model.APIToken, len(list))
	for i, t := range list {
		shown[i] = &model.APIToken{Token: t, ID: r.Store.TokenID(t.Key)}
	}
	return shown, err
}

// projectsOf finds projects by row number, in that order; nil for nil.
func (r *Resolver) projectsOf(ctx context.Context, keys []int64) ([]*ent.Project, error) {
	if keys == nil {
		return nil, nil
	}
	found, err := r.Store.ProjectsNumbered(ctx, keys)
	list := []*ent.Project{}
	for _, key := range keys {
		if p := found[key]; p != nil {
			list = append(list, p)
		}
	}
	return list, err
}

func (r *Resolver) organizationOf(ctx context.Context, key int64) (*ent.Organization, error) {
	if key == 0 {
		return nil, nil
	}
	return r.Store.OrganizationNumbered(ctx, key)
}

func (r *Resolver) createAccount(ctx context.Context, in model.CreateAccountInput) (*model.AccountPayload, error) {
	n := account.New{Username: in.Username, Role: in.Role, Scopes: hmis.CategoriesOf(in.Scopes...), Purposes: in.Purposes, Password: orEmpty(in.Password),
		TrainedOn: in.TrainedOn, Course: orEmpty(in.TrainingCourse)}
	return r.keep(ctx, &in.Username, func(d *account.Desk) error { return d.Create(ctx, n, orEmpty(in.Organization), in.Projects) })
}

func (r *Resolver) updateAccount(ctx context.Context, in model.UpdateAccountInput) (*model.AccountPayload, error) {
	c := account.Change{Role: in.Role, Projects: in.Projects, AllProjects: in.AllProjects, Scopes: in.Scopes, Purposes: in.Purposes}
	return r.keep(ctx, &in.Username, func(d *account.Desk) error { return d.Update(ctx, in.Username, c) })
}

func (r *Resolver) createToken(ctx context.Context, in model.CreateTokenInput) (*model.TokenPayload, error) {
	if in.Days < 1 || in.Name == "" {
		return &model.TokenPayload{UserErrors: []*store.UserError{{Code: hmis.Invalid, Message: "a token has a name, and lives 1 to 365 days", Severity: store.SeverityError}}}, nil
	}
	n := account.NewToken{Username: orEmpty(in.Username), Name: in.Name, App: orEmpty(in.App), Reads: categoriesOrNil(in.Reads), Writes: categoriesOrNil(in.Writes),
		Statistics: in.StatisticsOnly, Life: time.Duration(in.Days) * 24 * time.Hour}
	return r.tokenPayload(ctx, func(d *account.Desk) (account.Session, error) { return d.MakeToken(ctx, n, in.Projects) })
}

func (r *Resolver) tokenPayload(ctx context.Context, do func(*account.Desk) (account.Session, error)) (*model.TokenPayload, error) {
	desk, err := r.Accounts.Desk(ctx)
	var made account.Session
	if err == nil {
		made, err = do(desk)
	}
	if err != nil {
		problems, err := refused(ctx, err)
		return &model.TokenPayload{UserErrors: problems}, err
	}
	return &model.TokenPayload{Token: &made.Token, ExpiresAt: &made.Expires}, nil
}

func (r *Resolver) beginSecondFactor(ctx context.Context) (*model.SecondFactorPayload, error) {
	desk, err := r.Accounts.Desk(ctx)
	var f account.SecondFactor
	if err == nil {
		f, err = desk.BeginSecondFactor(ctx)
	}
	if err != nil {
		problems, err := refused(ctx, err)
		return &model.SecondFactorPayload{UserErrors: problems}, err
	}
	return &model.SecondFactorPayload{Secret: &f.Secret, URI: &f.URI}, nil
}

func (r *Resolver) recoveryCodes(ctx context.Context, do func(*account.Desk) ([]string, error)) (*model.RecoveryCodesPayload, error) {
	desk, err := r.Accounts.Desk(ctx)
	var codes []string
	if err == nil {
		codes, err = do(desk)
	}
	if err != nil {
		problems, err := refused(ctx, err)
		return &model.RecoveryCodesPayload{UserErrors: problems}, err
	}
	return &model.RecoveryCodesPayload{Codes: codes}, nil
}

func (r *Resolver) publishAgreement(ctx context.Context, in model.PublishEndUserAgreementInput) (*model.EndUserAgreementPayload, error) {
	e := store.EndUserAgreement{Version: in.Version, Text: in.Text, InForceFrom: in.InForceFrom}
	desk, err := r.Accounts.Desk(ctx)
	if err == nil {
		err = desk.PublishAgreement(ctx, e)
	}
	if err != nil {
		problems, err := refused(ctx, err)
		return &model.EndUserAgreementPayload{UserErrors: problems}, err
	}
	return &model.EndUserAgreementPayload{Agreement: &e}, nil
}

func (r *Resolver) recordPartnerAgreement(ctx context.Context, in model.RecordPartnerAgreementInput) (*model.PartnerAgreementPayload, error) {
	p := store.PartnerAgreement{Version: in.Version, SignedOn: in.SignedOn, EndsOn: in.EndsOn, Licensed: in.LicensedAccounts}
	desk, err := r.Accounts.Desk(ctx)
	if err == nil {
		err = desk.RecordPartnerAgreement(ctx, in.Organization, p)
	}
	if err != nil {
		problems, err := refused(ctx, err)
		return &model.PartnerAgreementPayload{Agreements: []*model.PartnerAgreement{}, UserErrors: problems}, err
	}
	list, err := r.partnerAgreements(ctx, &in.Organization)
	return &model.PartnerAgreementPayload{Agreements: list}, err
}

func (r *Resolver) partnerAgreements(ctx context.Context, organization *string) ([]*model.PartnerAgreement, error) {
	desk, err := r.Accounts.Desk(ctx)
	if err != nil {
		return nil, err
	}
	list, err := desk.PartnerAgreements(ctx, orEmpty(organization))
	if err != nil || len(list) == 0 {
		return []*model.PartnerAgreement{}, err
	}
	var organizations []int64
	for _, p := range list {
		organizations = append(organizations, p.Organization)
	}
	active, err := r.Store.ActiveAccounts(ctx, organizations)
	today := r.Store.Now().Day()
	shown := make([]*model.PartnerAgreement, len(list))
	for i, p := range list {
		shown[i] = &model.PartnerAgreement{PartnerAgreement: p, Holds: p.SignedOn <= today && today <= p.EndsOn, LicensedAccounts: p.Licensed,
			ActiveAccounts: active[p.Organization]}
	}
	return shown, err
}

func (r *Resolver) accountSettings(ctx context.Context) (*account.Settings, error) {
	desk, err := r.Accounts.Desk(ctx)
	if err != nil {
		return nil, err
	}
	c, err := desk.Settings(ctx)
	return &c, err
}

func (r *Resolver) changeAccountSettings(ctx context.Context, in model.AccountSettingsInput) (*model.AccountSettingsPayload, error) {
	c, err := r.accountSettings(ctx)
	if err == nil {
		err = r.choose(ctx, c, in)
	}
	if err != nil {
		problems, err := refused(ctx, err)
		return &model.AccountSettingsPayload{UserErrors: problems}, err
	}
	return &model.AccountSettingsPayload{Settings: c}, nil
}

// choose changes choices by what is given.
func (r *Resolver) choose(ctx context.Context, c *account.Settings, in model.AccountSettingsInput) error {
	if in.SecondFactorRoles != nil {
		c.SecondFactorRoles = in.SecondFactorRoles
	}
	if in.SessionsPerUser != nil {
		c.SessionsPerUser = int(*in.SessionsPerUser)
	}
	if in.InactivityDays != nil {
		c.InactivityDays = int(*in.InactivityDays)
	}
	if in.PasswordLetterAndDigit != nil {
		c.PasswordLetterAndDigit = *in.PasswordLetterAndDigit
	}
	desk, err := r.Accounts.Desk(ctx)
	if err != nil {
		return err
	}
	return desk.Choose(ctx, *c)
}

// endUserAgreement is for who is signed in.
func (r *Resolver) endUserAgreement(ctx context.Context) (*store.EndUserAgreement, error) {
	if _, err := r.Accounts.Desk(ctx); err != nil {
		return nil, err
	}
	return r.Store.AgreementInForce(ctx)
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func categoriesOrNil(list []hmis.Category) *hmis.Categories {
	if list == nil {
		return nil
	}
	c := hmis.CategoriesOf(list...)
	return &c
}
