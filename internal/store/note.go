package store

import (
	"context"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// teller tells the recorder of the operation which rows go into its answer. Rows that were loaded and then cut off, or
// looked at to decide something, are not told; rows that say nothing of one client (projects, persons, households) are
// not recorded, and who was in them is when those rows are shown.
type teller[T Node] struct {
	recorder *audit.Recorder // nil: nobody is told
	kind     *kind[T]
}

func telling[T Node](ctx context.Context, ss *session, k *kind[T]) teller[T] {
	if ss.system {
		return teller[T]{}
	}
	return teller[T]{audit.RecorderOf(ctx), k}
}

func (t teller[T]) rows(list []T) { t.note(len(list), func(i int) T { return list[i] }) }

func (t teller[T]) note(n int, row func(i int) T) {
	k := t.kind
	switch {
	case t.recorder == nil || n == 0:
	case k.file != nil && k.file.Level == hmis.ClientLevel:
		is := k.is()
		t.recorder.Show(n, func(i int) audit.Row {
			r, of := row(i), is
			l := r.Kept()
			if k.class != nil {
				of = l.Type.Category
			}
			return audit.Row{Client: clientOf(k, r), Type: k.name, Is: of, Loaded: l}
		})
	case k.name == "Consent":
		for i := range n {
			t.recorder.Touch(k.key(row(i), "client_key"))
		}
	}
}

// is is the category that a row's being there tells of (kind.classes), Meta for types that hold several.
func (t *table) is() hmis.Category {
	if t.name == "Client" || t.name == "HealthAndDV" {
		return hmis.Meta
	}
	return t.file.Column(t.dayColumn()).Category
}
