package hmiscsv

import (
	"bytes"
	"errors"
	"io"
)

// records splits a CSV file into records. A quoted cell may span lines, but a quote that nobody closes
// must not swallow the rows after it: a record of several lines counts only if it is well formed and has
// as many cells as the header. Otherwise its first line is read alone, the quote as a letter.
type records struct {
	src        io.Reader
	buf        []byte
	start, end int // what is read and not yet used
	eof        bool

	width    int // cells of the header; 0 while the header is read
	line     int // of the record, the first line being 1
	nextLine int // of the line at start

	cells     [][]byte // of the record, valid until the next; not trimmed
	raw       []byte   // the record as it stands in the file
	scratch   []byte   // cells with doubled quotes, undoubled
	budget    int      // bytes that may still be looked at in vain
	loneQuote bool     // a quote of the record has no pair
}

const (
	startBuffer  = 256 << 10
	longestLine  = 1 << 20  // bytes; more is no HMIS CSV
	longestQuote = 64 << 10 // bytes of a record that spans lines; HUD's longest text has 500 characters
	lookAhead    = 8        // bytes looked at in vain for each byte of a file, beyond the first longestQuote
)

var errLongLine = errors.New("a line is longer than 1 MB")

func newRecords(r io.Reader) *records {
	return &records{src: r, buf: make([]byte, startBuffer), nextLine: 1, budget: longestQuote}
}

// next reads the next record that is not blank. The error is io.EOF at the end.
func (s *records) next() error {
	for {
		n, err := s.newline(0)
		if err != nil {
			return err
		}
		if s.start == s.end {
			return io.EOF
		}
		s.line, s.loneQuote = s.nextLine, false
		if n, err = s.record(n); err != nil {
			return err
		}
		s.raw = s.buf[s.start : s.start+n]
		s.nextLine += 1 + bytes.Count(s.raw, newlineByte)
		s.start = min(s.start+n+1, s.end)
		s.budget += lookAhead * n
		if !s.blank() {
			return nil
		}
	}
}

var newlineByte = []byte{'\n'}

func (s *records) blank() bool {
	for _, c := range s.cells {
		if len(bytes.TrimSpace(c)) > 0 {
			return false
		}
	}
	return true
}

// newline returns the offset from start of the first line end at or after from, or of the end of the file.
func (s *records) newline(from int) (int, error) {
	for {
		if i := bytes.IndexByte(s.buf[s.start+from:s.end], '\n'); i >= 0 {
			return from + i, nil
		}
		from = s.end - s.start
		if s.eof {
			return from, nil
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// fill reads more; it moves what is not yet used to the front of the buffer.
func (s *records) fill() error {
	if s.start > 0 {
		copy(s.buf, s.buf[s.start:s.end])
		s.start, s.end = 0, s.end-s.start
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= longestLine {
			return errLongLine
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := s.src.Read(s.buf[s.end:])
	s.end += n
	if err == io.EOF {
		s.eof = true
		return nil
	}
	return err
}

// record splits the record whose first line has n bytes and returns the bytes of the whole.
func (s *records) record(n int) (int, error) {
	line := s.buf[s.start : s.start+n]
	if bytes.IndexByte(line, '"') < 0 {
		s.splitPlain(line)
		return n, nil
	}
	open, odd := s.split(line, false)
	if !open && (!odd || s.width == 0 || len(s.cells) == s.width) {
		return n, nil
	}
	if open && s.width > 0 {
		whole, err := s.extend(n)
		if whole > 0 || err != nil {
			return whole, err
		}
	}
	s.loneQuote = true
	line = s.buf[s.start : s.start+n] // extend may have moved it
	if s.split(line, true); !open && len(s.cells) != s.width {
		s.split(line, false)
	}
	return n, nil
}

// extend looks for the line that closes the quote left open in the first n bytes.
// It returns the bytes up to there, 0 where the lines do not make one sound record.
func (s *records) extend(n int) (int, error) {
	to, closed, err := s.closing(n)
	if err != nil || !closed {
		s.budget -= to
		return 0, err
	}
	s.split(s.buf[s.start:s.start+n], true)
	aloneFits := len(s.cells) == s.width
	if s.split(s.buf[s.start:s.start+to], false); len(s.cells) != s.width || aloneFits && s.swallowed() {
		s.budget -= to
		return 0, nil
	}
	return to, nil
}

// closing returns the bytes up to the end of the line on which every quote is closed, each line being looked
// at once. Looking ahead in vain has a budget, or a file full of lone quotes would take hours.
func (s *records) closing(n int) (to int, closed bool, err error) {
	limit := min(longestQuote, s.budget)
	for to = n; to < limit && s.start+to < s.end; {
		next, err := s.newline(to + 1)
		if err != nil {
			return to, false, err
		}
		added := s.buf[s.start+to+1 : s.start+next]
		to = next
		if bytes.IndexByte(added, '"') < 0 {
			continue
		}
		_, after, ends, strict := s.quoted(added)
		open, odd := !ends, !strict
		if ends && after >= 0 {
			open, odd = s.split(added[after:], false)
			odd = odd || !strict
		}
		if odd || !open {
			return to, !odd, nil
		}
	}
	return to, false, nil
}

// swallowed reports whether a cell holds as many commas as a whole row: then two lone quotes of
// different rows look like one pair.
func (s *records) swallowed() bool {
	for _, c := range s.cells {
		if bytes.IndexByte(c, '\n') >= 0 && bytes.Count(c, []byte{','}) >= s.width-1 {
			return true
		}
	}
	return false
}

// splitPlain looks at every byte by itself: most cells are so short that searching for the next comma costs more.
func (s *records) splitPlain(line []byte) {
	cells, from := s.cells[:0], 0
	for i, b := range line {
		if b == ',' {
			cells, from = append(cells, line[from:i]), i+1
		}
	}
	s.cells = append(cells, line[from:])
}

// split splits a text with quotes. It reports whether the last quote is open and whether a quote stands
// inside a quoted cell unpaired. With loose, such a cell counts as unquoted.
func (s *records) split(text []byte, loose bool) (open, odd bool) {
	s.cells, s.scratch = s.cells[:0], s.scratch[:0]
	for {
		rest, done := text, false
		if b := blanks(text); b < len(text) && text[b] == '"' {
			cell, after, closed, strict := s.quoted(text[b+1:])
			if closed && (strict || !loose) {
				s.cells, odd = append(s.cells, cell), odd || !strict
				if after < 0 {
					return false, odd
				}
				text = text[b+1+after:]
				continue
			}
			if !loose {
				s.cells = append(s.cells, cell)
				return true, odd || !strict
			}
		}
		i := bytes.IndexByte(rest, ',')
		if done = i < 0; done {
			i = len(rest)
		}
		s.cells = append(s.cells, rest[:i])
		if done {
			return false, odd
		}
		text = rest[i+1:]
	}
}

// quoted reads a cell from behind its first quote: what it holds, where the next cell begins
// (-1: none), whether the cell is closed and whether every quote inside is doubled.
func (s *records) quoted(b []byte) (cell []byte, after int, closed, strict bool) {
	strict, doubled := true, false
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], '"')
		if i < 0 {
			return b, -1, false, strict
		}
		i += at
		if i+1 < len(b) && b[i+1] == '"' {
			doubled, at = true, i+2
			continue
		}
		end := i + 1 + blanks(b[i+1:])
		if end < len(b) && b[end] != ',' {
			strict, at = false, i+1
			continue
		}
		if after = end + 1; end == len(b) {
			after = -1
		}
		if cell = b[:i]; doubled {
			cell = s.undouble(cell)
		}
		return cell, after, true, strict
	}
}

func (s *records) undouble(b []byte) []byte {
	from := len(s.scratch)
	for i := 0; i < len(b); i++ {
		s.scratch = append(s.scratch, b[i])
		if b[i] == '"' && i+1 < len(b) && b[i+1] == '"' {
			i++
		}
	}
	return s.scratch[from:]
}

func blanks(b []byte) (n int) {
	for n < len(b) && (b[n] == ' ' || b[n] == '\t' || b[n] == '\r') {
		n++
	}
	return n
}
