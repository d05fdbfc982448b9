package store

import (
	"context"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// note tells the recorder of the operation which rows go into its answer. Rows that were loaded and then cut off, or
// looked at to decide something, are not told; rows that say nothing of one client (projects, persons, households) are
// not recorded, and who was in them is when those rows are shown.
func note[T Node](ctx context.Context, ss *session, k *kind[T], rows []T) {
	recorder := audit.RecorderOf(ctx)
	if recorder == nil || ss.system || len(rows) == 0 {
		return
	}
	switch {
	case k.file != nil && k.file.Level == hmis.ClientLevel:
		is := k.is()
		recorder.Show(len(rows), func(i int) audit.Row {
			l := rows[i].Kept()
			of := is
			if k.class != nil {
				of = l.Type.Category
			}
			return audit.Row{Client: clientOf(k, rows[i]), Type: k.name, Is: of, Loaded: l}
		})
	case k.name == "Consent":
		for _, r := range rows {
			recorder.Touch(k.key(r, "client_key"))
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
