-- Create "accounts" table
CREATE TABLE `accounts` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `username` text NOT NULL, `role` text NOT NULL, `organization_key` integer NULL, `project_keys` json NULL, `scopes` json NULL, `purposes` json NULL, `password_hash` text NULL, `active` bool NOT NULL DEFAULT (true), `trained_on` text NULL, `agreed_on` text NULL, `created_at` text NULL);
-- Create index "accounts_username_key" to table: "accounts"
CREATE UNIQUE INDEX `accounts_username_key` ON `accounts` (`username`);
-- Create index "account_organization_key" to table: "accounts"
CREATE INDEX `account_organization_key` ON `accounts` (`organization_key`);
-- Create "affiliations" table
CREATE TABLE `affiliations` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `affiliation_id` text NOT NULL, `project_id` text NULL, `res_project_id` text NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `project_key` integer NOT NULL);
-- Create index "affiliation_source_key_affiliation_id" to table: "affiliations"
CREATE UNIQUE INDEX `affiliation_source_key_affiliation_id` ON `affiliations` (`source_key`, `affiliation_id`);
-- Create index "affiliation_project_key" to table: "affiliations"
CREATE INDEX `affiliation_project_key` ON `affiliations` (`project_key`);
-- Create "api_tokens" table
CREATE TABLE `api_tokens` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `account_key` integer NOT NULL, `hash` blob NOT NULL, `session` bool NOT NULL, `created_at` text NULL, `expires_at` text NULL, `ended_at` text NULL);
-- Create index "api_tokens_hash_key" to table: "api_tokens"
CREATE UNIQUE INDEX `api_tokens_hash_key` ON `api_tokens` (`hash`);
-- Create index "apitoken_account_key" to table: "api_tokens"
CREATE INDEX `apitoken_account_key` ON `api_tokens` (`account_key`);
-- Create "assessments" table
CREATE TABLE `assessments` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `assessment_id` text NOT NULL, `enrollment_id` text NULL, `personal_id` text NULL, `assessment_date` text NULL, `assessment_location` text NULL, `assessment_type` integer NULL, `assessment_level` integer NULL, `prioritization_status` integer NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `enrollment_key` integer NOT NULL);
-- Create index "assessment_source_key_assessment_id" to table: "assessments"
CREATE UNIQUE INDEX `assessment_source_key_assessment_id` ON `assessments` (`source_key`, `assessment_id`);
-- Create index "assessment_enrollment_key" to table: "assessments"
CREATE INDEX `assessment_enrollment_key` ON `assessments` (`enrollment_key`);
-- Create "assessment_questions" table
CREATE TABLE `assessment_questions` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `assessment_question_id` text NOT NULL, `assessment_id` text NULL, `enrollment_id` text NULL, `personal_id` text NULL, `assessment_question_group` text NULL, `assessment_question_order` integer NULL, `assessment_question` text NULL, `assessment_answer` text NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `enrollment_key` integer NOT NULL, `assessment_key` integer NOT NULL);
-- Create index "assessmentquestions_source_key_assessment_question_id" to table: "assessment_questions"
CREATE UNIQUE INDEX `assessmentquestions_source_key_assessment_question_id` ON `assessment_questions` (`source_key`, `assessment_question_id`);
-- Create index "assessmentquestions_enrollment_key" to table: "assessment_questions"
CREATE INDEX `assessmentquestions_enrollment_key` ON `assessment_questions` (`enrollment_key`);
-- Create index "assessmentquestions_assessment_key" to table: "assessment_questions"
CREATE INDEX `assessmentquestions_assessment_key` ON `assessment_questions` (`assessment_key`);
-- Create "assessment_results" table
CREATE TABLE `assessment_results` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `assessment_result_id` text NOT NULL, `assessment_id` text NULL, `enrollment_id` text NULL, `personal_id` text NULL, `assessment_result_type` text NULL, `assessment_result` text NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `enrollment_key` integer NOT NULL, `assessment_key` integer NOT NULL);
-- Create index "assessmentresults_source_key_assessment_result_id" to table: "assessment_results"
CREATE UNIQUE INDEX `assessmentresults_source_key_assessment_result_id` ON `assessment_results` (`source_key`, `assessment_result_id`);
-- Create index "assessmentresults_enrollment_key" to table: "assessment_results"
CREATE INDEX `assessmentresults_enrollment_key` ON `assessment_results` (`enrollment_key`);
-- Create index "assessmentresults_assessment_key" to table: "assessment_results"
CREATE INDEX `assessmentresults_assessment_key` ON `assessment_results` (`assessment_key`);
-- Create "ce_participations" table
CREATE TABLE `ce_participations` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `ce_participation_id` text NOT NULL, `project_id` text NULL, `access_point` integer NULL, `prevention_assessment` integer NULL, `crisis_assessment` integer NULL, `housing_assessment` integer NULL, `direct_services` integer NULL, `receives_referrals` integer NULL, `ce_participation_status_start_date` text NULL, `ce_participation_status_end_date` text NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `project_key` integer NOT NULL);
-- Create index "ceparticipation_source_key_ce_participation_id" to table: "ce_participations"
CREATE UNIQUE INDEX `ceparticipation_source_key_ce_participation_id` ON `ce_participations` (`source_key`, `ce_participation_id`);
-- Create index "ceparticipation_project_key" to table: "ce_participations"
CREATE INDEX `ceparticipation_project_key` ON `ce_participations` (`project_key`);
-- Create "changes" table
CREATE TABLE `changes` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `table_name` text NOT NULL, `row_key` integer NULL, `run_key` integer NULL, `at` text NULL);
-- Create "clients" table
CREATE TABLE `clients` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `personal_id` text NOT NULL, `first_name` text NULL, `middle_name` text NULL, `last_name` text NULL, `name_suffix` text NULL, `name_data_quality` integer NULL, `ssn` text NULL, `ssn_data_quality` integer NULL, `dob` text NULL, `dob_data_quality` integer NULL, `sex` integer NULL, `am_ind_ak_native` integer NULL, `asian` integer NULL, `black_af_american` integer NULL, `hispanic_latinao` integer NULL, `mid_east_n_african` integer NULL, `native_hi_pacific` integer NULL, `white` integer NULL, `race_none` integer NULL, `additional_race_ethnicity` text NULL, `veteran_status` integer NULL, `year_entered_service` integer NULL, `year_separated` integer NULL, `world_war_ii` integer NULL, `korean_war` integer NULL, `vietnam_war` integer NULL, `desert_storm` integer NULL, `afghanistan_oef` integer NULL, `iraq_oif` integer NULL, `iraq_ond` integer NULL, `other_theater` integer NULL, `military_branch` integer NULL, `discharge_status` integer NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `woman` integer NULL, `man` integer NULL, `non_binary` integer NULL, `culturally_specific` integer NULL, `transgender` integer NULL, `questioning` integer NULL, `different_identity` integer NULL, `gender_none` integer NULL, `different_identity_text` text NULL, `person_key` integer NOT NULL, `organization_key` integer NULL, `restricted` bool NOT NULL DEFAULT (false), `refused` bool NOT NULL DEFAULT (false), `fleeing` bool NOT NULL DEFAULT (false));
-- Create index "clientrecord_source_key_personal_id" to table: "clients"
CREATE UNIQUE INDEX `clientrecord_source_key_personal_id` ON `clients` (`source_key`, `personal_id`);
-- Create index "clientrecord_person_key" to table: "clients"
CREATE INDEX `clientrecord_person_key` ON `clients` (`person_key`);
-- Create index "clientrecord_organization_key" to table: "clients"
CREATE INDEX `clientrecord_organization_key` ON `clients` (`organization_key`);
-- Create index "clientrecord_restricted" to table: "clients"
CREATE INDEX `clientrecord_restricted` ON `clients` (`restricted`) WHERE restricted;
-- Create index "clientrecord_fleeing" to table: "clients"
CREATE INDEX `clientrecord_fleeing` ON `clients` (`fleeing`) WHERE fleeing;
-- Create "consents" table
CREATE TABLE `consents` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `client_key` integer NOT NULL, `state` text NOT NULL, `signed_by` text NOT NULL, `method` text NOT NULL, `starts_on` text NULL, `ends_on` text NULL, `recorded_by` integer NOT NULL, `recorded_at` text NULL, `effect` text NULL, `revoked_on` text NULL);
-- Create index "consent_client_key" to table: "consents"
CREATE INDEX `consent_client_key` ON `consents` (`client_key`);
-- Create "consent_events" table
CREATE TABLE `consent_events` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `consent_key` integer NOT NULL, `state` text NOT NULL, `account_key` integer NOT NULL, `at` text NULL);
-- Create index "consentevent_consent_key" to table: "consent_events"
CREATE INDEX `consentevent_consent_key` ON `consent_events` (`consent_key`);
-- Create "consent_provisions" table
CREATE TABLE `consent_provisions` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `consent_key` integer NOT NULL, `categories` json NOT NULL, `recipient_key` integer NOT NULL, `purpose` text NOT NULL);
-- Create index "consentprovision_consent_key" to table: "consent_provisions"
CREATE INDEX `consentprovision_consent_key` ON `consent_provisions` (`consent_key`);
-- Create "current_living_situations" table
CREATE TABLE `current_living_situations` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `current_living_sit_id` text NOT NULL, `enrollment_id` text NULL, `personal_id` text NULL, `information_date` text NULL, `current_living_situation` integer NULL, `cls_subsidy_type` integer NULL, `verified_by` text NULL, `leave_situation14_days` integer NULL, `subsequent_residence` integer NULL, `resources_to_obtain` integer NULL, `lease_own60_day` integer NULL, `moved_two_or_more` integer NULL, `location_details` text NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `enrollment_key` integer NOT NULL);
-- Create index "currentlivingsituation_source_key_current_living_sit_id" to table: "current_living_situations"
CREATE UNIQUE INDEX `currentlivingsituation_source_key_current_living_sit_id` ON `current_living_situations` (`source_key`, `current_living_sit_id`);
-- Create index "currentlivingsituation_enrollment_key" to table: "current_living_situations"
CREATE INDEX `currentlivingsituation_enrollment_key` ON `current_living_situations` (`enrollment_key`);
-- Create "disabilities" table
CREATE TABLE `disabilities` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `disabilities_id` text NOT NULL, `enrollment_id` text NULL, `personal_id` text NULL, `information_date` text NULL, `disability_type` integer NULL, `disability_response` integer NULL, `indefinite_and_impairs` integer NULL, `t_cell_count_available` integer NULL, `t_cell_count` integer NULL, `t_cell_source` integer NULL, `viral_load_available` integer NULL, `viral_load` integer NULL, `viral_load_source` integer NULL, `anti_retroviral` integer NULL, `data_collection_stage` integer NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `enrollment_key` integer NOT NULL);
-- Create index "disabilities_source_key_disabilities_id" to table: "disabilities"
CREATE UNIQUE INDEX `disabilities_source_key_disabilities_id` ON `disabilities` (`source_key`, `disabilities_id`);
-- Create index "disabilities_enrollment_key" to table: "disabilities"
CREATE INDEX `disabilities_enrollment_key` ON `disabilities` (`enrollment_key`);
-- Create "employment_education" table
CREATE TABLE `employment_education` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `employment_education_id` text NOT NULL, `enrollment_id` text NULL, `personal_id` text NULL, `information_date` text NULL, `last_grade_completed` integer NULL, `school_status` integer NULL, `employed` integer NULL, `employment_type` integer NULL, `not_employed_reason` integer NULL, `data_collection_stage` integer NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `enrollment_key` integer NOT NULL);
-- Create index "employmenteducation_source_key_employment_education_id" to table: "employment_education"
CREATE UNIQUE INDEX `employmenteducation_source_key_employment_education_id` ON `employment_education` (`source_key`, `employment_education_id`);
-- Create index "employmenteducation_enrollment_key" to table: "employment_education"
CREATE INDEX `employmenteducation_enrollment_key` ON `employment_education` (`enrollment_key`);
-- Create "enrollments" table
CREATE TABLE `enrollments` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `enrollment_id` text NOT NULL, `personal_id` text NULL, `project_id` text NULL, `entry_date` text NULL, `household_id` text NULL, `relationship_to_hoh` integer NULL, `enrollment_coc` text NULL, `living_situation` integer NULL, `rental_subsidy_type` integer NULL, `length_of_stay` integer NULL, `los_under_threshold` integer NULL, `previous_street_essh` integer NULL, `date_to_street_essh` text NULL, `times_homeless_past_three_years` integer NULL, `months_homeless_past_three_years` integer NULL, `disabling_condition` integer NULL, `date_of_engagement` text NULL, `move_in_date` text NULL, `date_of_path_status` text NULL, `client_enrolled_in_path` integer NULL, `reason_not_enrolled` integer NULL, `percent_ami` integer NULL, `referral_source` integer NULL, `count_outreach_referral_approaches` integer NULL, `date_of_bcp_status` text NULL, `eligible_for_rhy` integer NULL, `reason_no_services` integer NULL, `runaway_youth` integer NULL, `former_ward_child_welfare` integer NULL, `child_welfare_years` integer NULL, `child_welfare_months` integer NULL, `former_ward_juvenile_justice` integer NULL, `juvenile_justice_years` integer NULL, `juvenile_justice_months` integer NULL, `unemployment_fam` integer NULL, `mental_health_disorder_fam` integer NULL, `physical_disability_fam` integer NULL, `alcohol_drug_use_disorder_fam` integer NULL, `insufficient_income` integer NULL, `incarcerated_parent` integer NULL, `vamc_station` text NULL, `target_screen_reqd` integer NULL, `time_to_housing_loss` integer NULL, `annual_percent_ami` integer NULL, `literal_homeless_history` integer NULL, `client_leaseholder` integer NULL, `hoh_leaseholder` integer NULL, `subsidy_at_risk` integer NULL, `eviction_history` integer NULL, `criminal_record` integer NULL, `incarcerated_adult` integer NULL, `prison_discharge` integer NULL, `sex_offender` integer NULL, `disabled_hoh` integer NULL, `current_pregnant` integer NULL, `single_parent` integer NULL, `dependent_under6` integer NULL, `hh5_plus` integer NULL, `coc_prioritized` integer NULL, `hp_screening_score` integer NULL, `threshold_score` integer NULL, `mental_health_consultation` integer NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `sexual_orientation` integer NULL, `sexual_orientation_other` text NULL, `translation_needed` integer NULL, `preferred_language` integer NULL, `preferred_language_different` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `household_key` integer NOT NULL);
-- Create index "enrollment_source_key_enrollment_id" to table: "enrollments"
CREATE UNIQUE INDEX `enrollment_source_key_enrollment_id` ON `enrollments` (`source_key`, `enrollment_id`);
-- Create index "enrollment_client_key" to table: "enrollments"
CREATE INDEX `enrollment_client_key` ON `enrollments` (`client_key`);
-- Create index "enrollment_project_key_entry_date" to table: "enrollments"
CREATE INDEX `enrollment_project_key_entry_date` ON `enrollments` (`project_key`, `entry_date`);
-- Create index "enrollment_household_key" to table: "enrollments"
CREATE INDEX `enrollment_household_key` ON `enrollments` (`household_key`);
-- Create "events" table
CREATE TABLE `events` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `event_id` text NOT NULL, `enrollment_id` text NULL, `personal_id` text NULL, `event_date` text NULL, `event` integer NULL, `prob_sol_div_rr_result` integer NULL, `referral_case_manage_after` integer NULL, `location_crisis_or_ph_housing` text NULL, `referral_result` integer NULL, `result_date` text NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `enrollment_key` integer NOT NULL);
-- Create index "event_source_key_event_id" to table: "events"
CREATE UNIQUE INDEX `event_source_key_event_id` ON `events` (`source_key`, `event_id`);
-- Create index "event_enrollment_key" to table: "events"
CREATE INDEX `event_enrollment_key` ON `events` (`enrollment_key`);
-- Create "exits" table
CREATE TABLE `exits` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `exit_id` text NOT NULL, `enrollment_id` text NULL, `personal_id` text NULL, `exit_date` text NULL, `destination` integer NULL, `destination_subsidy_type` integer NULL, `other_destination` text NULL, `housing_assessment` integer NULL, `subsidy_information` integer NULL, `project_completion_status` integer NULL, `early_exit_reason` integer NULL, `exchange_for_sex` integer NULL, `exchange_for_sex_past_three_months` integer NULL, `count_of_exchange_for_sex` integer NULL, `asked_or_forced_to_exchange_for_sex` integer NULL, `asked_or_forced_to_exchange_for_sex_past_three_months` integer NULL, `workplace_violence_threats` integer NULL, `workplace_promise_difference` integer NULL, `coerced_to_continue_work` integer NULL, `labor_exploit_past_three_months` integer NULL, `counseling_received` integer NULL, `individual_counseling` integer NULL, `family_counseling` integer NULL, `group_counseling` integer NULL, `session_count_at_exit` integer NULL, `post_exit_counseling_plan` integer NULL, `sessions_in_plan` integer NULL, `destination_safe_client` integer NULL, `destination_safe_worker` integer NULL, `pos_adult_connections` integer NULL, `pos_peer_connections` integer NULL, `pos_community_connections` integer NULL, `aftercare_date` text NULL, `aftercare_provided` integer NULL, `email_social_media` integer NULL, `telephone` integer NULL, `in_person_individual` integer NULL, `in_person_group` integer NULL, `cm_exit_reason` integer NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `enrollment_key` integer NOT NULL);
-- Create index "exit_source_key_exit_id" to table: "exits"
CREATE UNIQUE INDEX `exit_source_key_exit_id` ON `exits` (`source_key`, `exit_id`);
-- Create index "exit_enrollment_key" to table: "exits"
CREATE INDEX `exit_enrollment_key` ON `exits` (`enrollment_key`);
-- Create "exports" table
CREATE TABLE `exports` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `export_id` text NOT NULL, `source_type` integer NULL, `source_id` text NULL, `source_name` text NULL, `source_contact_first` text NULL, `source_contact_last` text NULL, `source_contact_phone` text NULL, `source_contact_extension` text NULL, `source_contact_email` text NULL, `export_date` text NULL, `export_start_date` text NULL, `export_end_date` text NULL, `software_name` text NULL, `software_version` text NULL, `csv_version` text NULL, `export_period_type` integer NULL, `export_directive` integer NULL, `hash_status` integer NULL, `implementation_id` text NULL);
-- Create index "export_source_key_export_id" to table: "exports"
CREATE UNIQUE INDEX `export_source_key_export_id` ON `exports` (`source_key`, `export_id`);
-- Create "funders" table
CREATE TABLE `funders` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `funder_id` text NOT NULL, `project_id` text NULL, `funder` integer NULL, `other_funder` text NULL, `grant_id` text NULL, `start_date` text NULL, `end_date` text NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `project_key` integer NOT NULL);
-- Create index "funder_source_key_funder_id" to table: "funders"
CREATE UNIQUE INDEX `funder_source_key_funder_id` ON `funders` (`source_key`, `funder_id`);
-- Create index "funder_project_key" to table: "funders"
CREATE INDEX `funder_project_key` ON `funders` (`project_key`);
-- Create "grants" table
CREATE TABLE `grants` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `client_key` integer NOT NULL, `consent_key` integer NOT NULL, `category` integer NOT NULL, `recipient_key` integer NOT NULL, `purpose` integer NOT NULL, `starts_on` text NULL, `ends_on` text NULL, `written_before` text NULL);
-- Create index "grant_client_key_category" to table: "grants"
CREATE INDEX `grant_client_key_category` ON `grants` (`client_key`, `category`);
-- Create index "grant_consent_key" to table: "grants"
CREATE INDEX `grant_consent_key` ON `grants` (`consent_key`);
-- Create index "grant_recipient_key_client_key" to table: "grants"
CREATE INDEX `grant_recipient_key_client_key` ON `grants` (`recipient_key`, `client_key`);
-- Create "hmis_participations" table
CREATE TABLE `hmis_participations` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `hmis_participation_id` text NOT NULL, `project_id` text NULL, `hmis_participation_type` integer NULL, `hmis_participation_status_start_date` text NULL, `hmis_participation_status_end_date` text NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `project_key` integer NOT NULL);
-- Create index "hmisparticipation_source_key_hmis_participation_id" to table: "hmis_participations"
CREATE UNIQUE INDEX `hmisparticipation_source_key_hmis_participation_id` ON `hmis_participations` (`source_key`, `hmis_participation_id`);
-- Create index "hmisparticipation_project_key" to table: "hmis_participations"
CREATE INDEX `hmisparticipation_project_key` ON `hmis_participations` (`project_key`);
-- Create "health_and_dv" table
CREATE TABLE `health_and_dv` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `health_and_dvid` text NOT NULL, `enrollment_id` text NULL, `personal_id` text NULL, `information_date` text NULL, `domestic_violence_survivor` integer NULL, `when_occurred` integer NULL, `currently_fleeing` integer NULL, `general_health_status` integer NULL, `dental_health_status` integer NULL, `mental_health_status` integer NULL, `pregnancy_status` integer NULL, `due_date` text NULL, `data_collection_stage` integer NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `enrollment_key` integer NOT NULL);
-- Create index "healthanddv_source_key_health_and_dvid" to table: "health_and_dv"
CREATE UNIQUE INDEX `healthanddv_source_key_health_and_dvid` ON `health_and_dv` (`source_key`, `health_and_dvid`);
-- Create index "healthanddv_enrollment_key" to table: "health_and_dv"
CREATE INDEX `healthanddv_enrollment_key` ON `health_and_dv` (`enrollment_key`);
-- Create "households" table
CREATE TABLE `households` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `project_key` integer NOT NULL, `household_id` text NOT NULL, `household_type` integer NULL);
-- Create index "household_source_key_project_key_household_id" to table: "households"
CREATE UNIQUE INDEX `household_source_key_project_key_household_id` ON `households` (`source_key`, `project_key`, `household_id`);
-- Create index "household_project_key" to table: "households"
CREATE INDEX `household_project_key` ON `households` (`project_key`);
-- Create "hub" table
CREATE TABLE `hub` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `key_check` blob NOT NULL);
-- Create "import_issues" table
CREATE TABLE `import_issues` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `run_key` integer NOT NULL, `file` text NOT NULL, `line` integer NOT NULL, `column` text NOT NULL, `value` text NOT NULL, `reason` text NOT NULL, `rows` integer NOT NULL, `refused` bool NOT NULL);
-- Create index "importissue_run_key" to table: "import_issues"
CREATE INDEX `importissue_run_key` ON `import_issues` (`run_key`);
-- Create "import_runs" table
CREATE TABLE `import_runs` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `year` integer NOT NULL, `export_id` text NULL, `period_start` text NULL, `period_end` text NULL, `started_at` text NULL, `finished_at` text NULL, `files` json NULL, `issues` integer NOT NULL DEFAULT (0));
-- Create index "importrun_source_key" to table: "import_runs"
CREATE INDEX `importrun_source_key` ON `import_runs` (`source_key`);
-- Create "income_benefits" table
CREATE TABLE `income_benefits` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `income_benefits_id` text NOT NULL, `enrollment_id` text NULL, `personal_id` text NULL, `information_date` text NULL, `income_from_any_source` integer NULL, `total_monthly_income` integer NULL, `earned` integer NULL, `earned_amount` integer NULL, `unemployment` integer NULL, `unemployment_amount` integer NULL, `ssi` integer NULL, `ssi_amount` integer NULL, `ssdi` integer NULL, `ssdi_amount` integer NULL, `va_disability_service` integer NULL, `va_disability_service_amount` integer NULL, `va_disability_non_service` integer NULL, `va_disability_non_service_amount` integer NULL, `private_disability` integer NULL, `private_disability_amount` integer NULL, `workers_comp` integer NULL, `workers_comp_amount` integer NULL, `tanf` integer NULL, `tanf_amount` integer NULL, `ga` integer NULL, `ga_amount` integer NULL, `soc_sec_retirement` integer NULL, `soc_sec_retirement_amount` integer NULL, `pension` integer NULL, `pension_amount` integer NULL, `child_support` integer NULL, `child_support_amount` integer NULL, `alimony` integer NULL, `alimony_amount` integer NULL, `other_income_source` integer NULL, `other_income_amount` integer NULL, `other_income_source_identify` text NULL, `benefits_from_any_source` integer NULL, `snap` integer NULL, `wic` integer NULL, `tanf_child_care` integer NULL, `tanf_transportation` integer NULL, `other_tanf` integer NULL, `other_benefits_source` integer NULL, `other_benefits_source_identify` text NULL, `insurance_from_any_source` integer NULL, `medicaid` integer NULL, `no_medicaid_reason` integer NULL, `medicare` integer NULL, `no_medicare_reason` integer NULL, `schip` integer NULL, `no_schip_reason` integer NULL, `vha_services` integer NULL, `no_vha_reason` integer NULL, `employer_provided` integer NULL, `no_employer_provided_reason` integer NULL, `cobra` integer NULL, `no_cobra_reason` integer NULL, `private_pay` integer NULL, `no_private_pay_reason` integer NULL, `state_health_ins` integer NULL, `no_state_health_ins_reason` integer NULL, `indian_health_services` integer NULL, `no_indian_health_services_reason` integer NULL, `other_insurance` integer NULL, `other_insurance_identify` text NULL, `adap` integer NULL, `no_adap_reason` integer NULL, `ryan_white_med_dent` integer NULL, `no_ryan_white_reason` integer NULL, `connection_with_soar` integer NULL, `data_collection_stage` integer NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `enrollment_key` integer NOT NULL);
-- Create index "incomebenefits_source_key_income_benefits_id" to table: "income_benefits"
CREATE UNIQUE INDEX `incomebenefits_source_key_income_benefits_id` ON `income_benefits` (`source_key`, `income_benefits_id`);
-- Create index "incomebenefits_enrollment_key" to table: "income_benefits"
CREATE INDEX `incomebenefits_enrollment_key` ON `income_benefits` (`enrollment_key`);
-- Create "inventories" table
CREATE TABLE `inventories` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `inventory_id` text NOT NULL, `project_id` text NULL, `coc_code` text NULL, `household_type` integer NULL, `availability` integer NULL, `unit_inventory` integer NULL, `bed_inventory` integer NULL, `ch_vet_bed_inventory` integer NULL, `youth_vet_bed_inventory` integer NULL, `vet_bed_inventory` integer NULL, `ch_youth_bed_inventory` integer NULL, `youth_bed_inventory` integer NULL, `ch_bed_inventory` integer NULL, `other_bed_inventory` integer NULL, `es_bed_type` integer NULL, `inventory_start_date` text NULL, `inventory_end_date` text NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `project_key` integer NOT NULL);
-- Create index "inventory_source_key_inventory_id" to table: "inventories"
CREATE UNIQUE INDEX `inventory_source_key_inventory_id` ON `inventories` (`source_key`, `inventory_id`);
-- Create index "inventory_project_key" to table: "inventories"
CREATE INDEX `inventory_project_key` ON `inventories` (`project_key`);
-- Create "organizations" table
CREATE TABLE `organizations` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `organization_id` text NOT NULL, `organization_name` text NULL, `victim_service_provider` integer NULL, `organization_common_name` text NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL);
-- Create index "organization_source_key_organization_id" to table: "organizations"
CREATE UNIQUE INDEX `organization_source_key_organization_id` ON `organizations` (`source_key`, `organization_id`);
-- Create "persons" table
CREATE TABLE `persons` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT);
-- Create "projects" table
CREATE TABLE `projects` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `project_id` text NOT NULL, `organization_id` text NULL, `project_name` text NULL, `project_common_name` text NULL, `operating_start_date` text NULL, `operating_end_date` text NULL, `continuum_project` integer NULL, `project_type` integer NULL, `housing_type` integer NULL, `rrh_sub_type` integer NULL, `residential_affiliation` integer NULL, `target_population` integer NULL, `hopwa_med_assisted_living_fac` integer NULL, `pit_count` integer NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `organization_key` integer NOT NULL, `tells` integer NOT NULL DEFAULT (0));
-- Create index "project_source_key_project_id" to table: "projects"
CREATE UNIQUE INDEX `project_source_key_project_id` ON `projects` (`source_key`, `project_id`);
-- Create index "project_organization_key" to table: "projects"
CREATE INDEX `project_organization_key` ON `projects` (`organization_key`);
-- Create index "project_tells" to table: "projects"
CREATE INDEX `project_tells` ON `projects` (`tells`) WHERE tells <> 0;
-- Create "project_cocs" table
CREATE TABLE `project_cocs` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `project_coc_id` text NOT NULL, `project_id` text NULL, `coc_code` text NULL, `geocode` text NULL, `address1` text NULL, `address2` text NULL, `city` text NULL, `state` text NULL, `zip` text NULL, `geography_type` integer NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `project_key` integer NOT NULL);
-- Create index "projectcoc_source_key_project_coc_id" to table: "project_cocs"
CREATE UNIQUE INDEX `projectcoc_source_key_project_coc_id` ON `project_cocs` (`source_key`, `project_coc_id`);
-- Create index "projectcoc_project_key" to table: "project_cocs"
CREATE INDEX `projectcoc_project_key` ON `project_cocs` (`project_key`);
-- Create "reportruns" table
CREATE TABLE `reportruns` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `account_key` integer NOT NULL, `username` text NOT NULL, `organization_key` integer NOT NULL, `kind` text NOT NULL, `project_keys` json NULL, `starts_on` text NULL, `ends_on` text NULL, `coc` text NULL, `progress` integer NOT NULL DEFAULT (0), `change_key` integer NOT NULL DEFAULT (0), `started_at` text NULL, `finished_at` text NULL, `failure` text NULL, `figures` json NULL);
-- Create index "reportrun_organization_key" to table: "reportruns"
CREATE INDEX `reportrun_organization_key` ON `reportruns` (`organization_key`);
-- Create "restrictions" table
CREATE TABLE `restrictions` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `client_key` integer NOT NULL, `locked` bool NOT NULL, `asked_by` text NOT NULL, `account_key` integer NOT NULL, `at` text NULL);
-- Create index "restriction_client_key" to table: "restrictions"
CREATE INDEX `restriction_client_key` ON `restrictions` (`client_key`);
-- Create "services" table
CREATE TABLE `services` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `services_id` text NOT NULL, `enrollment_id` text NULL, `personal_id` text NULL, `date_provided` text NULL, `record_type` integer NULL, `type_provided` integer NULL, `other_type_provided` text NULL, `moving_on_other_type` text NULL, `sub_type_provided` integer NULL, `fa_amount` integer NULL, `fa_start_date` text NULL, `fa_end_date` text NULL, `referral_outcome` integer NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `enrollment_key` integer NOT NULL);
-- Create index "services_source_key_services_id" to table: "services"
CREATE UNIQUE INDEX `services_source_key_services_id` ON `services` (`source_key`, `services_id`);
-- Create index "services_enrollment_key" to table: "services"
CREATE INDEX `services_enrollment_key` ON `services` (`enrollment_key`);
-- Create "sources" table
CREATE TABLE `sources` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `name` text NOT NULL, `created_at` text NULL);
-- Create index "sources_name_key" to table: "sources"
CREATE UNIQUE INDEX `sources_name_key` ON `sources` (`name`);
-- Create "hmis_users" table
CREATE TABLE `hmis_users` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `user_id` text NOT NULL, `user_first_name` text NULL, `user_last_name` text NULL, `user_phone` text NULL, `user_extension` text NULL, `user_email` text NULL, `date_created` text NULL, `date_updated` text NULL, `date_deleted` text NULL, `export_id` text NULL);
-- Create index "user_source_key_user_id" to table: "hmis_users"
CREATE UNIQUE INDEX `user_source_key_user_id` ON `hmis_users` (`source_key`, `user_id`);
-- Create "youth_education_statuses" table
CREATE TABLE `youth_education_statuses` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `source_key` integer NOT NULL, `import_key` integer NULL, `fingerprint` integer NULL, `removed_at` text NULL, `youth_education_status_id` text NOT NULL, `enrollment_id` text NULL, `personal_id` text NULL, `information_date` text NULL, `current_school_attend` integer NULL, `most_recent_ed_status` integer NULL, `current_ed_status` integer NULL, `data_collection_stage` integer NULL, `date_created` text NULL, `date_updated` text NULL, `user_id` text NULL, `date_deleted` text NULL, `export_id` text NULL, `client_key` integer NOT NULL, `project_key` integer NOT NULL, `enrollment_key` integer NOT NULL);
-- Create index "youtheducationstatus_source_key_youth_education_status_id" to table: "youth_education_statuses"
CREATE UNIQUE INDEX `youtheducationstatus_source_key_youth_education_status_id` ON `youth_education_statuses` (`source_key`, `youth_education_status_id`);
-- Create index "youtheducationstatus_enrollment_key" to table: "youth_education_statuses"
CREATE INDEX `youtheducationstatus_enrollment_key` ON `youth_education_statuses` (`enrollment_key`);
