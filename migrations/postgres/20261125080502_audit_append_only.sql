-- atlas:delimiter \n\n

-- The log is never changed. Its records go after seven years, with the rows by which they are found; its hashes and
-- checkpoints stay.

CREATE FUNCTION audit_records_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF OLD.at > now() AT TIME ZONE 'UTC' - interval '7 years' THEN RAISE EXCEPTION 'audit_records is append-only'; END IF;
	RETURN OLD;
END $$;

CREATE FUNCTION audit_clients_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT 1 FROM audit_records WHERE id = OLD.record_key AND at > now() AT TIME ZONE 'UTC' - interval '7 years') THEN RAISE EXCEPTION 'audit_clients is append-only'; END IF;
	RETURN OLD;
END $$;

CREATE TRIGGER audit_records_unchanged BEFORE UPDATE OR TRUNCATE ON audit_records FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TRIGGER audit_clients_unchanged BEFORE UPDATE OR TRUNCATE ON audit_clients FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TRIGGER audit_hashes_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_hashes FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TRIGGER audit_checkpoints_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TRIGGER audit_records_kept BEFORE DELETE ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_records_kept();

CREATE TRIGGER audit_clients_kept BEFORE DELETE ON audit_clients FOR EACH ROW EXECUTE FUNCTION audit_clients_kept();
