-- Disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- Create "new_accounts" table
CREATE TABLE `new_accounts` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `username` text NOT NULL, `role` text NOT NULL, `organization_key` integer NULL, `project_keys` json NULL, `scopes` json NULL, `purposes` json NULL, `password_hash` text NULL, `active` bool NOT NULL DEFAULT (true), `trained_on` text NULL, `training_course` text NULL, `agreed_on` text NULL, `agreement_version` text NULL, `totp_secret` blob NULL, `totp_step` integer NOT NULL DEFAULT (0), `recovery_hashes` json NULL, `subject` text NULL, `password_changed_at` text NULL, `last_used_at` text NULL, `created_by` integer NULL, `created_at` text NULL);
-- Copy rows from old table "accounts" to new temporary table "new_accounts"
INSERT INTO `new_accounts` (`id`, `username`, `role`, `organization_key`, `project_keys`, `scopes`, `purposes`, `password_hash`, `active`, `trained_on`, `agreed_on`, `created_at`) SELECT `id`, `username`, `role`, `organization_key`, `project_keys`, `scopes`, `purposes`, `password_hash`, `active`, `trained_on`, `agreed_on`, `created_at` FROM `accounts`;
-- Drop "accounts" table after copying rows
DROP TABLE `accounts`;
-- Rename temporary table "new_accounts" to "accounts"
ALTER TABLE `new_accounts` RENAME TO `accounts`;
-- Create index "accounts_username_key" to table: "accounts"
CREATE UNIQUE INDEX `accounts_username_key` ON `accounts` (`username`);
-- Create index "accounts_subject_key" to table: "accounts"
CREATE UNIQUE INDEX `accounts_subject_key` ON `accounts` (`subject`);
-- Create index "account_organization_key" to table: "accounts"
CREATE INDEX `account_organization_key` ON `accounts` (`organization_key`);
-- Create "new_api_tokens" table
CREATE TABLE `new_api_tokens` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `account_key` integer NOT NULL, `hash` blob NOT NULL, `session` bool NOT NULL, `name` text NULL, `app` text NULL, `scopes` json NULL, `writes` json NULL, `project_keys` json NULL, `statistics_only` bool NOT NULL DEFAULT (false), `replaces` integer NULL, `last_used_at` text NULL, `created_at` text NULL, `expires_at` text NULL, `ended_at` text NULL);
-- Copy rows from old table "api_tokens" to new temporary table "new_api_tokens"
INSERT INTO `new_api_tokens` (`id`, `account_key`, `hash`, `session`, `created_at`, `expires_at`, `ended_at`) SELECT `id`, `account_key`, `hash`, `session`, `created_at`, `expires_at`, `ended_at` FROM `api_tokens`;
-- Drop "api_tokens" table after copying rows
DROP TABLE `api_tokens`;
-- Rename temporary table "new_api_tokens" to "api_tokens"
ALTER TABLE `new_api_tokens` RENAME TO `api_tokens`;
-- Create index "api_tokens_hash_key" to table: "api_tokens"
CREATE UNIQUE INDEX `api_tokens_hash_key` ON `api_tokens` (`hash`);
-- Create index "apitoken_account_key" to table: "api_tokens"
CREATE INDEX `apitoken_account_key` ON `api_tokens` (`account_key`);
-- Add column "key_id" to table: "hub"
ALTER TABLE `hub` ADD COLUMN `key_id` integer NULL;
-- Create "audit_checkpoints" table
CREATE TABLE `audit_checkpoints` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `note` text NOT NULL, `at` text NULL);
-- Create "audit_clients" table
CREATE TABLE `audit_clients` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `record_key` integer NOT NULL, `client_key` integer NOT NULL, `shown` integer NOT NULL, `withheld` integer NOT NULL);
-- Create index "auditclient_client_key_record_key" to table: "audit_clients"
CREATE INDEX `auditclient_client_key_record_key` ON `audit_clients` (`client_key`, `record_key`);
-- Create index "auditclient_record_key" to table: "audit_clients"
CREATE INDEX `auditclient_record_key` ON `audit_clients` (`record_key`);
-- Create "audit_hashes" table
CREATE TABLE `audit_hashes` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `hash` blob NOT NULL);
-- Create "audit_records" table
CREATE TABLE `audit_records` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `at` text NULL, `account_key` integer NOT NULL, `kind` text NOT NULL, `body` blob NOT NULL);
-- Create index "auditrecord_account_key_id" to table: "audit_records"
CREATE INDEX `auditrecord_account_key_id` ON `audit_records` (`account_key`, `id`);
-- Create index "auditrecord_at" to table: "audit_records"
CREATE INDEX `auditrecord_at` ON `audit_records` (`at`);
-- Create "end_user_agreements" table
CREATE TABLE `end_user_agreements` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `version` text NOT NULL, `text` text NOT NULL, `in_force_from` text NULL, `recorded_by` integer NULL, `recorded_at` text NULL);
-- Create index "end_user_agreements_version_key" to table: "end_user_agreements"
CREATE UNIQUE INDEX `end_user_agreements_version_key` ON `end_user_agreements` (`version`);
-- Create "login_failures" table
CREATE TABLE `login_failures` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `subject` blob NOT NULL, `failures` real NOT NULL, `last_at` text NULL);
-- Create index "login_failures_subject_key" to table: "login_failures"
CREATE UNIQUE INDEX `login_failures_subject_key` ON `login_failures` (`subject`);
-- Create "partner_agreements" table
CREATE TABLE `partner_agreements` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `organization_key` integer NOT NULL, `version` text NOT NULL, `signed_on` text NULL, `ends_on` text NULL, `licensed` integer NOT NULL, `recorded_by` integer NULL, `recorded_at` text NULL);
-- Create index "partneragreement_organization_key" to table: "partner_agreements"
CREATE INDEX `partneragreement_organization_key` ON `partner_agreements` (`organization_key`);
-- Create "published_tables" table
CREATE TABLE `published_tables` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `query_key` integer NOT NULL, `release_key` integer NOT NULL, `body` blob NOT NULL, `made_at` text NULL);
-- Create index "publishedtable_query_key_release_key" to table: "published_tables"
CREATE UNIQUE INDEX `publishedtable_query_key_release_key` ON `published_tables` (`query_key`, `release_key`);
-- Create "releases" table
CREATE TABLE `releases` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `period` text NOT NULL, `change_key` integer NOT NULL, `at` text NULL, `made_at` text NULL);
-- Create index "releases_period_key" to table: "releases"
CREATE UNIQUE INDEX `releases_period_key` ON `releases` (`period`);
-- Create "release_parts" table
CREATE TABLE `release_parts` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `release_key` integer NOT NULL, `part` integer NOT NULL, `body` blob NOT NULL);
-- Create index "releasepart_release_key_part" to table: "release_parts"
CREATE UNIQUE INDEX `releasepart_release_key_part` ON `release_parts` (`release_key`, `part`);
-- Create "released_cells" table
CREATE TABLE `released_cells` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `account_key` integer NOT NULL, `release_key` integer NOT NULL, `cell` blob NOT NULL, `at` text NULL);
-- Create index "releasedcell_account_key_release_key_cell" to table: "released_cells"
CREATE UNIQUE INDEX `releasedcell_account_key_release_key_cell` ON `released_cells` (`account_key`, `release_key`, `cell`);
-- Create "saved_queries" table
CREATE TABLE `saved_queries` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `name` text NOT NULL, `title` text NOT NULL, `account_key` integer NOT NULL, `organization_key` integer NOT NULL, `document` text NOT NULL, `state` text NOT NULL, `token_hash` blob NULL, `created_at` text NULL, `approved_by` integer NULL, `approved_at` text NULL);
-- Create index "saved_queries_name_key" to table: "saved_queries"
CREATE UNIQUE INDEX `saved_queries_name_key` ON `saved_queries` (`name`);
-- Create index "saved_queries_token_hash_key" to table: "saved_queries"
CREATE UNIQUE INDEX `saved_queries_token_hash_key` ON `saved_queries` (`token_hash`);
-- Create index "savedquery_account_key" to table: "saved_queries"
CREATE INDEX `savedquery_account_key` ON `saved_queries` (`account_key`);
-- Create "settings" table
CREATE TABLE `settings` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `name` text NOT NULL, `value` text NOT NULL, `changed_by` integer NULL, `changed_at` text NULL);
-- Create index "settings_name_key" to table: "settings"
CREATE UNIQUE INDEX `settings_name_key` ON `settings` (`name`);
-- Enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
