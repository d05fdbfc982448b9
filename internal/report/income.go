package report

import (
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// stage says which record of a stay a column is about.
type stage int

// The stages of the columns of income, benefits and conditions.
const (
	atStart stage = iota
	atAnnual
	atExit
)

// Data collection stages, list 5.03.1.
const (
	stageStart  = 1
	stageUpdate = 2
	stageExit   = 3
	stageAnnual = 5
)

// noRecord stands for a record that is not there.
const noRecord = -1

// annualDue is the day on which the last annual assessment was due: the head's last anniversary of entry in the period
// or before. owed is false where none was due: in the first year, and for members who came after that day or, grown
// up, on it (5, 12).
func (p *period) annualDue(stay int32) (due hmis.Date, owed bool) {
	head := p.head(stay)
	if head < 0 {
		head = stay
	}
	entry := p.entry(head)
	years := wholeYears(entry, p.end)
	if years < 1 {
		return 0, false
	}
	due = entry.AddYears(years)
	if own := p.entry(stay); own > due || own == due && isAdult(p.age(stay)) {
		return due, false
	}
	return due, true
}

// annualWindow is how many days before or after its day an annual assessment may be made (element 5.03).
const annualWindow = 30

// annualRecord is the income record of the annual assessment that was due last, noRecord where there is none (5, 12:
// never after the period).
func (p *period) annualRecord(stay int32) int32 {
	due, owed := p.annualDue(stay)
	if !owed {
		return noRecord
	}
	return p.incomeRecord(stay, stageAnnual, due-annualWindow, min(due+annualWindow, p.end))
}

// incomeRecord is the latest IncomeBenefits record of a stage between two days.
func (p *period) incomeRecord(stay int32, stage facts.Answer, from, to hmis.Date) int32 {
	found := int32(noRecord)
	r := &p.f.Incomes
	for i, until := r.Of(stay); i < until; i++ {
		if d := r.InformationDate[i]; r.DataCollectionStage[i] == stage && d >= from && d <= to {
			found = i
		}
	}
	return found
}

// latestIncome is the latest IncomeBenefits record of any stage up to the end of the period.
func (p *period) latestIncome(stay int32) int32 {
	found := int32(noRecord)
	for i, until := p.f.Incomes.Of(stay); i < until; i++ {
		if p.f.Incomes.InformationDate[i] <= p.end {
			found = i
		}
	}
	return found
}

// incomeAt is the record of a stage: at start that of the entry, at exit that of the exit (5).
func (p *period) incomeAt(stay int32, s stage) int32 {
	switch s {
	case atStart:
		return p.incomeRecord(stay, stageStart, p.entry(stay), p.entry(stay))
	case atExit:
		if exit := p.exit(stay); exit != facts.NoDay {
			return p.incomeRecord(stay, stageExit, exit, exit)
		}
		return noRecord
	}
	return p.annualRecord(stay)
}

// income is what a record says of monthly cash income, in cents. known is false where it says nothing; dontKnow then
// tells those who do not know or would not answer.
type income struct {
	total, earned   facts.Cents
	known, dontKnow bool
}

func (i income) other() facts.Cents { return max(i.total-i.earned, 0) }

// incomeOf reads total and earned income, the first that holds: the total, the sum of the sources, none at all (5).
func (p *period) incomeOf(record int32) income {
	if record == noRecord {
		return income{}
	}
	r := &p.f.Incomes
	any, total, sum := r.IncomeFromAnySource[record], r.TotalMonthlyIncome[record], r.SourcesAmount[record]
	i := income{known: true}
	if r.Sources[record]&earnedSource != 0 {
		i.earned = max(r.EarnedAmount[record], 0)
	}
	switch {
	case total > 0:
		i.total = total
	case sum > 0:
		i.total = sum
	case any == 0, total != facts.None && (any == 1 || any == facts.Empty):
		i.total = 0
	default:
		return income{dontKnow: any == 8 || any == 9}
	}
	return i
}

// earnedSource is the mark of earned income, the first source.
const earnedSource facts.Marks = 1

// knowsIncome reports whether the record answers IncomeFromAnySource with no or yes.
func (p *period) knowsIncome(record int32) bool {
	return record != noRecord && (p.f.Incomes.IncomeFromAnySource[record] == 0 || p.f.Incomes.IncomeFromAnySource[record] == 1)
}
