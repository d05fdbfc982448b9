-- atlas:delimiter \n\n

-- The log is never changed. Its records go after seven years, with the rows by which they are found; its hashes and
-- checkpoints stay.

CREATE TRIGGER audit_records_unchanged BEFORE UPDATE ON audit_records BEGIN SELECT RAISE(ABORT, 'audit_records is append-only'); END;

CREATE TRIGGER audit_clients_unchanged BEFORE UPDATE ON audit_clients BEGIN SELECT RAISE(ABORT, 'audit_clients is append-only'); END;

CREATE TRIGGER audit_hashes_unchanged BEFORE UPDATE ON audit_hashes BEGIN SELECT RAISE(ABORT, 'audit_hashes is append-only'); END;

CREATE TRIGGER audit_checkpoints_unchanged BEFORE UPDATE ON audit_checkpoints BEGIN SELECT RAISE(ABORT, 'audit_checkpoints is append-only'); END;

CREATE TRIGGER audit_records_kept BEFORE DELETE ON audit_records WHEN OLD.at > datetime('now', '-7 years') BEGIN SELECT RAISE(ABORT, 'audit_records is append-only'); END;

CREATE TRIGGER audit_clients_kept BEFORE DELETE ON audit_clients WHEN EXISTS (SELECT 1 FROM audit_records WHERE id = OLD.record_key AND at > datetime('now', '-7 years')) BEGIN SELECT RAISE(ABORT, 'audit_clients is append-only'); END;

CREATE TRIGGER audit_hashes_kept BEFORE DELETE ON audit_hashes BEGIN SELECT RAISE(ABORT, 'audit_hashes is append-only'); END;

CREATE TRIGGER audit_checkpoints_kept BEFORE DELETE ON audit_checkpoints BEGIN SELECT RAISE(ABORT, 'audit_checkpoints is append-only'); END;
