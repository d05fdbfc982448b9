package glossary

import (
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Disability types, list 1.3.
const (
	physical      = 5
	developmental = 6
	chronicHealth = 7
	hivAIDS       = 8
	mentalHealth  = 9
	substanceUse  = 10
)

// Conditions are those of a client, as a set. Alcohol and drugs together are both bits.
type Conditions uint8

// The bits of Conditions.
const (
	HasMental Conditions = 1 << iota
	HasAlcohol
	HasDrugs
	HasChronic
	HasHIV
	HasDevelopmental
	HasPhysical
)

// conditionOf is what a response to a disability type says (element 4.05 to 4.10): 1 yes; for substance use 1 alcohol,
// 2 drugs, 3 both.
func conditionOf(kind, response facts.Answer) Conditions {
	if kind == substanceUse {
		switch response {
		case 1:
			return HasAlcohol
		case 2:
			return HasDrugs
		case 3:
			return HasAlcohol | HasDrugs
		}
		return 0
	}
	if response != 1 {
		return 0
	}
	switch kind {
	case physical:
		return HasPhysical
	case developmental:
		return HasDevelopmental
	case chronicHealth:
		return HasChronic
	case hivAIDS:
		return HasHIV
	case mentalHealth:
		return HasMental
	}
	return 0
}

// ConditionsAt are the conditions at a stage: of stage 1 at start, of stage 3 at exit, and for stayers the records of
// the latest day up to the end of the period that are not of an exit (6).
func (p *Period) ConditionsAt(stay int32, s Stage) (c Conditions) {
	r := &p.F.Disability
	from, until := r.Of(stay)
	day := facts.NoDay
	if s == AtAnnual {
		day = p.latestDisabilities(stay)
	}
	var latest [substanceUse + 1]Conditions // by type: the records are in order of time
	for i := from; i < until; i++ {
		kind := r.DisabilityType[i]
		if kind < physical || kind > substanceUse {
			continue
		}
		in := false
		switch stage := r.DataCollectionStage[i]; s {
		case AtStart:
			in = stage == StageStart
		case AtExit:
			in = stage == StageExit
		case AtAnnual:
			in = stage != StageExit && r.InformationDate[i] == day
		}
		if in {
			latest[kind] = conditionOf(kind, r.DisabilityResponse[i])
		}
	}
	for _, one := range latest {
		c |= one
	}
	return c
}

// latestDisabilities is the latest day up to the end of the period with a disability record of start, update or annual.
func (p *Period) latestDisabilities(stay int32) hmis.Date {
	day := facts.NoDay
	r := &p.F.Disability
	for i, until := r.Of(stay); i < until; i++ {
		if r.InformationDate[i] <= p.End && r.DataCollectionStage[i] != StageExit {
			day = r.InformationDate[i]
		}
	}
	return day
}

// disables reports whether a disability record makes a disabling condition by itself: a developmental disability or
// HIV, or another condition that is indefinite and impairs (7, 8).
func (p *Period) disables(record int32) bool {
	r := &p.F.Disability
	kind := r.DisabilityType[record]
	if conditionOf(kind, r.DisabilityResponse[record]) == 0 {
		return false
	}
	return kind == developmental || kind == hivAIDS || r.IndefiniteAndImpairs[record] == 1
}

// Violence is the latest answer on domestic violence up to the end of the period: the survivor's yes or no, and when (6).
func (p *Period) Violence(stay int32) (survivor, when facts.Answer) {
	survivor, when = facts.Empty, facts.Empty
	r := &p.F.Health
	for i, until := r.Of(stay); i < until; i++ {
		if r.InformationDate[i] <= p.End && r.DomesticViolenceSurvivor[i] != facts.Empty {
			survivor, when = r.DomesticViolenceSurvivor[i], r.WhenOccurred[i]
		}
	}
	return survivor, when
}
