package graph

import (
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// label is HUD's wording of a code whose list depends on other codes of its row; nil where no list has it.
func label(file, column string, code *int32, others map[string]*int32) *string {
	if code == nil {
		return nil
	}
	list := hmis.FileNamed(file).ConditionalList(column, func(column string) (int32, bool) {
		c := others[column]
		if c == nil {
			return 0, false
		}
		return *c, true
	})
	if list == nil {
		return nil
	}
	if text := list.Label(*code); text != "" {
		return &text
	}
	return nil
}

func number[C ~int32](code *C) *int32 {
	if code == nil {
		return nil
	}
	n := int32(*code)
	return &n
}

// known is the day, nil for none.
func known(day hmis.Date) *hmis.Date {
	if day == policy.Never {
		return nil
	}
	return &day
}
