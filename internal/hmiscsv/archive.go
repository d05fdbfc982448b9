package hmiscsv

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Archive is an export opened for reading. Its files may be read in any order, more than once,
// and several
// at the same time; Progress is then called at the same time too.
type Archive struct {
	Year   hmis.Year
	Export Export

	// Progress, where set, is called now and then while a file is read, and at its end,
	// with the bytes of it read so far. Size says how many there are.
	Progress func(file string, bytes int64)

	files  map[string]*member // by HUD's name of the file
	issues []Issue
	closer io.Closer // nil for a folder
}

// member is one CSV file of the export.
type member struct {
	path  string // inside the zip or folder, with slashes
	size  int64
	open  func() (io.ReadCloser, error)
	width int    // cells of the header row
	spots []spot // HUD's columns of the year, in HUD's order
	quote bool   // the header wraps its names in quotes of their own, and so does every row
}

// Open opens an HMIS CSV export, a zip or a folder, and reads its headers and Export.csv.
// What cannot be used at all is an hmis.Error with code Invalid that says what to do next.
func Open(path string) (*Archive, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, refuse("there is no file or folder at this path; check the path and try again")
	case err != nil:
		return nil, errUnreadable
	case info.IsDir():
		members, err := folderMembers(path)
		if err != nil {
			return nil, err
		}
		return newArchive(members, nil)
	}
	zr, err := zip.OpenReader(path)
	switch {
	case errors.Is(err, zip.ErrFormat):
		return nil, notAZip(path)
	case errors.Is(err, fs.ErrPermission):
		return nil, errUnreadable
	case err != nil:
		return nil, refuse("the zip is damaged; make or send it again")
	}
	members := zipMembers(&zr.Reader)
	err = checkSize(members)
	var a *Archive
	if err == nil {
		a, err = newArchive(members, zr)
	}
	if err != nil {
		_ = zr.Close()
		return nil, err
	}
	return a, nil
}

func refuse(format string, args ...any) error { return hmis.Errorf(hmis.Invalid, format, args...) }

var (
	errUnreadable = refuse("this path cannot be read; check who may read it and try again")
	errLocked     = refuse("the zip is protected by a password; make one without")
)

// notAZip tells a zip whose end is missing from a file that never was one.
func notAZip(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return errUnreadable
	}
	defer f.Close()
	var magic [4]byte
	if _, err := io.ReadFull(f, magic[:]); err == nil && string(magic[:]) == "PK\x03\x04" {
		return refuse("the zip is damaged or incomplete; make or send it again")
	}
	return refuse("this is neither a zip file nor a folder; give the HMIS CSV export as your HMIS made it")
}

// Close closes the zip.
func (a *Archive) Close() error {
	if a.closer == nil {
		return nil
	}
	return a.closer.Close()
}

// Has reports whether the export has the file, by HUD's name without .csv.
func (a *Archive) Has(file string) bool { return a.files[file] != nil }

// Size is the length of the file in bytes, unpacked; 0 where it is missing.
func (a *Archive) Size(file string) int64 {
	if m := a.files[file]; m != nil {
		return m.size
	}
	return 0
}

// TotalSize is the length of all HUD files in bytes, unpacked.
func (a *Archive) TotalSize() (bytes int64) {
	for _, m := range a.files {
		bytes += m.size
	}
	return bytes
}

// Issues returns what was found on opening, in HUD's order of the files; faulty cells of Export.csv
// stand here and not in its row.
func (a *Archive) Issues() []Issue { return a.issues }

// The most that a zip may hold; an export of a large state has some 30 files and a few GB.
const (
	mostFiles = 1000
	mostBytes = 64 << 30 // unpacked
)

// checkSize refuses a zip that was made to fill a machine. A file is never read beyond the size that the zip tells of it.
func checkSize(members []*member) error {
	left, fits := int64(mostBytes), len(members) <= mostFiles
	for _, m := range members {
		fits = fits && m.size >= 0 && m.size <= left
		left -= m.size
	}
	if !fits {
		return refuse("the zip holds more than %d files or %d GB; unpack it, look at what is in it, and import the folder", mostFiles, mostBytes>>30)
	}
	return nil
}

func zipMembers(zr *zip.Reader) (members []*member) {
	for _, f := range zr.File {
		path := strings.ReplaceAll(f.Name, `\`, "/") // as some Windows tools write it
		if strings.HasSuffix(path, "/") {
			continue
		}
		open := f.Open
		if f.Flags&1 != 0 {
			open = func() (io.ReadCloser, error) { return nil, errLocked }
		}
		members = append(members, &member{path: path, size: int64(f.UncompressedSize64), open: open})
	}
	return members
}

// deepest is how many folders down CSV files are looked for.
const deepest = 3

func folderMembers(root string) (members []*member, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() && strings.Count(rel, "/") >= deepest {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.EqualFold(filepath.Ext(rel), ".csv") {
			return nil
		}
		info, err := os.Stat(path) // a link counts as what it points to
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		members = append(members, &member{path: rel, size: info.Size(),
			open: func() (io.ReadCloser, error) { return os.Open(path) }})
		return nil
	})
	if err != nil {
		return nil, refuse("the folder cannot be read whole; check who may read it and try again")
	}
	return members, nil
}

// newArchive finds HUD's files among the members and reads the headers and Export.csv.
func newArchive(members []*member, closer io.Closer) (*Archive, error) {
	a := &Archive{closer: closer, files: map[string]*member{}}
	if err := a.find(members); err != nil {
		return nil, err
	}
	if err := a.readHeaders(); err != nil {
		return nil, err
	}
	if err := a.readExport(); err != nil {
		return nil, err
	}
	return a, nil
}

var fileByLowerName = func() map[string]string {
	m := map[string]string{}
	for _, f := range hmis.Files() {
		m[strings.ToLower(f.Name)] = f.Name
	}
	return m
}()

func (a *Archive) find(members []*member) error {
	folders := false
	for _, m := range members {
		dir, base := m.path[:strings.LastIndexByte(m.path, '/')+1], m.path[strings.LastIndexByte(m.path, '/')+1:]
		stem, isCSV := strings.CutSuffix(strings.ToLower(base), ".csv")
		if !isCSV || strings.HasPrefix(base, ".") || strings.Contains("/"+dir, "/__MACOSX/") {
			continue
		}
		name, known := fileByLowerName[stem]
		if !known {
			a.issue(Issue{File: printable(base), Reason: "HUD has no file of this name; it is left out"})
			continue
		}
		if a.files[name] != nil {
			return refuse("%s.csv is in the export twice; leave one set of files in it", name)
		}
		a.files[name] = m
		folders = folders || dir != ""
	}
	if folders {
		a.issue(Issue{Reason: "the files lie in a folder inside; HUD wants them at the top"})
	}
	for _, name := range []string{"Export", "Client", "Enrollment", "Project", "Organization"} {
		if a.files[name] == nil {
			return refuse("%s.csv is missing; export again with all files of the HMIS CSV format", name)
		}
	}
	return nil
}

func (a *Archive) issue(i Issue) {
	i.Rows = max(i.Rows, 1)
	a.issues = append(a.issues, i)
}

// printable makes a name from the file fit for a message: one short line.
func printable(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if runes := []rune(name); len(runes) > 60 {
		return string(runes[:60])
	}
	return name
}

// readError turns a failed read of a file's bytes into what its sender should do.
func readError(file string, err error) error {
	var corrupt flate.CorruptInputError
	var path *fs.PathError
	switch {
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &corrupt), errors.Is(err, zip.ErrFormat):
		return refuse("%s.csv in the zip is damaged; make or send the zip again", file)
	case errors.Is(err, zip.ErrAlgorithm):
		return refuse("%s.csv is packed in a way that few programs read; make the zip again with ordinary compression", file)
	case errors.As(err, &path):
		return refuse("%s.csv cannot be read; check who may read it and try again", file)
	}
	return err
}
