package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// newBar is a progress bar where w is a terminal, nil elsewhere. It goes when it is finished.
func newBar(w io.Writer, most int64, more ...progressbar.Option) *progressbar.ProgressBar {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return progressbar.NewOptions64(most, append(more, progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))...)
}

// showReading shows how far an export is read: a bar on a terminal, a line a file elsewhere. The returned function ends it.
func showReading(w io.Writer, a *hmiscsv.Archive) (done func()) {
	bar := newBar(w, a.TotalSize(), progressbar.OptionShowBytes(true))
	before, last := int64(0), ""
	a.Progress = func(file string, bytes int64) {
		if file != last {
			before, last = before+a.Size(last), file
			if bar == nil {
				fmt.Fprintf(w, "reading %s.csv\n", file)
			} else {
				bar.Describe(file + ".csv")
			}
		}
		if bar != nil {
			_ = bar.Set64(min(before+bytes, a.TotalSize()))
		}
	}
	return func() { finish(bar) }
}

// showMaking shows how many clients are made up: a bar on a terminal, a line for each tenth of many elsewhere.
// Its progress fails once ctx ends; done ends it.
func showMaking(ctx context.Context, w io.Writer, clients int) (progress func(made int) error, done func()) {
	const many = 100_000
	bar, next := newBar(w, int64(clients)), clients/10
	progress = func(made int) error {
		if bar != nil {
			_ = bar.Set(min(made, clients))
		} else if clients >= many && made >= next {
			fmt.Fprintf(w, "%d of %d clients\n", made, clients)
			next += clients / 10
		}
		return ctx.Err()
	}
	return progress, func() { finish(bar) }
}

// showSealing shows how many rows of each table are sealed: a bar on a terminal, a line a table elsewhere.
func showSealing(w io.Writer) (progress func(table string, rows, all int64), done func()) {
	bar, last := newBar(w, 1), ""
	progress = func(table string, rows, all int64) {
		switch {
		case bar != nil:
			bar.Describe(table)
			bar.ChangeMax64(all)
			_ = bar.Set64(rows)
		case table != last:
			fmt.Fprintf(w, "sealing %s\n", table)
		}
		last = table
	}
	return progress, func() { finish(bar) }
}

func finish(bar *progressbar.ProgressBar) {
	if bar != nil {
		_ = bar.Finish()
	}
}
