package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

func table(name string) []schema.Annotation { return []schema.Annotation{entsql.Table(name)} }

// Source is a system whose exports come in; HUD ids are unique within one source only.
type Source struct{ ent.Schema }

// Mixin of the entity.
func (Source) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (Source) Annotations() []schema.Annotation { return table("sources") }

// Fields of the entity.
func (Source) Fields() []ent.Field {
	return []ent.Field{field.Int64("id"), field.Text("name").Unique(), moment("created_at", "")}
}

// Person groups the client records that are the same human. Its number is that of its first client record.
type Person struct{ ent.Schema }

// Mixin of the entity.
func (Person) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (Person) Annotations() []schema.Annotation { return table("persons") }

// Fields of the entity.
func (Person) Fields() []ent.Field { return []ent.Field{field.Int64("id")} }

// Household is the people of one HouseholdID in one project.
type Household struct{ ent.Schema }

// Mixin of the entity.
func (Household) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (Household) Annotations() []schema.Annotation { return table("households") }

// Fields of the entity.
func (Household) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("source_key").Immutable(),
		field.Int64("project_key").Immutable(),
		field.Text("household_id").Immutable(),
		field.Int32("household_type").GoType(hmis.NewCode("2.07.4")).Optional().Nillable().
			Comment("list 2.07.4 by the members' ages at entry; null where an age that decides is not known"),
	}
}

// Indexes of the entity.
func (Household) Indexes() []ent.Index {
	return []ent.Index{index.Fields("source_key", "project_key", "household_id").Unique(), index.Fields("project_key")}
}

// Account is a login. Usernames are never reused.
type Account struct{ ent.Schema }

// Mixin of the entity.
func (Account) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (Account) Annotations() []schema.Annotation { return table("accounts") }

// Fields of the entity.
func (Account) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Text("username").Unique().Immutable().Comment("lower case"),
		field.Text("role").Comment("a policy.Role"),
		field.Int64("organization_key").Optional().Nillable().Comment("null: the HMIS lead's own"),
		field.JSON("project_keys", []int64{}).Optional().Comment("projects that the account is narrowed to; null: all of the organization"),
		field.JSON("scopes", []string{}).Optional().Comment("categories that an app may see"),
		field.JSON("purposes", []string{}).Optional().Comment("policy.Purposes that its requests may name"),
		field.Text("password_hash").Optional().Sensitive().Comment("argon2id, PHC form"),
		field.Bool("active").Default(true),
		day("trained_on", "day of the privacy training"),
		field.Text("training_course").Optional().Nillable(),
		day("agreed_on", "day on which the end-user agreement was signed"),
		field.Text("agreement_version").Optional().Nillable().Comment("of the end-user agreement that was signed"),
		field.Bytes("totp_secret").Optional().Nillable().Sensitive().Comment("sealed; null: no second factor"),
		field.Int64("totp_step").Default(0).Comment("the last step whose code was used"),
		field.JSON("recovery_hashes", []string{}).Optional().Sensitive().Comment("of the recovery codes that are left"),
		field.Text("subject").Optional().Nillable().Unique().Comment("who it is to an identity provider: issuer and subject"),
		moment("password_changed_at", ""),
		moment("last_used_at", "null: never; from then on an account is locked when it is not used"),
		field.Int64("created_by").Optional().Nillable().Immutable().Comment("account; null: by the command"),
		moment("created_at", ""),
	}
}

// Indexes of the entity.
func (Account) Indexes() []ent.Index { return []ent.Index{index.Fields("organization_key")} }

// ApiToken is a secret that stands for an account: of a session or made by hand. Only its hash is kept.
type ApiToken struct{ ent.Schema }

// Mixin of the entity.
func (ApiToken) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (ApiToken) Annotations() []schema.Annotation { return table("api_tokens") }

// Fields of the entity.
func (ApiToken) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("account_key").Immutable(),
		field.Bytes("hash").Unique().Immutable().Sensitive().Comment("SHA-256 of the token"),
		field.Bool("session").Immutable().Comment("made by a login, ended by a logout"),
		field.Text("name").Optional().Nillable().Comment("what it is for, in its owner's words"),
		field.Text("app").Optional().Nillable().Comment("the program that asks with it"),
		field.JSON("scopes", []string{}).Optional().Immutable().Comment("categories that it may read; null: as its account"),
		field.JSON("writes", []string{}).Optional().Immutable().Comment("categories that it may write; null: as its account"),
		field.JSON("project_keys", []int64{}).Optional().Immutable().Comment("projects that it is narrowed to; null: as its account"),
		field.Bool("statistics_only").Default(false).Immutable(),
		field.Int64("replaces").Optional().Nillable().Immutable().Comment("the token that it took the place of"),
		moment("last_used_at", ""),
		moment("created_at", ""),
		moment("expires_at", ""),
		moment("ended_at", ""),
	}
}

// Indexes of the entity.
func (ApiToken) Indexes() []ent.Index { return []ent.Index{index.Fields("account_key")} }

// Consent is what a client signed, or refused to. What it opens is in its provisions; its history in its events.
type Consent struct{ ent.Schema }

// Mixin of the entity.
func (Consent) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (Consent) Annotations() []schema.Annotation { return table("consents") }

// Fields of the entity.
func (Consent) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("client_key").Immutable(),
		field.Text("state").GoType(policy.ConsentState("")),
		field.Text("signed_by").GoType(policy.Signer("")).Immutable(),
		field.Text("method").GoType(policy.ConsentMethod("")).Immutable(),
		day("starts_on", "first day"),
		day("ends_on", "last day"),
		field.Int64("recorded_by").Immutable().Comment("account"),
		moment("recorded_at", ""),
		field.Text("effect").GoType(policy.RevocationEffect("")).Optional().Comment("of a revocation"),
		day("revoked_on", ""),
	}
}

// Indexes of the entity.
func (Consent) Indexes() []ent.Index { return []ent.Index{index.Fields("client_key")} }

// ConsentProvision is one line of a release: these categories to this recipient for this purpose.
type ConsentProvision struct{ ent.Schema }

// Mixin of the entity.
func (ConsentProvision) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (ConsentProvision) Annotations() []schema.Annotation { return table("consent_provisions") }

// Fields of the entity.
func (ConsentProvision) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("consent_key").Immutable(),
		field.JSON("categories", []string{}).Immutable(),
		field.Int64("recipient_key").Immutable().Comment("an organization; 0: all partner agencies"),
		field.Text("purpose").Immutable().Comment("a policy.Purpose"),
	}
}

// Indexes of the entity.
func (ConsentProvision) Indexes() []ent.Index { return []ent.Index{index.Fields("consent_key")} }

// ConsentEvent is one step in the history of a consent. Rows are added and never changed.
type ConsentEvent struct{ ent.Schema }

// Mixin of the entity.
func (ConsentEvent) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (ConsentEvent) Annotations() []schema.Annotation { return table("consent_events") }

// Fields of the entity.
func (ConsentEvent) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("consent_key").Immutable(),
		field.Text("state").GoType(policy.ConsentState("")).Immutable(),
		field.Int64("account_key").Immutable(),
		moment("at", ""),
	}
}

// Indexes of the entity.
func (ConsentEvent) Indexes() []ent.Index { return []ent.Index{index.Fields("consent_key")} }

// Restriction is one locking or unlocking of a client's record. Rows are added and never changed.
type Restriction struct{ ent.Schema }

// Mixin of the entity.
func (Restriction) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (Restriction) Annotations() []schema.Annotation { return table("restrictions") }

// Fields of the entity.
func (Restriction) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("client_key").Immutable(),
		field.Bool("locked").Immutable(),
		field.Text("asked_by").GoType(policy.LockedBy("")).Immutable(),
		field.Int64("account_key").Immutable(),
		moment("at", ""),
	}
}

// Indexes of the entity.
func (Restriction) Indexes() []ent.Index { return []ent.Index{index.Fields("client_key")} }

// Grant is what an active consent compiles to: one category of one client to one recipient.
type Grant struct{ ent.Schema }

// Mixin of the entity.
func (Grant) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (Grant) Annotations() []schema.Annotation { return table("grants") }

// Fields of the entity.
func (Grant) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("client_key").Immutable(),
		field.Int64("consent_key").Immutable(),
		field.Int32("category").Immutable().Comment("a hmis.Category"),
		field.Int64("recipient_key").Immutable().Comment("an organization; 0: all partner agencies"),
		field.Int32("purpose").Immutable().Comment("a policy.Purpose; 0: any"),
		day("starts_on", "first day"),
		day("ends_on", "last day"),
		day("written_before", "opens only what was last written before this day"),
	}
}

// Indexes of the entity.
func (Grant) Indexes() []ent.Index {
	return []ent.Index{index.Fields("client_key", "category"), index.Fields("consent_key"), index.Fields("recipient_key", "client_key")}
}

// ImportRun is one import of one export.
type ImportRun struct{ ent.Schema }

// Mixin of the entity.
func (ImportRun) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (ImportRun) Annotations() []schema.Annotation { return table("import_runs") }

// Fields of the entity.
func (ImportRun) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("source_key").Immutable(),
		field.Int32("year").Immutable().Comment("format of the export"),
		field.Text("export_id").Optional(),
		day("period_start", ""),
		day("period_end", ""),
		moment("started_at", ""),
		moment("finished_at", ""),
		field.JSON("files", map[string]map[string]int64{}).Optional().Comment("per file: read, added, changed, unchanged, removed, refused"),
		field.Int64("issues").Default(0),
	}
}

// Indexes of the entity.
func (ImportRun) Indexes() []ent.Index { return []ent.Index{index.Fields("source_key")} }

// ImportIssue is a fault found in an export.
type ImportIssue struct{ ent.Schema }

// Mixin of the entity.
func (ImportIssue) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (ImportIssue) Annotations() []schema.Annotation { return table("import_issues") }

// Fields of the entity.
func (ImportIssue) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("run_key").Immutable(),
		field.Text("file").Immutable(),
		field.Int64("line").Immutable().Comment("0: the file as a whole"),
		field.Text("column").Immutable(),
		field.Text("value").Immutable().Comment("never one that identifies a person"),
		field.Text("reason").Immutable(),
		field.Int64("rows").Immutable(),
		field.Bool("refused").Immutable(),
	}
}

// Indexes of the entity.
func (ImportIssue) Indexes() []ent.Index { return []ent.Index{index.Fields("run_key")} }

// ReportRun is a report that was run and kept: who, when, on which state of the data, and its figures.
type ReportRun struct{ ent.Schema }

// Mixin of the entity.
func (ReportRun) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (ReportRun) Annotations() []schema.Annotation { return table("reportruns") }

// Fields of the entity.
func (ReportRun) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("account_key").Immutable(),
		field.Text("username").Immutable(),
		field.Int64("organization_key").Immutable().Comment("of the account; 0: the HMIS lead's own"),
		field.Text("kind").Immutable().Comment("a report.Kind"),
		field.JSON("project_keys", []int64{}).Optional().Comment("null until the data is read, for a report on all"),
		day("starts_on", ""),
		day("ends_on", ""),
		field.Text("coc").Optional().Nillable().Immutable(),
		field.Int32("progress").Default(0).Comment("percent"),
		field.Int64("change_key").Default(0).Comment("the last change that the data holds"),
		moment("started_at", ""),
		moment("finished_at", "null while it runs"),
		field.Text("failure").Optional().Nillable().Comment("why there are no figures"),
		field.JSON("figures", map[string]map[string]any{}).Optional().Comment("by table and cell address"),
	}
}

// Indexes of the entity.
func (ReportRun) Indexes() []ent.Index { return []ent.Index{index.Fields("organization_key")} }

// Change is one step of the data, written in the same transaction: the feed that facts follow.
type Change struct{ ent.Schema }

// Mixin of the entity.
func (Change) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (Change) Annotations() []schema.Annotation { return table("changes") }

// Fields of the entity.
func (Change) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Text("table_name").Immutable(),
		field.Int64("row_key").Optional().Immutable().Comment("0: many rows, those of the import run"),
		field.Int64("run_key").Optional().Immutable(),
		moment("at", ""),
	}
}

// Hub is the one row that says which key this database was made with.
type Hub struct{ ent.Schema }

// Mixin of the entity.
func (Hub) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (Hub) Annotations() []schema.Annotation { return table("hub") }

// Fields of the entity.
func (Hub) Fields() []ent.Field {
	return []ent.Field{field.Int64("id"), field.Bytes("key_check").Immutable(),
		field.Int64("key_id").Optional().Nillable().Comment("of the key with which everything is sealed; null: not sealed yet")}
}

// PartnerAgreement is an organization's agreement to take part. Without one that holds it neither shares nor sees what others share.
type PartnerAgreement struct{ ent.Schema }

// Mixin of the entity.
func (PartnerAgreement) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (PartnerAgreement) Annotations() []schema.Annotation { return table("partner_agreements") }

// Fields of the entity.
func (PartnerAgreement) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("organization_key").Immutable(),
		field.Text("version").Immutable(),
		day("signed_on", ""),
		day("ends_on", "last day"),
		field.Int32("licensed").Comment("accounts that it may have"),
		field.Int64("recorded_by").Optional().Nillable().Immutable().Comment("account; null: by the command"),
		moment("recorded_at", ""),
	}
}

// Indexes of the entity.
func (PartnerAgreement) Indexes() []ent.Index { return []ent.Index{index.Fields("organization_key")} }

// EndUserAgreement is a version of what every user signs. From its day on the accounts sign it before they see data.
type EndUserAgreement struct{ ent.Schema }

// Mixin of the entity.
func (EndUserAgreement) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (EndUserAgreement) Annotations() []schema.Annotation { return table("end_user_agreements") }

// Fields of the entity.
func (EndUserAgreement) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Text("version").Unique().Immutable(),
		field.Text("text").Immutable(),
		day("in_force_from", ""),
		field.Int64("recorded_by").Optional().Nillable().Immutable().Comment("account; null: by the command"),
		moment("recorded_at", ""),
	}
}

// Setting is a choice of the community.
type Setting struct{ ent.Schema }

// Mixin of the entity.
func (Setting) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (Setting) Annotations() []schema.Annotation { return table("settings") }

// Fields of the entity.
func (Setting) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Text("name").Unique().Immutable(),
		field.Text("value").Comment("JSON"),
		field.Int64("changed_by").Optional().Nillable().Comment("account; null: by the command"),
		moment("changed_at", ""),
	}
}

// LoginFailure counts failed logins of a name, an address or all, by which guessing is slowed.
type LoginFailure struct{ ent.Schema }

// Mixin of the entity.
func (LoginFailure) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (LoginFailure) Annotations() []schema.Annotation { return table("login_failures") }

// Fields of the entity.
func (LoginFailure) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Bytes("subject").Unique().Immutable().Comment("keyed hash of what is counted"),
		field.Float("failures").Comment("they wear off with time"),
		moment("last_at", ""),
	}
}

// AuditRecord is one record of the log, whose number is its place in the log, from 0. Rows are added and never changed.
type AuditRecord struct{ ent.Schema }

// Mixin of the entity.
func (AuditRecord) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (AuditRecord) Annotations() []schema.Annotation { return table("audit_records") }

// Fields of the entity.
func (AuditRecord) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		moment("at", ""),
		field.Int64("account_key").Immutable().Comment("0: a stranger, or the command"),
		field.Text("kind").Immutable(),
		field.Bytes("body").Immutable().Comment("what the hash is of"),
	}
}

// Indexes of the entity.
func (AuditRecord) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_key", "id"), index.Fields("at")}
}

// AuditClient says that a record of the log is about a client. Rows are added and never changed.
type AuditClient struct{ ent.Schema }

// Mixin of the entity.
func (AuditClient) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (AuditClient) Annotations() []schema.Annotation { return table("audit_clients") }

// Fields of the entity.
func (AuditClient) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("record_key").Immutable(),
		field.Int64("client_key").Immutable(),
		field.Int32("shown").Immutable().Comment("a hmis.Categories"),
		field.Int32("withheld").Immutable().Comment("a hmis.Categories"),
	}
}

// Indexes of the entity.
func (AuditClient) Indexes() []ent.Index {
	return []ent.Index{index.Fields("client_key", "record_key"), index.Fields("record_key")}
}

// AuditHash is a hash of the log's tree by its stored index. Rows are added and never changed.
type AuditHash struct{ ent.Schema }

// Mixin of the entity.
func (AuditHash) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (AuditHash) Annotations() []schema.Annotation { return table("audit_hashes") }

// Fields of the entity.
func (AuditHash) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Bytes("hash").Immutable(),
	}
}

// AuditCheckpoint is a signed root of the log's tree of as many records as its number says. Rows are added and never changed.
type AuditCheckpoint struct{ ent.Schema }

// Mixin of the entity.
func (AuditCheckpoint) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (AuditCheckpoint) Annotations() []schema.Annotation { return table("audit_checkpoints") }

// Fields of the entity.
func (AuditCheckpoint) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Text("note").Immutable(),
		moment("at", ""),
	}
}

// SavedQuery is a question to the statistics that was kept under a name.
type SavedQuery struct{ ent.Schema }

// Mixin of the entity.
func (SavedQuery) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (SavedQuery) Annotations() []schema.Annotation { return table("saved_queries") }

// Fields of the entity.
func (SavedQuery) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Text("name").Unique().Immutable().Comment("in its address"),
		field.Text("title"),
		field.Int64("account_key").Immutable(),
		field.Int64("organization_key").Immutable().Comment("of the account; 0: the HMIS lead's own"),
		field.Text("document").Comment("JSON of its arguments"),
		field.Text("state").Comment("private, published or fixed"),
		field.Bytes("token_hash").Optional().Nillable().Unique().Sensitive().Comment("SHA-256 of the token of its address"),
		moment("created_at", ""),
		field.Int64("approved_by").Optional().Nillable().Comment("account that published it"),
		moment("approved_at", ""),
	}
}

// Indexes of the entity.
func (SavedQuery) Indexes() []ent.Index { return []ent.Index{index.Fields("account_key")} }

// PublishedTable is the answer to a saved query as the public gets it.
type PublishedTable struct{ ent.Schema }

// Mixin of the entity.
func (PublishedTable) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (PublishedTable) Annotations() []schema.Annotation { return table("published_tables") }

// Fields of the entity.
func (PublishedTable) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("query_key").Immutable(),
		field.Int64("release_key").Immutable(),
		field.Bytes("body").Immutable().Comment("JSON"),
		moment("made_at", ""),
	}
}

// Indexes of the entity.
func (PublishedTable) Indexes() []ent.Index {
	return []ent.Index{index.Fields("query_key", "release_key").Unique()}
}

// Release is the state of the community from which the protected numbers of a period are made.
type Release struct{ ent.Schema }

// Mixin of the entity.
func (Release) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (Release) Annotations() []schema.Annotation { return table("releases") }

// Fields of the entity.
func (Release) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Text("period").Unique().Immutable().Comment("as 2026-10"),
		field.Int64("change_key").Immutable().Comment("the last change that it holds"),
		moment("at", "when that was made"),
		moment("made_at", ""),
	}
}

// ReleasePart is a piece of a release's facts.
type ReleasePart struct{ ent.Schema }

// Mixin of the entity.
func (ReleasePart) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (ReleasePart) Annotations() []schema.Annotation { return table("release_parts") }

// Fields of the entity.
func (ReleasePart) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("release_key").Immutable(),
		field.Int32("part").Immutable().Comment("from 0"),
		field.Bytes("body").Immutable().Comment("packed and sealed"),
	}
}

// Indexes of the entity.
func (ReleasePart) Indexes() []ent.Index {
	return []ent.Index{index.Fields("release_key", "part").Unique()}
}

// ReleasedCell is a protected number that an account was told: the ledger.
type ReleasedCell struct{ ent.Schema }

// Mixin of the entity.
func (ReleasedCell) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }

// Annotations of the entity.
func (ReleasedCell) Annotations() []schema.Annotation { return table("released_cells") }

// Fields of the entity.
func (ReleasedCell) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("account_key").Immutable().Comment("0: the public"),
		field.Int64("release_key").Immutable(),
		field.Bytes("cell").Immutable().Comment("keyed hash of the question"),
		moment("at", ""),
	}
}

// Indexes of the entity.
func (ReleasedCell) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_key", "release_key", "cell").Unique()}
}
