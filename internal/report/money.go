package report

import (
	"math/bits"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
)

// moneyTables are Q16 to Q21: income, benefits and insurance.
func moneyTables() []*layout {
	return []*layout{
		{id: "Q16", title: "Cash Income - Ranges", kinds: apr | caper, columns: byStage, of: adults, ask: (*person).incomeRange, rows: incomeRangeRows(), blank: "B12 B13 D12 D13"},
		{id: "Q17", title: "Cash Income - Sources", kinds: apr | caper, columns: byStage, of: adults, askAll: (*person).incomeSources, rows: incomeSourceRows(), blank: "B17"},
		{id: "Q18", title: "Client Cash Income Category - Earned/Other Income Category - by Start and Annual Assessment/Exit Status", kinds: apr,
			columns: byStage, of: adults, askAll: (*person).incomeCategory, rows: incomeCategoryRows(), blank: "B8 B9 B12 D8 D9"},
		incomeChange("Q19a1", "Client Cash Income Change - Income Source - by Start and Latest Status", glossary.AtAnnual),
		incomeChange("Q19a2", "Client Cash Income Change - Income Source - by Start and Exit", glossary.AtExit),
		incomeByDisability("Q19b", "Disabling Conditions and Income for Adults at Exit", apr|caper, adults, "Adults", glossary.WithoutChildren, glossary.WithChildren, glossary.UnknownHousehold),
		{id: "Q20a", title: "Type of Non-Cash Benefit Sources", kinds: apr | caper, columns: byStage, of: adults, askAll: (*person).benefits,
			rows: labelled("Supplemental Nutrition Assistance Program (SNAP) (Previously known as Food Stamps)",
				"Special Supplemental Nutrition Program for Women, Infants, and Children (WIC)", "TANF Child Care Services",
				"TANF Transportation Services", "Other TANF-Funded Services", "Other Source")},
		{id: "Q20b", title: "Number of Non-Cash Benefit Sources", kinds: apr, columns: byStage, of: adults, ask: (*person).benefitNumber, rows: []line{
			row("No Sources", glossary.No), row("1 + Source(s)", glossary.Yes), dontKnowRow(),
			row("Data Not Collected/Not stayed long enough for Annual Assessment", glossary.NotCollected), total("Total")}},
		{id: "Q21", title: "Health Insurance", kinds: apr | caper, columns: byStage, askAll: (*person).insurances, rows: insuranceRows(), blank: "B15 D15"},
	}
}

// labelled gives a row to each label, for the answers 0, 1, 2 and so on.
func labelled(labels ...string) (rows []line) {
	for i, l := range labels {
		rows = append(rows, row(l, i))
	}
	return rows
}

// The answers of those who have no record to look at.
const (
	notDue   glossary.Answer = 1_000_100 + iota // no annual assessment was required yet
	noneMade                                    // one was, and there is none
)

// recordAt is the income record of a stage, or why there is none.
func (p *person) recordAt(s glossary.Stage) (record int32, missing glossary.Answer) {
	record = p.IncomeAt(p.stay, s)
	if record != glossary.NoRecord {
		return record, glossary.NoAnswer
	}
	if s != glossary.AtAnnual {
		return record, glossary.NotCollected
	}
	if _, owed := p.AnnualDue(p.stay); !owed {
		return record, notDue
	}
	return record, noneMade
}

// incomeRange is the total of a stage in cents, as an answer of Q16 (5).
func (p *person) incomeRange(s glossary.Stage) glossary.Answer {
	record, missing := p.recordAt(s)
	if record == glossary.NoRecord {
		return missing
	}
	switch i := p.IncomeOf(record); {
	case i.Known:
		return min(int(i.Total), 999_999)
	case i.DontKnow:
		return glossary.DontKnow
	}
	return glossary.NotCollected
}

func incomeRangeRows() []line {
	dollars := func(label string, over, to int) line { return between(label, over*100+1, to*100) }
	return []line{row("No Income", 0), dollars("$1 - 150", 0, 150), dollars("$151 - $250", 150, 250), dollars("$251 - $500", 250, 500),
		dollars("$501 - $1,000", 500, 1000), dollars("$1,001 - $1,500", 1000, 1500), dollars("$1,501 - $2,000", 1500, 2000), between("$2,001+", 200_001, 999_999),
		dontKnowRow(), notCollectedRow(), row("Number of adult stayers not yet required to have an annual assessment", notDue),
		row("Number of adult stayers without required annual assessment", noneMade), total("Total Adults")}
}

var incomeSourceLabels = []string{"Earned Income", "Unemployment Insurance", "Supplemental Security Income (SSI)", "Social Security Disability Insurance (SSDI)",
	"VA Service-Connected Disability Compensation", "VA Non-Service-Connected Disability Pension", "Private Disability Insurance", "Worker's Compensation",
	"Temporary Assistance for Needy Families (TANF)", "General Assistance (GA)", "Retirement Income from Social Security",
	"Pension or retirement income from a former job", "Child Support", "Alimony and other spousal support", "Other Source"}

// informedBit marks adults whose income is known at start and at the later stage.
const informedBit = 20

func incomeSourceRows() []line {
	return append(labelled(incomeSourceLabels...), row("Adults with Income Information at Start and Annual Assessment/Exit", informedBit))
}

func (p *person) incomeSources(s glossary.Stage) answers {
	record := p.IncomeAt(p.stay, s)
	if record == glossary.NoRecord {
		return 0
	}
	set := answers(p.F.Incomes.Sources[record])
	if s != glossary.AtStart && p.informed(record) {
		set |= 1 << informedBit
	}
	return set
}

// informed reports whether income is answered at start and in the later record (5).
func (p *person) informed(later int32) bool {
	return p.KnowsIncome(later) && p.KnowsIncome(p.IncomeAt(p.stay, glossary.AtStart))
}

// The answers of Q18.
const (
	onlyEarned = iota
	onlyOther
	bothIncomes
	noIncome
	dontKnowIncome
	missingIncome
	notDueIncome
	noneMadeIncome
	countedIncome
)

func incomeCategoryRows() []line {
	return []line{row("Adults with Only Earned Income (i.e., Employment Income)", onlyEarned), row("Adults with Only Other Income", onlyOther),
		row("Adults with Both Earned and Other Income", bothIncomes), row("Adults with No Income", noIncome),
		row("Adults with Client Doesn't Know/Prefers Not to Answer Income Information", dontKnowIncome),
		row("Adults with Missing Income Information", missingIncome),
		row("Number of adult stayers not yet required to have an annual assessment", notDueIncome),
		row("Number of adult stayers without required annual assessment", noneMadeIncome), row("Total Adults", countedIncome),
		row("1 or more source of income", onlyEarned, onlyOther, bothIncomes),
		row("Adults with Income Information at Start and Annual Assessment/Exit", informedBit)}
}

// incomeCategory is earned, other, both or none (5); those who do not know have a row of their own (12: not HUD's program).
func (p *person) incomeCategory(s glossary.Stage) answers {
	counted := answers(1 << countedIncome)
	record, missing := p.recordAt(s)
	switch missing {
	case notDue:
		return counted | 1<<notDueIncome
	case noneMade:
		return counted | 1<<noneMadeIncome
	case glossary.NotCollected:
		return counted | 1<<missingIncome
	}
	if s != glossary.AtStart && p.informed(record) {
		counted |= 1 << informedBit
	}
	switch i := p.IncomeOf(record); {
	case i.DontKnow:
		return counted | 1<<dontKnowIncome
	case !i.Known:
		return counted | 1<<missingIncome
	case i.Total == 0:
		return counted | 1<<noIncome
	case i.Earned == 0:
		return counted | 1<<onlyOther
	case i.Earned >= i.Total:
		return counted | 1<<onlyEarned
	}
	return counted | 1<<bothIncomes
}

// incomeParts are the three incomes whose changes Q19a counts.
var incomeParts = []struct {
	label, average string
	of             func(glossary.Income) facts.Cents
}{
	{"Number of Adults with Earned Income (i.e., Employment Income)", "Average Change in Earned Income", func(i glossary.Income) facts.Cents { return i.Earned }},
	{"Number of Adults with Other Income", "Average Change in Other Income", glossary.Income.Other},
	{"Number of Adults with Any Income (i.e., Total Income)", "Average Change in Overall Income", func(i glossary.Income) facts.Cents { return i.Total }},
}

// incomeChange is Q19a1 or Q19a2: adults by what became of each income from start to the later stage (5, 12).
func incomeChange(id, title string, later glossary.Stage) *layout {
	l := &layout{id: id, title: title, kinds: apr, blank: "D3 G3 H3 J3 D5 G5 H5 J5 D7 G7 J7", columns: columnSet{
		labels: []string{"Had Income Category at Start and Did Not Have It at the Later Time", "Retained Income Category But Had Less $ Than at Start",
			"Retained Income Category and Same $ as at Start", "Retained Income Category and Increased $", "Did Not Have the Income Category at Start and Gained It",
			"Did Not Have the Income Category at Start or at the Later Time", "Total Adults (including those with No Income)",
			"Performance Measure: Adults who Gained or Increased Income from Start, Average Gain", "Performance Measure: Percent of persons who accomplished this measure"},
		ratios: []ratio{{8, 7, 6}},
	}}
	for i, part := range incomeParts {
		change := func(p *person) int {
			before, after, _ := p.incomesAt(later)
			return int(part.of(after) - part.of(before))
		}
		l.rows = append(l.rows, line{label: part.label}, average(part.average, 2*i+2, &measure{change, 100, 2}))
	}
	l.place = func(p *person, mark func(row, column int)) {
		before, after, known := p.incomesAt(later)
		if !known {
			return
		}
		for i, part := range incomeParts {
			column := changeColumn(part.of(before), part.of(after))
			mark(2*i, column)
			mark(2*i, 6)
			if column == 3 || column == 4 {
				mark(2*i, 7)
			}
		}
	}
	return l
}

// changeColumn is the column of Q19a for an amount that was a and is b.
func changeColumn(a, b facts.Cents) int {
	switch {
	case a > 0 && b == 0:
		return 0
	case a > 0 && b < a:
		return 1
	case a > 0 && b == a:
		return 2
	case a > 0:
		return 3
	case b > 0:
		return 4
	}
	return 5
}

// incomesAt are the incomes at start and later of an adult stayer or leaver who answered both times.
func (p *person) incomesAt(later glossary.Stage) (before, after glossary.Income, known bool) {
	if !p.adult() || p.leaver != (later == glossary.AtExit) {
		return before, after, false
	}
	first, last := p.IncomeAt(p.stay, glossary.AtStart), p.IncomeAt(p.stay, later)
	before, after = p.IncomeOf(first), p.IncomeOf(last)
	known = before.Known && after.Known && (later == glossary.AtExit || p.KnowsIncome(first) && p.KnowsIncome(last))
	return before, after, known
}

// incomeByDisability is Q19b or Q27i: leavers by source of income at exit, disabling condition and household type (5).
func incomeByDisability(id, title string, k kinds, of func(*person) bool, who string, types ...glossary.HouseholdType) *layout {
	names := map[glossary.HouseholdType]string{glossary.WithoutChildren: "AO", glossary.WithChildren: "AC", glossary.OnlyChildren: "CO", glossary.UnknownHousehold: "UK"}
	l := &layout{id: id, title: title, kinds: k, columns: columnSet{}}
	block := map[glossary.HouseholdType]int{}
	for i, t := range types {
		block[t] = 4 * i
		l.columns.labels = append(l.columns.labels, names[t]+": "+who+" with Disabling Condition", names[t]+": "+who+" without Disabling Condition",
			names[t]+": Total "+who, names[t]+": Percent with Disabling Condition by Source")
		l.columns.ratios = append(l.columns.ratios, ratio{4*i + 3, 4 * i, 4*i + 2})
		l.blank += " " + address(len(incomeSourceLabels)+1, 4*i+3)
	}
	l.rows = append(labelled(incomeSourceLabels...), line{label: "No Sources"}, line{label: "Unduplicated Total " + who})
	l.place = func(p *person, mark func(row, column int)) {
		record := p.IncomeAt(p.stay, glossary.AtExit)
		from, in := block[p.household.kind]
		condition := p.F.Enrollments.DisablingCondition[p.stay]
		if !of(p) || !p.leaver || !in || !p.KnowsIncome(record) || condition != 0 && condition != 1 {
			return
		}
		both := func(row int) { mark(row, from+1-int(condition)); mark(row, from+2) }
		sources := p.F.Incomes.Sources[record]
		for i := range incomeSourceLabels {
			if sources&(1<<i) != 0 {
				both(i)
			}
		}
		if sources == 0 {
			both(len(incomeSourceLabels))
		}
		both(len(incomeSourceLabels) + 1)
	}
	return l
}

// benefitRecord is the record that Q20 looks at: at the annual stage members other than the head are asked for their
// latest record, if the head has an annual one; at exit only those count who left with the head (5, 12).
func (p *person) benefitRecord(s glossary.Stage) (record int32, counts bool) {
	head := p.Period.Head(p.stay)
	if head < 0 || head == p.stay || s == glossary.AtStart {
		return p.IncomeAt(p.stay, s), true
	}
	if s == glossary.AtExit {
		return p.IncomeAt(p.stay, s), p.Exit(head) == p.Exit(p.stay)
	}
	if p.AnnualRecord(head) != glossary.NoRecord {
		return p.LatestIncome(p.stay), true
	}
	return p.AnnualRecord(p.stay), true
}

func (p *person) benefits(s glossary.Stage) answers {
	if record, counts := p.benefitRecord(s); counts && record != glossary.NoRecord {
		return answers(p.F.Incomes.Benefits[record])
	}
	return 0
}

func (p *person) benefitNumber(s glossary.Stage) glossary.Answer {
	record, counts := p.benefitRecord(s)
	switch {
	case !counts:
		return glossary.NoAnswer
	case record == glossary.NoRecord:
		return glossary.NotCollected
	case p.F.Incomes.Benefits[record] != 0:
		return glossary.Yes
	}
	return glossary.Listed(glossary.AnswerOf(p.F.Incomes.BenefitsFromAnySource[record]), glossary.Yes, glossary.No)
}

// The answers of Q21 beyond the insurances.
const (
	noInsurance = 10 + iota
	dontKnowInsurance
	notCollectedInsurance
	notDueInsurance
	oneInsurance
	moreInsurances
)

func insuranceRows() []line {
	return append(labelled("Medicaid", "Medicare", "State Children's Health Insurance Program", "Veteran's Health Administration (VHA)",
		"Employer-Provided Health Insurance", "Health Insurance Obtained through COBRA", "Private Pay Health Insurance", "State Health Insurance for Adults",
		"Indian Health Services Program", "Other", "No Health Insurance"),
		row("Client Doesn't Know/Prefers Not to Answer", dontKnowInsurance), row("Data Not Collected", notCollectedInsurance),
		row("Number of stayers not yet required to have an annual assessment", notDueInsurance),
		row("1 Source of Health Insurance", oneInsurance), row("More than 1 Source of Health Insurance", moreInsurances))
}

func (p *person) insurances(s glossary.Stage) answers {
	record, missing := p.recordAt(s)
	if missing == notDue {
		return 1 << notDueInsurance
	}
	if record == glossary.NoRecord {
		return 1 << notCollectedInsurance
	}
	marks := p.F.Incomes.Insurances[record]
	switch n := bits.OnesCount16(uint16(marks)); {
	case n == 1:
		return answers(marks) | 1<<oneInsurance
	case n > 1:
		return answers(marks) | 1<<moreInsurances
	}
	switch glossary.AnswerOf(p.F.Incomes.InsuranceFromAnySource[record]) {
	case glossary.No, glossary.Yes:
		return 1 << noInsurance
	case glossary.DontKnow:
		return 1 << dontKnowInsurance
	}
	return 1 << notCollectedInsurance
}
