-- atlas:delimiter \n\n

-- What was written into these tables is never changed, and goes only with the client that it is about.

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;

CREATE FUNCTION kept_with() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE kept boolean;
BEGIN
	EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE id = ($1).%I)', TG_ARGV[0], TG_ARGV[1]) INTO kept USING OLD;
	IF kept THEN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END IF;
	RETURN OLD;
END $$;

CREATE TRIGGER consent_events_unchanged BEFORE UPDATE OR TRUNCATE ON consent_events FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TRIGGER consent_provisions_unchanged BEFORE UPDATE OR TRUNCATE ON consent_provisions FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TRIGGER restrictions_unchanged BEFORE UPDATE OR TRUNCATE ON restrictions FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TRIGGER consents_unchanged BEFORE TRUNCATE ON consents FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TRIGGER consent_events_kept BEFORE DELETE ON consent_events FOR EACH ROW EXECUTE FUNCTION kept_with('consents', 'consent_key');

CREATE TRIGGER consent_provisions_kept BEFORE DELETE ON consent_provisions FOR EACH ROW EXECUTE FUNCTION kept_with('consents', 'consent_key');

CREATE TRIGGER restrictions_kept BEFORE DELETE ON restrictions FOR EACH ROW EXECUTE FUNCTION kept_with('clients', 'client_key');

CREATE TRIGGER consents_kept BEFORE DELETE ON consents FOR EACH ROW EXECUTE FUNCTION kept_with('clients', 'client_key');
