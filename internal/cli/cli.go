// Package cli is the hearth command: it wires the packages together and talks to the person at the terminal.
// What a script reads goes to standard output, everything else to standard error; a failure is one sentence and
// an exit code that is not 0.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/seal"
	"github.com/hearth-hmis/hearth/internal/store"
)

// Main runs the command and returns its exit code.
func Main(args []string, in io.Reader, out, messages io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := command()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(messages)
	switch err := root.ExecuteContext(ctx); {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		fmt.Fprintln(messages, "hearth: stopped; what was begun is taken back")
	default:
		fmt.Fprintln(messages, "hearth:", sentence(err))
	}
	return 1
}

// sentence is what a person reads of an error: of several, the one that says what to do.
func sentence(err error) string {
	if e, ok := errors.AsType[*hmis.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

// hub is the flags that every command has.
type hub struct {
	database, keys string
	json           bool
}

func command() *cobra.Command {
	h := &hub{}
	root := &cobra.Command{
		Use:           "hearth",
		Short:         "A GraphQL data hub for HMIS, the Homeless Management Information System",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&h.database, "db", os.Getenv("HEARTH_DB"), "the database: sqlite:FILE or postgres://… (also HEARTH_DB)")
	root.PersistentFlags().StringVar(&h.keys, "keys", os.Getenv("HEARTH_KEYS"), "the key file, made on first use (also HEARTH_KEYS; default: in your configuration folder)")
	root.PersistentFlags().BoolVar(&h.json, "json", false, "print the result as JSON, one line for a script")
	root.AddCommand(demoCommand(h), serveCommand(h), importCommand(h), synthCommand(h), accountCommand(h), tokenCommand(h), reportCommand(h), migrateCommand(h),
		backupCommand(h), restoreCommand(h), doctorCommand(h), keysCommand(h), auditCommand(h))
	return root
}

var errNoDatabase = hmis.Errorf(hmis.Invalid, "name the database with --db sqlite:FILE or --db postgres://…, or in HEARTH_DB")

// open opens the database that the flags name.
func (h *hub) open(ctx context.Context) (*store.Store, error) {
	if h.database == "" {
		return nil, errNoDatabase
	}
	if err := h.firstKeys(ctx); err != nil {
		return nil, err
	}
	keys, err := h.openKeys()
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, h.database, keys)
	if err != nil {
		return nil, err
	}
	file, err := h.checkpointsFile("")
	s.KeepCheckpoints(file)
	return s, err
}

// firstKeys makes the key file of a new hub. A database that has one already never gets another.
func (h *hub) firstKeys(ctx context.Context) error {
	path, err := h.keyFile()
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	found, err := store.Inspect(ctx, h.database, nil)
	if err != nil {
		return err
	}
	if !found.New {
		return hmis.Errorf(hmis.NotFound, "there is no key file %s, and the database was made with one; name it with --keys", filepath.Base(path))
	}
	if err := seal.Create(path, seal.Wrap{Passphrase: os.Getenv(passphraseVariable)}); hmis.CodeOf(err) != hmis.Conflict { // another process was faster
		return err
	}
	return nil
}

// openKeys opens the key file that the flags name.
func (h *hub) openKeys() (*seal.Keys, error) {
	path, err := h.keyFile()
	if err != nil {
		return nil, err
	}
	return seal.Open(path, passphrase)
}

func (h *hub) keyFile() (string, error) {
	if h.keys != "" {
		return h.keys, nil
	}
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", hmis.Errorf(hmis.Invalid, "name the key file with --keys FILE, or in HEARTH_KEYS")
	}
	return filepath.Join(folder, "hearth", "keys.json"), nil
}

func migrateCommand(h *hub) *cobra.Command {
	c := &cobra.Command{Use: "migrate", Short: "Bring the database to the newest schema"}
	c.AddCommand(&cobra.Command{
		Use: "up", Short: "Apply what is missing (every other command does so too)", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := h.open(cmd.Context())
			if err != nil {
				return err
			}
			if err := s.Close(); err != nil {
				return err
			}
			if h.json {
				return printJSON(cmd, map[string]string{"schema": "newest"})
			}
			fmt.Fprintln(cmd.ErrOrStderr(), "The database has the newest schema.")
			return nil
		},
	})
	return c
}

// printJSON prints a result for a script.
func printJSON(cmd *cobra.Command, result any) error {
	return json.NewEncoder(cmd.OutOrStdout()).Encode(result)
}
