package hmiscsv

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Writer writes an HMIS CSV zip. Rows of different files may come in any order: each file is packed into
// a temporary file of its own, and Close puts them together. The same rows give the same bytes.
type Writer struct {
	out   io.Writer
	year  hmis.Year
	parts map[string]*part
	err   error // the first one; nothing is written after it
}

// NewWriter makes a Writer of the year's format. One of Close and Abort must be called.
func NewWriter(w io.Writer, year hmis.Year) *Writer {
	return &Writer{out: w, year: year, parts: map[string]*part{}}
}

// Write writes a row of the file. The cells are by index in hmis.File.Columns; those of columns that the
// year does not have are left out. After an error every call gives it again.
func (w *Writer) Write(file string, cells []Cell) error {
	if w.err != nil {
		return w.err
	}
	p, err := w.part(file)
	if err != nil {
		return w.fail(err)
	}
	if len(cells) != p.width {
		return w.fail(fmt.Errorf("hmiscsv: a row of %s has %d cells, want %d", file, len(cells), p.width))
	}
	return w.fail(p.write(cells))
}

func (w *Writer) fail(err error) error {
	if err != nil && w.err == nil {
		w.err = err
		w.remove()
	}
	return err
}

// Abort drops what was written so far. After Close it does nothing.
func (w *Writer) Abort() { _ = w.fail(errAborted) }

var errAborted = errors.New("hmiscsv: the writer was aborted")
var errClosed = errors.New("hmiscsv: the writer is closed")

// Close writes the zip with all 24 files, those without rows too, in HUD's order.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	err := w.assemble()
	w.err = errClosed
	w.remove()
	return err
}

func (w *Writer) assemble() error {
	zw := zip.NewWriter(w.out)
	for _, f := range hmis.Files() {
		p, err := w.part(f.Name)
		if err != nil {
			return err
		}
		if err := p.copyTo(zw); err != nil {
			return err
		}
	}
	return zw.Close()
}

func (w *Writer) remove() {
	for _, p := range w.parts {
		_ = p.tmp.Close()
		_ = os.Remove(p.tmp.Name())
	}
	clear(w.parts)
}

// part returns the file's part; a new one has the header row.
func (w *Writer) part(file string) (*part, error) {
	if p := w.parts[file]; p != nil {
		return p, nil
	}
	f := hmis.FileNamed(file)
	if f == nil {
		return nil, fmt.Errorf("hmiscsv: HUD has no file %s", file)
	}
	tmp, err := os.CreateTemp("", "hearth-export-*")
	if err != nil {
		return nil, err
	}
	p := newPart(f, w.year, tmp)
	w.parts[file] = p
	return p, p.header()
}

// part is one CSV file in the making.
type part struct {
	name    string
	width   int
	columns []partColumn
	tmp     *os.File
	buffer  *bufio.Writer // before tmp
	packer  *flate.Writer
	sum     hash.Hash32
	size    uint64 // unpacked
	line    []byte
}

type partColumn struct {
	name  string
	kind  hmis.Kind
	index int
}

func newPart(f *hmis.File, y hmis.Year, tmp *os.File) *part {
	p := &part{name: f.Name, width: len(f.Columns), tmp: tmp, buffer: bufio.NewWriterSize(tmp, 64<<10), sum: crc32.NewIEEE()}
	p.packer, _ = flate.NewWriter(p.buffer, flate.DefaultCompression) // fails for an unknown level only
	for _, c := range f.Header(y) {
		p.columns = append(p.columns, partColumn{c.NameIn(y), c.Kind, columnIndex(f, c.Name)})
	}
	return p
}

func (p *part) header() error {
	p.line = p.line[:0]
	for i, c := range p.columns {
		if i > 0 {
			p.line = append(p.line, ',')
		}
		p.line = append(p.line, c.name...)
	}
	return p.flush()
}

func (p *part) write(cells []Cell) error {
	p.line = p.line[:0]
	for i := range p.columns {
		if i > 0 {
			p.line = append(p.line, ',')
		}
		c := &p.columns[i]
		switch cell := &cells[c.index]; {
		case !cell.Set:
		case c.kind == hmis.Text:
			p.line = appendText(p.line, cell.S)
		default:
			p.line = appendCell(p.line, c.kind, cell)
		}
	}
	return p.flush()
}

func (p *part) flush() error {
	p.line = append(p.line, '\n')
	p.size += uint64(len(p.line))
	_, _ = p.sum.Write(p.line) // never fails
	_, err := p.packer.Write(p.line)
	return err
}

// appendText writes a text without the six characters that HUD does not allow since FY2026 and without
// what no CSV reader keeps, in quotes only where it must be.
func appendText(b []byte, s string) []byte {
	if strings.ContainsAny(s, "<>[]{}\x00") {
		s = strings.Map(func(r rune) rune {
			if strings.ContainsRune("<>[]{}\x00", r) {
				return -1
			}
			return r
		}, s)
	}
	s = strings.TrimSpace(strings.ToValidUTF8(s, ""))
	if !strings.ContainsAny(s, ",\"\r\n") {
		return append(b, s...)
	}
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

// copyTo finishes the part and puts it into the zip as it is packed.
func (p *part) copyTo(zw *zip.Writer) error {
	if err := p.packer.Close(); err != nil {
		return err
	}
	if err := p.buffer.Flush(); err != nil {
		return err
	}
	packed, err := p.tmp.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := p.tmp.Seek(0, io.SeekStart); err != nil {
		return err
	}
	header := &zip.FileHeader{Name: p.name + ".csv", Method: zip.Deflate, ReaderVersion: zipVersion, CreatorVersion: zipVersion,
		Flags: sizesBehind, CRC32: p.sum.Sum32(), CompressedSize64: uint64(packed), UncompressedSize64: p.size}
	//lint:ignore SA1019 CreateRaw writes this field and not Modified
	header.ModifiedDate = zipDay
	w, err := zw.CreateRaw(header)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, p.tmp)
	return err
}

const (
	zipVersion  = 20
	sizesBehind = 0x8      // sizes follow the data, where they may exceed 4 GB
	zipDay      = 1<<5 | 1 // 1980-01-01, the first that a zip can name; a true one would make equal exports differ
)
