package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
)

// keeping is a hub where people of each kind are signed in.
type keeping struct {
	*signing
	sessions map[string]string // tokens by username
}

func openKeeping(t *testing.T, url string) *keeping {
	t.Helper()
	k := &keeping{openSigning(t, url), map[string]string{}}
	today := k.store.Now().Day()
	for name, n := range map[string]account.New{
		"lead": {}, "north": {}, "east": {}, "funder": {}, "auditor": {},
		"admin1": {Role: policy.AgencyAdmin, Organization: "1"}, "admin3": {Role: policy.AgencyAdmin, Organization: "3"},
	} {
		if n.Organization != "" {
			n.Username, n.Password, n.TrainedOn, n.AgreedOn = name, goodPassword, &today, &today
			if err := k.book.Create(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		} else if err := k.book.SetPassword(t.Context(), name, goodPassword); err != nil {
			t.Fatal(err)
		}
		k.signIn(name, goodPassword, "")
	}
	return k
}

func (k *keeping) signIn(username, password, code string) loginAnswer {
	a := k.login("192.0.2.5", username, password, code)
	k.sessions[username] = a.Token
	return a
}

// does sends an operation in a session and returns its answer.
func (k *keeping) does(username, query string) string {
	k.t.Helper()
	_, answer := k.as(k.sessions[username], query)
	return answer
}

// good fails the test unless an operation went well.
func (k *keeping) good(username, query string) string {
	k.t.Helper()
	answer := k.does(username, query)
	if strings.Contains(answer, `"errors"`) || strings.Contains(answer, `"userErrors":[{`) {
		k.t.Errorf("%s asks %s: %s", username, query, answer)
	}
	return answer
}

// refused fails the test unless an operation was refused with a code and a word that says why.
func (k *keeping) refused(username, query, code, word string) {
	k.t.Helper()
	answer := k.does(username, query)
	if !strings.Contains(answer, `"code":"`+code+`"`) || !strings.Contains(answer, word) {
		k.t.Errorf("%s asks %s: %s; want %s with %q", username, query, answer, code, word)
	}
}

func cut(answer, pattern string) string {
	found := regexp.MustCompile(pattern).FindStringSubmatch(answer)
	if found == nil {
		return ""
	}
	return found[1]
}

// Who keeps which accounts: the lead all, an agency's administrator its own people, nobody else any but the own one, an API
// token none.
func TestKeepingAccounts(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		k := openKeeping(t, url)
		administering := []string{
			`mutation { recordTraining(input: {username: "%s", on: "2026-01-05", course: "Privacy"}) { account { username } userErrors { code message } } }`,
			`mutation { updateAccount(input: {username: "%s", purposes: [TREATMENT]}) { account { username } userErrors { code message } } }`,
			`mutation { disableAccount(username: "%s") { account { username active } userErrors { code message } } }`,
			`mutation { enableAccount(username: "%s") { account { username active } userErrors { code message } } }`,
			`mutation { endSessions(username: "%s") { account { username } userErrors { code message } } }`,
			`mutation { setPassword(input: {username: "%s", password: "window harbor velvet ten"}) { account { username } userErrors { code message } } }`,
			`mutation { resetSecondFactor(username: "%s") { account { username hasSecondFactor hasPassword } userErrors { code message } } }`,
		}
		for _, c := range []struct {
			who, whom string
			keeps     bool
		}{{"admin1", "east", false}, {"admin1", "lead", false}, {"admin1", "analyst", false}, {"admin3", "north", false}, {"north", "east", false}, {"funder", "north", false},
			{"auditor", "north", false}, {"admin1", "nobody", false}, {"lead", "analyst", true}, {"admin1", "north", true}, {"lead", "admin1", true}} {
			for _, text := range administering {
				query := fmt.Sprintf(text, c.whom)
				if c.keeps {
					k.good(c.who, query)
				} else if answer := k.does(c.who, query); !strings.Contains(answer, `"NOT_FOUND"`) && !strings.Contains(answer, `"DENIED"`) || strings.Contains(answer, c.whom+`"`) {
					t.Errorf("%s keeps %s: %s", c.who, c.whom, answer)
				}
			}
			seen := k.does(c.who, `{ account(username: "`+c.whom+`") { username role sessions { id } tokens { name } } }`)
			if strings.Contains(seen, `"username"`) != c.keeps {
				t.Errorf("%s looks at %s: %s", c.who, c.whom, seen)
			}
		}
		for _, name := range []string{"admin1", "north"} { // whose password was taken away
			if a := k.signIn(name, "window harbor velvet ten", ""); a.Token != "" {
				t.Errorf("%s signs in with a password that was taken away", name)
			}
			if err := k.book.SetPassword(t.Context(), name, goodPassword); err != nil {
				t.Fatal(err)
			}
			k.signIn(name, goodPassword, "")
		}
		for _, text := range administering[:4] {
			k.refused("lead", fmt.Sprintf(text, "lead"), "DENIED", "another administrator")
		}

		names := func(who string) []string {
			var list []string
			for _, found := range regexp.MustCompile(`"username":"([^"]+)"`).FindAllStringSubmatch(k.good(who, `{ accounts { nodes { username } } }`), -1) {
				list = append(list, found[1])
			}
			return list
		}
		if got := fmt.Sprint(names("admin1"), names("lead")); got != "[admin1 north] [admin1 admin3 analyst auditor east funder lead north]" {
			t.Errorf("accounts are %s", got)
		}
		page := k.good("lead", `{ accounts(first: 2, after: "analyst") { nodes { username } pageInfo { hasNextPage endCursor } } }`)
		if !strings.Contains(page, `"endCursor":"east"`) || !strings.Contains(page, `"hasNextPage":true`) {
			t.Errorf("a page is %s", page)
		}
		k.refused("north", `{ accounts { nodes { username } } }`, "DENIED", "HMIS lead")

		// What only the lead does, and what no API token does.
		onlyLead := []string{
			`mutation { publishEndUserAgreement(input: {version: "9", text: "x", inForceFrom: "2999-01-01"}) { agreement { version } userErrors { code message } } }`,
			`mutation { changeAccountSettings(input: {sessionsPerUser: 2}) { settings { sessionsPerUser } userErrors { code message } } }`,
			`mutation { recordPartnerAgreement(input: {organization: "` + k.organization("3") + `", version: "2", signedOn: "2026-01-01", endsOn: "2999-01-01", licensedAccounts: 50}) { agreements { version licensedAccounts activeAccounts holds } userErrors { code message } } }`,
		}
		for _, query := range onlyLead {
			for _, who := range []string{"admin1", "north", "funder", "auditor"} {
				k.refused(who, query, "DENIED", "only the HMIS lead")
			}
			k.good("lead", query)
		}
		k.refused("admin1", `{ partnerAgreements(organization: "`+k.organization("3")+`") { version } }`, "DENIED", "only the HMIS lead")
		if answer := k.good("admin3", `{ partnerAgreements { version licensedAccounts activeAccounts } }`); !strings.Contains(answer, `"version":"2","licensedAccounts":50,"activeAccounts":2`) {
			t.Error(answer)
		}
		queries := slices.Concat(onlyLead, []string{`{ account { username } }`, `{ accounts { nodes { username } } }`, `{ partnerAgreements { version } }`, `{ accountSettings { sessionsPerUser } }`,
			`{ endUserAgreement { text } }`, `mutation { beginSecondFactor { secret userErrors { code } } }`, `mutation { signAgreement(version: "9") { userErrors { code } } }`,
			`mutation { createToken(input: {name: "more"}) { token userErrors { code } } }`, `mutation { changePassword(input: {old: "a", new: "b"}) { userErrors { code } } }`})
		for _, text := range administering {
			queries = append(queries, fmt.Sprintf(text, "north"))
		}
		for _, query := range queries {
			for _, viewer := range []string{"lead", ""} {
				if answer := k.ask(viewer, query); !strings.Contains(answer, `"DENIED"`) {
					t.Errorf("%q, without a session, asks %s: %s", viewer, query, answer)
				}
			}
		}
	})
}

func (k *keeping) organization(id string) string {
	k.t.Helper()
	return cut(k.ask("lead", `{ organization(source: "made-up", organizationId: "`+id+`") { id } }`), `"id":"([^"]+)"`)
}

// An account that is made through the API is told step by step what is missing, and the API lets people do just that.
func TestFromAnAccountToData(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		k := openKeeping(t, url)
		today := k.store.Now().Day()
		const data = `{ clients { nodes { personalId } } }`
		publish := func(version string) {
			k.good("lead", fmt.Sprintf(`mutation { publishEndUserAgreement(input: {version: "%s", text: "I keep to it.", inForceFrom: "%s"}) { agreement { version } userErrors { message } } }`, version, today))
		}
		publish("1")
		for _, name := range []string{"lead", "admin1"} {
			k.refused(name, data, "DENIED", "signAgreement")
			k.good(name, `mutation { signAgreement(version: "1") { account { inOrder } userErrors { message } } }`)
		}
		k.good("lead", `mutation { changeAccountSettings(input: {secondFactorRoles: [INTAKE]}) { settings { secondFactorRoles } userErrors { message } } }`)
		k.refused("admin1", `mutation { createAccount(input: {username: "new", role: SYSTEM_ADMIN}) { userErrors { code message } } }`, "INVALID", "belongs to no organization")
		k.refused("admin1", `mutation { createAccount(input: {username: "new", role: INTAKE, organization: "`+k.organization("3")+`"}) { userErrors { code message } } }`, "DENIED", "own agency")
		k.refused("admin1", `mutation { createAccount(input: {username: "new", role: INTAKE, password: "too short"}) { userErrors { code message } } }`, "INVALID", "at least 15")
		k.refused("admin1", `mutation { createAccount(input: {username: "North", role: INTAKE}) { userErrors { code message } } }`, "CONFLICT", "never given twice")
		k.good("admin1", `mutation { createAccount(input: {username: "new", role: INTAKE, password: "`+goodPassword+`"}) { account { username inOrder organization { organizationName } } userErrors { message } } }`)
		k.signIn("new", goodPassword, "")
		k.refused("new", data, "DENIED", "beginSecondFactor")
		factor := k.good("new", `mutation { beginSecondFactor { secret uri userErrors { message } } }`)
		secret := cut(factor, `"secret":"([A-Z2-7]+)"`)
		k.refused("new", `mutation { confirmSecondFactor(code: "000000") { codes userErrors { code message } } }`, "DENIED", "the code is wrong")
		codes := k.good("new", `mutation { confirmSecondFactor(code: "`+k.code(secret, 0)+`") { codes userErrors { message } } }`)
		recovery := regexp.MustCompile(`"([a-z2-7]{8}-[a-z2-7]{8}-[a-z2-7]{8})"`).FindAllStringSubmatch(codes, -1)
		if len(recovery) != 10 { // of 24 letters with 5 bits each
			t.Fatalf("%s", codes)
		}
		k.refused("new", data, "DENIED", "recordTraining")
		k.good("admin1", fmt.Sprintf(`mutation { recordTraining(input: {username: "new", on: "%s", course: "Privacy"}) { account { trainedOn trainingCourse } userErrors { message } } }`, today))
		k.refused("admin1", fmt.Sprintf(`mutation { recordTraining(input: {username: "new", on: "%s", course: "Privacy"}) { userErrors { code message } } }`, today+1), "INVALID", "after it was passed")
		k.refused("new", data, "DENIED", "signAgreement")
		k.refused("new", `mutation { signAgreement(version: "0") { userErrors { code message } } }`, "CONFLICT", "another version")
		if text := k.good("new", `{ endUserAgreement { version text } account { gates { name open next } } }`); strings.Count(text, `"open":false`) != 1 || !strings.Contains(text, "I keep to it.") {
			t.Error(text)
		}
		k.good("new", `mutation { signAgreement(version: "1") { account { inOrder agreementVersion } userErrors { message } } }`)
		k.good("new", data)
		publish("2") // a new version asks again
		k.refused("new", data, "DENIED", "signAgreement")
		k.good("new", `mutation { signAgreement(version: "2") { account { inOrder } userErrors { message } } }`)
		k.good("new", data)

		// Signing in with both factors, each code once.
		if a := k.signIn("new", goodPassword, ""); !a.NeedsCode || a.Token != "" {
			t.Errorf("without a code: %+v", a)
		}
		next := k.code(secret, 30*time.Second)
		if a := k.signIn("new", goodPassword, next); a.Token == "" {
			t.Errorf("with a code: %+v", a)
		}
		if a := k.signIn("new", goodPassword, next); a.Token != "" {
			t.Error("a code works twice")
		}
		if a := k.signIn("new", goodPassword, recovery[0][1]); a.Token == "" {
			t.Errorf("with a recovery code: %+v", a)
		}
		if a := k.login("192.0.2.6", "new", goodPassword, recovery[0][1]); a.Token != "" {
			t.Error("a recovery code works twice")
		}
		if left := k.good("new", `{ account { recoveryCodesLeft } }`); !strings.Contains(left, `"recoveryCodesLeft":9`) {
			t.Error(left)
		}
		renewed := k.good("new", `mutation { newRecoveryCodes(code: "`+recovery[1][1]+`") { codes userErrors { message } } }`)
		if a := k.login("192.0.2.7", "new", goodPassword, recovery[2][1]); a.Token != "" {
			t.Error("a recovery code works after it was replaced")
		}
		fresh := regexp.MustCompile(`"([a-z2-7]{8}-[a-z2-7]{8}-[a-z2-7]{8})"`).FindAllStringSubmatch(renewed, -1)
		remove := func(password, code string) string {
			return `mutation { removeSecondFactor(input: {password: "` + password + `", code: "` + code + `"}) { account { hasSecondFactor } userErrors { code message } } }`
		}
		k.refused("new", remove(goodPassword, fresh[0][1]), "DENIED", "your role needs a second factor")
		k.good("lead", `mutation { signAgreement(version: "2") { userErrors { message } } }`)
		k.good("lead", `mutation { changeAccountSettings(input: {secondFactorRoles: []}) { settings { secondFactorRoles } userErrors { message } } }`)
		k.refused("new", remove("wrong", fresh[0][1]), "DENIED", "the password is wrong")
		k.refused("new", remove(goodPassword, "aaaaaaaa-aaaaaaaa-aaaaaaaa"), "DENIED", "the code is wrong")
		k.good("new", remove(goodPassword, fresh[0][1]))
	})
}

// code is the code of a second factor at a time from now.
func (k *keeping) code(secret string, in time.Duration) string {
	k.t.Helper()
	code, err := totp.GenerateCode(secret, time.Unix(int64(k.store.Now()), 0).Add(in))
	if err != nil {
		k.t.Fatal(err)
	}
	return code
}

// Sessions and tokens: listed, ended, rotated, and never more than the account or the token was given.
func TestTokensThroughTheAPI(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		k := openKeeping(t, url)
		lead, err := k.store.As(context.Background(), k.viewer("lead"))
		if err != nil {
			t.Fatal(err)
		}
		projects, err := k.store.Projects(lead, store.Page{}, nil, store.ByID)
		if err != nil {
			t.Fatal(err)
		}
		own, foreign := "", ""
		for _, p := range projects.Nodes() {
			switch o, err := k.store.OrganizationNumbered(lead, p.OrganizationKey); {
			case err != nil:
				t.Fatal(err)
			case o.OrganizationID == "1" && own == "":
				own = p.OpaqueID
			case o.OrganizationID == "3":
				foreign = p.OpaqueID
			}
		}
		make := func(who, fields string) (token string) {
			t.Helper()
			token = cut(k.good(who, `mutation { createToken(input: {name: "job", `+fields+`}) { token expiresAt userErrors { code message } } }`), `"token":"([^"]+)"`)
			return token
		}
		const names = `{ clients { nodes { firstName veteranStatus } } }`
		identity := make("north", `reads: [IDENTITY, ENROLLMENT]`)
		if _, answer := k.as(identity, names); !strings.Contains(answer, `"Ada"`) || strings.Contains(answer, `"veteranStatus":"`) {
			t.Errorf("reads of two categories: %s", answer)
		}
		if _, answer := k.as(make("north", `statisticsOnly: true`), names); !strings.Contains(answer, `"INVALID"`) {
			t.Errorf("statistics only: %s", answer)
		}
		if _, answer := k.as(make("lead", `statisticsOnly: true`), names); !strings.Contains(answer, `"INVALID"`) {
			t.Errorf("the lead's for statistics only: %s", answer)
		}
		if _, answer := k.as(make("lead", `reads: [SERVICES]`), names); strings.Contains(answer, `"Ada"`) {
			t.Errorf("the lead's for services: %s", answer)
		}
		count := func(token string) string {
			_, answer := k.as(token, `{ enrollments { totalCount } }`)
			return cut(answer, `"totalCount":(\d+)`)
		}
		if all, narrow, none := count(k.sessions["north"]), count(make("north", `projects: ["`+own+`"]`)), count(make("north", `projects: []`)); all == narrow || narrow == none || none != "0" {
			t.Errorf("stays of all, one and no projects: %s, %s, %s", all, narrow, none)
		}
		k.refused("north", `mutation { createToken(input: {name: "job", projects: ["`+foreign+`"]}) { token userErrors { code message } } }`, "NOT_FOUND", "no such project")
		k.refused("lead", `mutation { createToken(input: {name: "job", projects: ["`+own+`"]}) { token userErrors { code message } } }`, "INVALID", "accounts of agencies")
		k.refused("north", `mutation { createToken(input: {name: "job", days: 366}) { token userErrors { code message } } }`, "INVALID", "365")
		k.refused("admin1", `mutation { createToken(input: {name: "job", username: "north"}) { token userErrors { code message } } }`, "DENIED", "in the name of its account")

		// Writing: nothing, and what a client chooses only with all categories.
		id := cut(k.ask("lead", `{ client(source: "made-up", personalId: "ada") { id } }`), `"id":"([^"]+)"`)
		lock := `mutation { lockClient(input: {client: "` + id + `", askedBy: CLIENT}) { userErrors { code message } } }`
		save := `mutation { saveQuery(input: {name: "by-token", title: "x", question: {period: {start: "2024-01-01", end: "2024-12-31"}, measures: [SERVED]}}) { userErrors { code message } } }`
		for _, token := range []string{make("north", `writes: []`), make("north", `writes: [HEALTH]`)} {
			if _, answer := k.as(token, lock); !strings.Contains(answer, `"DENIED"`) {
				t.Errorf("a token that may not write locks: %s", answer)
			}
		}
		if _, answer := k.as(make("north", `writes: []`), save); !strings.Contains(answer, `"DENIED"`) {
			t.Errorf("a token that may not write saves: %s", answer)
		}
		if _, answer := k.as(make("north", `reads: [IDENTITY, ENROLLMENT, DEMOGRAPHICS]`), lock); strings.Contains(answer, `"DENIED"`) {
			t.Errorf("a token that may write locks: %s", answer)
		}
		// An app of the agency: made, narrowed, given a token by its administrator; its scopes and its agency's rights hold.
		k.good("admin1", `mutation { createAccount(input: {username: "beds", role: PARTNER_APP, scopes: [ENROLLMENT, IDENTITY], trainedOn: "`+k.store.Now().Day().String()+`"}) { account { scopes } userErrors { message } } }`)
		if err := k.book.Agree(t.Context(), "beds", k.store.Now().Day()); err != nil {
			t.Fatal(err)
		}
		app := make("admin1", `username: "beds", app: "beds", reads: [IDENTITY, ENROLLMENT, HEALTH]`)
		if _, answer := k.as(app, names); strings.Contains(answer, `"Dot"`) || strings.Contains(answer, `"veteranStatus":"`) || !strings.Contains(answer, `"clients"`) {
			t.Errorf("the app: %s", answer)
		}

		// Lists, last use, rotation, end.
		list := func(who string) (ids []string) {
			answer := k.good(who, `{ account { tokens { id name reads writes statisticsOnly lastUsedAt projects { projectName } } } }`)
			var parsed struct {
				Data struct {
					Account struct {
						Tokens []struct{ ID, LastUsedAt string }
					}
				}
			}
			if err := json.Unmarshal([]byte(answer), &parsed); err != nil {
				t.Fatal(err)
			}
			for _, token := range parsed.Data.Account.Tokens {
				ids = append(ids, token.ID)
			}
			return ids
		}
		first := list("north")[1] // the one before is the test's own
		rotated := cut(k.good("north", `mutation { rotateToken(input: {id: "`+first+`"}) { token userErrors { message } } }`), `"token":"([^"]+)"`)
		if _, answer := k.as(identity, names); !strings.Contains(answer, `"DENIED"`) {
			t.Errorf("a token that was replaced: %s", answer)
		}
		if _, answer := k.as(rotated, names); !strings.Contains(answer, `"firstName"`) || strings.Contains(answer, `"veteranStatus":"`) {
			t.Errorf("the one in its place: %s", answer)
		}
		k.refused("east", `mutation { endToken(input: {id: "`+list("north")[1]+`"}) { userErrors { code message } } }`, "NOT_FOUND", "no such token")
		for _, id := range list("north")[1:] {
			k.good("north", `mutation { endToken(input: {id: "`+id+`"}) { userErrors { message } } }`)
		}
		if _, answer := k.as(rotated, names); !strings.Contains(answer, `"DENIED"`) {
			t.Errorf("a token that was ended: %s", answer)
		}

		// Sessions: one at a time, more where the community says so; ended by oneself and by the administrator.
		k.good("lead", `mutation { changeAccountSettings(input: {sessionsPerUser: 3}) { settings { sessionsPerUser } userErrors { message } } }`)
		old := k.sessions["north"]
		k.signIn("north", goodPassword, "")
		sessions := k.good("north", `{ account { sessions { id app current } } }`)
		if strings.Count(sessions, `"id"`) != 2 || strings.Count(sessions, `"current":true`) != 1 || !strings.Contains(sessions, `"app":"outreach-phone"`) {
			t.Error(sessions)
		}
		k.good("north", `mutation { endSessions { account { username } userErrors { message } } }`)
		if _, answer := k.as(old, names); !strings.Contains(answer, `"DENIED"`) {
			t.Errorf("a session that was ended: %s", answer)
		}
		k.good("north", names)
		k.good("admin1", `mutation { endSessions(username: "north") { userErrors { message } } }`)
		k.refused("north", names, "DENIED", "sign in again")

		// The password: guessed at by who holds a session, changed, and with it all sessions.
		k.signIn("north", goodPassword, "")
		change := func(old, new string) string {
			return `mutation { changePassword(input: {old: "` + old + `", new: "` + new + `"}) { userErrors { code message } } }`
		}
		k.refused("north", change(goodPassword, "aaaaaaaaaaaaaaa"), "INVALID", "tried first")
		const another = "lantern gravel plum coat"
		k.good("north", change(goodPassword, another))
		k.refused("north", names, "DENIED", "sign in again")
		if a := k.signIn("north", another, ""); a.Token == "" {
			t.Errorf("%+v", a)
		}
		for range 16 { // it was changed well before, which gives credit
			k.does("north", change("wrong", goodPassword))
		}
		k.refused("north", change(another, goodPassword), "LIMIT", "too many attempts")
	})
}
