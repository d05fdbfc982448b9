package disclosure

import "github.com/hearth-hmis/hearth/internal/stats"

// without says why a measure has no protected answer.
var without = map[stats.Measure]string{
	stats.StaysInQuestion:  "one person may have very many stays; ask for SERVED, which counts each person once",
	stats.BedUtilization:   "it sets nights beside the beds of single projects, which everybody knows, so that it would tell of an almost empty project who is there; ask for BED_NIGHTS",
	stats.UnitUtilization:  "it sets nights of households beside the units of single projects, which everybody knows, so that it would tell of an almost empty project who is there; ask for BED_NIGHTS",
	stats.Contacts:         "one person may have very many, and cut at few they would say little; ask for ENGAGED or ENGAGEMENT_RATE",
	stats.Assessments:      "one person may have several, and cut at one they would be persons; group SERVED by project",
	stats.Referrals:        "one person may have several; ask for DAYS_TO_REFERRAL, whose count is the persons referred after an assessment",
	stats.ServicesProvided: "one person may have very many, and which service it is may be sensitive; ask for SERVED",
}

// Definition is what the catalogue says of the protected answers to a measure, or why there is none.
func Definition(m stats.Measure) string {
	if why, none := without[m]; none {
		return "Not offered: " + why + "."
	}
	b, _ := stats.BoundsOf(m, stats.Period{})
	sum, sums := summed[m]
	if sums {
		b, _ = stats.BoundsOf(sum.of, stats.Period{})
	}
	switch {
	case !sums && b.Adds != "":
		return "Units, not events: each adds " + b.Adds + ". The parts count as a condition more."
	case sum.byDays:
		return "Of people only. Each adds " + b.Adds + ". Noise and margin are those of a count, times the days of the period."
	case sums:
		text := "Of people only, each once: a person adds " + b.Adds + ". The mean is the protected sum over the protected number of people; its noise is that of a count, times half of what a person may add."
		if m == stats.AverageAge {
			text += " Who is of unknown age counts as 45, the middle."
		}
		if m.Info().Buckets != nil {
			text += " The median is that of the protected buckets, where nine in ten people are in buckets that are shown; there is no 90th percentile."
		}
		return text
	}
	return "A protected count, or a rate of two."
}
