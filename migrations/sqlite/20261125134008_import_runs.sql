-- Create index "employmenteducation_import_key" to table: "employment_education"
CREATE INDEX `employmenteducation_import_key` ON `employment_education` (`import_key`);
-- Create index "youtheducationstatus_import_key" to table: "youth_education_statuses"
CREATE INDEX `youtheducationstatus_import_key` ON `youth_education_statuses` (`import_key`);
-- Create index "assessment_import_key" to table: "assessments"
CREATE INDEX `assessment_import_key` ON `assessments` (`import_key`);
-- Create index "assessmentquestions_import_key" to table: "assessment_questions"
CREATE INDEX `assessmentquestions_import_key` ON `assessment_questions` (`import_key`);
-- Create index "assessmentresults_import_key" to table: "assessment_results"
CREATE INDEX `assessmentresults_import_key` ON `assessment_results` (`import_key`);
-- Create index "clientrecord_import_key" to table: "clients"
CREATE INDEX `clientrecord_import_key` ON `clients` (`import_key`);
-- Create index "currentlivingsituation_import_key" to table: "current_living_situations"
CREATE INDEX `currentlivingsituation_import_key` ON `current_living_situations` (`import_key`);
-- Create index "disabilities_import_key" to table: "disabilities"
CREATE INDEX `disabilities_import_key` ON `disabilities` (`import_key`);
-- Create index "enrollment_import_key" to table: "enrollments"
CREATE INDEX `enrollment_import_key` ON `enrollments` (`import_key`);
-- Create index "event_import_key" to table: "events"
CREATE INDEX `event_import_key` ON `events` (`import_key`);
-- Create index "exit_import_key" to table: "exits"
CREATE INDEX `exit_import_key` ON `exits` (`import_key`);
-- Create index "healthanddv_import_key" to table: "health_and_dv"
CREATE INDEX `healthanddv_import_key` ON `health_and_dv` (`import_key`);
-- Create index "incomebenefits_import_key" to table: "income_benefits"
CREATE INDEX `incomebenefits_import_key` ON `income_benefits` (`import_key`);
-- Create index "services_import_key" to table: "services"
CREATE INDEX `services_import_key` ON `services` (`import_key`);
