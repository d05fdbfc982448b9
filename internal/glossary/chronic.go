package glossary

import (
	"github.com/hearth-hmis/hearth/internal/facts"
)

// Answer is what a person says to a question: a code of HUD's list, a number of years or days, or why it is not known.
type Answer = int

// The answers that many lists share; 8 and 9 are one, 99 and empty are one (1).
const (
	No           Answer = 0
	Yes          Answer = 1
	DontKnow     Answer = 1_000_008
	NotCollected Answer = 1_000_099
	NoAnswer     Answer = -1 // stands in no row
)

// AnswerOf folds a code: 8 and 9 are one, empty and 99 are one.
func AnswerOf[T ~int8 | ~int16](code T) Answer {
	switch code {
	case 8, 9:
		return DontKnow
	case facts.Empty, 99:
		return NotCollected
	}
	return Answer(code)
}

// Listed is the answer where it is one of the codes, else notCollected.
func Listed(a Answer, codes ...Answer) Answer {
	for _, c := range codes {
		if a == c {
			return a
		}
	}
	if a == DontKnow {
		return a
	}
	return NotCollected
}

// Chronic tells whether the client was chronically homeless at project start, by his own answers and his household's (7).
func (p *Period) Chronic(stay int32) Answer {
	members := p.Members(stay)
	first := p.Entry(stay)
	for _, m := range members {
		first = min(first, p.Entry(m))
	}
	own := p.OwnChronic(stay)
	if p.Entry(stay) != first {
		return own
	}
	fromElders := NoAnswer
	for _, m := range members {
		if p.Entry(m) != first {
			continue
		}
		theirs := p.OwnChronic(m)
		if theirs == Yes {
			return Yes
		}
		if p.IsHead(m) || IsAdult(p.Age(m)) {
			fromElders = p.childFollows(fromElders, m, theirs)
		}
	}
	if IsChild(p.Age(stay)) && fromElders != NoAnswer {
		return fromElders
	}
	return own
}

// childFollows is what a child has of the head and the adults seen so far: no, if any of them is no; otherwise the head's (7).
func (p *Period) childFollows(sofar Answer, elder int32, theirs Answer) Answer {
	if sofar == No || theirs == No {
		return No
	}
	if sofar == NoAnswer || p.IsHead(elder) {
		return theirs
	}
	return sofar
}

// OwnChronic tells whether the client's own answers at start make him chronically homeless (7, steps 1 to 4).
func (p *Period) OwnChronic(stay int32) Answer {
	if a := p.disabledAtStart(stay); a != Yes {
		return a
	}
	e := &p.F.Enrollments
	situation := e.LivingSituation[stay]
	homeless := p.TypeIn(stay, ShelterEntryExit, ShelterNightly, Outreach, SafeHaven) || situation >= 100 && situation < 200
	if !homeless {
		if situation == facts.Empty {
			return NotCollected
		}
		for _, a := range []facts.Answer{e.LOSUnderThreshold[stay], e.PreviousStreetESSH[stay]} {
			switch a {
			case 0:
				return No
			case 1:
			default:
				return NotCollected
			}
		}
	}
	return p.longHomeless(stay)
}

// disabledAtStart is step 1: DisablingCondition, or a condition at start that disables.
func (p *Period) disabledAtStart(stay int32) Answer {
	own := AnswerOf(p.F.Enrollments.DisablingCondition[stay])
	if own == Yes {
		return Yes
	}
	r := &p.F.Disability
	for i, until := r.Of(stay); i < until; i++ {
		if r.DataCollectionStage[i] == StageStart && p.disables(i) {
			return Yes
		}
	}
	return Listed(own, No)
}

// longHomeless is step 4: a year on the street or in shelter, or twelve months in four times or more.
func (p *Period) longHomeless(stay int32) Answer {
	e := &p.F.Enrollments
	if since := e.DateToStreetESSH[stay]; since != facts.NoDay && since.AddYears(1) <= p.Entry(stay) {
		return Yes
	}
	switch times := e.TimesHomelessPastThreeYears[stay]; times {
	case 1, 2, 3:
		return No
	case 4:
	default:
		return Listed(AnswerOf(times))
	}
	switch months := e.MonthsHomelessPastThreeYears[stay]; {
	case months == 112 || months == 113:
		return Yes
	case months >= 101 && months <= 111:
		return No
	default:
		return Listed(AnswerOf(months))
	}
}
