package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/seal"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/synth"
	"github.com/hearth-hmis/hearth/server"
)

func demoCommand(h *hub) *cobra.Command {
	var addr string
	var clients int
	c := &cobra.Command{
		Use:   "demo",
		Short: "A made-up community on an embedded database, with a login for each role",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := listen(addr)
			if err != nil {
				return err
			}
			defer l.Close()
			folder, err := os.MkdirTemp("", "hearth-demo-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(folder)
			d := demo{folder: folder, clients: clients, messages: cmd.ErrOrStderr()}
			if err := d.build(cmd.Context()); err != nil {
				return err
			}
			defer d.store.Close()
			if h.json {
				err = printJSON(cmd, map[string]any{"url": address(l), "password": d.password, "logins": d.logins})
			} else {
				err = d.print(cmd.OutOrStdout(), address(l))
			}
			if err != nil {
				return err
			}
			log := slog.New(slog.NewTextHandler(io.Discard, nil))
			go prepareSearch(cmd.Context(), d.store, log)
			return server.Serve(cmd.Context(), l, handler(d.store, server.Config{Log: log}), log)
		},
	}
	c.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "address to listen on")
	c.Flags().IntVar(&clients, "clients", 5000, "how many made-up clients")
	return c
}

// demo is a hub in a folder that goes when the command ends.
type demo struct {
	folder   string
	clients  int
	messages io.Writer
	store    *store.Store
	password string
	logins   []login
}

type login struct {
	Username string `json:"username"`
	Role     string `json:"role"`
	Agency   string `json:"organization,omitempty"` // its name
	Token    string `json:"token"`
	sees     string
}

func (d *demo) build(ctx context.Context) error {
	path := filepath.Join(d.folder, "community.zip")
	fmt.Fprintf(d.messages, "Making up a community of %d clients …\n", d.clients)
	if err := writeCommunity(ctx, path, synth.Options{Clients: d.clients, Seed: 1, Faults: true}, d.messages); err != nil {
		return err
	}
	file := filepath.Join(d.folder, "keys.json")
	if err := seal.Create(file, seal.Wrap{}); err != nil {
		return err
	}
	keys, err := seal.Open(file, nil)
	if err != nil {
		return err
	}
	if d.store, err = store.Open(ctx, "sqlite:"+filepath.Join(d.folder, "hearth.db"), keys); err != nil {
		return err
	}
	fmt.Fprintln(d.messages, "Importing it as the export of a source …")
	a, err := hmiscsv.Open(path)
	if err != nil {
		return err
	}
	defer a.Close()
	done := showReading(d.messages, a)
	_, err = d.store.Import(ctx, a, store.ImportOptions{Source: "demo"})
	done()
	if err != nil {
		return err
	}
	fmt.Fprintln(d.messages, "Letting some clients sign releases …")
	ctx, err = d.store.As(ctx, &policy.Viewer{Role: policy.SystemAdmin, Standing: policy.Standing{Active: true, TrainedUntil: 1 << 20, AgreedUntil: 1 << 20}})
	if err != nil {
		return err
	}
	organizations, err := d.store.Organizations(ctx, store.Page{}, store.ByID)
	if err != nil {
		return err
	}
	var agencies []agency
	for _, o := range organizations.Nodes() {
		agencies = append(agencies, agency{o.ID, o.OpaqueID, o.OrganizationID, *o.OrganizationName})
	}
	if err := d.agree(ctx, agencies); err != nil {
		return err
	}
	if err := d.sign(ctx, agencies); err != nil {
		return err
	}
	return d.createAccounts(ctx, agencies)
}

// agency is an organization of the community.
type agency struct {
	key                   int64
	opaqueID, hudID, name string
}

// agree gives every organization a partner agreement for a year; without one it would neither share nor see what others
// share.
func (d *demo) agree(ctx context.Context, agencies []agency) error {
	today := d.store.Now().Day()
	for _, a := range agencies {
		p := store.PartnerAgreement{Organization: a.key, Version: "demo", SignedOn: today, EndsOn: today.AddYears(1), Licensed: 10}
		if err := d.store.RecordPartnerAgreement(ctx, p, nil); err != nil {
			return err
		}
	}
	return nil
}

// sign lets every second client sign: most for all partners, some with health, some for two agencies; a few refuse.
func (d *demo) sign(ctx context.Context, agencies []agency) error {
	today := d.store.Now().Day()
	until := today.AddYears(7)
	most := int32(500)
	for page, i := (store.Page{First: &most}), 0; ; {
		clients, err := d.store.Clients(ctx, page, nil, store.ByID)
		if err != nil {
			return err
		}
		var signed []store.ConsentInput
		for _, c := range clients.Nodes() {
			i++
			in := store.ConsentInput{Client: c.OpaqueID, Agreed: true, SignedBy: policy.SignedByClient, Method: policy.Written, StartsOn: today, EndsOn: &until}
			if birthday := eighteenth(c.DOB); birthday > today { // a guardian signs
				last := min(until, birthday-1)
				in.SignedBy, in.EndsOn = policy.SignedByGuardian, &last
			}
			switch {
			case i%2 == 0:
				continue
			case i%29 == 0:
				in.Agreed, in.EndsOn = false, nil
			case i%7 == 0:
				in.Provisions = []*store.ProvisionInput{{General: true, Recipients: []string{agencies[0].opaqueID, agencies[1].opaqueID}}}
			case i%5 == 0:
				in.Provisions = []*store.ProvisionInput{{General: true, Categories: []hmis.Category{hmis.Health}, AllPartners: true}}
			default:
				in.Provisions = []*store.ProvisionInput{{General: true, AllPartners: true}}
			}
			signed = append(signed, in)
		}
		_, problems, err := d.store.RecordConsents(ctx, signed)
		if err == nil && len(problems) > 0 {
			err = hmis.Errorf(hmis.Internal, "the demo's releases: %s", problems[0].Message)
		}
		if err != nil {
			return err
		}
		if !clients.PageInfo.HasNextPage {
			return nil
		}
		page.After = clients.PageInfo.EndCursor()
	}
}

// eighteenth is the eighteenth birthday, long ago where it is not known.
func eighteenth(born *hmis.Date) hmis.Date {
	if born == nil {
		return policy.Never
	}
	return born.AddYears(18)
}

func (d *demo) createAccounts(ctx context.Context, agencies []agency) error {
	d.password = strings.ToLower(rand.Text()[:16])
	book, today := account.Open(d.store), d.store.Now().Day()
	for _, role := range policy.Roles() {
		n := account.New{Username: strings.ToLower(strings.ReplaceAll(role.String(), "_", "-")), Password: d.password, Role: role, TrainedOn: &today, AgreedOn: &today}
		l := login{Username: n.Username, Role: role.String(), sees: sees[role]}
		if role.OfAgency() {
			a := agencies[0]
			if role == policy.Intake {
				a = agencies[1]
			}
			n.Organization, l.Agency = a.hudID, a.name
		}
		if role == policy.PartnerApp {
			n.Scopes = hmis.CategoriesOf(hmis.Demographics, hmis.EnrollmentCategory, hmis.ServicesCategory)
		}
		if err := book.Create(ctx, n); err != nil {
			return err
		}
		t, err := book.CreateToken(ctx, n.Username)
		if err != nil {
			return err
		}
		l.Token = t.Token
		d.logins = append(d.logins, l)
	}
	return nil
}

func (d *demo) print(w io.Writer, url string) error {
	fmt.Fprintf(w, "\nHearth is at %s   (Ctrl-C ends it; nothing is kept)\n\nThe password of every login is  %s\n\n", url, d.password)
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "username\trole\tof\tsees")
	for _, l := range d.logins {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", l.Username, l.Role, l.Agency, l.sees)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, `
Try next:
  1. Open %[1]s, sign in as case-manager, and run the query that is there.
  2. Sign in as intake and run it again: other clients, other fields, and each withheld field says why.
  3. Or from another terminal, as the case manager:

curl -s %[1]sgraphql -H 'Content-Type: application/json' -H 'Authorization: Bearer %[2]s' \
  -d '{"query":"{ clients(first: 2) { totalCount edges { node { personalId firstName withheld { field reason } enrollments(first: 3) { edges { node { entryDate project { projectName } } } } } } } }"}'
`, url, d.logins[2].Token)
	return err
}

// sees says in a few words what a role's login will show.
var sees = map[policy.Role]string{
	policy.SystemAdmin: "everything",
	policy.AgencyAdmin: "its agency's clients, and others' as they released",
	policy.CaseManager: "the same",
	policy.Intake:      "of those: identity, demographics, stays, services",
	policy.Analyst:     "all stays without names and places",
	policy.Funder:      "no client",
	policy.PartnerApp:  "its scopes of its agency's clients, and others' as released",
	policy.Auditor:     "no client",
}
