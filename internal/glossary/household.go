package glossary

import "slices"

// HouseholdType is what the ages of the members with an active stay make of a household (3).
type HouseholdType uint8

// The household types, in the order of HUD's columns.
const (
	WithoutChildren HouseholdType = iota
	WithChildren
	OnlyChildren
	UnknownHousehold
)

// TypeOf gives the type of a household with members of these ages (3).
func TypeOf(ages []int) HouseholdType {
	adults := slices.ContainsFunc(ages, IsAdult)
	children := slices.ContainsFunc(ages, IsChild)
	switch {
	case adults && children:
		return WithChildren
	case slices.Contains(ages, UnknownAge):
		return UnknownHousehold
	case adults:
		return WithoutChildren
	}
	return OnlyChildren
}
