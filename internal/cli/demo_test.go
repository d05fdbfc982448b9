package cli

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// startDemo starts a small demo whose temporary files go into an own folder, and gives what it prints. stop interrupts
// it as Ctrl-C does and expects a clean end: exit code 0 and nothing left behind.
func startDemo(t *testing.T, args ...string) (out *bufio.Reader, stop func()) {
	t.Helper()
	folder := t.TempDir()
	c := exec.Command(os.Args[0], append([]string{"demo", "--addr", "127.0.0.1:0", "--clients", "200"}, args...)...)
	c.Env = append(os.Environ(), asCommand+"=1", "TMPDIR="+folder)
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	return bufio.NewReader(pipe), func() {
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); err != nil {
			t.Errorf("the demo ends with %v", err)
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
			t.Errorf("the demo leaves %v (%v)", left, err)
		}
	}
}

// A script starts the demo, signs in as each role and asks; each login sees what its line says.
func TestDemoForScript(t *testing.T) {
	out, stop := startDemo(t, "--json")
	defer stop()
	var hub struct {
		URL, Password string
		Logins        []struct{ Username, Role, Organization, Token string }
	}
	line, err := out.ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &hub) != nil || len(hub.Logins) != 8 {
		t.Fatalf("%s %v", line, err)
	}
	type answer struct {
		Data struct {
			Login   struct{ Token string }
			Clients struct{ TotalCount int }
		}
	}
	ask := func(token, body string) (a answer) {
		r, err := http.NewRequest(http.MethodPost, hub.URL+"graphql", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	totals := map[string]int{}
	for _, l := range hub.Logins {
		session := ask("", `{"query":"mutation { login(input: {username: \"`+l.Username+`\", password: \"`+hub.Password+`\"}) { token } }"}`).Data.Login.Token
		if session == "" {
			t.Fatalf("%s cannot sign in", l.Username)
		}
		const count = `{"query":"{ clients(first: 1) { totalCount } }"}`
		totals[l.Role] = ask(session, count).Data.Clients.TotalCount
		if byToken := ask(l.Token, count).Data.Clients.TotalCount; byToken != totals[l.Role] {
			t.Errorf("%s sees %d clients by its token and %d by its password", l.Role, byToken, totals[l.Role])
		}
	}
	if totals["SYSTEM_ADMIN"] != 200 || totals["ANALYST"] != 200 || totals["FUNDER"] != 0 || totals["AUDITOR"] != 0 {
		t.Error(totals)
	}
	if agency := totals["CASE_MANAGER"]; agency == 0 || agency == 200 || agency != totals["AGENCY_ADMIN"] {
		t.Error(totals)
	}
}

// A person reads the logins and what to try next.
func TestDemoForPerson(t *testing.T) {
	out, stop := startDemo(t)
	defer stop()
	var screen string
	for !strings.Contains(screen, "graphql -H") {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatalf("%v after %s", err, screen)
		}
		screen += line
	}
	for _, want := range []string{"Hearth is at http://127.0.0.1:", "The password of every login is", "case-manager", "Try next:", "sign in as case-manager"} {
		if !strings.Contains(screen, want) {
			t.Errorf("the screen lacks %q:\n%s", want, screen)
		}
	}
}
