package report

import "github.com/hearth-hmis/hearth/internal/facts"

// stayChecks are the checks of clients and stays, in the order of dq-checks.csv. What each finds is said there.
var stayChecks = []stayCheck{
	{1, "Enrollment", "Delete one of the two stays, or correct its project or start date.", (*qualityRun).startedTwice},
	{2, "Enrollment", "Make one member of the household its head.", func(q *qualityRun, s int32) bool { return q.headsOf(s) == 0 }},
	{3, "Enrollment", "Leave one member of the household as its head and correct the others.", func(q *qualityRun, s int32) bool { return q.isHead(s) && q.headsOf(s) > 1 }},
	{4, "Enrollment", "Record how the member is related to the head.", func(q *qualityRun, s int32) bool {
		return q.f.Enrollments.RelationshipToHoH[s] == 99 && q.headsOf(s) > 0
	}},
	{14, "Exit", "Correct the exit date; it lies after the day of the export.", func(q *qualityRun, s int32) bool {
		return !q.open(s) && q.f.Made != facts.NoDay && q.f.Exits.ExitDate[s] > q.f.Made
	}},
	{15, "Client", "Record the year in which the veteran entered service.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.f.Clients.YearEnteredService[q.ofClient(s)] == facts.Empty
	}},
	{16, "Client", "Correct the year in which the veteran entered service.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.f.Clients.YearEnteredService[q.ofClient(s)] > q.thisYear()
	}},
	{17, "Client", "Record the year in which the veteran left service.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.f.Clients.YearSeparated[q.ofClient(s)] == facts.Empty
	}},
	{18, "Client", "Correct the year in which the veteran left service.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.f.Clients.YearSeparated[q.ofClient(s)] > q.thisYear()
	}},
	{19, "Client", "Answer each of the eight theaters of operation.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.f.Clients.TheaterEmpty[q.ofClient(s)] != 0
	}},
	{20, "Client", "Record the branch of service.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.f.Clients.MilitaryBranch[q.ofClient(s)] == facts.Empty
	}},
	{21, "Client", "Record the discharge status.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.f.Clients.DischargeStatus[q.ofClient(s)] == facts.Empty
	}},
	{22, "Enrollment", "Record the household income as a percent of the area's median.", func(q *qualityRun, s int32) bool {
		return q.isHead(s) && q.funded(s, ssvf) && q.f.Enrollments.PercentAMI[s] == facts.Empty
	}},
	{23, "Enrollment", "Record the VA medical center's station number.", func(q *qualityRun, s int32) bool {
		return q.isHead(s) && q.funded(s, ssvf) && !q.f.Enrollments.HasVAMCStation[s]
	}},
	{25, "Enrollment", "Record the screening score and the threshold score.", (*qualityRun).unscored},
	{26, "Enrollment", "Record how long the client was in the prior situation.", func(q *qualityRun, s int32) bool {
		return q.adultOrHead(s) && q.f.Enrollments.LengthOfStay[s] == facts.Empty
	}},
	{27, "Enrollment", "Record the CoC of the household with its head.", func(q *qualityRun, s int32) bool { return q.isHead(s) && q.f.Enrollments.CoC[s] < 0 }},
	{28, "Enrollment", "Record the approximate date on which homelessness started.", (*qualityRun).noStreetDate},
	{29, "Enrollment", "Record whether the client was on the street or in shelter the night before.", func(q *qualityRun, s int32) bool {
		return q.adultOrHead(s) && q.since2016(s) && q.f.Enrollments.LOSUnderThreshold[s] == 1 && q.f.Enrollments.PreviousStreetESSH[s] == facts.Empty
	}},
	{30, "Enrollment", "Record the prior living situation.", func(q *qualityRun, s int32) bool {
		return q.adultOrHead(s) && q.f.Enrollments.LivingSituation[s] == facts.Empty
	}},
	{31, "Enrollment", "Record how often and how many months the client was homeless in three years.", func(q *qualityRun, s int32) bool {
		e := &q.f.Enrollments
		return q.adultOrHead(s) && q.since2016(s) && q.typeIn(s, shelterEntryExit, shelterNightly, outreach, safeHaven) &&
			(e.TimesHomelessPastThreeYears[s] == facts.Empty || e.MonthsHomelessPastThreeYears[s] == facts.Empty)
	}},
	{34, "Client", "Record the date of birth, or correct its quality.", func(q *qualityRun, s int32) bool {
		c := q.ofClient(s)
		return q.f.Clients.DOB[c] == facts.NoDay && (q.f.Clients.DOBDataQuality[c] == 1 || q.f.Clients.DOBDataQuality[c] == 2)
	}},
	{40, "Enrollment", "Correct the move-in date; it lies outside the stay.", (*qualityRun).movedOutside},
	{41, "Enrollment", "Answer both questions on the nights before the short stay.", func(q *qualityRun, s int32) bool {
		e := &q.f.Enrollments
		return q.adultOrHead(s) && q.since2016(s) && q.shortStay(s) && q.typeIn(s, transitional, supportiveHousing, housingOnly, housingServices, servicesOnly, prevention, rapidRehousing) &&
			(e.LOSUnderThreshold[s] == facts.Empty || e.PreviousStreetESSH[s] == facts.Empty)
	}},
	{84, "Client", "Correct the date of birth or the start date.", func(q *qualityRun, s int32) bool { return q.f.Clients.DOB[q.ofClient(s)] > q.entry(s) }},
	{86, "Enrollment", "Correct the dates of birth, or add the adult of the household.", (*qualityRun).onlySmallChildren},
	{87, "IncomeBenefits", "Ask for income at start.", unansweredIncome(atStart, incomeQuestion)},
	{88, "IncomeBenefits", "Make the yes or no and the sources of income at start agree.", contradictedIncome(atStart, incomeQuestion)},
	{89, "IncomeBenefits", "Ask for income at exit.", unansweredIncome(atExit, incomeQuestion)},
	{90, "IncomeBenefits", "Make the yes or no and the sources of income at exit agree.", contradictedIncome(atExit, incomeQuestion)},
	{92, "IncomeBenefits", "Ask for health insurance at start.", unansweredIncome(atStart, insuranceQuestion)},
	{93, "IncomeBenefits", "Ask for health insurance at exit.", unansweredIncome(atExit, insuranceQuestion)},
	{94, "IncomeBenefits", "Make the yes or no and the insurances at start agree.", contradictedIncome(atStart, insuranceQuestion)},
	{95, "IncomeBenefits", "Make the yes or no and the insurances at exit agree.", contradictedIncome(atExit, insuranceQuestion)},
	{96, "IncomeBenefits", "Ask for non-cash benefits at start.", unansweredIncome(atStart, benefitQuestion)},
	{97, "IncomeBenefits", "Make the yes or no and the benefits at start agree.", contradictedIncome(atStart, benefitQuestion)},
	{99, "Exit", "Correct the exit date or the start date.", func(q *qualityRun, s int32) bool { return !q.open(s) && q.f.Exits.ExitDate[s] < q.entry(s) }},
	{107, "Enrollment", "Record the first bed night, or move the start date to it.", func(q *qualityRun, s int32) bool { return q.nightlyInHMIS(s) && !q.hasNight(s, q.entry(s)) }},
	{108, "Exit", "The client left on the exit date: take the bed night of that date away, or record the nights.", func(q *qualityRun, s int32) bool {
		from, to := q.f.BedNights.Of(s)
		return q.nightlyInHMIS(s) && (from == to || !q.open(s) && q.hasNight(s, q.f.Exits.ExitDate[s]))
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
		return noSubsidy(q.f.Exits.Destination[s], q.f.Exits.DestinationSubsidyType[s])
	}},
	{129, "CurrentLivingSituation", "Name the subsidy of the rental.", (*qualityRun).situationWithoutSubsidy},
	{130, "Enrollment", "Name the subsidy of the rental.", func(q *qualityRun, s int32) bool {
		return noSubsidy(q.f.Enrollments.LivingSituation[s], q.f.Enrollments.RentalSubsidyType[s])
	}},
	{32, "Enrollment", "Ask for a disabling condition.", func(q *qualityRun, s int32) bool { return unsure(q.f.Enrollments.DisablingCondition[s]) }},
	{56, "Client", "Ask for the discharge status.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && unsure(q.f.Clients.DischargeStatus[q.ofClient(s)])
	}},
	{57, "Client", "Ask for the theaters of operation.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && q.f.Clients.TheaterUnknown[q.ofClient(s)] != 0
	}},
	{58, "Client", "Ask for the branch of service.", func(q *qualityRun, s int32) bool {
		return q.ssvfVeteran(s) && unsure(q.f.Clients.MilitaryBranch[q.ofClient(s)])
	}},
	{59, "Exit", "Find out where the client went.", func(q *qualityRun, s int32) bool {
		return unsure(q.f.Exits.Destination[s]) || q.f.Exits.Destination[s] == 30
	}},
	{60, "Client", "Ask for the date of birth.", func(q *qualityRun, s int32) bool { return unsure(q.f.Clients.DOBDataQuality[q.ofClient(s)]) }},
	{61, "Enrollment", "Ask how often and how many months the client was homeless.", func(q *qualityRun, s int32) bool {
		return q.adultOrHead(s) && q.since2016(s) && (unsure(q.f.Enrollments.TimesHomelessPastThreeYears[s]) || unsure(q.f.Enrollments.MonthsHomelessPastThreeYears[s]))
	}},
	{63, "Client", "Ask for race and ethnicity.", func(q *qualityRun, s int32) bool { return unsure(q.f.Clients.RaceNone[q.ofClient(s)]) }},
	{64, "Enrollment", "Ask for the prior living situation.", func(q *qualityRun, s int32) bool {
		return q.adultOrHead(s) && unsure(q.f.Enrollments.LivingSituation[s])
	}},
	{66, "Client", "Ask for veteran status.", func(q *qualityRun, s int32) bool {
		return q.grownOrUnknown(s) && unsure(q.f.Clients.VeteranStatus[q.ofClient(s)])
	}},
	{67, "Client", "Ask for the Social Security number.", func(q *qualityRun, s int32) bool { return unsure(q.f.Clients.SSNDataQuality[q.ofClient(s)]) }},
	{68, "Enrollment", "Ask for the prior living situation.", func(q *qualityRun, s int32) bool {
		return q.adultOrHead(s) && q.since2016(s) && unsure(q.f.Enrollments.LivingSituation[s])
	}},
	{69, "Enrollment", "Correct the date on which homelessness started.", func(q *qualityRun, s int32) bool {
		return !q.typeIn(s, prevention) && q.f.Enrollments.DateToStreetESSH[s] > q.entry(s)
	}},
	{70, "Enrollment", "Record the months of the one time homeless.", func(q *qualityRun, s int32) bool {
		return q.oneEpisode(s) && unsure(q.f.Enrollments.MonthsHomelessPastThreeYears[s])
	}},
	{71, "Enrollment", "Make the months agree with the date on which homelessness started.", func(q *qualityRun, s int32) bool {
		since, months := q.f.Enrollments.DateToStreetESSH[s], q.f.Enrollments.MonthsHomelessPastThreeYears[s]
		return q.oneEpisode(s) && since != facts.NoDay && since <= q.entry(s) && months > 100 && !monthsFit(since, q.entry(s), months)
	}},
	{72, "Enrollment", "Record the move-in, or exit the household.", (*qualityRun).waitsLong},
	{73, "Enrollment", "Ask how long the client was in the prior situation.", func(q *qualityRun, s int32) bool { return q.adultOrHead(s) && unsure(q.f.Enrollments.LengthOfStay[s]) }},
	{75, "Enrollment", "Correct the start date: it lies after the day of the record.", func(q *qualityRun, s int32) bool {
		exempt := q.typeIn(s, supportiveHousing, housingOnly, housingServices) && q.entry(s) < housingFrom
		return !exempt && q.f.Enrollments.DateCreated[s] != facts.NoDay && q.entry(s) > q.f.Enrollments.DateCreated[s]
	}},
	{77, "Enrollment", "Find out where the client slept, and correct the dates of the other stay.", (*qualityRun).sleepsTwice},
	{78, "Client", "Ask for the full name.", func(q *qualityRun, s int32) bool {
		quality := q.f.Clients.NameDataQuality[q.ofClient(s)]
		return quality == partly || unsure(quality)
	}},
	{100, "Event", "Record the result of the referral.", (*qualityRun).referralOpen},
	{102, "Enrollment", "Exit the client, or make sure that he is still served.", func(q *qualityRun, s int32) bool {
		return q.open(s) && q.typeIn(s, otherProject, dayShelter) && q.today()-q.entry(s) > openLimit
	}},
	{103, "CurrentLivingSituation", "Record a current living situation, or exit the client.", func(q *qualityRun, s int32) bool {
		return q.open(s) && q.adultOrHead(s) && q.typeIn(s, outreach, servicesOnly, coordinatedEntry) && !q.situationSince(s, q.today()-contactLimit)
	}},
	{104, "Enrollment", "Make sure that the client is still there, or exit him.", (*qualityRun).staysLong},
	{105, "Enrollment", "Make times and months agree with the date on which homelessness started.", func(q *qualityRun, s int32) bool {
		e := &q.f.Enrollments
		since := e.DateToStreetESSH[s]
		return !q.typeIn(s, prevention) && since != facts.NoDay && since.AddYears(3) <= q.entry(s) && (e.TimesHomelessPastThreeYears[s] != 1 || e.MonthsHomelessPastThreeYears[s] < 112)
	}},
	{111, "Enrollment", "Correct the start date or the project's participation in HMIS.", participates(afterIt)},
	{113, "Enrollment", "Correct the dates of the stay or the project's participation in HMIS.", participates(beforeIt)},
	{142, "Services", "Record the bed nights, or exit the client.", func(q *qualityRun, s int32) bool {
		last := q.lastNight(s, q.today())
		return q.open(s) && q.typeIn(s, shelterNightly) && (last == facts.NoDay || q.today()-last > contactLimit)
	}},
	{143, "Client", "Correct the date of birth.", func(q *qualityRun, s int32) bool { return q.ageAtEntry(s) > 100 }},
	{annualOverdue, "IncomeBenefits", "Record the income, benefits and insurance of the annual assessment, within 30 days of the anniversary.", (*qualityRun).overdue},
	{enteredLate, "Enrollment", "Record project starts within the days that your CoC allows.", func(q *qualityRun, s int32) bool {
		return q.entry(s) >= q.start && q.f.Enrollments.DateCreated[s]-q.entry(s) > lateLimit
	}},
	{exitedLate, "Exit", "Record exits within the days that your CoC allows.", func(q *qualityRun, s int32) bool {
		return q.left(s) && q.f.Exits.DateCreated[s]-q.exit(s) > lateLimit
	}},
}

func (q *qualityRun) headsOf(stay int32) (n int) {
	for _, m := range q.members(stay) {
		if q.isHead(m) {
			n++
		}
	}
	return n
}

// eachOther reports whether the test holds of another stay of the client.
func (q *qualityRun) eachOther(stay int32, test func(other int32) bool) bool {
	from, to := q.f.Clients.Enrollments(q.ofClient(stay))
	for other := from; other < to; other++ {
		if other != stay && test(other) {
			return true
		}
	}
	return false
}

func (q *qualityRun) startedTwice(stay int32) bool {
	return q.eachOther(stay, func(other int32) bool {
		return q.f.Enrollments.Project[other] == q.f.Enrollments.Project[stay] && q.entry(other) == q.entry(stay)
	})
}

// unscored holds of SSVF prevention heads who must be screened and have no score.
func (q *qualityRun) unscored(s int32) bool {
	e := &q.f.Enrollments
	return q.isHead(s) && q.funded(s, ssvf) && q.typeIn(s, prevention) && e.TargetScreenReqd[s] == 1 &&
		(e.HPScreeningScore[s] == facts.Empty || e.ThresholdScore[s] == facts.Empty)
}

func (q *qualityRun) noStreetDate(s int32) bool {
	e := &q.f.Enrollments
	return q.adultOrHead(s) && e.DateToStreetESSH[s] == facts.NoDay && e.LOSUnderThreshold[s] == 1 && e.PreviousStreetESSH[s] == 1
}

func (q *qualityRun) movedOutside(s int32) bool {
	date, exit := q.f.Enrollments.MoveInDate[s], q.f.Exits.ExitDate[s]
	return q.typeIn(s, supportiveHousing, housingOnly, housingServices, rapidRehousing) && date != facts.NoDay &&
		(date < q.entry(s) || exit != facts.NoDay && date > exit)
}

// onlySmallChildren holds of the first member of a household whose oldest is under 12.
func (q *qualityRun) onlySmallChildren(s int32) bool {
	members := q.members(s)
	if members[0] != s {
		return false
	}
	for _, m := range members {
		if age := q.ageAtEntry(m); age == unknownAge || age >= 12 {
			return false
		}
	}
	return true
}

func (q *qualityRun) situationWithoutSubsidy(s int32) bool {
	r := &q.f.Situations
	for i, until := r.Of(s); i < until; i++ {
		if noSubsidy(r.CurrentLivingSituation[i], r.CLSSubsidyType[i]) {
			return true
		}
	}
	return false
}

func (q *qualityRun) referralOpen(s int32) bool {
	r := &q.f.Events
	for i, until := r.Of(s); i < until; i++ {
		if isReferral(r.Event[i]) && r.ResultDate[i] == facts.NoDay && q.today()-r.EventDate[i] > referralLimit {
			return true
		}
	}
	return false
}

// overdue holds of stayers of whom an annual assessment was due 30 days ago or more, and is not there.
func (q *qualityRun) overdue(s int32) bool {
	due, owed := q.annualDue(s)
	return owed && !q.left(s) && (q.isHead(s) || isAdult(q.age(s))) && q.elementDue(s, "4.02") && due+annualWindow < q.end && q.annualRecord(s) == noRecord
}
