-- The tables that these look at are about to be made anew.
DROP TRIGGER restrictions_kept;
DROP TRIGGER consents_kept;
