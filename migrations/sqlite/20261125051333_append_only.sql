-- atlas:delimiter \n\n

-- What was written into these tables is never changed, and goes only with the client that it is about.

CREATE TRIGGER consent_events_unchanged BEFORE UPDATE ON consent_events BEGIN SELECT RAISE(ABORT, 'consent_events is append-only'); END;

CREATE TRIGGER consent_provisions_unchanged BEFORE UPDATE ON consent_provisions BEGIN SELECT RAISE(ABORT, 'consent_provisions is append-only'); END;

CREATE TRIGGER restrictions_unchanged BEFORE UPDATE ON restrictions BEGIN SELECT RAISE(ABORT, 'restrictions is append-only'); END;

CREATE TRIGGER consent_events_kept BEFORE DELETE ON consent_events WHEN EXISTS (SELECT 1 FROM consents WHERE id = OLD.consent_key) BEGIN SELECT RAISE(ABORT, 'consent_events is append-only'); END;

CREATE TRIGGER consent_provisions_kept BEFORE DELETE ON consent_provisions WHEN EXISTS (SELECT 1 FROM consents WHERE id = OLD.consent_key) BEGIN SELECT RAISE(ABORT, 'consent_provisions is append-only'); END;

CREATE TRIGGER restrictions_kept BEFORE DELETE ON restrictions WHEN EXISTS (SELECT 1 FROM clients WHERE id = OLD.client_key) BEGIN SELECT RAISE(ABORT, 'restrictions is append-only'); END;

CREATE TRIGGER consents_kept BEFORE DELETE ON consents WHEN EXISTS (SELECT 1 FROM clients WHERE id = OLD.client_key) BEGIN SELECT RAISE(ABORT, 'consents is append-only'); END;
