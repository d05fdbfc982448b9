package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/ent/account"
	"github.com/hearth-hmis/hearth/ent/apitoken"
	"github.com/hearth-hmis/hearth/ent/partneragreement"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// Account is a login as the database keeps it.
type Account struct {
	Key          int64
	Username     string // lower case
	Role         policy.Role
	Organization int64   // row number; 0: the HMIS lead's own
	Projects     []int64 // row numbers; nil: all of the organization
	Scopes       hmis.Categories
	Purposes     []policy.Purpose // that its requests may name
	PasswordHash string           // "" : signs in by token only
	Active       bool

	TrainedOn        *hmis.Date
	TrainingCourse   *string
	AgreedOn         *hmis.Date
	AgreementVersion *string // of the end-user agreement

	Totp     []byte   // secret of the second factor; nil: none
	TotpStep int64    // the last step whose code was used; below 0: nobody has shown a code yet
	Recovery []string // hashes of the codes that are left
	Subject  *string  // who it is to an identity provider

	CreatedAt  *hmis.Timestamp
	CreatedBy  *int64
	LastUsedAt *hmis.Timestamp
}

// HasSecondFactor reports whether signing in asks for a code.
func (a *Account) HasSecondFactor() bool { return a.Totp != nil && a.TotpStep >= 0 }

// OfProvider reports whether the account is signed in to by an identity provider alone, whose second factor counts. Each
// such sign-in is asked for it.
func (a *Account) OfProvider() bool { return a.Subject != nil && a.PasswordHash == "" }

// NeedsSecondFactor reports whether no sign-in to the account is good without a second factor.
func (s *Store) NeedsSecondFactor(ctx context.Context, a *Account) (bool, error) {
	c, err := s.conditions(ctx)
	return a.HasSecondFactor() || c.secondFactor[a.Role], err
}

// InactiveAfter is how many days an account may go unused before it is locked, where the community chose no other number.
const InactiveAfter = 90

// lastDay is the last day on which the account is not locked for being unused.
func (a *Account) lastDay(inactiveAfter int) hmis.Date {
	last := a.LastUsedAt
	if last == nil {
		last = a.CreatedAt
	}
	if last == nil {
		return policy.Never
	}
	return last.Day() + hmis.Date(inactiveAfter)
}

// Gate is one of the conditions under which an account sees data.
type Gate struct {
	Name string
	Open bool
	Says string // what to do where it is not
}

// gates are asked in this order.
func (a *Account) gates(day hmis.Date, c conditions) []Gate {
	return []Gate{
		{"ACTIVE", a.Active, "the account is disabled; ask your administrator"},
		{"USED", a.lastDay(c.inactiveAfter) >= day, fmt.Sprintf("the account was not used for %d days and is locked; ask your administrator to open it with enableAccount", c.inactiveAfter)},
		{"SECOND_FACTOR", a.HasSecondFactor() || a.OfProvider() || !c.secondFactor[a.Role] || a.Role == policy.PartnerApp, "your role needs a second factor; sign in and add one with beginSecondFactor"},
		{"TRAINING", yearOf(a.TrainedOn) >= day, "the privacy training is missing or older than a year; take it, and ask your administrator to record it with recordTraining"},
		{"AGREEMENT", c.agreedUntil(a) >= day, "the end-user agreement in force is not signed, or over a year ago; sign it with signAgreement"},
	}
}

// conditions are what the community asks of accounts.
type conditions struct {
	agreement    string // version of the end-user agreement in force; "": any
	secondFactor map[policy.Role]bool

	inactiveAfter int // days
}

func (c conditions) agreedUntil(a *Account) hmis.Date {
	if c.agreement != "" && (a.AgreementVersion == nil || *a.AgreementVersion != c.agreement) {
		return policy.Never
	}
	return yearOf(a.AgreedOn)
}

// Viewer is the account as it asks, for no purpose yet.
func (s *Store) Viewer(ctx context.Context, a *Account) (*policy.Viewer, error) {
	c, err := s.conditions(ctx)
	if err != nil {
		return nil, err
	}
	v := &policy.Viewer{Account: a.Key, Username: a.Username, Role: a.Role, Organization: a.Organization, Projects: a.Projects, Scopes: a.Scopes,
		Standing: policy.Standing{Active: true, TrainedUntil: yearOf(a.TrainedOn), AgreedUntil: c.agreedUntil(a)}}
	for _, g := range a.gates(s.today(), c) {
		v.Standing.Active = v.Standing.Active && (g.Open || g.Name == "TRAINING" || g.Name == "AGREEMENT") // which have a day of their own
	}
	return v, nil
}

// Gates tells which conditions each account meets.
func (s *Store) Gates(ctx context.Context, list ...*Account) ([][]Gate, error) {
	c, err := s.conditions(ctx)
	gates := make([][]Gate, len(list))
	for i, a := range list {
		gates[i] = a.gates(s.today(), c)
	}
	return gates, err
}

func (s *Store) conditions(ctx context.Context) (c conditions, err error) {
	rows, err := s.query(ctx, `SELECT 'agreement', version FROM (SELECT version FROM end_user_agreements WHERE in_force_from <= $1 ORDER BY in_force_from DESC, id DESC LIMIT 1) newest
		UNION ALL SELECT name, value FROM settings WHERE name IN ('`+string(SecondFactorRoles)+`', '`+string(InactivityDays)+`')`, s.today())
	if err != nil {
		return c, err
	}
	defer rows.Close()
	c.inactiveAfter = InactiveAfter
	for rows.Next() {
		var what, value string
		if err := rows.Scan(&what, &value); err != nil {
			return c, err
		}
		switch what {
		case "agreement":
			c.agreement = value
			continue
		case string(InactivityDays):
			if err := json.Unmarshal([]byte(value), &c.inactiveAfter); err != nil {
				return c, err
			}
			continue
		}
		c.secondFactor = map[policy.Role]bool{}
		var names []string
		if err := json.Unmarshal([]byte(value), &names); err != nil {
			return c, err
		}
		for _, name := range names {
			role, err := policy.ParseRole(name)
			if err != nil {
				return c, err
			}
			c.secondFactor[role] = true
		}
	}
	return c, rows.Err()
}

// yearOf is the last day of the year that begins on a day, long ago where there is none.
func yearOf(day *hmis.Date) hmis.Date {
	if day == nil {
		return policy.Never
	}
	return day.AddYears(1) - 1
}

const accounts = "accounts are kept by internal/account, which asks before anybody is a viewer"

// AddAccount stores a new account. Errors: Conflict for a username that is or ever was taken, and where the
// organization has no license left.
func (s *Store) AddAccount(ctx context.Context, a Account) error {
	return s.transaction(ctx, accounts, func(ctx context.Context, tx *ent.Tx) error {
		if err := s.license(ctx, tx, a.Organization); err != nil {
			return err
		}
		create := tx.Account.Create().SetUsername(a.Username).SetRole(a.Role.String()).SetPasswordHash(a.PasswordHash).SetActive(a.Active).
			SetNillableTrainedOn(a.TrainedOn).SetNillableTrainingCourse(a.TrainingCourse).SetNillableAgreedOn(a.AgreedOn).
			SetNillableAgreementVersion(a.AgreementVersion).SetNillableCreatedBy(a.CreatedBy).SetCreatedAt(*s.moment())
		if a.Organization != 0 {
			create.SetOrganizationKey(a.Organization)
		}
		if a.Projects != nil {
			create.SetProjectKeys(a.Projects)
		}
		if a.Scopes != 0 {
			create.SetScopes(categoryNames(a.Scopes))
		}
		err := create.SetPurposes(purposeNames(a.Purposes)).Exec(ctx)
		if ent.IsConstraintError(err) {
			return hmis.Errorf(hmis.Conflict, "the username is taken; usernames are never given twice")
		}
		return err
	})
}

func categoryNames(c hmis.Categories) (names []string) {
	for _, c := range c.List() {
		names = append(names, c.String())
	}
	return names
}

func purposeNames(list []policy.Purpose) (names []string) {
	for _, p := range list {
		names = append(names, p.String())
	}
	return names
}

// license refuses one account more than the organization's agreement allows. Whoever makes one waits for the others. An
// organization that never had an agreement works with its own data alone, and no number is agreed on.
func (s *Store) license(ctx context.Context, tx *ent.Tx, organization int64) error {
	if organization == 0 {
		return nil
	}
	if err := tx.Organization.UpdateOneID(organization).AddImportKey(0).Exec(ctx); err != nil { // others wait
		return err
	}
	rows, err := tx.PartnerAgreement.Query().Where(partneragreement.OrganizationKey(organization)).Order(partneragreement.ByID(sql.OrderDesc())).All(ctx)
	if err != nil || len(rows) == 0 {
		return err
	}
	licensed := licensedBy(rows, s.today())
	n, err := tx.Account.Query().Where(account.OrganizationKey(organization), account.Active(true)).Count(ctx)
	if err == nil && n >= int(licensed) {
		err = hmis.Errorf(hmis.Conflict, "the organization's partner agreement has %d licensed accounts, and all are in use; disable one, or record a new agreement", licensed)
	}
	return err
}

// licensedBy is the number of the newest agreement that holds; of those that ran out the last one's goes on to count.
func licensedBy(newestFirst []*ent.PartnerAgreement, day hmis.Date) int32 {
	for _, r := range newestFirst {
		if *r.SignedOn <= day && day <= *r.EndsOn {
			return r.Licensed
		}
	}
	return newestFirst[0].Licensed
}

// ActiveAccounts counts the accounts of organizations that are not disabled.
func (s *Store) ActiveAccounts(ctx context.Context, organizations []int64) (map[int64]int32, error) {
	rows, err := s.query(ctx, "SELECT organization_key, count(*) FROM accounts WHERE active AND organization_key IN ("+s.placeholders(1, len(organizations))+
		") GROUP BY organization_key", anys(organizations)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	active := map[int64]int32{}
	for rows.Next() {
		var organization int64
		var n int32
		if err := rows.Scan(&organization, &n); err != nil {
			return nil, err
		}
		active[organization] = n
	}
	return active, rows.Err()
}

// DisableAccount ends an account, and with it its tokens, from the next request on.
func (s *Store) DisableAccount(ctx context.Context, key int64) error {
	return s.changeAccount(ctx, key, func(u *ent.AccountUpdateOne) { u.SetActive(false) })
}

// EnableAccount opens an account that was disabled, or locked for being unused, from the next request on. Errors: Conflict
// where the organization has no license left.
func (s *Store) EnableAccount(ctx context.Context, a *Account) error {
	return s.transaction(ctx, accounts, func(ctx context.Context, tx *ent.Tx) error {
		if !a.Active {
			if err := s.license(ctx, tx, a.Organization); err != nil {
				return err
			}
		}
		return tx.Account.UpdateOneID(a.Key).SetActive(true).SetLastUsedAt(*s.moment()).Exec(ctx)
	})
}

// SetRole gives an account another role from the next request on.
func (s *Store) SetRole(ctx context.Context, key int64, role policy.Role) error {
	return s.changeAccount(ctx, key, func(u *ent.AccountUpdateOne) { u.SetRole(role.String()) })
}

// SetProjects narrows an account to projects, nil for all of its organization, from the next request on.
func (s *Store) SetProjects(ctx context.Context, key int64, projects []int64) error {
	return s.changeAccount(ctx, key, func(u *ent.AccountUpdateOne) {
		if u.SetProjectKeys(projects); projects == nil {
			u.ClearProjectKeys()
		}
	})
}

// SetRights gives an account another role, projects, scopes and purposes, from the next request on.
func (s *Store) SetRights(ctx context.Context, a *Account) error {
	return s.changeAccount(ctx, a.Key, func(u *ent.AccountUpdateOne) {
		u.SetRole(a.Role.String()).SetScopes(categoryNames(a.Scopes)).SetPurposes(purposeNames(a.Purposes))
		if u.SetProjectKeys(a.Projects); a.Projects == nil {
			u.ClearProjectKeys()
		}
	})
}

// RecordTraining keeps the day of a privacy training and its course.
func (s *Store) RecordTraining(ctx context.Context, key int64, day hmis.Date, course string) error {
	return s.changeAccount(ctx, key, func(u *ent.AccountUpdateOne) { u.SetTrainedOn(day).SetTrainingCourse(course) })
}

// RecordAgreement keeps that the end-user agreement of a version was signed on a day.
func (s *Store) RecordAgreement(ctx context.Context, key int64, day hmis.Date, version string) error {
	return s.changeAccount(ctx, key, func(u *ent.AccountUpdateOne) { u.SetAgreedOn(day).SetAgreementVersion(version) })
}

// SetPassword keeps the hash of a new password and ends all sessions of the account.
func (s *Store) SetPassword(ctx context.Context, key int64, hash string) error {
	return s.transaction(ctx, accounts, func(ctx context.Context, tx *ent.Tx) error {
		if err := tx.Account.UpdateOneID(key).SetPasswordHash(hash).SetPasswordChangedAt(*s.moment()).Exec(ctx); err != nil {
			return err
		}
		return tx.ApiToken.Update().Where(apitoken.AccountKey(key), apitoken.Session(true), apitoken.EndedAtIsNil()).SetEndedAt(*s.moment()).Exec(ctx)
	})
}

// RehashPassword keeps another hash of the same password.
func (s *Store) RehashPassword(ctx context.Context, key int64, hash string) error {
	return s.changeAccount(ctx, key, func(u *ent.AccountUpdateOne) { u.SetPasswordHash(hash) })
}

// SetSubject binds an account to who it is to an identity provider, to nobody where subject is nil, and ends all sessions of
// the account. Errors: Conflict where another account is bound to it.
func (s *Store) SetSubject(ctx context.Context, key int64, subject *string) error {
	err := s.transaction(ctx, accounts, func(ctx context.Context, tx *ent.Tx) error {
		change := tx.Account.UpdateOneID(key)
		if subject == nil {
			change.ClearSubject()
		} else {
			change.SetSubject(*subject)
		}
		if err := change.Exec(ctx); err != nil {
			return err
		}
		return tx.ApiToken.Update().Where(apitoken.AccountKey(key), apitoken.Session(true), apitoken.EndedAtIsNil()).SetEndedAt(*s.moment()).Exec(ctx)
	})
	if ent.IsConstraintError(err) {
		return hmis.Errorf(hmis.Conflict, "another account is bound to this identity; unbind that first")
	}
	return err
}

// SetSecondFactor keeps the secret of a second factor, sealed; step is below 0 until a code was shown. A nil secret takes
// the second factor away.
func (s *Store) SetSecondFactor(ctx context.Context, key int64, secret []byte, step int64, recovery []string) error {
	var sealed []byte
	if secret != nil {
		var err error
		if sealed, err = s.keys.SealCell(secret, hubPlace("accounts", "totp_secret", key)); err != nil {
			return err
		}
	}
	return s.changeAccount(ctx, key, func(u *ent.AccountUpdateOne) {
		if u.SetTotpSecret(sealed).SetTotpStep(step).SetRecoveryHashes(recovery); secret == nil {
			u.ClearTotpSecret()
		}
	})
}

// UseStep notes that the code of a step was used; false where it, or a later one, was used before.
func (s *Store) UseStep(ctx context.Context, key, step int64) (bool, error) {
	n, err := s.ent.Account.Update().Where(account.ID(key), account.TotpStepLT(step)).SetTotpStep(step).Save(s.System(ctx, accounts))
	return n == 1, err
}

// UseRecovery strikes a recovery code off; false where it is not among those that are left.
func (s *Store) UseRecovery(ctx context.Context, key int64, hash string) (used bool, err error) {
	err = s.transaction(ctx, accounts, func(ctx context.Context, tx *ent.Tx) error {
		if err := tx.Account.UpdateOneID(key).AddTotpStep(0).Exec(ctx); err != nil { // others wait
			return err
		}
		a, err := tx.Account.Get(ctx, key)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(a.RecoveryHashes), func(h string) bool { return h == hash })
		used = len(left) < len(a.RecoveryHashes)
		return tx.Account.UpdateOneID(key).SetRecoveryHashes(left).Exec(ctx)
	})
	return used, err
}

func (s *Store) changeAccount(ctx context.Context, key int64, change func(*ent.AccountUpdateOne)) error {
	return s.transaction(ctx, accounts, func(ctx context.Context, tx *ent.Tx) error {
		u := tx.Account.UpdateOneID(key)
		change(u)
		return u.Exec(ctx)
	})
}

// AccountsOf lists up to most accounts of an organization (0: of all) by username, those behind a name.
func (s *Store) AccountsOf(ctx context.Context, organization int64, behind string, most int) ([]*Account, error) {
	return s.someAccounts(ctx, func(sel *sql.Selector) {
		sel.Where(sql.GT(sel.C(account.FieldUsername), behind))
		if organization != 0 {
			sel.Where(sql.EQ(sel.C(account.FieldOrganizationKey), organization))
		}
		sel.OrderBy(sel.C(account.FieldUsername)).Limit(most)
	})
}

// AccountWithSubject finds the account that is bound to an identity, nil where none is.
func (s *Store) AccountWithSubject(ctx context.Context, subject string) (*Account, error) {
	return s.oneAccount(ctx, func(sel *sql.Selector) { sel.Where(sql.EQ(sel.C(account.FieldSubject), subject)) })
}

// AccountNumbered finds an account by its row number, nil where there is none.
func (s *Store) AccountNumbered(ctx context.Context, key int64) (*Account, error) {
	return s.oneAccount(ctx, func(sel *sql.Selector) { sel.Where(sql.EQ(sel.C(account.FieldID), key)) })
}

// AccountNamed finds an account, nil where there is none.
func (s *Store) AccountNamed(ctx context.Context, username string) (*Account, error) {
	return s.oneAccount(ctx, func(sel *sql.Selector) { sel.Where(sql.EQ(sel.C(account.FieldUsername), username)) })
}

func (s *Store) oneAccount(ctx context.Context, shape func(*sql.Selector)) (*Account, error) {
	list, err := s.someAccounts(ctx, shape)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

func (s *Store) someAccounts(ctx context.Context, shape func(*sql.Selector)) (list []*Account, err error) {
	rows, err := s.ent.Account.Query().Where(shape).All(s.System(ctx, accounts))
	for _, r := range rows {
		a, err := s.accountOf(r)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, err
}

func (s *Store) accountOf(r *ent.Account) (*Account, error) {
	role, err := policy.ParseRole(r.Role)
	if err != nil {
		return nil, err
	}
	a := &Account{Key: r.ID, Username: r.Username, Role: role, Projects: r.ProjectKeys, PasswordHash: r.PasswordHash, Active: r.Active,
		TrainedOn: r.TrainedOn, TrainingCourse: r.TrainingCourse, AgreedOn: r.AgreedOn, AgreementVersion: r.AgreementVersion, TotpStep: r.TotpStep,
		Recovery: r.RecoveryHashes, Subject: r.Subject, CreatedAt: r.CreatedAt, CreatedBy: r.CreatedBy, LastUsedAt: r.LastUsedAt}
	if r.OrganizationKey != nil {
		a.Organization = *r.OrganizationKey
	}
	if r.TotpSecret != nil && *r.TotpSecret != nil { // a null cell comes as a pointer to nil
		if a.Totp, err = s.keys.OpenCell(*r.TotpSecret, hubPlace("accounts", "totp_secret", r.ID)); err != nil {
			return nil, fmt.Errorf("accounts.totp_secret: %w", err)
		}
	}
	a.Scopes = categoriesNamed(r.Scopes)
	for _, name := range r.Purposes {
		var p policy.Purpose
		if err := p.UnmarshalGQL(name); err != nil {
			return nil, err
		}
		a.Purposes = append(a.Purposes, p)
	}
	return a, nil
}

// OrganizationKey is the row number of an organization by its opaque id. Errors: NotFound.
func (s *Store) OrganizationKey(ctx context.Context, id string) (int64, error) {
	keys, err := s.keysAmong(ctx, kindOrganization.code, []string{id}, "organizations WHERE removed_at IS NULL")
	if err != nil {
		return 0, hmis.Errorf(hmis.NotFound, "there is no such organization")
	}
	return keys[0], nil
}

// ProjectKeys are the row numbers of an organization's projects by their opaque ids. Errors: NotFound.
func (s *Store) ProjectKeys(ctx context.Context, organization int64, ids []string) ([]int64, error) {
	keys, err := s.keysAmong(ctx, kindProject.code, ids, fmt.Sprintf("projects WHERE removed_at IS NULL AND organization_key = %d", organization))
	if err != nil {
		return nil, hmis.Errorf(hmis.NotFound, "the organization has no such project")
	}
	return keys, nil
}

// keysAmong are the row numbers of opaque ids, all of which are among the rows.
func (s *Store) keysAmong(ctx context.Context, code byte, ids []string, among string) ([]int64, error) {
	keys := make([]int64, 0, len(ids))
	for _, id := range ids {
		of, key, ok := s.keys.ParseID(id)
		if !ok || of != code || len(ids) > 1000 {
			return nil, errNoProject
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if keys = slices.Compact(keys); len(keys) == 0 {
		return keys, nil
	}
	var found int
	err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM "+among+" AND id IN ("+s.placeholders(1, len(keys))+")", anys(keys)...).Scan(&found)
	if err == nil && found < len(keys) {
		err = errNoProject
	}
	return keys, err
}

// OrganizationWithID finds the row number of an organization by its HUD id, written SOURCE/ID where several
// sources have it. Errors: NotFound and Invalid, which say so.
func (s *Store) OrganizationWithID(ctx context.Context, id string) (int64, error) {
	rows, err := s.query(ctx, `SELECT o.id, s.name FROM organizations o JOIN sources s ON s.id = o.source_key
		WHERE (o.organization_id = $1 OR s.name || '/' || o.organization_id = $1) AND o.removed_at IS NULL`, id)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var key int64
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&key, &name); err != nil {
			return 0, err
		}
		names = append(names, name)
	}
	slices.Sort(names)
	switch len(names) {
	case 0:
		return 0, hmis.Errorf(hmis.NotFound, "no organization has that HUD id; import its export first")
	case 1:
		return key, rows.Err()
	}
	return 0, hmis.Errorf(hmis.Invalid, "several sources have an organization of that id (%s); write it as SOURCE/ID", fmt.Sprint(names))
}

// Now is the time by which the store judges.
func (s *Store) Now() hmis.Timestamp { return *s.moment() }
