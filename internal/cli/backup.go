package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/store"
)

func backupCommand(h *hub) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy a SQLite database to a new file, also while the hub serves",
		Long: "Copy a SQLite database to a new file, also while the hub serves. The copy is checked before it gets its name.\n" +
			"Keep it apart from the key file, without which nobody can read it. PostgreSQL has pg_dump and its archive.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := h.open(cmd.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			if err := s.Backup(cmd.Context(), args[0]); err != nil {
				return err
			}
			return h.copied(cmd, "backup", args[0], "The backup is whole. Keep the key file too, in another place.")
		},
	}
}

func restoreCommand(h *hub) *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE",
		Short: "Make the SQLite database of --db from a backup",
		Long:  "Make the SQLite database of --db from a backup, with the key file of the hub that made it. Nothing is overwritten.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if h.database == "" {
				return errNoDatabase
			}
			if err := h.needKeys(); err != nil {
				return err
			}
			keys, err := h.openKeys()
			if err != nil {
				return err
			}
			if err := store.Restore(cmd.Context(), args[0], h.database, keys); err != nil {
				return err
			}
			s, err := store.Open(cmd.Context(), h.database, keys) // brings an old backup to the newest schema
			if err != nil {
				return err
			}
			if err := s.Close(); err != nil {
				return err
			}
			return h.copied(cmd, "restored", args[0], "The database is back. hearth doctor tells whether all is well.")
		},
	}
}

// needKeys refuses to go on where the key file would be made anew.
func (h *hub) needKeys() error {
	path, err := h.keyFile()
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return hmis.Errorf(hmis.NotFound, "there is no key file %s; name the hub's own with --keys", filepath.Base(path))
	}
	return nil
}

func (h *hub) copied(cmd *cobra.Command, what, file, text string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if h.json {
		return printJSON(cmd, map[string]any{what: file, "bytes": info.Size()})
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: %.1f MB. %s\n", file, float64(info.Size())/1e6, text)
	return nil
}
