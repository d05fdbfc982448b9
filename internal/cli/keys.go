package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/seal"
)

// passphraseVariable holds the passphrase of the key file where nobody sits at a terminal.
const passphraseVariable = "HEARTH_KEYS_PASSPHRASE"

// passphrase asks for the passphrase of the key file.
func passphrase() (string, error) {
	if text, set := os.LookupEnv(passphraseVariable); set {
		return text, nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return "", hmis.Errorf(hmis.Denied, "the key file needs its passphrase; give it in %s", passphraseVariable)
	}
	fmt.Fprint(os.Stderr, "Passphrase of the key file: ")
	text, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(os.Stderr)
	return string(text), err
}

func keysCommand(h *hub) *cobra.Command {
	c := &cobra.Command{Use: "keys", Short: "Keep the key file of the hub"}
	c.AddCommand(initKeysCommand(h), rotateKeysCommand(h))
	return c
}

func initKeysCommand(h *hub) *cobra.Command {
	var wrap bool
	var kms string
	c := &cobra.Command{
		Use:   "init",
		Short: "Make the key file of a new hub",
		Long: "Make the key file of a new hub, readable by its owner alone, where --keys or HEARTH_KEYS says. Keep it apart from the\n" +
			"database, and a copy of it in a safe place: without it nobody can read the database, and whoever has both can.\n" +
			"Other commands make one too where the database is new. A key file is never overwritten.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := h.keyFile()
			if err != nil {
				return err
			}
			w := seal.Wrap{KMS: kms}
			if wrap {
				if w.Passphrase, err = newPassphrase(); err != nil {
					return err
				}
			}
			if err := seal.Create(path, w); err != nil {
				return err
			}
			if h.json {
				return printJSON(cmd, map[string]any{"keys": path, "wrapped": wrap || kms != ""})
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s is the key file. Keep a copy of it in a safe place, apart from the database.\n", path)
			return nil
		},
	}
	c.Flags().BoolVar(&wrap, "passphrase", false, "protect the file with a passphrase, which every start then asks for (or takes from "+passphraseVariable+")")
	c.Flags().StringVar(&kms, "kms", "", "protect the file with a key of a key management service, as aws-kms://arn:aws:kms:…")
	c.MarkFlagsMutuallyExclusive("passphrase", "kms")
	return c
}

// newPassphrase asks twice.
func newPassphrase() (string, error) {
	first, err := passphrase()
	if err != nil {
		return "", err
	}
	second, err := passphrase()
	switch {
	case err != nil:
		return "", err
	case first != second:
		return "", hmis.Errorf(hmis.Invalid, "the two passphrases differ")
	case len(first) < 15:
		return "", hmis.Errorf(hmis.Invalid, "a passphrase has at least 15 characters; a few words are easier than signs")
	}
	return first, nil
}

func rotateKeysCommand(h *hub) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate",
		Short: "Seal everything with a new key, while the hub serves",
		Long: "Seal everything with a new key, while the hub serves. It may be stopped and started again: what was begun is then ended\n" +
			"first. Where several machines have the key file, copy the new one to them when the command says so. Backups from before\n" +
			"need the old key file: keep its copy as long as them.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := h.needKeys(); err != nil {
				return err
			}
			s, err := h.open(cmd.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			fmt.Fprintln(cmd.ErrOrStderr(), "The key file changes now. Where other machines have a copy, give them the new one at once.")
			progress, done := showSealing(cmd.ErrOrStderr())
			cells, err := s.RotateKeys(cmd.Context(), progress)
			done()
			if err != nil {
				return err
			}
			if h.json {
				return printJSON(cmd, map[string]any{"cells": cells})
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%d cells are sealed with the new key. Make a copy of the key file now.\n", cells)
			return nil
		},
	}
}
