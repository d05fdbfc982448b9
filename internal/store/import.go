package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"entgo.io/ent/dialect"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// ImportOptions says how an export comes in.
type ImportOptions struct {
	Source         string    // the system that the export is from
	DryRun         bool      // work everything out, change nothing
	AcceptRemovals bool      // also where an unusual share of the records would be marked deleted
	Issues         io.Writer // takes every issue as a line of CSV; nil: nobody
}

// FileReport counts the rows of one file. Read rows are added, changed, unchanged, refused or, by their DateDeleted,
// removed; removed ones are also those that a full export no longer has.
type FileReport struct {
	Read      int64 `json:"read"`
	Added     int64 `json:"added"`
	Changed   int64 `json:"changed"`
	Unchanged int64 `json:"unchanged"`
	Removed   int64 `json:"removed"`
	Refused   int64 `json:"refused"`
}

// ImportReport is what an import did.
type ImportReport struct {
	Run    int64                  `json:"run"` // 0 for a dry run
	Year   hmis.Year              `json:"year"`
	DryRun bool                   `json:"dryRun"`
	Files  map[string]*FileReport `json:"files"`
	Issues int64                  `json:"issues"`
	Kinds  []IssueKind            `json:"kinds"` // the most rows first
}

// IssueKind is the issues of one reason in a column.
type IssueKind struct {
	File    string `json:"file"`
	Column  string `json:"column"`
	Reason  string `json:"reason"`
	Rows    int64  `json:"rows"`
	Line    int64  `json:"line"` // of the first; 0: the file as a whole
	Refused bool   `json:"refused"`
}

// Import brings an export in, all of it or nothing. It is for the HMIS lead alone: the caller is internal/cli.
// Errors: Invalid where the export as a whole cannot be used, Conflict where it would remove too much.
func (s *Store) Import(ctx context.Context, a *hmiscsv.Archive, o ImportOptions) (*ImportReport, error) {
	if o.Source == "" {
		return nil, hmis.Errorf(hmis.Invalid, "an import needs the name of its source; give --source NAME")
	}
	conn, err := s.durable(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	im := newImporter(s, conn, a, o)
	begin := "BEGIN"
	if s.dialect == dialect.SQLite {
		begin = "BEGIN IMMEDIATE"
	}
	if err := im.exec(ctx, begin); err != nil {
		return nil, err
	}
	end := "COMMIT"
	if err = im.run(ctx); err != nil || o.DryRun {
		end = "ROLLBACK"
		ctx = context.WithoutCancel(ctx)
	}
	if endErr := im.exec(ctx, end); err == nil {
		err = endErr
	}
	if err != nil {
		return nil, err
	}
	if o.DryRun {
		im.report.Run = 0
	} else {
		im.recorded()
	}
	return im.report, nil
}

// importer is one import, on one connection and in one transaction.
type importer struct {
	s      *Store
	conn   *sql.Conn
	a      *hmiscsv.Archive
	o      ImportOptions
	source int64
	first  bool             // nothing of the source is in the hub yet
	users  map[string]int64 // how many rows name a UserID
	names  alike            // hashed first names of clients
	issues []hmiscsv.Issue  // not written yet
	report *ImportReport

	recorded func() // once it is committed
}

func newImporter(s *Store, conn *sql.Conn, a *hmiscsv.Archive, o ImportOptions) *importer {
	return &importer{s: s, conn: conn, a: a, o: o, users: map[string]int64{},
		report: &ImportReport{Year: a.Year, DryRun: o.DryRun, Files: map[string]*FileReport{}, Kinds: []IssueKind{}}}
}

func (im *importer) run(ctx context.Context) error {
	steps := []func(context.Context) error{
		im.begin, im.descriptors, im.telling, im.block, im.clients, im.children, im.checkProjects, im.checkUsers, im.adults, im.households, im.fleeing, im.finish, im.record,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// importLock is PostgreSQL's lock on importing.
const importLock = "SELECT pg_advisory_xact_lock(4863720156)"

// begin makes the source and the run. One import runs at a time: PostgreSQL holds the second one here,
// SQLite at the beginning of its transaction.
func (im *importer) begin(ctx context.Context) error {
	if im.s.dialect == dialect.Postgres {
		err := im.all(ctx, importLock, "SET LOCAL work_mem = '64MB'") // whole files are joined
		if err != nil {
			return err
		}
	}
	if err := im.s.currentKeys(ctx, func(ctx context.Context, query string, into any) error { return im.one(ctx, into, query) }); err != nil {
		return err
	}
	if err := im.exec(ctx, `CREATE TEMP TABLE refused_rows
		(file text, line bigint, hud_key text, enrollment_id text, personal_id text, project_id text)`); err != nil {
		return err
	}
	if err := im.exec(ctx, "CREATE TEMP TABLE left_clients (client_key bigint)"); err != nil { // whose rows are gone or another client's
		return err
	}
	now := im.s.moment()
	if err := im.exec(ctx, "INSERT INTO sources (name, created_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", im.o.Source, now); err != nil {
		return err
	}
	if err := im.one(ctx, &im.source, "SELECT id FROM sources WHERE name = $1", im.o.Source); err != nil {
		return err
	}
	var runs int64
	if err := im.one(ctx, &runs, "SELECT count(*) FROM import_runs WHERE source_key = $1", im.source); err != nil {
		return err
	}
	im.first = runs == 0
	e := im.a.Export
	return im.one(ctx, &im.report.Run, `INSERT INTO import_runs (source_key, year, export_id, period_start, period_end, started_at, issues)
		VALUES ($1, $2, $3, $4, $5, $6, 0) RETURNING id`, im.source, int64(im.a.Year), e.ID, e.Start, e.End, now)
}

// descriptors brings in what projects are, first of all: the rest is judged by it.
func (im *importer) descriptors(ctx context.Context) error {
	im.issues = append(im.issues, im.a.Issues()...)
	for _, f := range hmis.Files() {
		if f.Level == hmis.ClientLevel || !im.a.Has(f.Name) {
			continue
		}
		if err := im.stage(ctx, f); err != nil {
			return err
		}
		if err := im.refuseUnknownProjects(ctx, f); err != nil {
			return err
		}
		if err := im.merge(ctx, f); err != nil {
			return err
		}
		if f.Name == "Project" {
			if err := im.exec(ctx, `CREATE TEMP TABLE scope_projects AS SELECT p.id AS project_key FROM projects p
				JOIN st_project st ON st.project_id = p.project_id WHERE p.source_key = $1`, im.source); err != nil {
				return err
			}
		}
	}
	return nil
}

// block finds the projects whose clients never enter, and takes out those who are here already.
// A victim service provider: element 2.01.3; a comparable database: element 2.08.1, code 2.
func (im *importer) block(ctx context.Context) error {
	err := im.exec(ctx, `CREATE TEMP TABLE blocked_projects AS SELECT p.id AS project_key FROM projects p
		JOIN organizations o ON o.id = p.organization_key
		WHERE p.source_key = $1 AND (o.victim_service_provider = 1 OR EXISTS (SELECT 1 FROM hmis_participations h
			WHERE h.project_key = p.id AND h.hmis_participation_type = 2 AND h.removed_at IS NULL))`, im.source)
	if err != nil {
		return err
	}
	return im.purge(ctx)
}

// clients stages clients and stays together: which clients enter depends on where they stay.
func (im *importer) clients(ctx context.Context) error {
	client, enrollment := hmis.FileNamed("Client"), hmis.FileNamed("Enrollment")
	for _, f := range []*hmis.File{client, enrollment} {
		if err := im.stage(ctx, f); err != nil {
			return err
		}
	}
	if err := im.refuseUnknownProjects(ctx, enrollment); err != nil {
		return err
	}
	if im.s.dialect == dialect.SQLite { // PostgreSQL joins by hashing
		if err := im.exec(ctx, "CREATE INDEX temp.st_enrollment_id ON st_enrollment (enrollment_id)"); err != nil {
			return err
		}
	}
	if err := im.findVictims(ctx); err != nil {
		return err
	}
	if err := im.checkStays(ctx); err != nil {
		return err
	}
	for _, f := range []*hmis.File{client, enrollment} {
		if err := im.merge(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// findVictims lists the stays in blocked projects and, where there are such projects, the clients without a stay
// elsewhere: nothing tells that they are not theirs. A stay that is refused for another fault and names no project may be
// in a blocked one.
func (im *importer) findVictims(ctx context.Context) error {
	err := im.exec(ctx, `CREATE TEMP TABLE victim_enrollments AS
		SELECT st.line, st.enrollment_id, st.personal_id FROM st_enrollment st
			JOIN projects p ON p.source_key = $1 AND p.project_id = st.project_id
			JOIN blocked_projects b ON b.project_key = p.id
		UNION ALL SELECT r.line, r.enrollment_id, r.personal_id FROM refused_rows r
			WHERE r.file = 'Enrollment' AND EXISTS (SELECT 1 FROM blocked_projects b JOIN projects p ON p.id = b.project_key
				WHERE r.project_id IS NULL OR r.project_id = p.project_id)`, im.source)
	if err != nil {
		return err
	}
	return im.exec(ctx, `CREATE TEMP TABLE victim_clients AS
		SELECT personal_id FROM victim_enrollments
		UNION SELECT personal_id FROM st_client WHERE EXISTS (SELECT 1 FROM blocked_projects)
		EXCEPT SELECT personal_id FROM st_enrollment WHERE line NOT IN (SELECT line FROM victim_enrollments) AND EXISTS (SELECT 1 FROM blocked_projects)
		EXCEPT SELECT personal_id FROM enrollments WHERE source_key = $1 AND removed_at IS NULL AND EXISTS (SELECT 1 FROM blocked_projects)`, im.source)
}

// children brings in the records under enrollments.
func (im *importer) children(ctx context.Context) error {
	for _, f := range hmis.Files() {
		if f.Level != hmis.ClientLevel || f.Name == "Client" || f.Name == "Enrollment" || !im.a.Has(f.Name) {
			continue
		}
		if err := im.child(ctx, f); err != nil {
			return err
		}
	}
	return im.removeOrphans(ctx)
}

func (im *importer) child(ctx context.Context, f *hmis.File) error {
	if err := im.stage(ctx, f); err != nil {
		return err
	}
	if err := im.checkRecords(ctx, f); err != nil {
		return err
	}
	return im.merge(ctx, f)
}

// finish writes what is left of the issues, the counts and the steps of the feed.
func (im *importer) finish(ctx context.Context) error {
	if err := im.writeIssues(ctx); err != nil {
		return err
	}
	if err := im.one(ctx, &im.report.Issues, "SELECT count(*) FROM import_issues WHERE run_key = $1", im.report.Run); err != nil {
		return err
	}
	if err := errors.Join(im.sumIssues(ctx), im.listIssues(ctx)); err != nil {
		return err
	}
	counts, err := json.Marshal(im.report.Files)
	if err != nil {
		return err
	}
	now := im.s.moment()
	for _, f := range hmis.Files() {
		c := im.report.Files[f.Name]
		if c == nil || c.Added+c.Changed+c.Removed == 0 {
			continue
		}
		if err := im.exec(ctx, "INSERT INTO changes (table_name, row_key, run_key, at) VALUES ($1, 0, $2, $3)", f.Table(), im.report.Run, now); err != nil {
			return err
		}
	}
	if err := im.exec(ctx, "INSERT INTO changes (table_name, row_key, at) SELECT DISTINCT 'clients', client_key, "+im.cast("$1")+" FROM left_clients", now); err != nil {
		return err
	}
	if err := im.exec(ctx, "DROP TABLE left_clients"); err != nil {
		return err
	}
	return im.exec(ctx, "UPDATE import_runs SET finished_at = $1, files = $2, issues = $3 WHERE id = $4", now, string(counts), im.report.Issues, im.report.Run)
}

// record puts the import into the log, last of all: on PostgreSQL the log then waits for the commit.
func (im *importer) record(ctx context.Context) (err error) {
	im.recorded, err = im.s.recordIn(ctx, im.conn, audit.Record{Kind: audit.Import, Outcome: audit.Done, Run: im.report.Run})
	return err
}

// count is the report of a file, made where there is none yet.
func (im *importer) count(file string) *FileReport {
	c := im.report.Files[file]
	if c == nil {
		c = &FileReport{}
		im.report.Files[file] = c
	}
	return c
}

func (im *importer) exec(ctx context.Context, query string, args ...any) error {
	_, err := im.affected(ctx, query, args...)
	return err
}

func (im *importer) affected(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := im.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("import: %w", err)
	}
	return result.RowsAffected()
}

func (im *importer) one(ctx context.Context, to any, query string, args ...any) error {
	if err := im.conn.QueryRowContext(ctx, query, args...).Scan(to); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	return nil
}
