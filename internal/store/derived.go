package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// What the rule needs of many rows at once stands in a column of its own, kept by the import.

// telling works out what the source's projects give away of everybody who stays there: by their funders, by whom they
// are for, and violence for victim service providers and comparable databases.
func (im *importer) telling(ctx context.Context) error {
	of := map[hmis.Category][]string{hmis.DomesticViolence: {
		"EXISTS (SELECT 1 FROM organizations o WHERE o.id = projects.organization_key AND o.victim_service_provider = 1)",
		"EXISTS (SELECT 1 FROM hmis_participations h WHERE h.project_key = projects.id AND h.hmis_participation_type = 2 AND h.removed_at IS NULL)",
	}}
	for _, t := range hmis.Tellings() {
		file := hmis.FileNamed(t.File)
		like := fmt.Sprintf("%s IN (%s)", file.Column(t.Column).SQLName(), strings.Trim(strings.ReplaceAll(fmt.Sprint(t.Codes), " ", ", "), "[]"))
		if t.File != "Project" {
			like = "EXISTS (SELECT 1 FROM " + file.Table() + " f WHERE f.project_key = projects.id AND f.removed_at IS NULL AND f." + like + ")"
		}
		of[t.Category] = append(of[t.Category], like)
	}
	var bits []string
	for c := range hmis.CategoryCount {
		if of[c] != nil {
			bits = append(bits, fmt.Sprintf("CASE WHEN %s THEN %d ELSE 0 END", strings.Join(of[c], " OR "), hmis.CategoriesOf(c)))
		}
	}
	return im.exec(ctx, "UPDATE projects SET tells = "+strings.Join(bits, " + ")+" WHERE source_key = $1", im.source)
}

// adults works out which of the source's stays are of adults, where this run wrote the stay or its client: of 18 or
// more at entry.
func (im *importer) adults(ctx context.Context) error {
	var yes, no, unknown []int64
	birth := im.cellReader("Client", "DOB")
	err := im.each(ctx, `SELECT e.id, e.entry_date, e.adult, c.personal_id, c.dob FROM enrollments e JOIN clients c ON c.id = e.client_key
		WHERE e.source_key = $1 AND e.removed_at IS NULL AND (e.import_key = $2 OR c.import_key = $2)`, func(rows *sql.Rows) error {
		var stay int64
		var entry *hmis.Date
		var adult *bool
		var client string
		var cell []byte
		if err := rows.Scan(&stay, &entry, &adult, &client, &cell); err != nil {
			return err
		}
		dob, err := birth.day(client, cell)
		if err != nil {
			return err
		}
		switch known := dob != nil && entry != nil; {
		case !known && adult != nil:
			unknown = append(unknown, stay)
		case known && dob.AddYears(18) <= *entry && (adult == nil || !*adult):
			yes = append(yes, stay)
		case known && dob.AddYears(18) > *entry && (adult == nil || *adult):
			no = append(no, stay)
		}
		return nil
	}, im.source, im.report.Run)
	return errors.Join(err, im.set(ctx, "enrollments SET adult = true", yes), im.set(ctx, "enrollments SET adult = false", no),
		im.set(ctx, "enrollments SET adult = NULL", unknown))
}

// set updates rows by their numbers.
func (im *importer) set(ctx context.Context, what string, rows []int64) error {
	for part := range slices.Chunk(rows, 10_000) {
		list := make([]byte, 0, len(part)*9)
		for i, row := range part {
			if i > 0 {
				list = append(list, ',')
			}
			list = strconv.AppendInt(list, row, 10)
		}
		if err := im.exec(ctx, "UPDATE "+what+" WHERE id IN ("+string(list)+")"); err != nil {
			return err
		}
	}
	return nil
}

// fleeing works out which of the source's clients are fleeing, where this run wrote what tells it: the newest answer to
// CurrentlyFleeing (4.11), or to DomesticViolenceSurvivor where that is no, says so; and whoever answered yes to
// exploitation at an exit (R15, R16) is treated alike.
func (im *importer) fleeing(ctx context.Context) error {
	found := map[int64]bool{} // by client: all that are looked at
	if err := errors.Join(im.fleeingByAnswer(ctx, found), im.fleeingByExit(ctx, found)); err != nil {
		return err
	}
	var before []int64
	if err := im.each(ctx, "SELECT id FROM clients WHERE fleeing AND source_key = $1", func(rows *sql.Rows) error {
		var client int64
		err := rows.Scan(&client)
		before = append(before, client)
		return err
	}, im.source); err != nil {
		return err
	}
	var now, no []int64
	for _, client := range before {
		if is, looked := found[client]; looked && !is {
			no = append(no, client)
		}
		delete(found, client)
	}
	for client, is := range found {
		if is {
			now = append(now, client)
		}
	}
	slices.Sort(now)
	return errors.Join(im.set(ctx, "clients SET fleeing = true", now), im.set(ctx, "clients SET fleeing = false", no))
}

// touched is the SQL of the clients with answers that this run wrote.
const touched = `(SELECT client_key FROM health_and_dv WHERE import_key = $2 UNION SELECT client_key FROM exits WHERE import_key = $2)`

func (im *importer) fleeingByAnswer(ctx context.Context, found map[int64]bool) error {
	fleeing, survivor := im.cellReader("HealthAndDV", "CurrentlyFleeing"), im.cellReader("HealthAndDV", "DomesticViolenceSurvivor")
	type answers struct{ yes, no hmis.Date } // the newest day of each
	newest := map[int64]answers{}
	const noDay = math.MinInt32
	err := im.each(ctx, `SELECT client_key, health_and_dvid, information_date, currently_fleeing, domestic_violence_survivor FROM health_and_dv
		WHERE source_key = $1 AND removed_at IS NULL AND client_key IN `+touched, func(rows *sql.Rows) error {
		var client int64
		var record string
		var day *hmis.Date
		var cells [2][]byte
		if err := rows.Scan(&client, &record, &day, &cells[0], &cells[1]); err != nil {
			return err
		}
		flees, err := fleeing.code(record, cells[0])
		if err != nil {
			return err
		}
		survived, err := survivor.code(record, cells[1])
		if err != nil {
			return err
		}
		a, known := newest[client]
		if !known {
			a = answers{noDay, noDay}
			found[client] = false
		}
		switch {
		case flees == 1 && day == nil:
			a.yes = math.MaxInt32 // nothing is after it
		case flees == 1:
			a.yes = max(a.yes, *day)
		}
		if day != nil && (flees == 0 || survived == 0) {
			a.no = max(a.no, *day)
		}
		newest[client] = a
		return nil
	}, im.source, im.report.Run)
	for client, a := range newest {
		found[client] = a.yes != noDay && a.no <= a.yes
	}
	return err
}

func (im *importer) fleeingByExit(ctx context.Context, found map[int64]bool) error {
	columns := []string{"ExchangeForSex", "AskedOrForcedToExchangeForSex", "WorkplaceViolenceThreats", "CoercedToContinueWork"}
	readers, selected := make([]cellReader, len(columns)), ""
	for i, column := range columns {
		readers[i] = im.cellReader("Exit", column)
		selected += ", " + readers[i].column.SQLName()
	}
	return im.each(ctx, "SELECT client_key, exit_id"+selected+" FROM exits WHERE source_key = $1 AND removed_at IS NULL AND client_key IN "+touched, func(rows *sql.Rows) error {
		var client int64
		var record string
		cells := make([][]byte, len(columns))
		if err := rows.Scan(&client, &record, &cells[0], &cells[1], &cells[2], &cells[3]); err != nil {
			return err
		}
		if _, known := found[client]; !known {
			found[client] = false
		}
		for i, r := range readers {
			answer, err := r.code(record, cells[i])
			if err != nil {
				return err
			}
			if answer == 1 {
				found[client] = true
			}
		}
		return nil
	}, im.source, im.report.Run)
}

// each reads rows one by one.
func (im *importer) each(ctx context.Context, query string, do func(*sql.Rows) error, args ...any) error {
	rows, err := im.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
