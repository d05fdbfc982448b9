package policy_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"golang.org/x/tools/txtar"
)

// The release forms that communities use, as data: testdata/forms. Each file says in prose what the form is and holds
//
//   - releases as a privacy officer would write them down: a line for each answer, "opens" as often as needed. Each is
//     checked, compiled to grants and so given to Decide; none may have a fault.
//   - wrong variants: lines that take the place of the first release's, and the faults that are then found.
//   - who sees what: lines that begin with "On" ask, and the table below each is the answer. -update writes the tables.
//
// Harbor collected the data. Clinic and Bridge are other partner agencies.
func TestForms(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "forms", "*.txt"))
	if err != nil || len(paths) != 11 {
		t.Fatalf("%d forms, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var f form
			for i := range a.Files {
				name, text := a.Files[i].Name, string(a.Files[i].Data)
				switch {
				case strings.HasPrefix(name, "release"):
					f.release(t, name, text)
				case strings.HasPrefix(name, "wrong"):
					f.wrong(t, name, text)
				case name == "who sees what":
					a.Files[i].Data = []byte(f.whoSeesWhat(t, text))
				default:
					t.Fatalf("what is %q?", name)
				}
			}
			if f.asked == 0 {
				t.Error("nobody asks anything")
			}
			golden(t, path, string(txtar.Format(a)))
		})
	}
}

// form is what was read of a file.
type form struct {
	papers []paper
	first  string // the text of the first release
	asked  int
}

// paper is one client's signed paper.
type paper struct {
	policy.Release
	client string
	born   *hmis.Date
}

const (
	harbor int64 = 1 + iota
	clinic
	bridge
)

var organizations = map[string]int64{"all partners": 0, "Harbor": harbor, "Clinic": clinic, "Bridge": bridge}

// key explains the tables of a form.
const key = `Harbor collected the data. Harbor, Clinic and Bridge stand for a case manager there. The app has the scopes ID and SVC.
Columns and words are those of matrix.golden: capitals see, small letters and signs do not.
`

// audience is who asks; what Harbor collected is Harbor's own.
var audience = []seat{
	{"Harbor", policy.Viewer{Role: policy.CaseManager, Organization: harbor}},
	{"Clinic", policy.Viewer{Role: policy.CaseManager, Organization: clinic}},
	{"intake of Clinic", policy.Viewer{Role: policy.Intake, Organization: clinic}},
	{"Bridge", policy.Viewer{Role: policy.CaseManager, Organization: bridge}},
	{"app of Bridge", policy.Viewer{Role: policy.PartnerApp, Organization: bridge, Scopes: hmis.CategoriesOf(hmis.Identity, hmis.ServicesCategory)}},
	{"analyst", policy.Viewer{Role: policy.Analyst}},
	{"funder", policy.Viewer{Role: policy.Funder}},
}

func (f *form) release(t *testing.T, name, text string) {
	t.Helper()
	p := read(t, name, text)
	if faults := faultsOf(p.Release, p.born); faults != nil {
		t.Errorf("%s has faults: %q", name, faults)
	}
	p.ID = int64(len(f.papers) + 1)
	if f.papers = append(f.papers, p); len(f.papers) == 1 {
		f.first = text
	}
}

// wrong reads the first release with some lines replaced and compares the faults.
func (f *form) wrong(t *testing.T, name, text string) {
	t.Helper()
	var want []string
	replaced := map[string]bool{}
	changed := ""
	for line := range strings.Lines(text) {
		key, value := keyed(t, name, line)
		if key == "fault" {
			want = append(want, value)
			continue
		}
		replaced[key] = true
		changed += line
	}
	for line := range strings.Lines(f.first) {
		if key, _ := keyed(t, name, line); !replaced[key] {
			changed += line
		}
	}
	p := read(t, name, changed)
	if got := faultsOf(p.Release, p.born); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%s: faults\n%q, not\n%q", name, got, want)
	}
}

func keyed(t *testing.T, name, line string) (key, value string) {
	t.Helper()
	key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
	if !ok {
		t.Fatalf("%s: %q is not a line like key: value", name, line)
	}
	return key, value
}

func read(t *testing.T, name, text string) (p paper) {
	t.Helper()
	for line := range strings.Lines(text) {
		key, value := keyed(t, name, line)
		switch key {
		case "client":
			p.client = value
		case "born":
			p.born = day(t, value)
		case "signed by":
			p.SignedBy = policy.Signer(value)
		case "method":
			p.Method = policy.ConsentMethod(value)
		case "state":
			p.State = policy.ConsentState(value)
		case "from":
			p.From = *day(t, value)
		case "until":
			p.Until = day(t, value)
		case "opens":
			p.Provisions = append(p.Provisions, provisions(t, value)...)
		case "effect":
			p.Effect = policy.RevocationEffect(value)
		case "revoked on":
			p.RevokedOn = day(t, value)
		default:
			t.Fatalf("%s: what is %q?", name, key)
		}
	}
	return p
}

func day(t *testing.T, s string) *hmis.Date {
	t.Helper()
	if s == "none" {
		return nil
	}
	d, err := hmis.ParseDate(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return &d
}

// provisions reads "CATEGORY, CATEGORY to RECIPIENT for PURPOSE"; GENERAL is what a general release covers, and
// "nothing" and "no category" are the two ways to open nothing.
func provisions(t *testing.T, s string) []policy.Provision {
	t.Helper()
	if s == "nothing" {
		return nil
	}
	what, rest, _ := strings.Cut(s, " to ")
	to, purpose, named := strings.Cut(rest, " for ")
	recipient, ok := organizations[to]
	if !ok {
		t.Fatalf("no organization %q", to)
	}
	p := policy.Provision{Recipient: recipient}
	if named {
		if err := p.Purpose.UnmarshalGQL(purpose); err != nil {
			t.Fatal(err)
		}
	}
	for name := range strings.SplitSeq(what, ", ") {
		category, ok := hmis.ParseCategory(name)
		switch {
		case name == "GENERAL":
			p.Categories |= hmis.GeneralRelease
		case name == "no category":
		case ok:
			p.Categories |= hmis.CategoriesOf(category)
		default:
			t.Fatalf("no category %q", name)
		}
	}
	return []policy.Provision{p}
}

// whoSeesWhat answers each line that asks.
func (f *form) whoSeesWhat(t *testing.T, text string) string {
	t.Helper()
	answer := key
	for line := range strings.Lines(text) {
		if asks, ok := strings.CutPrefix(line, "On "); ok {
			answer += "\n" + line + f.answer(t, strings.TrimSpace(asks))
			f.asked++
		}
	}
	return answer
}

// answer reads "DAY[, about CLIENT][, for PURPOSE][, written DAY][, fleeing][: remark]" and prints the table.
func (f *form) answer(t *testing.T, asks string) string {
	t.Helper()
	asks, _, _ = strings.Cut(asks, ": ")
	parts := strings.Split(asks, ", ")
	q := policy.Question{Day: *day(t, parts[0]), Partners: true}
	purpose, client := policy.AnyPurpose, f.client(0)
	for _, part := range parts[1:] {
		word, value, _ := strings.Cut(part, " ")
		switch word {
		case "about":
			client = value
		case "for":
			if err := purpose.UnmarshalGQL(value); err != nil {
				t.Fatal(err)
			}
		case "written":
			q.Written = *day(t, value)
		case "fleeing":
			q.Fleeing = true
		default:
			t.Fatalf("what is %q?", part)
		}
	}
	var releases []policy.Release
	for _, p := range f.papers {
		if p.client == client {
			releases = append(releases, p.Release)
			q.Grants = append(q.Grants, p.Grants()...)
			q.Refused = p.State == policy.Refused // the newest is the last in the file
		}
	}
	return f.print(t, asks, q, purpose, releases)
}

func (f *form) client(i int) string {
	if i < len(f.papers) {
		return f.papers[i].client
	}
	return ""
}

// print asks for everybody in the audience, checks each answer against the naive policy, and adds who must be told not
// to pass it on.
func (f *form) print(t *testing.T, asks string, q policy.Question, purpose policy.Purpose, releases []policy.Release) string {
	t.Helper()
	var names, noticed []string
	questions := map[string]policy.Question{}
	for _, a := range audience {
		v := a.viewer
		v.Purpose = purpose
		v.Standing = policy.Standing{Active: true, TrainedUntil: q.Day, AgreedUntil: q.Day}
		q.Viewer, q.Own = &v, v.Organization == harbor
		names = append(names, a.name)
		questions[a.name] = q
		row := policy.Loaded{File: hmis.FileNamed("HealthAndDV"), View: policy.NewView(q)}
		if row.Notice() != nil {
			noticed = append(noticed, a.name)
		}
	}
	s := heading() + table(names, func(name string, class hmis.Class) policy.Decision {
		q := questions[name]
		q.Class = class
		got := policy.Decide(q)
		if want := naiveDecideOnPaper(q, releases); got != want {
			t.Errorf("on %s, %s, %+v: Decide %s, naive %s", asks, name, class, say(got), say(want))
		}
		return got
	})
	if noticed != nil {
		s += fmt.Sprintf("With the notice against redisclosure: %s\n", strings.Join(noticed, ", "))
	}
	return s
}
