package hmiscsv

import (
	"bufio"
	"bytes"
	"io"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const peekSize = 64 << 10

// decoded gives the file's text in UTF-8 without a byte order mark and with lines that end in \n.
// Bytes of Windows-1252 stay as they are: they can be told only cell by cell.
func decoded(r io.Reader) io.Reader {
	br := bufio.NewReaderSize(r, peekSize)
	if head, _ := br.Peek(2); bytes.Equal(head, []byte{0xFF, 0xFE}) || bytes.Equal(head, []byte{0xFE, 0xFF}) {
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM) // the mark may say big endian
		br = bufio.NewReaderSize(transform.NewReader(br, utf16.NewDecoder()), peekSize)
	}
	if head, _ := br.Peek(3); string(head) == "\uFEFF" {
		_, _ = br.Discard(3)
	}
	head, _ := br.Peek(peekSize)
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(bytes.TrimRight(head, "\r"), '\r') >= 0 {
		return carriageReturns{br}
	}
	return br
}

// ahead reads on in a goroutine of its own while what it has read is looked at: that is where a zip is unpacked. Closing it
// ends the goroutine, which closes r.
func ahead(r io.ReadCloser) io.ReadCloser {
	from, to := io.Pipe()
	go func() {
		_, err := io.Copy(to, r)
		_ = r.Close()
		_ = to.CloseWithError(err)
	}()
	return from
}

// carriageReturns reads files of old Macs, whose lines end in \r alone.
type carriageReturns struct{ r io.Reader }

func (c carriageReturns) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// fromWindows reads bytes that are no UTF-8 as Windows-1252, where every byte is a character.
func fromWindows(b []byte) []byte {
	text, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return bytes.ToValidUTF8(b, nil)
	}
	return text
}

// counted reports how far the reading of a file is.
type counted struct {
	r      io.Reader
	read   int64
	file   string
	report func(string, int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read += int64(n)
	const step = 1 << 20
	if err == io.EOF || c.read/step != (c.read-int64(n))/step {
		c.report(c.file, c.read)
	}
	return n, err
}
