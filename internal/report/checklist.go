package report

import (
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
)

// stayChecks are the checks of clients and stays, in the order of dq-checks.csv. What each finds is said there.
var stayChecks = []stayCheck{
	{1, "Enrollment", "Delete one of the two stays, or correct its project or start date.", (*qualityRun).startedTwice},
	{2, "Enrollment", "Make one member of the household its head.", func(q *qualityRun, s int32) bool { return q.headsOf(s) == 0 }},
	{3, "Enrollment", "Leave one member of the household as its head and correct the others.", func(q *qualityRun, s int32) bool { return q.IsHead(s) && q.headsOf(s) > 1 }},
	{4, "Enrollment", "Record how the member is related to the head.", func(q *qualityRun, s int32) bool {
		return q.F.Enrollments.RelationshipToHoH[s] == 99 && q.headsOf(s) > 0
	}},
	{14, "Exit", "Correct the exit date; it lies after the day of the export.", func(q *qualityRun, s int32) bool {
		return !q.open(s) && q.F.Made != facts.NoDay && q.F.Exits.ExitDate[s] > q.F.Made
	}},
	{15, "Client", "Record the year in which the veteran entered service.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.F.Clients.YearEnteredService[q.Client(s)] == facts.Empty
	}},
	{16, "Client", "Correct the year in which the veteran entered service.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.F.Clients.YearEnteredService[q.Client(s)] > q.thisYear()
	}},
	{17, "Client", "Record the year in which the veteran left service.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.F.Clients.YearSeparated[q.Client(s)] == facts.Empty
	}},
	{18, "Client", "Correct the year in which the veteran left service.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.F.Clients.YearSeparated[q.Client(s)] > q.thisYear()
	}},
	{19, "Client", "Answer each of the eight theaters of operation.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.F.Clients.TheaterEmpty[q.Client(s)] != 0
	}},
	{20, "Client", "Record the branch of service.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.F.Clients.MilitaryBranch[q.Client(s)] == facts.Empty
	}},
	{21, "Client", "Record the discharge status.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.F.Clients.DischargeStatus[q.Client(s)] == facts.Empty
	}},
	{22, "Enrollment", "Record the household income as a percent of the area's median.", func(q *qualityRun, s int32) bool {
		return q.IsHead(s) && q.funded(s, ssvf) && q.F.Enrollments.PercentAMI[s] == facts.Empty
	}},
	{23, "Enrollment", "Record the VA medical center's station number.", func(q *qualityRun, s int32) bool {
		return q.IsHead(s) && q.funded(s, ssvf) && !q.F.Enrollments.HasVAMCStation[s]
	}},
	{25, "Enrollment", "Record the screening score and the threshold score.", (*qualityRun).unscored},
	{26, "Enrollment", "Record how long the client was in the prior situation.", func(q *qualityRun, s int32) bool {
		return q.adultOrHead(s) && q.F.Enrollments.LengthOfStay[s] == facts.Empty
	}},
	{27, "Enrollment", "Record the CoC of the household with its head.", func(q *qualityRun, s int32) bool { return q.IsHead(s) && q.F.Enrollments.CoC[s] < 0 }},
	{28, "Enrollment", "Record the approximate date on which homelessness started.", (*qualityRun).noStreetDate},
	{29, "Enrollment", "Record whether the client was on the street or in shelter the night before.", func(q *qualityRun, s int32) bool {
		return q.adultOrHead(s) && q.since2016(s) && q.F.Enrollments.LOSUnderThreshold[s] == 1 && q.F.Enrollments.PreviousStreetESSH[s] == facts.Empty
	}},
	{30, "Enrollment", "Record the prior living situation.", func(q *qualityRun, s int32) bool {
		return q.adultOrHead(s) && q.F.Enrollments.LivingSituation[s] == facts.Empty
	}},
	{31, "Enrollment", "Record how often and how many months the client was homeless in three years.", func(q *qualityRun, s int32) bool {
		e := &q.F.Enrollments
		return q.adultOrHead(s) && q.since2016(s) && q.TypeIn(s, glossary.ShelterEntryExit, glossary.ShelterNightly, glossary.Outreach, glossary.SafeHaven) &&
			(e.TimesHomelessPastThreeYears[s] == facts.Empty || e.MonthsHomelessPastThreeYears[s] == facts.Empty)
	}},
	{34, "Client", "Record the date of birth, or correct its quality.", func(q *qualityRun, s int32) bool {
		c := q.Client(s)
		return q.F.Clients.DOB[c] == facts.NoDay && (q.F.Clients.DOBDataQuality[c] == 1 || q.F.Clients.DOBDataQuality[c] == 2)
	}},
	{40, "Enrollment", "Correct the move-in date; it lies outside the stay.", (*qualityRun).movedOutside},
	{41, "Enrollment", "Answer both questions on the nights before the short stay.", func(q *qualityRun, s int32) bool {
		e := &q.F.Enrollments
		return q.adultOrHead(s) && q.since2016(s) && q.shortStay(s) && q.TypeIn(s, glossary.Transitional, glossary.SupportiveHousing, glossary.HousingOnly, glossary.HousingServices, glossary.ServicesOnly, glossary.Prevention, glossary.RapidRehousing) &&
			(e.LOSUnderThreshold[s] == facts.Empty || e.PreviousStreetESSH[s] == facts.Empty)
	}},
	{84, "Client", "Correct the date of birth or the start date.", func(q *qualityRun, s int32) bool { return q.F.Clients.DOB[q.Client(s)] > q.Entry(s) }},
	{86, "Enrollment", "Correct the dates of birth, or add the adult of the household.", (*qualityRun).onlySmallChildren},
	{87, "IncomeBenefits", "Ask for income at start.", unansweredIncome(glossary.AtStart, incomeQuestion)},
	{88, "IncomeBenefits", "Make the yes or no and the sources of income at start agree.", contradictedIncome(glossary.AtStart, incomeQuestion)},
	{89, "IncomeBenefits", "Ask for income at exit.", unansweredIncome(glossary.AtExit, incomeQuestion)},
	{90, "IncomeBenefits", "Make the yes or no and the sources of income at exit agree.", contradictedIncome(glossary.AtExit, incomeQuestion)},
	{92, "IncomeBenefits", "Ask for health insurance at start.", unansweredIncome(glossary.AtStart, insuranceQuestion)},
	{93, "IncomeBenefits", "Ask for health insurance at exit.", unansweredIncome(glossary.AtExit, insuranceQuestion)},
	{94, "IncomeBenefits", "Make the yes or no and the insurances at start agree.", contradictedIncome(glossary.AtStart, insuranceQuestion)},
	{95, "IncomeBenefits", "Make the yes or no and the insurances at exit agree.", contradictedIncome(glossary.AtExit, insuranceQuestion)},
	{96, "IncomeBenefits", "Ask for non-cash benefits at start.", unansweredIncome(glossary.AtStart, benefitQuestion)},
	{97, "IncomeBenefits", "Make the yes or no and the benefits at start agree.", contradictedIncome(glossary.AtStart, benefitQuestion)},
	{99, "Exit", "Correct the exit date or the start date.", func(q *qualityRun, s int32) bool { return !q.open(s) && q.F.Exits.ExitDate[s] < q.Entry(s) }},
	{107, "Enrollment", "Record the first bed night, or move the start date to it.", func(q *qualityRun, s int32) bool { return q.nightlyInHMIS(s) && !q.HasNight(s, q.Entry(s)) }},
	{108, "Exit", "The client left on the exit date: take the bed night of that date away, or record the nights.", func(q *qualityRun, s int32) bool {
		from, to := q.F.BedNights.Of(s)
		return q.nightlyInHMIS(s) && (from == to || !q.open(s) && q.HasNight(s, q.F.Exits.ExitDate[s]))
	}},
	{112, "Enrollment", "Correct the start date or the project's participation in HMIS.", participates(startsBefore)},
	{114, "Exit", "Exit the client, or correct the project's participation in HMIS.", participates(endsAfter)},
	{115, "Enrollment", "Correct the dates of the stay or the project's participation in HMIS.", participates(startsAndEnds)},
	{116, "Enrollment", "Correct the start date or the project's last day.", operates(afterIt)},
	{117, "Enrollment", "Correct the start date or the project's first day.", operates(startsBefore)},
	{118, "Enrollment", "Correct the dates of the stay or the project's first day.", operates(beforeIt)},
	{119, "Exit", "Exit the client by the project's last day, or correct that day.", operates(endsAfter)},
	{120, "Enrollment", "Correct the dates of the stay or of the project.", operates(startsAndEnds)},
	{121, "Exit", "Name the subsidy of the rental.", func(q *qualityRun, s int32) bool {
		return noSubsidy(q.F.Exits.Destination[s], q.F.Exits.DestinationSubsidyType[s])
	}},
	{129, "CurrentLivingSituation", "Name the subsidy of the rental.", (*qualityRun).situationWithoutSubsidy},
	{130, "Enrollment", "Name the subsidy of the rental.", func(q *qualityRun, s int32) bool {
		return noSubsidy(q.F.Enrollments.LivingSituation[s], q.F.Enrollments.RentalSubsidyType[s])
	}},
	{32, "Enrollment", "Ask for a disabling condition.", func(q *qualityRun, s int32) bool { return unsure(q.F.Enrollments.DisablingCondition[s]) }},
	{56, "Client", "Ask for the discharge status.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && unsure(q.F.Clients.DischargeStatus[q.Client(s)])
	}},
	{57, "Client", "Ask for the theaters of operation.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.F.Clients.TheaterUnknown[q.Client(s)] != 0
	}},
	{58, "Client", "Ask for the branch of service.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && unsure(q.F.Clients.MilitaryBranch[q.Client(s)])
	}},
	{59, "Exit", "Find out where the client went.", func(q *qualityRun, s int32) bool {
		return unsure(q.F.Exits.Destination[s]) || q.F.Exits.Destination[s] == 30
	}},
	{60, "Client", "Ask for the date of birth.", func(q *qualityRun, s int32) bool { return unsure(q.F.Clients.DOBDataQuality[q.Client(s)]) }},
	{61, "Enrollment", "Ask how often and how many months the client was homeless.", func(q *qualityRun, s int32) bool {
		return q.adultOrHead(s) && q.since2016(s) && (unsure(q.F.Enrollments.TimesHomelessPastThreeYears[s]) || unsure(q.F.Enrollments.MonthsHomelessPastThreeYears[s]))
	}},
	{63, "Client", "Ask for race and ethnicity.", func(q *qualityRun, s int32) bool { return unsure(q.F.Clients.RaceNone[q.Client(s)]) }},
	{64, "Enrollment", "Ask for the prior living situation.", func(q *qualityRun, s int32) bool {
		return q.adultOrHead(s) && unsure(q.F.Enrollments.LivingSituation[s])
	}},
	{66, "Client", "Ask for veteran status.", func(q *qualityRun, s int32) bool {
		return q.grownOrUnknown(s) && unsure(q.F.Clients.VeteranStatus[q.Client(s)])
	}},
	{67, "Client", "Ask for the Social Security number.", func(q *qualityRun, s int32) bool { return unsure(q.F.Clients.SSNDataQuality[q.Client(s)]) }},
	{68, "Enrollment", "Ask for the prior living situation.", func(q *qualityRun, s int32) bool {
		return q.adultOrHead(s) && q.since2016(s) && unsure(q.F.Enrollments.LivingSituation[s])
	}},
	{69, "Enrollment", "Correct the date on which homelessness started.", func(q *qualityRun, s int32) bool {
		return !q.TypeIn(s, glossary.Prevention) && q.F.Enrollments.DateToStreetESSH[s] > q.Entry(s)
	}},
	{70, "Enrollment", "Record the months of the one time homeless.", func(q *qualityRun, s int32) bool {
		return q.oneEpisode(s) && unsure(q.F.Enrollments.MonthsHomelessPastThreeYears[s])
	}},
	{71, "Enrollment", "Make the months agree with the date on which homelessness started.", func(q *qualityRun, s int32) bool {
		since, months := q.F.Enrollments.DateToStreetESSH[s], q.F.Enrollments.MonthsHomelessPastThreeYears[s]
		return q.oneEpisode(s) && since != facts.NoDay && since <= q.Entry(s) && months > 100 && !monthsFit(since, q.Entry(s), months)
	}},
	{72, "Enrollment", "Record the move-in, or exit the household.", (*qualityRun).waitsLong},
	{73, "Enrollment", "Ask how long the client was in the prior situation.", func(q *qualityRun, s int32) bool { return q.adultOrHead(s) && unsure(q.F.Enrollments.LengthOfStay[s]) }},
	{75, "Enrollment", "Correct the start date: it lies after the day of the record.", func(q *qualityRun, s int32) bool {
		exempt := q.TypeIn(s, glossary.SupportiveHousing, glossary.HousingOnly, glossary.HousingServices) && q.Entry(s) < housingFrom
		return !exempt && q.F.Enrollments.DateCreated[s] != facts.NoDay && q.Entry(s) > q.F.Enrollments.DateCreated[s]
	}},
	{77, "Enrollment", "Find out where the client slept, and correct the dates of the other stay.", (*qualityRun).sleepsTwice},
	{78, "Client", "Ask for the full name.", func(q *qualityRun, s int32) bool {
		quality := q.F.Clients.NameDataQuality[q.Client(s)]
		return quality == glossary.Partly || unsure(quality)
	}},
	{100, "Event", "Record the result of the referral.", (*qualityRun).referralOpen},
	{102, "Enrollment", "Exit the client, or make sure that he is still served.", func(q *qualityRun, s int32) bool {
		return q.open(s) && q.TypeIn(s, glossary.OtherProject, glossary.DayShelter) && q.today()-q.Entry(s) > openLimit
	}},
	{103, "CurrentLivingSituation", "Record a current living situation, or exit the client.", func(q *qualityRun, s int32) bool {
		return q.open(s) && q.adultOrHead(s) && q.TypeIn(s, glossary.Outreach, glossary.ServicesOnly, glossary.CoordinatedEntry) && !q.situationSince(s, q.today()-contactLimit)
	}},
	{104, "Enrollment", "Make sure that the client is still there, or exit him.", (*qualityRun).staysLong},
	{105, "Enrollment", "Make times and months agree with the date on which homelessness started.", func(q *qualityRun, s int32) bool {
		e := &q.F.Enrollments
		since := e.DateToStreetESSH[s]
		return !q.TypeIn(s, glossary.Prevention) && since != facts.NoDay && since.AddYears(3) <= q.Entry(s) && (e.TimesHomelessPastThreeYears[s] != 1 || e.MonthsHomelessPastThreeYears[s] < 112)
	}},
	{111, "Enrollment", "Correct the start date or the project's participation in HMIS.", participates(afterIt)},
	{113, "Enrollment", "Correct the dates of the stay or the project's participation in HMIS.", participates(beforeIt)},
	{142, "Services", "Record the bed nights, or exit the client.", func(q *qualityRun, s int32) bool {
		last := q.lastNight(s, q.today())
		return q.open(s) && q.TypeIn(s, glossary.ShelterNightly) && (last == facts.NoDay || q.today()-last > contactLimit)
	}},
	{143, "Client", "Correct the date of birth.", func(q *qualityRun, s int32) bool { return q.ageAtEntry(s) > 100 }},
	{annualOverdue, "IncomeBenefits", "Record the income, benefits and insurance of the annual assessment, within 30 days of the anniversary.", (*qualityRun).overdue},
	{enteredLate, "Enrollment", "Record project starts within the days that your CoC allows.", func(q *qualityRun, s int32) bool {
		return q.Entry(s) >= q.Start && q.F.Enrollments.DateCreated[s]-q.Entry(s) > lateLimit
	}},
	{exitedLate, "Exit", "Record exits within the days that your CoC allows.", func(q *qualityRun, s int32) bool {
		return q.Left(s) && q.F.Exits.DateCreated[s]-q.Exit(s) > lateLimit
	}},
}

func (q *qualityRun) headsOf(stay int32) (n int) {
	for _, m := range q.Members(stay) {
		if q.IsHead(m) {
			n++
		}
	}
	return n
}

// eachOther reports whether the test holds of another stay of the client.
func (q *qualityRun) eachOther(stay int32, test func(other int32) bool) bool {
	from, to := q.F.Clients.Enrollments(q.Client(stay))
	for other := from; other < to; other++ {
		if other != stay && test(other) {
			return true
		}
	}
	return false
}

func (q *qualityRun) startedTwice(stay int32) bool {
	return q.eachOther(stay, func(other int32) bool {
		return q.F.Enrollments.Project[other] == q.F.Enrollments.Project[stay] && q.Entry(other) == q.Entry(stay)
	})
}

// unscored holds of SSVF prevention heads who must be screened and have no score.
func (q *qualityRun) unscored(s int32) bool {
	e := &q.F.Enrollments
	return q.IsHead(s) && q.funded(s, ssvf) && q.TypeIn(s, glossary.Prevention) && e.TargetScreenReqd[s] == 1 &&
		(e.HPScreeningScore[s] == facts.Empty || e.ThresholdScore[s] == facts.Empty)
}

func (q *qualityRun) noStreetDate(s int32) bool {
	e := &q.F.Enrollments
	return q.adultOrHead(s) && e.DateToStreetESSH[s] == facts.NoDay && e.LOSUnderThreshold[s] == 1 && e.PreviousStreetESSH[s] == 1
}

func (q *qualityRun) movedOutside(s int32) bool {
	date, exit := q.F.Enrollments.MoveInDate[s], q.F.Exits.ExitDate[s]
	return q.TypeIn(s, glossary.SupportiveHousing, glossary.HousingOnly, glossary.HousingServices, glossary.RapidRehousing) && date != facts.NoDay &&
		(date < q.Entry(s) || exit != facts.NoDay && date > exit)
}

// onlySmallChildren holds of the first member of a household whose oldest is under 12.
func (q *qualityRun) onlySmallChildren(s int32) bool {
	members := q.Members(s)
	if members[0] != s {
		return false
	}
	for _, m := range members {
		if age := q.ageAtEntry(m); age == glossary.UnknownAge || age >= 12 {
			return false
		}
	}
	return true
}

func (q *qualityRun) situationWithoutSubsidy(s int32) bool {
	r := &q.F.Situations
	for i, until := r.Of(s); i < until; i++ {
		if noSubsidy(r.CurrentLivingSituation[i], r.CLSSubsidyType[i]) {
			return true
		}
	}
	return false
}

func (q *qualityRun) referralOpen(s int32) bool {
	r := &q.F.Events
	for i, until := r.Of(s); i < until; i++ {
		if isReferral(r.Event[i]) && r.ResultDate[i] == facts.NoDay && q.today()-r.EventDate[i] > referralLimit {
			return true
		}
	}
	return false
}

// overdue holds of stayers of whom an annual assessment was due 30 days ago or more, and is not there.
func (q *qualityRun) overdue(s int32) bool {
	due, owed := q.AnnualDue(s)
	return owed && !q.Left(s) && (q.IsHead(s) || glossary.IsAdult(q.Age(s))) && q.elementDue(s, "4.02") && due+glossary.AnnualWindow < q.End && q.AnnualRecord(s) == glossary.NoRecord
}
