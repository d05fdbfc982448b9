package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/store"
)

func importCommand(h *hub) *cobra.Command {
	var o store.ImportOptions
	var issues string
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
			if issues != "" {
				list, failed := os.OpenFile(issues, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
				if failed != nil {
					return hmis.Errorf(hmis.Invalid, "%s cannot be written; name another file for --issues", issues)
				}
				defer func() {
					if err = errors.Join(err, list.Close()); err != nil {
						_ = os.Remove(issues)
					}
				}()
				o.Issues = list
			}
			done := showReading(cmd.ErrOrStderr(), a)
			report, err := s.Import(cmd.Context(), a, o)
			done()
			if err != nil {
				return err
			}
			if h.json {
				return printJSON(cmd, report)
			}
			return printReport(cmd.OutOrStdout(), report)
		},
	}
	c.Flags().StringVar(&issues, "issues", "", "write every issue into this CSV file, for those who will mend the data")
	c.Flags().StringVar(&o.Source, "source", "", "the system that the export is from; HUD ids are unique within one (required)")
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "show what would change and change nothing")
	c.Flags().BoolVar(&o.AcceptRemovals, "accept-removals", false, "mark records deleted even where an unusual share is missing from the export")
	return c
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
	fmt.Fprintf(w, "FY%d export, %d issues.\n", r.Year, r.Issues)
	return printKinds(w, r.Kinds)
}

// printKinds lists the kinds of issues, the most frequent ones alone where there are many.
func printKinds(w io.Writer, kinds []store.IssueKind) error {
	const most = 20
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(kinds) > 0 {
		fmt.Fprintln(t, "\nrows\tfirst line\tcolumn\twhat")
	}
	for _, k := range kinds[:min(most, len(kinds))] {
		what := k.Reason
		if k.Refused {
			what = "refused: " + what
		}
		fmt.Fprintf(t, "%d\t%d\t%s\t%s\n", k.Rows, k.Line, strings.Trim(k.File+"."+k.Column, "."), what)
	}
	if len(kinds) > most {
		fmt.Fprintf(t, "… and %d more kinds; --issues FILE.csv lists every issue\n", len(kinds)-most)
	}
	return t.Flush()
}
