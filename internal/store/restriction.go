package store

import (
	"context"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// LockClient locks a client's record, or unlocks it: a locked one is there only for the lead and for administrators of
// the client's own agencies. Who may: as for consents, so that whoever does not see locked records cannot unlock.
// It returns the client, nil where the viewer no longer sees it. Errors as RecordConsent.
func (s *Store) LockClient(ctx context.Context, id string, lock bool, askedBy policy.LockedBy) (*ent.ClientRecord, []*UserError, error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, nil, err
	}
	keys, err := s.consentingClients(ctx, []string{id})
	if err != nil {
		return nil, nil, err
	}
	client := keys[0]
	var problems []*UserError
	err = s.transaction(ctx, "the viewer was found to have the right", func(ctx context.Context, tx *ent.Tx) error {
		if err := lockClient(ctx, tx, client); err != nil {
			return err
		}
		c, err := tx.ClientRecord.Query().Where(clientNumbered(client)).Only(ctx)
		if err != nil {
			return err
		}
		if c.Restricted == lock {
			problems = []*UserError{{Code: hmis.Conflict, Message: "the record is so already", Severity: SeverityError}}
			return errNothing
		}
		if err := tx.ClientRecord.UpdateOneID(client).SetRestricted(lock).Exec(ctx); err != nil {
			return err
		}
		if err := tx.Restriction.Create().SetClientKey(client).SetLocked(lock).SetAskedBy(askedBy).SetAccountKey(ss.viewer.Account).
			SetAt(*s.moment()).Exec(ctx); err != nil {
			return err
		}
		return s.change(ctx, tx, "restrictions", client)
	})
	if err != nil || len(problems) > 0 {
		return nil, problems, err
	}
	ss.forget(client)
	found, err := byKeys(ctx, s, kindClient, []int64{client})
	return found[client], nil, err
}
