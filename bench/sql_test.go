package bench

import (
	"strings"
)

// The statements that the hub's tables, the flat table and DuckDB have in common. $1 and $2 are the first and the last day.

// sqlCells puts the age band and the veteran status of the catalogue beside the columns of a table called active, which has the
// age, -1 for not known. YEARS_OLD is in each database's own words.
const sqlCells = `aged AS (
	SELECT *, CASE WHEN dob IS NULL OR dob > greatest(entry_date, $1::date) THEN -1 ELSE YEARS_OLD END AS age
	FROM active
), cells AS (
	SELECT *, CASE WHEN age < 0 THEN 9 WHEN age < 5 THEN 0 WHEN age < 13 THEN 1 WHEN age < 18 THEN 2 WHEN age < 25 THEN 3 WHEN age < 35 THEN 4
			WHEN age < 45 THEN 5 WHEN age < 55 THEN 6 WHEN age < 65 THEN 7 ELSE 8 END AS band,
		CASE WHEN age BETWEEN 0 AND 17 OR veteran_status = 0 THEN 1 WHEN veteran_status = 1 AND age >= 0 THEN 0 WHEN veteran_status IN (8, 9) THEN 2 ELSE 3 END AS veteran
	FROM aged
)`

const sqlActive = ` SELECT kind, band, veteran, count(DISTINCT person_key), count(*) FROM cells GROUP BY 1, 2, 3`

const sqlLengths = ` SELECT veteran, avg(days), percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FROM (
	SELECT veteran, CASE WHEN kind = 1 THEN nights WHEN exit_date IS NULL OR exit_date > $2::date THEN $2::date + 1 - entry_date ELSE greatest(exit_date - entry_date, 0) END AS days
	FROM cells) s GROUP BY 1`

// sqlFlows finds the runs of days of each person (gaps and islands) in a table called stays: person_key, kind, entry_date,
// exit_date, ending (0 to permanent, 1 to other, 2 to inactive) and moved_in.
const sqlFlows = `spans AS (
	SELECT person_key, entry_date AS since,
		CASE WHEN moved_in <= $2::date THEN moved_in WHEN exit_date <= $2::date THEN greatest(exit_date, entry_date + 1) ELSE $2::date + 1 END AS until,
		CASE WHEN moved_in <= $2::date THEN 0 WHEN exit_date <= $2::date THEN ending ELSE 3 END AS how
	FROM stays WHERE entry_date <= $2::date
), marked AS (
	SELECT *, CASE WHEN since <= max(until) OVER (PARTITION BY person_key ORDER BY since, until ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 0 ELSE 1 END AS begins
	FROM spans WHERE since < until
), numbered AS (
	SELECT *, sum(begins) OVER (PARTITION BY person_key ORDER BY since, until ROWS UNBOUNDED PRECEDING) AS run
	FROM marked
), runs AS (
	SELECT person_key, min(since) AS since, max(until) AS until, (array_agg(how ORDER BY until DESC, CASE WHEN how = 3 THEN -1 ELSE how END))[1] AS how
	FROM numbered GROUP BY person_key, run
), events AS (
	SELECT *, lag(how) OVER (PARTITION BY person_key ORDER BY since) AS before FROM runs
)
SELECT MONTH_OF_since, CASE WHEN before IS NULL THEN 0 WHEN before = 0 THEN 1 ELSE 2 END, count(*)
FROM events WHERE since BETWEEN $1::date AND $2::date GROUP BY 1, 2
UNION ALL
SELECT MONTH_OF_until, 3 + how, count(*)
FROM events WHERE how < 3 AND until BETWEEN $1::date AND $2::date GROUP BY 1, 2`

// words writes what is in capitals in a database's own words.
func words(statement, yearsOld string) string {
	month := func(day string) string {
		return "CAST((extract(year FROM " + day + ") - extract(year FROM $1::date)) * 12 + extract(month FROM " + day + ") - extract(month FROM $1::date) AS integer)"
	}
	return strings.NewReplacer("YEARS_OLD", yearsOld, "MONTH_OF_since", month("since"), "MONTH_OF_until", month("until")).Replace(statement)
}
