package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/synth"
)

func synthCommand(h *hub) *cobra.Command {
	o := synth.Options{Faults: true}
	var year int
	c := &cobra.Command{
		Use:   "synth OUT.zip",
		Short: "Write a made-up community as an HMIS CSV export; the same seed gives the same bytes",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch hmis.Year(year) {
			case hmis.FY2024, hmis.FY2026:
				o.Year = hmis.Year(year)
			default:
				return hmis.Errorf(hmis.Invalid, "--year is 2024 or 2026")
			}
			if o.Clients < 1 {
				return hmis.Errorf(hmis.Invalid, "--clients is at least 1")
			}
			if err := writeCommunity(cmd.Context(), args[0], o, cmd.ErrOrStderr()); err != nil {
				return err
			}
			if h.json {
				return printJSON(cmd, map[string]any{"path": args[0], "clients": o.Clients, "seed": o.Seed, "year": o.Year})
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d made-up clients.\n", args[0], o.Clients)
			return nil
		},
	}
	c.Flags().IntVar(&o.Clients, "clients", 5000, "how many clients")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "which community")
	c.Flags().IntVar(&year, "year", int(hmis.FY2026), "format of the export: 2026 or 2024")
	c.Flags().BoolVar(&o.Faults, "faults", true, "with some missing and wrong data, as real exports have")
	return c
}

// writeCommunity writes the export to a file, and no file where that fails; messages shows how far it is.
func writeCommunity(ctx context.Context, path string, o synth.Options, messages io.Writer) error {
	f, err := os.Create(path)
	if err != nil {
		return hmis.Errorf(hmis.Invalid, "%s cannot be written; name another file or folder", path)
	}
	progress, done := showMaking(ctx, messages, o.Clients)
	err = errors.Join(synth.Write(f, o, progress), f.Close())
	done()
	if err != nil {
		_ = os.Remove(path)
	}
	return err
}
