package glossary

import (
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Stage says which record of a stay a column is about.
type Stage int

// The stages of the columns of income, benefits and conditions.
const (
	AtStart Stage = iota
	AtAnnual
	AtExit
)

// Data collection stages, list 5.03.1.
const (
	StageStart  = 1
	stageUpdate = 2
	StageExit   = 3
	stageAnnual = 5
)

// NoRecord stands for a record that is not there.
const NoRecord = -1

// AnnualDue is the day on which the last annual assessment was due: the head's last anniversary of entry in the period
// or before. owed is false where none was due: in the first year, and for members who came after that day or, grown
// up, on it (5, 12).
func (p *Period) AnnualDue(stay int32) (due hmis.Date, owed bool) {
	head := p.Head(stay)
	if head < 0 {
		head = stay
	}
	entry := p.Entry(head)
	years := wholeYears(entry, p.End)
	if years < 1 {
		return 0, false
	}
	due = entry.AddYears(years)
	if own := p.Entry(stay); own > due || own == due && IsAdult(p.Age(stay)) {
		return due, false
	}
	return due, true
}

// AnnualWindow is how many days before or after its day an annual assessment may be made (element 5.03).
const AnnualWindow = 30

// AnnualRecord is the income record of the annual assessment that was due last, noRecord where there is none (5, 12:
// never after the period).
func (p *Period) AnnualRecord(stay int32) int32 {
	due, owed := p.AnnualDue(stay)
	if !owed {
		return NoRecord
	}
	return p.incomeRecord(stay, stageAnnual, due-AnnualWindow, min(due+AnnualWindow, p.End))
}

// incomeRecord is the latest IncomeBenefits record of a stage between two days.
func (p *Period) incomeRecord(stay int32, stage facts.Answer, from, to hmis.Date) int32 {
	found := int32(NoRecord)
	r := &p.F.Incomes
	for i, until := r.Of(stay); i < until; i++ {
		if d := r.InformationDate[i]; r.DataCollectionStage[i] == stage && d >= from && d <= to {
			found = i
		}
	}
	return found
}

// LatestIncome is the latest IncomeBenefits record of any stage up to the end of the period.
func (p *Period) LatestIncome(stay int32) int32 {
	found := int32(NoRecord)
	for i, until := p.F.Incomes.Of(stay); i < until; i++ {
		if p.F.Incomes.InformationDate[i] <= p.End {
			found = i
		}
	}
	return found
}

// IncomeAt is the record of a stage: at start that of the entry, at exit that of the exit (5).
func (p *Period) IncomeAt(stay int32, s Stage) int32 {
	switch s {
	case AtStart:
		return p.incomeRecord(stay, StageStart, p.Entry(stay), p.Entry(stay))
	case AtExit:
		if exit := p.Exit(stay); exit != facts.NoDay {
			return p.incomeRecord(stay, StageExit, exit, exit)
		}
		return NoRecord
	}
	return p.AnnualRecord(stay)
}

// Income is what a record says of monthly cash income, in cents. known is false where it says nothing; dontKnow then
// tells those who do not know or would not answer.
type Income struct {
	Total, Earned   facts.Cents
	Known, DontKnow bool
}

func (i Income) Other() facts.Cents { return max(i.Total-i.Earned, 0) }

// IncomeOf reads total and earned income, the first that holds: the total, the sum of the sources, none at all (5).
func (p *Period) IncomeOf(record int32) Income {
	if record == NoRecord {
		return Income{}
	}
	r := &p.F.Incomes
	any, total, sum := r.IncomeFromAnySource[record], r.TotalMonthlyIncome[record], r.SourcesAmount[record]
	i := Income{Known: true}
	if r.Sources[record]&earnedSource != 0 {
		i.Earned = max(r.EarnedAmount[record], 0)
	}
	switch {
	case total > 0:
		i.Total = total
	case sum > 0:
		i.Total = sum
	case any == 0, total != facts.None && (any == 1 || any == facts.Empty):
		i.Total = 0
	default:
		return Income{DontKnow: any == 8 || any == 9}
	}
	return i
}

// earnedSource is the mark of earned income, the first source.
const earnedSource facts.Marks = 1

// KnowsIncome reports whether the record answers IncomeFromAnySource with no or yes.
func (p *Period) KnowsIncome(record int32) bool {
	return record != NoRecord && (p.F.Incomes.IncomeFromAnySource[record] == 0 || p.F.Incomes.IncomeFromAnySource[record] == 1)
}
