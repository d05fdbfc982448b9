package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/seal"
)

// IDOf is the opaque id of a row number.
func (s *Store) IDOf(t testing.TB, typ string, key int64) string {
	for _, k := range tables {
		if k.name == typ {
			return s.keys.ID(k.code, key)
		}
	}
	t.Fatalf("no type %s", typ)
	return ""
}

// IDNamed is the opaque id of the row with a HUD id; where it is absent, that of the row that would come next.
func (s *Store) IDNamed(t testing.TB, typ, id string) string {
	t.Helper()
	for _, k := range tables {
		if k.name != typ {
			continue
		}
		var key int64
		column := "household_id"
		if k.file != nil {
			column = k.file.Key().SQLName()
		}
		if err := s.db.QueryRow("SELECT COALESCE(max(CASE WHEN "+column+" = $1 THEN id END), max(id) + 1) FROM "+k.sql, id).Scan(&key); err != nil {
			t.Fatal(err)
		}
		return s.keys.ID(k.code, key)
	}
	t.Fatalf("no type %s", typ)
	return ""
}

// Records reads what the hub has of a file's columns, row by row in the order of its keys, with sealed cells opened.
func (s *Store) Records(t *testing.T, f *hmis.File, columns []*hmis.Column) []string {
	t.Helper()
	selected := []string{"source_key", f.Key().SQLName()}
	for _, c := range columns {
		if c.Sealed() {
			selected = append(selected, c.SQLName())
		} else {
			selected = append(selected, "COALESCE(CAST("+c.SQLName()+" AS text), '')")
		}
	}
	rows, err := s.db.Query("SELECT " + strings.Join(selected, ", ") + " FROM " + f.Table() + " WHERE removed_at IS NULL ORDER BY " + f.Key().SQLName())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var source int64
		var record, row string
		cells := make([][]byte, len(columns))
		into := []any{&source, &record}
		for i := range cells {
			into = append(into, &cells[i])
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, c := range columns {
			if c.Sealed() && cells[i] != nil {
				if cells[i], err = placeOf(f, c).open(s.keys, nil, source, record, cells[i]); err != nil {
					t.Fatal(err)
				}
			}
			row += "|" + string(cells[i])
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// Unseal puts the whole database into the state of one from before sealing: every cell in the clear.
func (s *Store) Unseal(t testing.TB) {
	t.Helper()
	for _, table := range sealedTablesInOrder() {
		if table.file == nil {
			continue
		}
		rows, err := s.db.Query("SELECT id, source_key, " + table.file.Key().SQLName() + ", " + strings.Join(table.columns, ", ") + " FROM " + table.name)
		if err != nil {
			t.Fatal(err)
		}
		var all []resealed
		for rows.Next() {
			r := resealed{cells: make([][]byte, len(table.columns))}
			var source int64
			var record string
			into := []any{&r.row, &source, &record}
			for i := range r.cells {
				into = append(into, &r.cells[i])
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			for i, cell := range r.cells {
				if cell == nil {
					continue
				}
				if r.cells[i], err = s.keys.OpenCell(cell, table.placeAt(i, r.row, source, record)); err != nil {
					t.Fatal(err)
				}
			}
			all = append(all, r)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		tx, err := s.db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			if err := s.writeBack(t.Context(), tx, table, []resealed{r}); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.db.Exec("UPDATE hub SET key_id = NULL"); err != nil {
		t.Fatal(err)
	}
}

// ReadInTheClear makes the store read what Unseal left: as it stands in the database.
func (s *Store) ReadInTheClear() {
	s.ent = ent.NewClient(ent.Driver(entsql.OpenDB(s.dialect, s.db)))
	s.guardClient()
}

// Folders are where the database keeps its files; of a PostgreSQL, those of this database, what all share, and its log.
func (s *Store) Folders(t testing.TB) []string {
	t.Helper()
	var folder, id string
	if s.dialect == dialect.SQLite {
		if err := s.db.QueryRow("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&folder); err != nil {
			t.Fatal(err)
		}
		return []string{filepath.Dir(folder)}
	}
	err := s.db.QueryRow("SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = current_database()").Scan(&folder, &id)
	if err != nil {
		t.Fatal(err)
	}
	return []string{filepath.Join(folder, "..", "log"), filepath.Join(folder, "base", id), filepath.Join(folder, "base", "pgsql_tmp"), filepath.Join(folder, "pg_wal"), filepath.Join(folder, "global")}
}

// Flush has PostgreSQL write all that it holds in memory.
func (s *Store) Flush(t testing.TB) {
	t.Helper()
	if s.dialect == dialect.SQLite {
		return
	}
	if _, err := s.db.Exec("CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
}

// Clear counts the cells that are in the clear, and those of another key than the primary one.
func (s *Store) Clear(t testing.TB) (clear, other int) {
	t.Helper()
	for _, table := range sealedTablesInOrder() {
		for _, column := range table.columns {
			rows, err := s.db.Query("SELECT " + column + " FROM " + table.name + " WHERE " + column + " IS NOT NULL")
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var cell []byte
				if err := rows.Scan(&cell); err != nil {
					t.Fatal(err)
				}
				if id, sealed := seal.KeyOf(cell); !sealed {
					clear++
				} else if id != s.keys.Primary() {
					other++
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return clear, other
}

// Spoil changes one bit in a sealed cell of a client.
func (s *Store) Spoil(t testing.TB, personalID, column string, bit int) {
	t.Helper()
	var cell []byte
	if err := s.db.QueryRow("SELECT "+column+" FROM clients WHERE personal_id = $1", personalID).Scan(&cell); err != nil {
		t.Fatal(err)
	}
	cell[bit/8] ^= 1 << (bit % 8)
	if _, err := s.db.Exec("UPDATE clients SET "+column+" = $1 WHERE personal_id = $2", cell, personalID); err != nil {
		t.Fatal(err)
	}
}

// Swap gives a client the cell of another, as it stands.
func (s *Store) Swap(t testing.TB, personalID, from, column, fromColumn string) {
	t.Helper()
	if _, err := s.db.Exec("UPDATE clients SET "+column+" = (SELECT o."+fromColumn+" FROM clients o WHERE o.personal_id = $1) WHERE personal_id = $2", from, personalID); err != nil {
		t.Fatal(err)
	}
}

// KeepDates makes a table with a day in so many rows.
func (s *Store) KeepDates(t testing.TB, day string, rows int) {
	t.Helper()
	if _, err := s.db.Exec("CREATE TABLE kept AS SELECT CAST($1 AS date) AS day FROM generate_series(1, CAST($2 AS integer))", day, rows); err != nil {
		t.Fatal(err)
	}
}

// Crowd adds n made-up clients with a stay each, one in a hundred of them at the first project and the others at the last.
func (s *Store) Crowd(b *testing.B, n int) {
	b.Helper()
	do := func(statement string, args ...any) {
		if _, err := s.db.Exec(statement, args...); err != nil {
			b.Fatal(err)
		}
	}
	var places [len(identity)]cellPlace
	for i, name := range identity {
		places[i] = placeOf(kindClient.file, kindClient.file.Column(name))
	}
	syllables := strings.Fields("ba de li mo ru sa ter vin jo na pe co ka mi la ro ja da el an ri be ho wi ga lu to ne so chi")
	r := rand.New(rand.NewPCG(5, 6))
	name := func() (name string) {
		for range 2 + r.IntN(3) {
			name += syllables[int(float64(len(syllables))*r.Float64()*r.Float64())]
		}
		return name
	}
	var projects [2]int64
	if err := s.db.QueryRow("SELECT min(id), max(id) FROM projects").Scan(&projects[0], &projects[1]); err != nil {
		b.Fatal(err)
	}
	const together = 100
	for from := 0; from < n; from += together {
		var clients, stays []string
		var args []any
		for i := from; i < min(from+together, n); i++ {
			id, record := int64(1_000_000+i), fmt.Sprint("crowd", i)
			var cells [len(identity)]any
			for at, text := range []string{name(), name(), fmt.Sprintf("%09d", r.IntN(1e9)), hmis.Date(r.IntN(30_000) - 10_000).String()} {
				cell, err := s.keys.SealCell([]byte(text), places[at].of(nil, 1, record))
				if err != nil {
					b.Fatal(err)
				}
				cells[at] = cell
			}
			clients = append(clients, fmt.Sprintf("(%d, 1, '%s', %d, %s)", id, record, id, s.placeholders(len(args)+1, len(cells))))
			args = append(args, cells[:]...)
			stays = append(stays, fmt.Sprintf("(%d, 1, 'stay %s', '2024-01-01', %d, %d, 1)", id, record, id, projects[min(i%100, 1)]))
		}
		do("INSERT INTO clients (id, source_key, personal_id, person_key, first_name, last_name, ssn, dob) VALUES "+strings.Join(clients, ", "), args...)
		do("INSERT INTO enrollments (id, source_key, enrollment_id, entry_date, client_key, project_key, household_key) VALUES " + strings.Join(stays, ", "))
	}
	if s.dialect == dialect.Postgres {
		do("ANALYZE")
	}
}

// Flee marks a client as fleeing, as the import does.
func (s *Store) Flee(t testing.TB, personalID string) {
	t.Helper()
	if _, err := s.db.Exec("UPDATE clients SET fleeing = true WHERE personal_id = $1", personalID); err != nil {
		t.Fatal(err)
	}
}

// TimeFiles imports the stays of an export and one file of records under them. It tells how long each of the two took,
// from the first line read to the last row merged.
func (s *Store) TimeFiles(b *testing.B, a *hmiscsv.Archive, records string) (stays, under time.Duration) {
	ctx := context.Background()
	conn, err := s.db.Conn(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	im := newImporter(s, conn, a, ImportOptions{Source: "made-up"})
	do := func(steps ...func() error) time.Duration {
		began := time.Now()
		for _, step := range steps {
			if err := step(); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(began)
	}
	with := func(step func(context.Context, *hmis.File) error, file string) func() error {
		return func() error { return step(ctx, hmis.FileNamed(file)) }
	}
	plain := func(step func(context.Context) error) func() error { return func() error { return step(ctx) } }
	do(func() error { return im.exec(ctx, "BEGIN") }, plain(im.begin), plain(im.descriptors), plain(im.block), with(im.stage, "Client"))
	stays = do(with(im.stage, "Enrollment"), with(im.refuseUnknownProjects, "Enrollment"), plain(im.findVictims), plain(im.checkStays))
	do(with(im.merge, "Client"))
	stays += do(with(im.merge, "Enrollment"))
	under = do(with(im.child, records))
	do(plain(im.households), plain(im.finish), func() error { return im.exec(ctx, "COMMIT") })
	return stays, under
}

// CompareRule compares the rows that the viewer is given with what policy.Decide says of every row there is.
func (s *Store) CompareRule(t *testing.T, ctx context.Context) {
	compareKind(t, s, ctx, kindClient)
	compareKind(t, s, ctx, kindEnrollment)
	compareKind(t, s, ctx, kindExit)
	compareKind(t, s, ctx, kindServices)
	compareKind(t, s, ctx, kindDisabilities)
	compareKind(t, s, ctx, kindIncomeBenefits)
	compareKind(t, s, ctx, kindHealthAndDV)
	compareKind(t, s, ctx, kindEmploymentEducation)
	compareKind(t, s, ctx, kindCurrentLivingSituation)
	compareKind(t, s, ctx, kindAssessment)
	compareKind(t, s, ctx, kindAssessmentQuestions)
	compareKind(t, s, ctx, kindAssessmentResults)
	compareKind(t, s, ctx, kindEvent)
	compareKind(t, s, ctx, kindYouthEducationStatus)
}

func compareKind[T Node](t *testing.T, s *Store, ctx context.Context, k *kind[T]) {
	t.Helper()
	ss, err := sessionOf(ctx)
	if err != nil {
		t.Fatal(err)
	}
	every, err := load(s.System(ctx, "a test looks at everything"), s, k, list{})
	if err != nil {
		t.Fatal(err)
	}
	given, err := load(ctx, s, k, list{})
	if err != nil {
		t.Fatal(err)
	}
	var want, got []int64
	for _, r := range every[0].Nodes() {
		if decides(t, ss, k, r) {
			want = append(want, k.key(r, "id"))
		}
	}
	for _, r := range given[0].Nodes() {
		got = append(got, k.key(r, "id"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: listed %v, decided %v", k.name, got, want)
	}
}

// decides asks policy.Decide whether any category that makes the row visible may be seen.
func decides[T Node](t *testing.T, ss *session, k *kind[T], r T) bool {
	t.Helper()
	var q policy.Question
	if questions, err := ss.questions(context.Background(), []int64{clientOf(k, r)}); err != nil {
		t.Fatal(err)
	} else {
		q = questions[clientOf(k, r)]
	}
	if q.Written = writtenOn(k.written(r)); k.name != "Client" {
		q.Telling = ss.tellingOf(t, k.key(r, "project_key"))
	}
	own, err := ownRows(context.WithValue(context.Background(), sessionKey{}, ss), ss, k, []T{r})
	if err != nil {
		t.Fatal(err)
	}
	q.Own = own[0]
	q.Partners = ss.partner && ss.isShared(t, k.name, func(column string) int64 { return k.key(r, column) })
	for _, class := range classesOfRow(k, r) {
		q.Class = class
		if policy.Decide(q).Permit {
			return true
		}
	}
	return false
}

// isShared asks, in the plainest way, whether an organization that the row hangs on has a partner agreement.
func (ss *session) isShared(t *testing.T, typ string, key func(string) int64) bool {
	t.Helper()
	of := "SELECT p.organization_key FROM projects p WHERE p.id = $1"
	row := "project_key"
	if typ == "Client" {
		of = "SELECT p.organization_key FROM projects p JOIN enrollments e ON e.project_key = p.id WHERE e.client_key = $1 AND e.removed_at IS NULL"
		row = "id"
	}
	var shared bool
	err := ss.store.db.QueryRow("SELECT EXISTS (SELECT 1 FROM partner_agreements a WHERE a.signed_on <= $2 AND a.ends_on >= $2 AND a.organization_key IN ("+of+"))",
		key(row), ss.day).Scan(&shared)
	if err != nil {
		t.Fatal(err)
	}
	return shared
}

func classesOfRow[T Node](k *kind[T], r T) []hmis.Class {
	if k.class != nil {
		return []hmis.Class{k.class(r)}
	}
	return k.classes()
}

func (ss *session) tellingOf(t *testing.T, project int64) hmis.Categories {
	t.Helper()
	var tells uint32
	if err := ss.store.db.QueryRow("SELECT tells FROM projects WHERE id = $1", project).Scan(&tells); err != nil {
		t.Fatal(err)
	}
	return hmis.Categories(tells)
}

// TestMethods are what these files add to Store.
var TestMethods = []string{"Unseal", "Clear", "Spoil", "Swap", "Folders", "Flush", "IDOf", "IDNamed", "Records", "Flee", "Fleeing", "Link", "CompareRule", "Aggregates", "SetClock", "Tamper", "Try", "TimeFiles", "Unruled", "Unguarded", "KeepDates", "Crowd",
	"Advance", "ReadWhole", "ReadChanged", "Current", "AtProjects", "ReadAtProjects", "WaitFor", "HoldReading", "StepsInTwoTransactions", "VisibleRows", "Endless", "Running", "Lock", "HoldImports", "ReadInTheClear"}

// TypeNames lists the types of rows by their GraphQL names.
func TypeNames() (names []string) {
	for _, t := range tables {
		names = append(names, t.name)
	}
	slices.Sort(names)
	return names
}

// Fleeing lists who is marked as fleeing.
func (s *Store) Fleeing(t testing.TB) string {
	t.Helper()
	return fmt.Sprint(s.column(t, "SELECT personal_id FROM clients WHERE fleeing ORDER BY id"))
}

func (s *Store) column(t testing.TB, query string) (list []string) {
	t.Helper()
	rows, err := s.db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		list = append(list, text)
	}
	return list
}

// Link says that two client records are the same human.
func (s *Store) Link(t testing.TB, personalID, with string) {
	t.Helper()
	if _, err := s.db.Exec("UPDATE clients SET person_key = (SELECT w.person_key FROM clients w WHERE w.personal_id = $1) WHERE personal_id = $2", with, personalID); err != nil {
		t.Fatal(err)
	}
}

// Aggregates asks ent for whatever is no list of rows, and for writes; it returns the error of each.
func (s *Store) Aggregates(ctx context.Context) map[string]error {
	clients := s.ent.ClientRecord.Query
	errs := map[string]error{}
	_, errs["Count"] = clients().Count(ctx)
	_, errs["Exist"] = clients().Exist(ctx)
	_, errs["IDs"] = clients().IDs(ctx)
	_, errs["First"] = clients().First(ctx)
	var groups []struct {
		VeteranStatus *int32 `json:"veteran_status"`
		Count         int    `json:"count"`
	}
	errs["GroupBy"] = clients().GroupBy("veteran_status").Aggregate(ent.Count()).Scan(ctx, &groups)
	var highest []struct {
		Max *string `json:"max"`
	}
	errs["Aggregate"] = clients().Aggregate(ent.Max("personal_id")).Scan(ctx, &highest)
	_, errs["Select"] = clients().Select("personal_id").Strings(ctx)
	errs["Update"] = s.ent.ClientRecord.Update().SetRefused(false).Exec(ctx)
	return errs
}

// HiddenSorts lists types that can be sorted and narrowed by a column which not everybody who sees the row may see.
func HiddenSorts() (faults []string) {
	for _, t := range tables {
		if t.file == nil || t.file.Level != hmis.ClientLevel || t.sort == "" {
			continue
		}
		var by *hmis.Column
		for _, c := range t.file.Columns {
			if c.SQLName() == t.sort {
				by = c
			}
		}
		if by == nil || by.Category != hmis.Meta && by.Category != hmis.Unclassified && !slices.Equal(t.classes(), []hmis.Class{by.Class()}) {
			faults = append(faults, fmt.Sprintf("%s is sorted by %s, which is not what makes the row visible: sort by the day of the row only", t.name, t.sort))
		}
	}
	return faults
}

// MaskFaults takes each category away in turn and lists the columns that are still shown, or taken out with others.
func MaskFaults() (faults []string) {
	masked := map[string]bool{}
	for _, k := range []interface {
		maskFaults() []string
		typeName() string
	}{
		kindClient, kindEnrollment, kindExit, kindIncomeBenefits, kindHealthAndDV, kindEmploymentEducation, kindDisabilities, kindServices,
		kindCurrentLivingSituation, kindAssessment, kindAssessmentQuestions, kindAssessmentResults, kindEvent, kindYouthEducationStatus,
	} {
		masked[k.typeName()] = true
		faults = append(faults, k.maskFaults()...)
	}
	for _, t := range tables {
		if t.file != nil && t.file.Level == hmis.ClientLevel && !masked[t.name] {
			faults = append(faults, t.name+" is not looked at: add its kind to MaskFaults")
		}
	}
	return faults
}

func (k *kind[T]) typeName() string { return k.name }

func (k *kind[T]) maskFaults() (faults []string) {
	all := ^hmis.Programs(0)
	for hidden := range hmis.CategoryCount {
		q := policy.Question{Partners: true, Viewer: &policy.Viewer{Role: policy.CaseManager, Organization: 1, Programs: all,
			Standing: policy.Standing{Active: true, TrainedUntil: 1, AgreedUntil: 1}}}
		for c := range hmis.CategoryCount {
			if c != hidden {
				q.Grants = append(q.Grants, policy.Grant{Category: c})
			}
		}
		var none T
		r := reflect.New(reflect.TypeOf(none).Elem())
		fields := filled(r.Elem(), k.file)
		k.mask(r.Interface().(T), policy.NewView(q))
		for _, c := range k.file.Columns {
			f, ok := fields[c]
			if !ok || c.Category == hmis.Meta || c.Category == hmis.Unclassified {
				continue
			}
			if hide := c.Category == hidden; f.IsNil() != hide {
				faults = append(faults, fmt.Sprintf("%s.%s, %s, with %s withheld: shown is %t", c.File, c.Name, c.Category, hidden, !f.IsNil()))
			}
		}
	}
	return faults
}

// filled gives the row's columns values and returns those that can be taken out.
func filled(row reflect.Value, file *hmis.File) map[*hmis.Column]reflect.Value {
	fields := map[*hmis.Column]reflect.Value{}
	for _, c := range file.Columns {
		f := row.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, strings.ReplaceAll(c.SQLName(), "_", "")) })
		if f.IsValid() && f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			fields[c] = f
		}
	}
	return fields
}

// SetClock changes the time by which the store judges.
func (s *Store) SetClock(now func() time.Time) { s.now = now }

// Try runs a statement on the database.
func (s *Store) Try(statement string) error {
	_, err := s.db.Exec(statement)
	return err
}

// Tamper runs a statement as the owner of the database could: no trigger is in its way.
func (s *Store) Tamper(t testing.TB, statements ...string) {
	t.Helper()
	for _, table := range []string{"audit_records", "audit_clients", "audit_hashes", "audit_checkpoints"} {
		for _, trigger := range []string{table + "_unchanged", table + "_kept"} {
			drop := "DROP TRIGGER IF EXISTS " + trigger
			if s.dialect == dialect.Postgres {
				drop += " ON " + table
			}
			statements = append([]string{drop}, statements...)
		}
	}
	for _, statement := range statements {
		if _, err := s.db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// HoldImports does what an import does first, and ends it when end is called.
func (s *Store) HoldImports(t testing.TB) (end func()) {
	t.Helper()
	tx, err := s.db.Begin()
	if err == nil {
		_, err = tx.Exec(importLock)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}

// Unruled lists the tables whose rows no rule narrows for some role, and the entities that are neither rows of a type
// nor refused to viewers.
func (s *Store) Unruled(t *testing.T, contexts []context.Context) (faults []string) {
	t.Helper()
	for _, ctx := range contexts {
		ss, err := sessionOf(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for entity, table := range tables {
			if fault := unruled(ss, entity, table); fault != "" {
				faults = append(faults, fault)
			}
		}
	}
	if unruled(&session{store: s, viewer: &policy.Viewer{Role: policy.SystemAdmin, Standing: policy.Standing{Active: true}}}, "Note", &table{name: "Note", sql: "notes"}) == "" {
		faults = append(faults, "a table without a rule is not seen, so nothing was shown")
	}
	return faults
}

func unruled(ss *session, entity string, t *table) string {
	if p, err := ss.rule(t, func(c string) string { return c }); err != nil || p == nil {
		return fmt.Sprintf("%s has no row rule for %s: say in store.rule which of its rows are there for whom, and compare it with policy.Decide in CompareRule", entity, ss.viewer.Role)
	}
	return ""
}

// Unguarded asks ent for rows of every entity and returns those that are answered without being rows of a type with a rule.
func (s *Store) Unguarded(ctx context.Context) (answered []string, entities int) {
	clients := reflect.ValueOf(s.ent).Elem()
	for i := range clients.NumField() {
		c := clients.Field(i)
		if !c.CanInterface() || !c.MethodByName("Query").IsValid() {
			continue
		}
		entities++
		name := strings.TrimSuffix(c.Elem().Type().Name(), "Client")
		query := c.MethodByName("Query").Call(nil)[0]
		out := query.MethodByName("All").Call([]reflect.Value{reflect.ValueOf(ctx)})
		if err, _ := out[1].Interface().(error); err == nil && tables[name] == nil {
			answered = append(answered, name)
		}
	}
	return answered, entities
}

// Endless runs a statement that does not end by itself, and reports how it ended.
func (s *Store) Endless(ctx context.Context) error {
	rows, err := s.query(ctx, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS endless FROM n")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// Running counts the statements that PostgreSQL works on, or that wait, and in which a text stands.
func (s *Store) Running(t testing.TB, text string) (n int) {
	t.Helper()
	if err := s.db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND strpos(query, $1) > 0", text).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Lock keeps everybody else from a table until unlock is called.
func (s *Store) Lock(t testing.TB, table string) (unlock func()) {
	t.Helper()
	tx, err := s.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	return func() { tx.Rollback() }
}

// Advance brings the facts to the newest change.
func (s *Store) Advance(t testing.TB) *Snapshot {
	t.Helper()
	return found(t)(s.advance(t.Context()))
}

// ReadWhole reads all facts, whatever is kept.
func (s *Store) ReadWhole(t testing.TB) *Snapshot {
	t.Helper()
	return found(t)(s.readWhole(t.Context()))
}

// ReadChanged reads what changed since; nil where all has to be read.
func (s *Store) ReadChanged(t testing.TB, since *Snapshot) *Snapshot {
	t.Helper()
	return found(t)(s.readChanged(t.Context(), since))
}

// Current returns the facts as they are in memory.
func (s *Store) Current(t testing.TB) *Snapshot {
	t.Helper()
	return found(t)(s.current(t.Context()))
}

func found(t testing.TB) func(*Snapshot, error) *Snapshot {
	return func(found *Snapshot, err error) *Snapshot {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
}

// AtProjects takes stays at projects from facts in memory.
func (s *Store) AtProjects(t testing.TB, whole *Snapshot, own []int64) *Snapshot {
	t.Helper()
	return found(t)(s.atProjects(whole, own, nil))
}

// ReadAtProjects reads stays at projects, what hangs on them and who stayed.
func (s *Store) ReadAtProjects(t testing.TB, own []int64) *Snapshot {
	t.Helper()
	conns, change, at, end, err := s.reading(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	f, err := s.readFacts(t.Context(), conns, func(f *hmis.File) string {
		in := "project_key IN (" + numbers(own) + ")"
		switch {
		case f.Level != hmis.ClientLevel:
			return ""
		case f.Name == "Client":
			return " AND id IN (SELECT client_key FROM enrollments WHERE " + in + " AND removed_at IS NULL)"
		}
		return " AND " + in
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.newSnapshot(f, change, at)
}

// WaitFor waits until the facts that are followed hold a change.
func (s *Store) WaitFor(t testing.TB, change int64) *Snapshot {
	t.Helper()
	for {
		if found := s.facts.newest.Load(); found != nil && found.Change >= change {
			return found
		}
		if t.Context().Err() != nil {
			t.Fatal("the facts never came")
		}
		time.Sleep(time.Millisecond)
	}
}

// HoldReading keeps facts from being read, as one who reads them does, until it is ended.
func (s *Store) HoldReading() (done func()) {
	s.facts.followed.Store(true)
	s.facts.advancing.Lock()
	return func() {
		s.facts.advancing.Unlock()
		s.facts.followed.Store(false)
	}
}

// StepsInTwoTransactions adds a step of the feed in each of two transactions, the second while the first is open.
func (s *Store) StepsInTwoTransactions(t testing.TB) (seen []string) {
	t.Helper()
	ctx := t.Context()
	const add = "INSERT INTO changes (table_name) VALUES ('clients') RETURNING id"
	step := func(name string, on interface {
		QueryRowContext(context.Context, string, ...any) *sql.Row
	}) {
		var id int64
		if err := on.QueryRowContext(ctx, add).Scan(&id); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, fmt.Sprintf("%s: %d", name, id))
	}
	first, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	step("first", first)
	var free bool
	if err := s.db.QueryRowContext(ctx, "SELECT pg_try_advisory_lock(4863720157)").Scan(&free); err != nil {
		t.Fatal(err)
	}
	seen = append(seen, fmt.Sprintf("second waits: %t", !free))
	if err := first.Commit(); err != nil {
		t.Fatal(err)
	}
	step("second", s.db)
	return seen
}

// VisibleRows lists, by table, the numbers of the rows of HUD's files that the viewer's rule leaves.
func (s *Store) VisibleRows(t testing.TB, ctx context.Context) map[string][]int64 {
	t.Helper()
	ss, err := sessionOf(ctx)
	if err != nil {
		t.Fatal(err)
	}
	visible := map[string][]int64{}
	for _, table := range tables {
		if table.file == nil || table.file.Level == hmis.ExportLevel {
			continue
		}
		of := entsql.Dialect(s.dialect).Select()
		rows := entsql.Table(table.sql)
		rule, err := ss.rule(table, rows.C)
		if err != nil {
			t.Fatal(err)
		}
		query, args := of.Select(rows.C("id")).From(rows).Where(rule).OrderBy(rows.C("id")).Query()
		found, err := s.query(ctx, query, args...)
		if err != nil {
			t.Fatal(err)
		}
		for found.Next() {
			var id int64
			if err := found.Scan(&id); err != nil {
				t.Fatal(err)
			}
			visible[table.sql] = append(visible[table.sql], id)
		}
		if err := errors.Join(found.Err(), found.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return visible
}
