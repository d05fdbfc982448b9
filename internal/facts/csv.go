package facts

import (
	"runtime"
	"sync"

	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// Open builds the facts of the export at the path, a zip or a folder. The errors are those of hmiscsv.Open and
// FromArchive.
func Open(path string) (*Facts, error) {
	a, err := hmiscsv.Open(path)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	return FromArchive(a)
}

// FromArchive builds the facts of an export. Rows that the reader refuses are left out. The error is that of a file
// that cannot be read to its end.
func FromArchive(a *hmiscsv.Archive) (*Facts, error) {
	b := NewBuilder()
	groups := Files()
	for _, group := range groups[:len(groups)-1] {
		for _, file := range group {
			if err := b.addFile(a, file); err != nil {
				return nil, err
			}
		}
	}
	if err := b.addFiles(a, groups[len(groups)-1]); err != nil {
		return nil, err
	}
	return b.Facts(), nil
}

func (b *Builder) addFile(a *hmiscsv.Archive, file string) error {
	return a.RowsOf(file, Columns(file), func(r *hmiscsv.Row) error {
		if !r.Refused() {
			b.Add(file, r.Cells, Origin{})
		}
		return nil
	})
}

// addFiles reads files at the same time, one on each processor.
func (b *Builder) addFiles(a *hmiscsv.Archive, files []string) error {
	errs := make([]error, len(files))
	next := make(chan int)
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := range next {
				errs[i] = b.addFile(a, files[i])
			}
		})
	}
	for i := range files {
		next <- i
	}
	close(next)
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
