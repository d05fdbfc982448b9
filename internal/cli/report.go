package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/report"
	"github.com/hearth-hmis/hearth/internal/store"
)

// reportOptions are the flags of the report command.
type reportOptions struct {
	from       string
	projects   []string
	start, end string
	coc        string
	format     string
	out        string
	grantee    string
	as         string
}

func reportCommand(h *hub) *cobra.Command {
	var o reportOptions
	c := &cobra.Command{
		Use:   "report apr|caper|ce-apr|dq (--from FILE.zip | --db URL --as USER) --start YYYY-MM-DD --end YYYY-MM-DD",
		Short: "Make a HUD report: APR, CAPER, CE APR or Data Quality",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, allowed, err := o.facts(cmd.Context(), h)
			if err != nil {
				return err
			}
			r, err := o.run(f, allowed, report.Kind(args[0]))
			if err != nil {
				return err
			}
			return o.write(cmd.OutOrStdout(), r)
		},
	}
	c.Flags().StringVar(&o.from, "from", "", "an HMIS CSV export, zip or folder, FY2024 or FY2026; without it the report is made of the database")
	c.Flags().StringVar(&o.as, "as", "", "the account, by its username, that asks for a report from the database")
	c.Flags().StringSliceVar(&o.projects, "project", nil, "ProjectIDs, with commas between (default: all)")
	c.Flags().StringVar(&o.start, "start", "", "first day of the report (required)")
	c.Flags().StringVar(&o.end, "end", "", "last day of the report (required)")
	c.Flags().StringVar(&o.coc, "coc", "", "only what belongs to this CoC, as XX-500")
	c.Flags().StringVar(&o.format, "format", "json", "json, csv (a zip with a file for each table) or html (a page to print)")
	c.Flags().StringVarP(&o.out, "out", "o", "", "write to this file (default: standard output)")
	c.Flags().StringVar(&o.grantee, "grantee", "", "the grantee on the printed page (default: the organizations)")
	return c
}

// facts reads what the report is made of: an export, or the database as an account may report on it. Allowed are the
// projects of the latter, nil for all.
func (o *reportOptions) facts(ctx context.Context, h *hub) (f *facts.Facts, allowed []int32, err error) {
	switch {
	case o.from != "":
		f, err = facts.Open(o.from)
		return f, nil, err
	case o.as == "":
		return nil, nil, hmis.Errorf(hmis.Invalid, "name the HMIS CSV export with --from FILE.zip, or the database with --db and who asks with --as USER")
	}
	s, err := h.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	a, err := s.AccountNamed(ctx, strings.ToLower(o.as))
	if err != nil {
		return nil, nil, err
	}
	if a == nil {
		return nil, nil, hmis.Errorf(hmis.NotFound, "there is no account %s; name one with --as USER", o.as)
	}
	v, err := s.Viewer(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	if ctx, err = s.As(ctx, v); err != nil {
		return nil, nil, err
	}
	var scope *store.ReportScope
	err = s.Recorded(ctx, "hearth report", func(ctx context.Context) (err error) {
		scope, err = s.ReportScope(ctx, nil)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return scope.Facts, scope.Projects, nil
}

func (o *reportOptions) run(f *facts.Facts, allowed []int32, k report.Kind) (*report.Report, error) {
	start, err := dayFlag("start", o.start)
	if err != nil {
		return nil, err
	}
	end, err := dayFlag("end", o.end)
	if err != nil {
		return nil, err
	}
	projects, err := report.ProjectsNamed(f, o.projects, o.coc)
	if err != nil {
		return nil, err
	}
	if allowed != nil {
		if len(o.projects) == 0 {
			projects = allowed
		}
		for _, p := range projects {
			if !slices.Contains(allowed, p) {
				return nil, hmis.Errorf(hmis.Denied, "%s may not report on project %s", o.as, f.Projects[p].ID)
			}
		}
	}
	return report.Run(f, k, report.Scope{Projects: projects, Start: start, End: end, CoC: o.coc})
}

func dayFlag(name, value string) (hmis.Date, error) {
	day, err := hmis.ParseDate(value)
	if err != nil {
		return 0, hmis.Errorf(hmis.Invalid, "--%s is a day, written as yyyy-mm-dd", name)
	}
	return day, nil
}

// write writes the report to the file or to standard output; a file that fails is not left behind.
func (o *reportOptions) write(out io.Writer, r *report.Report) error {
	write, known := map[string]func(io.Writer) error{
		"json": r.WriteJSON,
		"csv":  r.WriteCSV,
		"html": func(w io.Writer) error {
			return r.WriteHTML(w, report.Printing{Grantee: o.grantee, RunDate: hmis.DateOf(time.Now())})
		},
	}[strings.ToLower(o.format)]
	if !known {
		return hmis.Errorf(hmis.Invalid, "--format is json, csv or html")
	}
	if o.out == "" {
		return write(out)
	}
	f, err := os.Create(o.out)
	if err != nil {
		return hmis.Errorf(hmis.Invalid, "the file named with --out cannot be written")
	}
	if err = write(f); err == nil {
		err = f.Close()
	}
	if err != nil {
		_ = os.Remove(o.out)
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
