package store

import (
	"context"
	"encoding/json"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/ent/account"
	"github.com/hearth-hmis/hearth/ent/enduseragreement"
	"github.com/hearth-hmis/hearth/ent/partneragreement"
	"github.com/hearth-hmis/hearth/ent/setting"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// PartnerAgreement is an organization's agreement to take part in the hub.
type PartnerAgreement struct {
	Organization int64 // row number
	Version      string
	SignedOn     hmis.Date
	EndsOn       hmis.Date // last day
	Licensed     int32     // accounts
}

// RecordPartnerAgreement keeps an agreement. It is judged by its days from the next request on; where several hold, the
// newest counts. Errors: Invalid, and Conflict where more accounts are active than it licenses.
func (s *Store) RecordPartnerAgreement(ctx context.Context, p PartnerAgreement, by *int64) error {
	if p.Version == "" || len(p.Version) > 100 || p.EndsOn < p.SignedOn || p.Licensed < 0 {
		return hmis.Errorf(hmis.Invalid, "a partner agreement has a version, a last day not before its first, and a number of accounts")
	}
	return s.transaction(ctx, accounts, func(ctx context.Context, tx *ent.Tx) error {
		if err := tx.Organization.UpdateOneID(p.Organization).AddImportKey(0).Exec(ctx); err != nil { // who makes accounts waits
			return err
		}
		active, err := tx.Account.Query().Where(account.OrganizationKey(p.Organization), account.Active(true)).Count(ctx)
		if err == nil && active > int(p.Licensed) && p.EndsOn >= s.today() {
			err = hmis.Errorf(hmis.Conflict, "the organization has %d active accounts; disable some of them first, or license more", active)
		}
		if err != nil {
			return err
		}
		return tx.PartnerAgreement.Create().SetOrganizationKey(p.Organization).SetVersion(p.Version).SetSignedOn(p.SignedOn).SetEndsOn(p.EndsOn).
			SetLicensed(p.Licensed).SetNillableRecordedBy(by).SetRecordedAt(*s.moment()).Exec(ctx)
	})
}

// PartnerAgreements lists the agreements, of one organization or (0) of all, newest first.
func (s *Store) PartnerAgreements(ctx context.Context, organization int64) (list []PartnerAgreement, err error) {
	q := s.ent.PartnerAgreement.Query().Order(partneragreement.ByID(sql.OrderDesc()))
	if organization != 0 {
		q.Where(partneragreement.OrganizationKey(organization))
	}
	rows, err := q.All(s.System(ctx, accounts))
	for _, r := range rows {
		list = append(list, PartnerAgreement{r.OrganizationKey, r.Version, *r.SignedOn, *r.EndsOn, r.Licensed})
	}
	return list, err
}

// EndUserAgreement is a version of what every user signs.
type EndUserAgreement struct {
	Version, Text string
	InForceFrom   hmis.Date
}

// PublishAgreement asks every account to sign a new version, from a day on. Errors: Conflict for a version that there was.
func (s *Store) PublishAgreement(ctx context.Context, e EndUserAgreement, by *int64) error {
	if e.Version == "" || e.Text == "" {
		return hmis.Errorf(hmis.Invalid, "an end-user agreement has a version and a text")
	}
	err := s.transaction(ctx, accounts, func(ctx context.Context, tx *ent.Tx) error {
		return tx.EndUserAgreement.Create().SetVersion(e.Version).SetText(e.Text).SetInForceFrom(e.InForceFrom).SetNillableRecordedBy(by).
			SetRecordedAt(*s.moment()).Exec(ctx)
	})
	if ent.IsConstraintError(err) {
		return hmis.Errorf(hmis.Conflict, "there is an agreement of that version; versions are never changed")
	}
	return err
}

// AgreementInForce is the version that accounts sign today, nil where there is none.
func (s *Store) AgreementInForce(ctx context.Context) (*EndUserAgreement, error) {
	rows, err := s.ent.EndUserAgreement.Query().Where(enduseragreement.InForceFromLTE(s.today())).
		Order(enduseragreement.ByInForceFrom(sql.OrderDesc()), enduseragreement.ByID(sql.OrderDesc())).Limit(1).All(s.System(ctx, accounts))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &EndUserAgreement{rows[0].Version, rows[0].Text, *rows[0].InForceFrom}, nil
}

// SettingName is a choice of the community.
type SettingName string

// The choices about accounts, with their JSON values.
const (
	SecondFactorRoles SettingName = "second_factor_roles"       // list of policy.Role: who must have one
	SessionsPerUser   SettingName = "sessions_per_user"         // how many may be open at once: the newest
	InactivityDays    SettingName = "inactivity_days"           // how long an account may go unused
	LetterAndDigit    SettingName = "password_letter_and_digit" // true: HUD's wording of 2004
	DisclosureYears   SettingName = "disclosure_years"          // how long the log is kept
	maxSettingValue               = 4096                        // bytes
)

// Setting reads a choice into a value, which stays as it is where nobody chose.
func (s *Store) Setting(ctx context.Context, name SettingName, into any) error {
	rows, err := s.ent.Setting.Query().Where(setting.Name(string(name))).All(s.System(ctx, accounts))
	if err != nil || len(rows) == 0 {
		return err
	}
	return json.Unmarshal([]byte(rows[0].Value), into)
}

// SetSetting keeps a choice.
func (s *Store) SetSetting(ctx context.Context, name SettingName, value any, by *int64) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if len(text) > maxSettingValue {
		return hmis.Errorf(hmis.Invalid, "the value is too long")
	}
	return s.transaction(ctx, accounts, func(ctx context.Context, tx *ent.Tx) error {
		n, err := tx.Setting.Update().Where(setting.Name(string(name))).SetValue(string(text)).SetChangedAt(*s.moment()).Save(ctx)
		if err != nil || n > 0 {
			return err
		}
		return tx.Setting.Create().SetName(string(name)).SetValue(string(text)).SetNillableChangedBy(by).SetChangedAt(*s.moment()).Exec(ctx)
	})
}
