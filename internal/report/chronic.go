package report

import (
	"github.com/hearth-hmis/hearth/internal/facts"
)

// answer is what a person says to a question: a code of HUD's list, a number of years or days, or why it is not known.
type answer = int

// The answers that many lists share; 8 and 9 are one, 99 and empty are one (1).
const (
	no           answer = 0
	yes          answer = 1
	dontKnow     answer = 1_000_008
	notCollected answer = 1_000_099
	noAnswer     answer = -1 // stands in no row
)

// answerOf folds a code: 8 and 9 are one, empty and 99 are one.
func answerOf[T ~int8 | ~int16](code T) answer {
	switch code {
	case 8, 9:
		return dontKnow
	case facts.Empty, 99:
		return notCollected
	}
	return answer(code)
}

// listed is the answer where it is one of the codes, else notCollected.
func listed(a answer, codes ...answer) answer {
	for _, c := range codes {
		if a == c {
			return a
		}
	}
	if a == dontKnow {
		return a
	}
	return notCollected
}

// chronic tells whether the client was chronically homeless at project start, by his own answers and his household's (7).
func (p *period) chronic(stay int32) answer {
	members := p.members(stay)
	first := p.entry(stay)
	for _, m := range members {
		first = min(first, p.entry(m))
	}
	own := p.ownChronic(stay)
	if p.entry(stay) != first {
		return own
	}
	fromElders := noAnswer
	for _, m := range members {
		if p.entry(m) != first {
			continue
		}
		theirs := p.ownChronic(m)
		if theirs == yes {
			return yes
		}
		if p.isHead(m) || isAdult(p.age(m)) {
			fromElders = p.childFollows(fromElders, m, theirs)
		}
	}
	if isChild(p.age(stay)) && fromElders != noAnswer {
		return fromElders
	}
	return own
}

// childFollows is what a child has of the head and the adults seen so far: no, if any of them is no; otherwise the head's (7).
func (p *period) childFollows(sofar answer, elder int32, theirs answer) answer {
	if sofar == no || theirs == no {
		return no
	}
	if sofar == noAnswer || p.isHead(elder) {
		return theirs
	}
	return sofar
}

// ownChronic tells whether the client's own answers at start make him chronically homeless (7, steps 1 to 4).
func (p *period) ownChronic(stay int32) answer {
	if a := p.disabledAtStart(stay); a != yes {
		return a
	}
	e := &p.f.Enrollments
	situation := e.LivingSituation[stay]
	homeless := p.typeIn(stay, shelterEntryExit, shelterNightly, outreach, safeHaven) || situation >= 100 && situation < 200
	if !homeless {
		if situation == facts.Empty {
			return notCollected
		}
		for _, a := range []facts.Answer{e.LOSUnderThreshold[stay], e.PreviousStreetESSH[stay]} {
			switch a {
			case 0:
				return no
			case 1:
			default:
				return notCollected
			}
		}
	}
	return p.longHomeless(stay)
}

// disabledAtStart is step 1: DisablingCondition, or a condition at start that disables.
func (p *period) disabledAtStart(stay int32) answer {
	own := answerOf(p.f.Enrollments.DisablingCondition[stay])
	if own == yes {
		return yes
	}
	r := &p.f.Disability
	for i, until := r.Of(stay); i < until; i++ {
		if r.DataCollectionStage[i] == stageStart && p.disables(i) {
			return yes
		}
	}
	return listed(own, no)
}

// longHomeless is step 4: a year on the street or in shelter, or twelve months in four times or more.
func (p *period) longHomeless(stay int32) answer {
	e := &p.f.Enrollments
	if since := e.DateToStreetESSH[stay]; since != facts.NoDay && since.AddYears(1) <= p.entry(stay) {
		return yes
	}
	switch times := e.TimesHomelessPastThreeYears[stay]; times {
	case 1, 2, 3:
		return no
	case 4:
	default:
		return listed(answerOf(times))
	}
	switch months := e.MonthsHomelessPastThreeYears[stay]; {
	case months == 112 || months == 113:
		return yes
	case months >= 101 && months <= 111:
		return no
	default:
		return listed(answerOf(months))
	}
}
