-- atlas:delimiter \n\n

-- What was written into these tables is never changed or taken out, by nobody.

CREATE TRIGGER consent_events_no_update BEFORE UPDATE ON consent_events BEGIN SELECT RAISE(ABORT, 'consent_events is append-only'); END;

CREATE TRIGGER consent_events_no_delete BEFORE DELETE ON consent_events BEGIN SELECT RAISE(ABORT, 'consent_events is append-only'); END;

CREATE TRIGGER consent_provisions_no_update BEFORE UPDATE ON consent_provisions BEGIN SELECT RAISE(ABORT, 'consent_provisions is append-only'); END;

CREATE TRIGGER consent_provisions_no_delete BEFORE DELETE ON consent_provisions BEGIN SELECT RAISE(ABORT, 'consent_provisions is append-only'); END;

CREATE TRIGGER restrictions_no_update BEFORE UPDATE ON restrictions BEGIN SELECT RAISE(ABORT, 'restrictions is append-only'); END;

CREATE TRIGGER restrictions_no_delete BEFORE DELETE ON restrictions BEGIN SELECT RAISE(ABORT, 'restrictions is append-only'); END;
