-- atlas:delimiter \n\n

-- Steps of the feed become visible in the order of their numbers: who adds one holds the feed until its transaction ends,
-- so that a reader who has seen a number has seen all before it. Servers that listen are told.

CREATE FUNCTION hold_feed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(4863720157); RETURN NULL; END $$;

CREATE FUNCTION tell_feed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('changes', ''); RETURN NULL; END $$;

CREATE TRIGGER changes_in_order BEFORE INSERT ON changes FOR EACH STATEMENT EXECUTE FUNCTION hold_feed();

CREATE TRIGGER changes_told AFTER INSERT ON changes FOR EACH STATEMENT EXECUTE FUNCTION tell_feed();
