package store

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// A file is staged as it is read, row by row in the types of the database, into a temporary table without an index.
// Rows that cannot be used stay out. Issues are written between the parts: while PostgreSQL copies, the connection
// takes no other statement.

// partRows is how many rows are copied before issues are written.
const partRows = 100_000

// stagingTable is where the rows of a file wait to be merged.
func stagingTable(f *hmis.File) string { return "st_" + strings.ToLower(f.Name) }

// stage reads a file into its staging table.
func (im *importer) stage(ctx context.Context, f *hmis.File) error {
	if err := im.createStaging(ctx, f); err != nil {
		return err
	}
	count := im.count(f.Name)
	userID := columnIndex(f, "UserID")
	var into stager
	var refused [][]any // rows that are in the file but cannot be used: they are not gone
	inPart := 0
	flush := func() (err error) {
		if into != nil {
			err = into.close(ctx)
		}
		err = errors.Join(err, im.writeIssues(ctx), im.insertRows(ctx, "refused_rows", refused))
		into, inPart, refused = nil, 0, refused[:0]
		return err
	}
	print := fingerprinter{im: im, file: f}
	err := im.a.Rows(f.Name, func(r *hmiscsv.Row) (err error) {
		count.Read++
		im.issues = append(im.issues, r.Issues...)
		if r.Refused() {
			count.Refused++
			refused = append(refused, []any{f.Name, int64(r.Line), textOf(f, r, f.Key().Name), textOf(f, r, "EnrollmentID"),
				textOf(f, r, "PersonalID"), textOf(f, r, "ProjectID")})
		} else {
			if userID >= 0 && f.Name != "User" && r.Cells[userID].Set {
				im.users[r.Cells[userID].S]++
			}
			if f.Name == "Client" && im.a.Export.HashStatus == hashedSHA256 {
				im.names.add(&r.Cells[firstName], r.Line)
			}
			if into == nil {
				if into, err = im.newStager(ctx, f); err != nil {
					return err
				}
			}
			if err := into.add(ctx, r, print.of(r)); err != nil {
				return err
			}
		}
		if inPart++; inPart == partRows || len(im.issues) >= partRows {
			return flush()
		}
		return nil
	})
	if err != nil {
		if into != nil {
			err = errors.Join(err, into.abort(ctx))
		}
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	return im.analyze(ctx, stagingTable(f), "line", f.Key().SQLName())
}

var firstName = columnIndex(hmis.FileNamed("Client"), "FirstName")

// textOf is the text in a row's column; nil where there is none.
func textOf(f *hmis.File, r *hmiscsv.Row, column string) any {
	if i := columnIndex(f, column); i >= 0 && r.Cells[i].Set {
		return strings.Clone(r.Cells[i].S)
	}
	return nil
}

func columnIndex(f *hmis.File, name string) int {
	for i, c := range f.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

func (im *importer) createStaging(ctx context.Context, f *hmis.File) error {
	columns := []string{im.lineColumn(), "fingerprint bigint"}
	for _, c := range f.Columns {
		columns = append(columns, c.SQLName()+" "+im.s.columnType(c))
	}
	return im.exec(ctx, "CREATE TEMP TABLE "+stagingTable(f)+" ("+strings.Join(columns, ", ")+")")
}

// lineColumn is the definition of the line. SQLite keeps a table in the order of such a key, and finds rows by it.
func (im *importer) lineColumn() string {
	if im.s.dialect == dialect.SQLite {
		return "line INTEGER PRIMARY KEY"
	}
	return "line bigint"
}

// kindType is the database's type of cells of a kind.
func (s *Store) kindType(k hmis.Kind) string {
	postgres := s.dialect == dialect.Postgres
	switch {
	case k == hmis.Number || k == hmis.Code:
		return "integer"
	case k == hmis.MoneyKind:
		return "bigint"
	case k == hmis.Day && postgres:
		return "date"
	case k == hmis.Moment && postgres:
		return "timestamp"
	}
	return "text"
}

// fingerprinter hashes rows as they came in. ExportID is left out: it changes with every export.
type fingerprinter struct {
	im   *importer
	file *hmis.File
	row  []byte
}

func (p *fingerprinter) of(r *hmiscsv.Row) int64 {
	b := p.row[:0]
	for i, c := range p.file.Columns {
		cell := &r.Cells[i]
		switch {
		case c.Name == "ExportID":
		case !cell.Set:
			b = append(b, 0)
		case c.Kind == hmis.Text:
			b = append(binary.AppendUvarint(append(b, 1), uint64(len(cell.S))), cell.S...)
		default:
			b = binary.AppendVarint(append(b, 1), cell.N)
		}
	}
	p.row = b
	return p.im.s.keys.Fingerprint(b)
}

// stager takes rows into a staging table.
type stager interface {
	add(ctx context.Context, r *hmiscsv.Row, fingerprint int64) error
	close(ctx context.Context) error
	abort(ctx context.Context) error
}

func (im *importer) newStager(ctx context.Context, f *hmis.File) (stager, error) {
	if im.s.dialect == dialect.Postgres {
		return im.newCopier(f)
	}
	return im.newInserter(ctx, f)
}

// copier streams rows to PostgreSQL in COPY's text format.
type copier struct {
	file   *hmis.File
	sealer *sealer
	copy   copyIn
	lines  bytes.Buffer
}

// copyIn is lib/pq's statement of a COPY: lines go in, and Exec without values ends it.
type copyIn interface {
	CopyData(ctx context.Context, lines string) (driver.Result, error)
	Exec([]driver.Value) (driver.Result, error)
	Close() error
}

const copyBytes = 64 << 10

func (im *importer) newCopier(f *hmis.File) (*copier, error) {
	c := &copier{file: f, sealer: newSealer(im.s.keys, im.source, f)}
	err := im.conn.Raw(func(raw any) error {
		stmt, err := raw.(driver.Conn).Prepare("COPY " + stagingTable(f) + " FROM STDIN")
		if err != nil {
			return err
		}
		c.copy = stmt.(copyIn)
		return nil
	})
	return c, err
}

func (c *copier) add(ctx context.Context, r *hmiscsv.Row, fingerprint int64) error {
	b := c.lines.AvailableBuffer()
	b = strconv.AppendInt(b, int64(r.Line), 10)
	b = strconv.AppendInt(append(b, '\t'), fingerprint, 10)
	for i, column := range c.file.Columns {
		b = append(b, '\t')
		cell := &r.Cells[i]
		if !cell.Set {
			b = append(b, '\\', 'N')
			continue
		}
		sealed, err := c.sealer.seal(r, i)
		switch {
		case err != nil:
			return err
		case sealed != nil:
			b = hex.AppendEncode(append(b, `\\x`...), sealed)
		case column.Kind == hmis.Text:
			b = appendCopyText(b, cell.S)
		default:
			b = appendCell(b, column.Kind, cell)
		}
	}
	c.lines.Write(append(b, '\n'))
	if c.lines.Len() < copyBytes {
		return nil
	}
	return c.flush(ctx)
}

// appendCopyText escapes what COPY's text format gives a meaning. PostgreSQL has no NUL in texts.
func appendCopyText(b []byte, s string) []byte {
	if !strings.ContainsAny(s, "\\\t\n\r\x00") {
		return append(b, s...)
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			b = append(b, '\\', '\\')
		case '\t':
			b = append(b, '\\', 't')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case 0:
		default:
			b = append(b, s[i])
		}
	}
	return b
}

func (c *copier) flush(ctx context.Context) error {
	if c.lines.Len() == 0 {
		return nil
	}
	c.lines.Truncate(c.lines.Len() - 1) // CopyData ends the line itself
	_, err := c.copy.CopyData(ctx, c.lines.String())
	c.lines.Reset()
	return err
}

func (c *copier) close(ctx context.Context) error {
	if err := c.flush(ctx); err != nil {
		return errors.Join(err, c.copy.Close())
	}
	_, err := c.copy.Exec(nil)
	return errors.Join(err, c.copy.Close())
}

func (c *copier) abort(context.Context) error { return c.copy.Close() }

// inserter writes rows to SQLite, as many with one statement as its limit of variables allows.
type inserter struct {
	file   *hmis.File
	sealer *sealer
	conn   *sql.Conn
	stmt   *sql.Stmt
	rows   int // that fit one statement
	args   []any
}

const sqliteVariables = 32766

func (im *importer) newInserter(ctx context.Context, f *hmis.File) (*inserter, error) {
	width := len(f.Columns) + 2
	in := &inserter{file: f, sealer: newSealer(im.s.keys, im.source, f), conn: im.conn, rows: min(sqliteVariables/width, 100)}
	in.args = make([]any, 0, in.rows*width)
	stmt, err := im.conn.PrepareContext(ctx, in.query(in.rows))
	in.stmt = stmt
	return in, err
}

func (in *inserter) query(rows int) string {
	tuple := "(?" + strings.Repeat(",?", len(in.file.Columns)+1) + ")"
	return "INSERT INTO " + stagingTable(in.file) + " VALUES " + tuple + strings.Repeat(","+tuple, rows-1)
}

func (in *inserter) add(ctx context.Context, r *hmiscsv.Row, fingerprint int64) error {
	in.args = append(in.args, int64(r.Line), fingerprint)
	for i, column := range in.file.Columns {
		cell := &r.Cells[i]
		if !cell.Set {
			in.args = append(in.args, nil)
			continue
		}
		sealed, err := in.sealer.seal(r, i)
		switch {
		case err != nil:
			return err
		case sealed != nil:
			in.args = append(in.args, sealed)
		case column.Kind == hmis.Text:
			in.args = append(in.args, strings.Clone(cell.S))
		case column.Kind == hmis.Day:
			in.args = append(in.args, hmis.Date(cell.N).String())
		case column.Kind == hmis.Moment:
			in.args = append(in.args, hmis.Timestamp(cell.N).String())
		default:
			in.args = append(in.args, cell.N)
		}
	}
	if len(in.args) < cap(in.args) {
		return nil
	}
	_, err := in.stmt.ExecContext(ctx, in.args...)
	in.args = in.args[:0]
	return err
}

func (in *inserter) close(ctx context.Context) error {
	err := in.stmt.Close()
	if rows := len(in.args) / (len(in.file.Columns) + 2); rows > 0 && err == nil {
		_, err = in.conn.ExecContext(ctx, in.query(rows), in.args...)
	}
	return err
}

func (in *inserter) abort(context.Context) error { return in.stmt.Close() }
