-- atlas:delimiter \n\n

-- What was written into these tables is never changed or taken out, by nobody.
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;

CREATE TRIGGER consent_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_events FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TRIGGER consent_provisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_provisions FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TRIGGER restrictions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON restrictions FOR EACH STATEMENT EXECUTE FUNCTION append_only();
