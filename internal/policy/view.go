package policy

import (
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// View is Decide with all but the class of the fact filled in: what one viewer may see of the rows of one client that
// have one origin. A nil View shows nothing.
type View struct {
	question  Question
	decisions [hmis.CategoryCount]Decision // by category, for facts that every program collects
}

// NewView answers q for every class; q.Class does not matter.
func NewView(q Question) *View {
	v := &View{question: q}
	for c := range v.decisions {
		v.question.Class = hmis.ClassOf(hmis.Category(c))
		v.decisions[c] = Decide(v.question)
	}
	return v
}

// Decide answers for a fact of the class.
func (v *View) Decide(c hmis.Class) Decision {
	if v == nil {
		return Decision{Reason: NotReleased}
	}
	if c == hmis.ClassOf(c.Category) && c.Category < hmis.CategoryCount {
		return v.decisions[c.Category]
	}
	q := v.question
	q.Class = c
	return Decide(q)
}

// Shows reports whether the viewer may see such a fact.
func (v *View) Shows(c hmis.Class) bool { return v.Decide(c).Permit }

// Own reports whether the rows are of the viewer's own organization.
func (v *View) Own() bool { return v != nil && v.question.Own }

// Loaded is what the store keeps with a row after loading it.
type Loaded struct {
	OpaqueID string
	View     *View
	File     *hmis.File // of the row, nil for the hub's own
	Type     hmis.Class // of a row whose record type decides, Unclassified for the others
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
		if d := l.View.Decide(c.Class()); !d.Permit {
			list = append(list, Withheld{c.FieldName(), c.Category, d.Reason})
		}
	}
	return list
}

// Access says what the viewer may do with the row's facts of a category.
type Access struct {
	Category hmis.Category
	CanView  bool
	CanEdit  bool
	Reason   Reason // why it may be seen or may not
	Release  int64  // row number of the release that it rests on, 0 for none
}

// Access lists what the viewer may do with the row, by category in the order of the constants: a category may be seen
// where one of the row's fields of it may.
func (l *Loaded) Access() []Access {
	list := []Access{}
	if l.View == nil {
		return list
	}
	for _, c := range l.categories().List() {
		q := l.View.question
		var d Decision
		for i, class := range l.classesOf(c) {
			if of := l.View.Decide(class); i == 0 || of.Permit && !d.Permit {
				d, q.Class = of, class
			}
		}
		list = append(list, Access{c, d.Permit, MayEdit(q), d.Reason, d.Release})
	}
	return list
}

// classesOf are the classes of the row's fields of a category.
func (l *Loaded) classesOf(c hmis.Category) (list []hmis.Class) {
	if l.Type.Category == c {
		list = append(list, l.Type)
	}
	for _, column := range l.File.Columns {
		if column.Category == c && !slices.Contains(list, column.Class()) {
			list = append(list, column.Class())
		}
	}
	return list
}

// categories are those of the row's facts.
func (l *Loaded) categories() (s hmis.Categories) {
	for _, c := range l.File.Columns {
		s |= hmis.CategoriesOf(c.Category)
	}
	return (s | hmis.CategoriesOf(l.Type.Category)) & hmis.AllContent
}

// RedisclosureNotice must go with records that a client's consent under 42 CFR part 2 opens (42 CFR 2.32(a)(2)).
const RedisclosureNotice = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."

// Notice is what must be said beside the row: the notice of 42 CFR 2.32 where a release opens behavioral health, nil
// where nothing must. It depends on the viewer and the releases, never on whether there is a value.
func (l *Loaded) Notice() *string {
	if !l.categories().Has(hmis.BehavioralHealth) {
		return nil
	}
	if l.View.Decide(hmis.ClassOf(hmis.BehavioralHealth)).Reason != ByRelease {
		return nil
	}
	notice := RedisclosureNotice
	return &notice
}
