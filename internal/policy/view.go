package policy

import "github.com/hearth-hmis/hearth/internal/hmis"

// View is Decide with all but the element filled in: what one viewer may see of the rows of one client
// that have one origin. A nil View shows nothing.
type View struct {
	question  Question
	decisions [hmis.CategoryCount]Decision // by category, for elements that belong to no federal program
}

// NewView answers q for every category; q.Category and q.Programs do not matter.
func NewView(q Question) *View {
	v := &View{question: q}
	v.question.Programs = 0
	for c := range v.decisions {
		v.question.Category = hmis.Category(c)
		v.decisions[c] = Decide(v.question)
	}
	return v
}

// Decide answers for an element of the category that only the programs collect (0: everyone).
func (v *View) Decide(c hmis.Category, programs hmis.Programs) Decision {
	if v == nil {
		return Decision{Reason: NotReleased}
	}
	if programs == 0 || !v.decisions[c].Permit {
		return v.decisions[c]
	}
	q := v.question
	q.Category, q.Programs = c, programs
	return Decide(q)
}

// Shows reports whether the viewer may see such an element.
func (v *View) Shows(c hmis.Category, programs hmis.Programs) bool {
	return v.Decide(c, programs).Permit
}

// Own reports whether the rows are of the viewer's own organization.
func (v *View) Own() bool { return v != nil && v.question.Own }

// Loaded is what the store keeps with a row after loading it.
type Loaded struct {
	OpaqueID string
	View     *View
	File     *hmis.File // of the row, nil for the hub's own
	Cohort   any        // what was loaded together with the row; only internal/store knows its type
}

// Kept gives the store its place in the row.
func (l *Loaded) Kept() *Loaded { return l }

// Withheld names a field that the viewer may not see, whether or not it has a value.
type Withheld struct {
	Field    string // GraphQL name
	Category hmis.Category
	Reason   Reason
}

// Withheld lists the row's fields that the viewer may not see.
func (l *Loaded) Withheld() []Withheld {
	list := []Withheld{}
	for _, c := range l.File.Columns {
		if c.Category == hmis.Meta || c.Category == hmis.Unclassified {
			continue
		}
		if d := l.View.Decide(c.Category, c.Programs()); !d.Permit {
			list = append(list, Withheld{c.FieldName(), c.Category, d.Reason})
		}
	}
	return list
}
