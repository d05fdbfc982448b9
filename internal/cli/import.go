package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/store"
)

func importCommand(h *hub) *cobra.Command {
	var o store.ImportOptions
	var asJSON bool
	c := &cobra.Command{
		Use:   "import PATH --source NAME",
		Short: "Bring in a HUD HMIS CSV export, a zip file or a folder, FY2024 or FY2026",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			a, err := hmiscsv.Open(args[0])
			if err != nil {
				return err
			}
			defer a.Close()
			s, err := h.open(cmd.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			done := showProgress(cmd.ErrOrStderr(), a)
			report, err := s.Import(cmd.Context(), a, o)
			done()
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(report)
			}
			return printReport(cmd.OutOrStdout(), report)
		},
	}
	c.Flags().StringVar(&o.Source, "source", "", "the system that the export is from; HUD ids are unique within one (required)")
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "show what would change and change nothing")
	c.Flags().BoolVar(&o.AcceptRemovals, "accept-removals", false, "mark records deleted even where an unusual share is missing from the export")
	c.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return c
}

// showProgress draws a bar on a terminal and writes a line a file elsewhere; the returned function ends it.
func showProgress(w io.Writer, a *hmiscsv.Archive) func() {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		last := ""
		a.Progress = func(file string, _ int64) {
			if file != last {
				fmt.Fprintf(w, "reading %s.csv\n", file)
				last = file
			}
		}
		return func() {}
	}
	bar := progressbar.NewOptions64(a.TotalSize(), progressbar.OptionSetWriter(w), progressbar.OptionShowBytes(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
	before, last := int64(0), ""
	a.Progress = func(file string, bytes int64) {
		if file != last {
			if last != "" {
				before += a.Size(last)
			}
			last = file
			bar.Describe(file + ".csv")
		}
		_ = bar.Set64(min(before+bytes, a.TotalSize()))
	}
	return func() { _ = bar.Finish() }
}

func printReport(w io.Writer, r *store.ImportReport) error {
	if r.DryRun {
		fmt.Fprintln(w, "Dry run: nothing was changed.")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "file\tread\tadded\tchanged\tunchanged\tremoved\trefused\t")
	for _, f := range hmis.Files() {
		if c := r.Files[f.Name]; c != nil {
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", f.Name, c.Read, c.Added, c.Changed, c.Unchanged, c.Removed, c.Refused)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "FY%d export, %d issues.\n", r.Year, r.Issues)
	return err
}
