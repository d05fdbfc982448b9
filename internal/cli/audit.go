package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/store"
)

func auditCommand(h *hub) *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "Check and keep the log of who was shown what"}
	c.AddCommand(verifyCommand(h), checkpointCommand(h), retentionCommand(h), pruneCommand(h))
	return c
}

func checkpointsFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "checkpoints", "", "the file outside the database to which signed checkpoints of the log are added (default: checkpoints.txt beside the key file)")
}

// checkpointsFile is where checkpoints are kept outside the database.
func (h *hub) checkpointsFile(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	keys, err := h.keyFile()
	return filepath.Join(filepath.Dir(keys), "checkpoints.txt"), err
}

func verifyCommand(h *hub) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "verify",
		Short: "Find whether the log was changed, cut or put in another order",
		Long: "Find whether the log was changed, cut or put in another order, also by somebody who owns the database: every record, its place\n" +
			"and its hashes are compared with each other and with the signed checkpoints inside and outside the database. The hub may\n" +
			"serve meanwhile. The exit code is not 0 where the log is not whole; the first bad record is named.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := h.needKeys(); err != nil {
				return err
			}
			lines, err := h.outside(file)
			if err != nil {
				return err
			}
			s, err := h.open(cmd.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			progress, done := showVerifying(cmd.ErrOrStderr())
			r, err := s.VerifyLog(cmd.Context(), lines, progress)
			done()
			if err != nil {
				return err
			}
			return h.verified(cmd, r)
		},
	}
	checkpointsFlag(c, &file)
	return c
}

// outside reads the checkpoints that are kept outside the database. The file of the flag must be there; the usual one
// is not before the hub first served.
func (h *hub) outside(named string) (lines []string, err error) {
	file, err := h.checkpointsFile(named)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) && named == "" {
		return nil, nil
	}
	if err != nil {
		return nil, hmis.Errorf(hmis.NotFound, "the file of checkpoints cannot be read; name it with --checkpoints FILE")
	}
	defer f.Close()
	for s := bufio.NewScanner(f); ; {
		if !s.Scan() {
			return lines, s.Err()
		}
		lines = append(lines, s.Text())
	}
}

func (h *hub) verified(cmd *cobra.Command, r *store.LogReport) error {
	if h.json {
		if err := printJSON(cmd, r); err != nil {
			return err
		}
	}
	if r.Fault != nil {
		return hmis.Errorf(hmis.Conflict, "the log is not whole: record %d %s", r.Fault.Record, r.Fault.What)
	}
	if !h.json {
		fmt.Fprintf(cmd.ErrOrStderr(), "The log is whole: %d records, and the hashes of %d older ones; %d checkpoints, %d of them kept outside.\n",
			r.Records, r.Pruned, r.Checkpoints, r.Outside)
	}
	if r.Outside == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "No checkpoint outside the database was compared: that the end of the log was cut off would not be seen.")
	}
	return nil
}

func checkpointCommand(h *hub) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "checkpoint",
		Short: "Sign the log as it is now, and print the line to keep on paper or to send away",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := h.open(cmd.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			if file != "" {
				s.KeepCheckpoints(file)
			}
			line, err := s.Checkpoint(cmd.Context())
			if err != nil {
				return err
			}
			if line == "" {
				return hmis.Errorf(hmis.NotFound, "the log has no record yet")
			}
			if h.json {
				return printJSON(cmd, map[string]string{"checkpoint": line, "publicKey": s.LogPublicKey()})
			}
			fmt.Fprintln(cmd.OutOrStdout(), line)
			return nil
		},
	}
	checkpointsFlag(c, &file)
	return c
}

func retentionCommand(h *hub) *cobra.Command {
	var years int
	c := &cobra.Command{
		Use:   "retention",
		Short: "Show for how many years the log's records are kept, or set it with --years",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := h.open(cmd.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			if cmd.Flags().Changed("years") {
				if err := s.KeepLogFor(cmd.Context(), years); err != nil {
					return err
				}
			}
			if years, err = s.LogYears(cmd.Context()); err != nil {
				return err
			}
			if h.json {
				return printJSON(cmd, map[string]int{"years": years})
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d years\n", years)
			return nil
		},
	}
	c.Flags().IntVar(&years, "years", 0, "keep records for so many years, at least 7")
	return c
}

func pruneCommand(h *hub) *cobra.Command {
	return &cobra.Command{
		Use:   "prune",
		Short: "Delete the log's records that are older than its retention (hearth audit retention); their hashes stay",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := h.open(cmd.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			gone, err := s.PruneLog(cmd.Context())
			if err != nil {
				return err
			}
			if h.json {
				return printJSON(cmd, map[string]int64{"deleted": gone})
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%d records deleted. hearth audit verify tells whether the rest is whole.\n", gone)
			return nil
		},
	}
}
