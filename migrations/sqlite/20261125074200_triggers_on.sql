-- atlas:delimiter \n\n

CREATE TRIGGER restrictions_kept BEFORE DELETE ON restrictions WHEN EXISTS (SELECT 1 FROM clients WHERE id = OLD.client_key) BEGIN SELECT RAISE(ABORT, 'restrictions is append-only'); END;

CREATE TRIGGER consents_kept BEFORE DELETE ON consents WHEN EXISTS (SELECT 1 FROM clients WHERE id = OLD.client_key) BEGIN SELECT RAISE(ABORT, 'consents is append-only'); END;
