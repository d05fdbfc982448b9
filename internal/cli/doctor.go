package cli

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/store"
)

// verdict of a check.
type verdict string

const (
	good verdict = "ok"
	warn verdict = "warning"
	bad  verdict = "bad"
)

// finding is one line of hearth doctor.
type finding struct {
	Check   string  `json:"check"`
	Verdict verdict `json:"verdict"`
	Text    string  `json:"text"`
}

// examination collects findings.
type examination struct {
	hub      *hub
	findings []finding
	now      time.Time
}

func (e *examination) add(check string, v verdict, format string, args ...any) {
	e.findings = append(e.findings, finding{check, v, fmt.Sprintf(format, args...)})
}

// What doctor thinks too little, too old, too far off or too soon.
const (
	leastSpace     = 1 << 30 // bytes
	oldBackup      = 26 * time.Hour
	clockTolerance = 5 * time.Second
	soonExpired    = 21 * 24 * time.Hour
)

func doctorCommand(h *hub) *cobra.Command {
	var certificate string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Tell whether database, migrations, keys, clock, disk, backups and certificate are in order",
		Long: "Tell whether database, migrations, keys, clock, disk, backups and certificate are in order. Nothing is changed.\n" +
			"The exit code is 1 where something is bad; warnings leave it 0.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if h.database == "" {
				return errNoDatabase
			}
			e := &examination{hub: h, now: time.Now()}
			e.all(cmd.Context(), certificate)
			if err := e.print(cmd); err != nil {
				return err
			}
			for _, f := range e.findings {
				if f.Verdict == bad {
					return hmis.Errorf(hmis.Invalid, "something is not in order; see the lines marked bad")
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&certificate, "tls-cert", "", "the certificate file that the hub serves with")
	return c
}

func (e *examination) all(ctx context.Context, certificate string) {
	path := e.keys()
	found, err := e.database(ctx, path)
	if err != nil {
		e.add("database", bad, "%s", sentence(err))
	} else {
		e.hubOf(found, path != "")
		if found.Folder != "" {
			e.space("disk of the database", found.Folder)
		}
	}
	if path != "" {
		e.space("disk of the key file", filepath.Dir(path))
	}
	if certificate != "" {
		e.certificate(certificate)
	}
}

// keys looks at the key file; "" where there is none to open.
func (e *examination) keys() string {
	path, err := e.hub.keyFile()
	if err != nil {
		e.add("key file", bad, "%s", sentence(err))
		return ""
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		e.add("key file", bad, "there is none at %s; name it with --keys, or restore it from its backup", path)
		return ""
	case info.Mode().Perm()&0o077 != 0:
		e.add("key file", bad, "others may read %s; run: chmod 600 %[1]s", path)
	default:
		e.add("key file", good, "%s, readable by its owner alone", path)
	}
	return path
}

func (e *examination) database(ctx context.Context, keyFile string) (*store.Inspection, error) {
	if keyFile == "" {
		return store.Inspect(ctx, e.hub.database, nil)
	}
	keys, err := e.hub.openKeys()
	if err != nil {
		e.add("keys", bad, "%s", sentence(err))
	}
	return store.Inspect(ctx, e.hub.database, keys)
}

func (e *examination) hubOf(found *store.Inspection, keyed bool) {
	if found.New {
		e.add("database", warn, "it answers, and nothing of Hearth is in it yet; import an export or run hearth migrate up")
		return
	}
	e.add("database", good, "version %s answers", found.Version)
	if len(found.Pending) > 0 {
		e.add("migrations", warn, "%d are pending; back up, then run hearth migrate up", len(found.Pending))
	} else {
		e.add("migrations", good, "the newest schema")
	}
	switch {
	case found.KeysFit:
		e.add("keys", good, "they are the ones that the database was made with")
	case keyed:
		e.add("keys", bad, "the database was made with another key file; name that one with --keys")
	}
	if off := found.Clock.Sub(e.now).Abs(); off > clockTolerance {
		e.add("clock", bad, "the database's machine is %s off this one; consents and sessions are judged by the clock: run a time service on both", off.Round(time.Second))
	} else {
		e.add("clock", good, "%s", e.now.Format(time.RFC3339))
	}
	e.backup(found)
}

func (e *examination) backup(found *store.Inspection) {
	postgres := found.Folder == ""
	switch {
	case found.LastBackup == nil && postgres && !found.Archiving:
		e.add("backup", warn, "the server does not archive its log, and of pg_dump the hub does not know; see Backups in docs/operations.md")
	case found.LastBackup == nil:
		e.add("backup", bad, "none was ever made; run hearth backup FILE every night")
	case e.now.Sub(*found.LastBackup) > oldBackup:
		e.add("backup", bad, "the last is from %s; run hearth backup FILE every night", found.LastBackup.UTC().Format(time.RFC3339))
	default:
		e.add("backup", good, "the last is from %s", found.LastBackup.UTC().Format(time.RFC3339))
	}
}

func (e *examination) space(check, folder string) {
	switch free, known := freeSpace(folder); {
	case !known:
		e.add(check, warn, "cannot tell how much is free")
	case free < leastSpace:
		e.add(check, bad, "%d MB are free; an import needs more", free>>20)
	default:
		e.add(check, good, "%d GB are free", free>>30)
	}
}

func (e *examination) certificate(file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		e.add("certificate", bad, "cannot read %s", file)
		return
	}
	block, _ := pem.Decode(text)
	if block == nil {
		e.add("certificate", bad, "%s is not a PEM file", file)
		return
	}
	c, err := x509.ParseCertificate(block.Bytes)
	switch {
	case err != nil:
		e.add("certificate", bad, "%s holds no certificate", file)
	case e.now.After(c.NotAfter):
		e.add("certificate", bad, "it ran out on %s", c.NotAfter.Format(time.DateOnly))
	case c.NotAfter.Sub(e.now) < soonExpired:
		e.add("certificate", warn, "it runs out on %s", c.NotAfter.Format(time.DateOnly))
	default:
		e.add("certificate", good, "for %s, until %s", strings.Join(c.DNSNames, ", "), c.NotAfter.Format(time.DateOnly))
	}
}

func (e *examination) print(cmd *cobra.Command) error {
	if e.hub.json {
		return printJSON(cmd, e.findings)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
	for _, f := range e.findings {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Verdict, f.Check, f.Text)
	}
	return w.Flush()
}
