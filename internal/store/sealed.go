package store

import (
	"context"
	databasesql "database/sql"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/seal"
)

// Sealed columns (hmis.Column.Sealed) are unreadable in the database. They are sealed while an export is staged, and
// opened where rows come out of the database: for ent below its scanner, for facts in readFacts. A cell is bound to its
// table, its column and its record, so that none can be moved.

// place is what the cells of a column are bound to; the record comes after it.
type cellPlace struct {
	prefix []byte
	name   string // for errors
}

func placeOf(f *hmis.File, c *hmis.Column) cellPlace {
	return cellPlace{[]byte(f.Table() + "\x00" + c.SQLName() + "\x00"), f.Table() + "." + c.SQLName()}
}

// of is the place of the record's cell: the source's row number and the record's HUD id.
func (p cellPlace) of(buffer []byte, source int64, record string) []byte {
	return append(binary.BigEndian.AppendUint64(append(buffer[:0], p.prefix...), uint64(source)), record...)
}

// open opens a cell as it was read.
func (p cellPlace) open(keys *seal.Keys, buffer []byte, source int64, record string, cell []byte) ([]byte, error) {
	text, err := keys.OpenCell(cell, p.of(buffer, source, record))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return text, nil
}

// appendCell writes a cell as text, as it is sealed and as the database reads it.
func appendCell(b []byte, kind hmis.Kind, cell *hmiscsv.Cell) []byte {
	switch kind {
	case hmis.Text:
		return append(b, cell.S...)
	case hmis.Day:
		return hmis.Date(cell.N).Append(b)
	case hmis.Moment:
		return hmis.Timestamp(cell.N).Append(b)
	}
	return strconv.AppendInt(b, cell.N, 10)
}

// sealer seals the rows of a file while they are staged.
type sealer struct {
	keys        *seal.Keys
	source      int64
	file        *hmis.File
	places      []cellPlace // by column; without a name where it is not sealed
	text, where []byte
}

func newSealer(keys *seal.Keys, source int64, f *hmis.File) *sealer {
	s := &sealer{keys: keys, source: source, file: f, places: make([]cellPlace, len(f.Columns))}
	for i, c := range f.Columns {
		if c.Sealed() {
			s.places[i] = placeOf(f, c)
		}
	}
	return s
}

// seal gives the sealed form of a row's cell; nil where the column is not sealed.
func (s *sealer) seal(r *hmiscsv.Row, i int) ([]byte, error) {
	p := s.places[i]
	if p.name == "" {
		return nil, nil
	}
	s.text = appendCell(s.text[:0], s.file.Columns[i].Kind, &r.Cells[i])
	s.where = p.of(s.where, s.source, r.Cells[0].S)
	return s.keys.SealCell(s.text, s.where)
}

// sealedTables are the tables with sealed columns.
var sealedTables = func() map[string]*hmis.File {
	m := map[string]*hmis.File{}
	for _, f := range hmis.Files() {
		for _, c := range f.Columns {
			if c.Sealed() {
				m[f.Table()] = f
			}
		}
	}
	return m
}()

// sealedPlaces are the places of the sealed columns by table and name.
var sealedPlaces = func() map[string]map[string]cellPlace {
	m := map[string]map[string]cellPlace{}
	for table, f := range sealedTables {
		m[table] = map[string]cellPlace{}
		for _, c := range f.Columns {
			if c.Sealed() {
				m[table][c.SQLName()] = placeOf(f, c)
			}
		}
	}
	return m
}()

// tableOf is the first table of a statement of ent's.
func tableOf(query string) string {
	_, rest, _ := strings.Cut(query, " FROM ")
	if rest == "" {
		return ""
	}
	table, _, _ := strings.Cut(rest[1:], rest[:1]) // between two quotes of either kind
	return table
}

// opening puts itself between the database's rows and ent's scanner where the statement reads sealed columns.
func (s *Store) opening(query string, rows *sql.Rows) error {
	table := tableOf(query)
	f, places := sealedTables[table], sealedPlaces[table]
	if f == nil {
		return nil
	}
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	record := f.Key().SQLName()
	o := &opener{ColumnScanner: rows.ColumnScanner, keys: s.keys, source: -1, record: -1}
	for i, name := range names {
		switch name {
		case "source_key":
			o.source = i
		case record:
			o.record = i
		}
		if place, sealed := places[name]; sealed {
			o.sealed = append(o.sealed, sealedColumn{i, place})
		}
	}
	if len(o.sealed) == 0 {
		return nil
	}
	if o.source < 0 || o.record < 0 {
		return fmt.Errorf("store: sealed columns of %s are read without what they are bound to", table)
	}
	o.cells = make([]databasesql.RawBytes, len(o.sealed))
	rows.ColumnScanner = o
	return nil
}

type sealedColumn struct {
	index int
	place cellPlace
}

// opener scans rows and opens their sealed cells.
type opener struct {
	sql.ColumnScanner
	keys           *seal.Keys
	source, record int // columns
	sealed         []sealedColumn
	cells          []databasesql.RawBytes
	into           []any
	where          []byte
}

// Scan is database/sql's, with the sealed cells opened.
func (o *opener) Scan(dest ...any) error {
	o.into = append(o.into[:0], dest...)
	for n, c := range o.sealed {
		o.into[c.index] = &o.cells[n]
	}
	if err := o.ColumnScanner.Scan(o.into...); err != nil {
		return err
	}
	source, known := dest[o.source].(*sql.NullInt64)
	record, named := dest[o.record].(*sql.NullString)
	if !known || !named {
		return fmt.Errorf("store: %T and %T do not tell a record", dest[o.source], dest[o.record])
	}
	for n, c := range o.sealed {
		if err := o.open(n, dest[c.index], source.Int64, record.String); err != nil {
			return err
		}
	}
	return nil
}

// open puts what is in a sealed cell where ent expects it.
func (o *opener) open(n int, dest any, source int64, record string) error {
	place := &o.sealed[n].place
	into, ok := dest.(interface{ Scan(any) error })
	if !ok {
		return fmt.Errorf("store: %s cannot be scanned into %T", place.name, dest)
	}
	if o.cells[n] == nil {
		return into.Scan(nil)
	}
	o.where = place.of(o.where, source, record)
	text, err := o.keys.OpenCell(o.cells[n], o.where)
	if err != nil {
		return fmt.Errorf("%s: %w", place.name, err)
	}
	if plain, is := dest.(*sql.NullString); is {
		plain.String, plain.Valid = string(text), true
		return nil
	}
	if err := into.Scan(string(text)); err != nil {
		return fmt.Errorf("store: %s does not hold what its column does", place.name)
	}
	return nil
}

// columnType is a column's type in the database.
func (s *Store) columnType(c *hmis.Column) string {
	switch postgres := s.dialect == dialect.Postgres; {
	case c.Sealed() && postgres:
		return "bytea"
	case c.Sealed():
		return "blob"
	}
	return s.kindType(c.Kind)
}

// currentKeys sees to it that what is sealed next is sealed with the key that the database asks for: a rotation may have
// begun since the key file was read.
func (s *Store) currentKeys(ctx context.Context, row func(ctx context.Context, query string, into any) error) error {
	query := "SELECT key_id FROM hub WHERE id = 1"
	if s.dialect == dialect.Postgres {
		query += " FOR SHARE" // a rotation waits for whoever seals
	}
	var id *int64
	if err := row(ctx, query, &id); err != nil {
		return err
	}
	if id == nil || s.keys.Seals(uint32(*id)) {
		return nil
	}
	if err := s.keys.Reload(); err != nil {
		return err
	}
	if !s.keys.Seals(uint32(*id)) {
		return errOldKeys
	}
	return nil
}

var errOldKeys = hmis.Errorf(hmis.Invalid, "the key file of this machine is older than the database; copy the newest one here, or name it with --keys")

// cellReader opens the cells of one column of the import's source.
type cellReader struct {
	keys   *seal.Keys
	source int64
	column *hmis.Column
	place  cellPlace
}

func (im *importer) cellReader(file, column string) cellReader {
	f := hmis.FileNamed(file)
	return cellReader{im.s.keys, im.source, f.Column(column), placeOf(f, f.Column(column))}
}

// code is the answer in a record's cell, or one that is on no list where the cell is empty.
func (r cellReader) code(record string, cell []byte) (int64, error) {
	n, set, err := r.number(record, cell)
	if !set {
		n = -1
	}
	return n, err
}

// day is the day in a record's cell, nil where it is empty.
func (r cellReader) day(record string, cell []byte) (*hmis.Date, error) {
	n, set, err := r.number(record, cell)
	if err != nil || !set {
		return nil, err
	}
	day := hmis.Date(n)
	return &day, nil
}

// number is what a cell of a number, a code, an amount or a day holds, as hmiscsv.Cell has it.
func (r cellReader) number(record string, cell []byte) (n int64, set bool, err error) {
	if cell == nil {
		return 0, false, nil
	}
	text, err := r.place.open(r.keys, nil, r.source, record, cell)
	if err != nil {
		return 0, false, err
	}
	if r.column.Kind == hmis.Day {
		day, err := hmis.ParseDate(string(text))
		return int64(day), err == nil, err
	}
	n, err = strconv.ParseInt(string(text), 10, 64)
	return n, err == nil, err
}

// cell is a record's cell as hmiscsv reads it.
func (r cellReader) cell(record string, sealed []byte) (hmiscsv.Cell, error) {
	if sealed != nil && r.column.Kind == hmis.Text {
		text, err := r.place.open(r.keys, nil, r.source, record, sealed)
		return hmiscsv.Cell{S: string(text), Set: true}, err
	}
	n, set, err := r.number(record, sealed)
	return hmiscsv.Cell{N: n, Set: set}, err
}
