package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
)

func accountCommand(h *hub) *cobra.Command {
	c := &cobra.Command{Use: "account", Short: "Keep the accounts of the hub"}
	c.AddCommand(createAccountCommand(h), disableAccountCommand(h), enableAccountCommand(h), accountRoleCommand(h), accountPasswordCommand(h), trainCommand(h), agreeCommand(h),
		partnerCommand(h), bindAccountCommand(h), unbindAccountCommand(h))
	return c
}

func createAccountCommand(h *hub) *cobra.Command {
	var n account.New
	var role, trained, agreed string
	var scopes, purposes []string
	var fromInput bool
	c := &cobra.Command{
		Use:   "create --username N --role R",
		Short: "Make an account",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if n.Role, err = parseRole(role); err != nil {
				return err
			}
			for _, name := range scopes {
				category, ok := hmis.ParseCategory(strings.ToUpper(name))
				if !ok {
					return hmis.Errorf(hmis.Invalid, "--scope is a category, as ENROLLMENT")
				}
				n.Scopes |= hmis.CategoriesOf(category)
			}
			for _, name := range purposes {
				var p policy.Purpose
				if err := p.UnmarshalGQL(strings.ToUpper(name)); err != nil || p == policy.AnyPurpose {
					return hmis.Errorf(hmis.Invalid, "--purpose is CARE_COORDINATION, COORDINATED_ENTRY, TREATMENT or RESEARCH")
				}
				n.Purposes = append(n.Purposes, p)
			}
			if n.TrainedOn, err = optionalDay("--trained", trained); err != nil {
				return err
			}
			if n.AgreedOn, err = optionalDay("--agreed", agreed); err != nil {
				return err
			}
			if fromInput {
				if n.Password, err = firstLine(cmd.InOrStdin()); err != nil {
					return err
				}
			}
			s, err := h.open(cmd.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			if err := account.Open(s).Create(cmd.Context(), n); err != nil {
				return err
			}
			name := strings.ToLower(n.Username)
			if h.json {
				return printJSON(cmd, map[string]string{"username": name, "role": n.Role.String()})
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Account %s made.\n", name)
			return nil
		},
	}
	c.Flags().StringVar(&n.Username, "username", "", "the name to sign in with; never given twice (required)")
	c.Flags().StringVar(&role, "role", "", "the role, as CASE_MANAGER (required)")
	c.Flags().StringVar(&n.Organization, "organization", "", "HUD id of the account's organization, or SOURCE/ID where several have it")
	c.Flags().StringVar(&trained, "trained", "", "day of the privacy training, yyyy-mm-dd; it holds for a year")
	c.Flags().StringVar(&agreed, "agreed", "", "day on which the end-user agreement was signed; it holds for a year")
	c.Flags().StringSliceVar(&scopes, "scope", nil, "a category that an app may see; may be repeated")
	c.Flags().StringSliceVar(&purposes, "purpose", nil, "what its requests may be made for, as TREATMENT; may be repeated")
	c.Flags().BoolVar(&fromInput, "password-stdin", false, "read the password from standard input")
	return c
}

func disableAccountCommand(h *hub) *cobra.Command {
	var username string
	c := &cobra.Command{
		Use:   "disable --username N",
		Short: "Disable an account, from its next request on",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.changeAccount(cmd, func(b *account.Book) error { return b.Disable(cmd.Context(), username) },
				map[string]string{"username": strings.ToLower(username), "state": "disabled"}, "The account is disabled.")
		},
	}
	c.Flags().StringVar(&username, "username", "", "the account (required)")
	return c
}

func enableAccountCommand(h *hub) *cobra.Command {
	var username string
	c := &cobra.Command{
		Use:   "enable --username N",
		Short: "Open an account that was disabled, or locked for being unused",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.changeAccount(cmd, func(b *account.Book) error { return b.Enable(cmd.Context(), username) },
				map[string]string{"username": strings.ToLower(username), "state": "enabled"}, "The account is enabled.")
		},
	}
	c.Flags().StringVar(&username, "username", "", "the account (required)")
	return c
}

func accountPasswordCommand(h *hub) *cobra.Command {
	var username string
	c := &cobra.Command{
		Use:   "password --username N",
		Short: "Give an account another password, read from standard input, and end its sessions",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			password, err := firstLine(cmd.InOrStdin())
			if err != nil {
				return err
			}
			return h.changeAccount(cmd, func(b *account.Book) error { return b.SetPassword(cmd.Context(), username, password) },
				map[string]string{"username": strings.ToLower(username), "state": "password changed"}, "The account has the new password.")
		},
	}
	c.Flags().StringVar(&username, "username", "", "the account (required)")
	return c
}

func trainCommand(h *hub) *cobra.Command {
	var username, on, course string
	c := &cobra.Command{
		Use:   "train --username N --on DAY --course C",
		Short: "Record that an account's holder passed the privacy training; it holds for a year",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			day, err := requiredDay("--on", on)
			if err != nil {
				return err
			}
			return h.changeAccount(cmd, func(b *account.Book) error { return b.Train(cmd.Context(), username, day, course) },
				map[string]string{"username": strings.ToLower(username), "trained": day.String()}, "The training is recorded.")
		},
	}
	c.Flags().StringVar(&username, "username", "", "the account (required)")
	c.Flags().StringVar(&on, "on", "", "the day, yyyy-mm-dd (required)")
	c.Flags().StringVar(&course, "course", "", "the course")
	return c
}

func agreeCommand(h *hub) *cobra.Command {
	var username, on string
	c := &cobra.Command{
		Use:   "agree --username N --on DAY",
		Short: "Record that an account's holder signed the end-user agreement in force, on paper; it holds for a year",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			day, err := requiredDay("--on", on)
			if err != nil {
				return err
			}
			return h.changeAccount(cmd, func(b *account.Book) error { return b.Agree(cmd.Context(), username, day) },
				map[string]string{"username": strings.ToLower(username), "agreed": day.String()}, "The agreement is recorded.")
		},
	}
	c.Flags().StringVar(&username, "username", "", "the account (required)")
	c.Flags().StringVar(&on, "on", "", "the day, yyyy-mm-dd (required)")
	return c
}

func partnerCommand(h *hub) *cobra.Command {
	var organization, signed, ends string
	var p store.PartnerAgreement
	c := &cobra.Command{
		Use:   "partner --organization ID --agreement V --signed DAY --ends DAY --licensed N",
		Short: "Record an organization's partner agreement; without one it neither shares nor sees what others share",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if p.SignedOn, err = requiredDay("--signed", signed); err != nil {
				return err
			}
			if p.EndsOn, err = requiredDay("--ends", ends); err != nil {
				return err
			}
			return h.changeAccount(cmd, func(b *account.Book) error { return b.Partner(cmd.Context(), organization, p) },
				map[string]string{"organization": organization, "ends": p.EndsOn.String()}, "The agreement is recorded.")
		},
	}
	c.Flags().StringVar(&organization, "organization", "", "HUD id of the organization, or SOURCE/ID where several have it (required)")
	c.Flags().StringVar(&p.Version, "agreement", "", "the version of the agreement (required)")
	c.Flags().StringVar(&signed, "signed", "", "its first day, yyyy-mm-dd (required)")
	c.Flags().StringVar(&ends, "ends", "", "its last day, yyyy-mm-dd (required)")
	c.Flags().Int32Var(&p.Licensed, "licensed", 0, "how many accounts the organization may have (required)")
	return c
}

func accountRoleCommand(h *hub) *cobra.Command {
	var username, role string
	c := &cobra.Command{
		Use:   "role --username N --role R",
		Short: "Give an account another role, from its next request on",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := parseRole(role)
			if err != nil {
				return err
			}
			return h.changeAccount(cmd, func(b *account.Book) error { return b.ChangeRole(cmd.Context(), username, r) },
				map[string]string{"username": strings.ToLower(username), "role": r.String()}, "The account has the role "+r.String()+".")
		},
	}
	c.Flags().StringVar(&username, "username", "", "the account (required)")
	c.Flags().StringVar(&role, "role", "", "the new role, as INTAKE (required)")
	return c
}

func (h *hub) changeAccount(cmd *cobra.Command, change func(*account.Book) error, result map[string]string, message string) error {
	s, err := h.open(cmd.Context())
	if err != nil {
		return err
	}
	defer s.Close()
	if err := change(account.Open(s)); err != nil {
		return err
	}
	if h.json {
		return printJSON(cmd, result)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), message)
	return nil
}

func parseRole(name string) (policy.Role, error) {
	role, err := policy.ParseRole(strings.ToUpper(name))
	if err != nil {
		return role, hmis.Errorf(hmis.Invalid, "--role is one of %s", fmt.Sprint(policy.Roles()))
	}
	return role, nil
}

func requiredDay(flag, text string) (hmis.Date, error) {
	d, err := optionalDay(flag, text)
	if err == nil && d == nil {
		return 0, hmis.Errorf(hmis.Invalid, "%s is a day, yyyy-mm-dd", flag)
	}
	if err != nil {
		return 0, err
	}
	return *d, nil
}

func optionalDay(flag, text string) (*hmis.Date, error) {
	if text == "" {
		return nil, nil
	}
	d, err := hmis.ParseDate(text)
	if err != nil {
		return nil, hmis.Errorf(hmis.Invalid, "%s is a day, yyyy-mm-dd", flag)
	}
	return &d, nil
}

func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func tokenCommand(h *hub) *cobra.Command {
	var username string
	c := &cobra.Command{Use: "token", Short: "Keep the API tokens of the hub"}
	create := &cobra.Command{
		Use:   "create --username N",
		Short: "Make an API token for an account and print it; it is shown this once",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := h.open(cmd.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			t, err := account.Open(s).CreateToken(cmd.Context(), username)
			if err != nil {
				return err
			}
			if h.json {
				return printJSON(cmd, map[string]string{"token": t.Token, "expires": t.Expires.String()})
			}
			fmt.Fprintln(cmd.OutOrStdout(), t.Token)
			return nil
		},
	}
	create.Flags().StringVar(&username, "username", "", "the account that the token stands for (required)")
	c.AddCommand(create)
	return c
}
