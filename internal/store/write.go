package store

import (
	"context"
	"errors"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/ent/consent"
	"github.com/hearth-hmis/hearth/ent/predicate"
	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// errNothing ends a transaction that has found nothing to write.
var errNothing = errors.New("nothing is to be written")

// transaction runs write as the hub itself, all or nothing. Whoever calls it has asked before whether the viewer may, and
// told the recorder of the operation, whose record is then written with it.
func (s *Store) transaction(ctx context.Context, reason string, write func(context.Context, *ent.Tx) error) error {
	if v := policy.ViewerOf(ctx); v != nil && !v.MayWrite() {
		return errReadOnly
	}
	ctx = s.System(ctx, reason)
	tx, err := s.ent.Tx(ctx)
	if err != nil {
		return err
	}
	panicked := true
	defer func() {
		if panicked {
			_ = tx.Rollback()
		}
	}()
	err = write(ctx, tx)
	panicked = false
	switch {
	case err == errNothing:
		return tx.Rollback()
	case err != nil:
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

var errReadOnly = hmis.Errorf(hmis.Denied, "the token of this request may change nothing; use one that may write")

// lockClient makes the writers of one client's consents wait for each other; SQLite has one writer anyway. The log tells
// that it was written of the client.
func lockClient(ctx context.Context, tx *ent.Tx, client int64) error {
	audit.RecorderOf(ctx).Write(audit.Write, client)
	return tx.ClientRecord.UpdateOneID(client).AddImportKey(0).Exec(ctx)
}

func clientNumbered(key int64) predicate.ClientRecord {
	return predicate.ClientRecord(sql.FieldEQ("id", key))
}

func openConsents(client int64) predicate.Consent {
	return predicate.Consent(sql.AndPredicates(consent.ClientKeyEQ(client), consent.StateIn(policy.Draft, policy.Active, policy.Refused)))
}

func (s *Store) consentEvent(ctx context.Context, tx *ent.Tx, c *ent.Consent, account int64) error {
	return tx.ConsentEvent.Create().SetConsentKey(c.ID).SetState(c.State).SetAccountKey(account).SetAt(*s.moment()).Exec(ctx)
}

// change adds a step to the feed.
func (s *Store) change(ctx context.Context, tx *ent.Tx, table string, key int64) error {
	return tx.Change.Create().SetTableName(table).SetRowKey(key).SetAt(*s.moment()).Exec(ctx)
}
