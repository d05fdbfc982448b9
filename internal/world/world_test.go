package world

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

var (
	operations = flag.Int("operations", 20_000, "how many operations the two-world test sends, to both databases together")
	seed       = flag.Uint64("seed", 1, "of the communities and operations")
	only       = flag.String("only", "", "the database that alone is used: sqlite or postgres")
	who        = flag.String("viewers", "", "the viewers that alone ask, with commas between; the test then ends with the first difference")
	smallest   = flag.Bool("shrink", true, "shrink an operation that fails")
	postgres   string // URL of the server
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *only == storetest.SQLite.Name {
		os.Exit(m.Run())
	}
	os.Exit(storetest.Main(m, &postgres))
}

// series is how many operations one viewer sends to one pair of worlds: few enough to see many communities, and more
// in the long mode, where making databases must not take all the time.
func series(databases int) int {
	return min(max(*operations/(8*databases*len(asking())), 60), 3000)
}

// asking are the viewers that ask.
func asking() []viewer {
	return slices.DeleteFunc(slices.Clone(viewers), func(v viewer) bool {
		return *who != "" && !slices.Contains(strings.Split(*who, ","), v.name)
	})
}

// The law: two worlds that are equal but for what a viewer may not see give the viewer the same answers.
func TestTwoWorlds(t *testing.T) {
	all := databases(t)
	each := series(len(all))
	for _, d := range all {
		t.Run(d.Name, func(t *testing.T) {
			var total tally
			t.Run("community", func(t *testing.T) {
				for n := range max(*operations/(len(all)*len(asking())*each), 1) {
					t.Run(fmt.Sprint(n), func(t *testing.T) {
						t.Parallel()
						twoWorlds(t, d, uint64(n), each, &total)
					})
				}
			})
			t.Logf("%s: %d operations, %d of them answered with errors, over %d changes of what is hidden", d.Name, total.asked.Load(), total.refused.Load(), total.changes.Load())
		})
	}
}

func databases(t *testing.T) []storetest.Database {
	if *only == storetest.SQLite.Name {
		return []storetest.Database{storetest.SQLite}
	}
	all := storetest.Databases(t, postgres)
	if *only != "" {
		return all[1:]
	}
	return all
}

// told is whether a difference was found.
var told atomic.Bool

// tally is what was done on a database.
type tally struct{ asked, refused, changes atomic.Int64 }

// twoWorlds makes up a community and has each viewer ask it and a second one that looks the same to the viewer.
func twoWorlds(t *testing.T, d storetest.Database, n uint64, each int, total *tally) {
	today := hmis.DateOf(time.Now())
	first := newCommunity(rand.New(rand.NewPCG(*seed, n)), today)
	shared := newWorld(t, d, first) // nobody writes into it
	for i, v := range asking() {
		t.Run(v.name, func(t *testing.T) {
			if *who != "" && told.Load() {
				return
			}
			r := rand.New(rand.NewPCG(*seed, n<<8|uint64(i)))
			p := &pair{t: t, v: v, database: d, total: total}
			second := p.change(r, first, false)
			p.worlds = [2]*world{shared, second}
			p.read(r, each*4/5)
			if v.role.RecordsConsent() && n%2 == 0 {
				second = p.change(r, first, true)
				p.worlds = [2]*world{newWorld(t, d, first), second}
				p.write(r, each*2/5)
			} else {
				p.read(r, each/5)
			}
		})
	}
}

// attempts is how many changes of the second world are tried besides those of each client.
const attempts = 60

// pair is two worlds that are one to a viewer.
type pair struct {
	t           *testing.T
	v           viewer
	database    storetest.Database
	worlds      [2]*world
	communities [2]*community
	total       *tally
}

// change makes the second world out of the first.
func (p *pair) change(r *rand.Rand, first *community, writes bool) *world {
	second, changes := change(r, first, p.v, writes, attempts)
	if changes == 0 && p.v.role != policy.SystemAdmin {
		p.t.Errorf("nothing is hidden from %s, so that nothing is compared", p.v.name)
	}
	p.total.changes.Add(int64(changes))
	p.communities = [2]*community{first, second}
	return newWorld(p.t, p.database, second)
}

// read asks questions, and makes mutations that cannot succeed for this viewer.
func (p *pair) read(r *rand.Rand, operations int) {
	s := p.worlds[0].schema(p.v)
	a := newAsker(r, s, p.worlds, p.communities)
	var last *operation
	var cursors []cursor
	for range operations {
		var op *operation
		if last != nil && len(cursors) > 0 && a.chance(40) {
			op = a.goOn(last, cursors)
		}
		if op == nil {
			root := s.Query
			if !p.v.role.RecordsConsent() && p.v.role.SeesPeople() && a.chance(5) {
				root = s.Mutation
			}
			op = a.operation(root)
		}
		p.addressed(a, op)
		answer := p.ask(op)
		last, cursors = op, answer[0].cursors
		for i := range answer {
			p.worlds[i].cursors = texts(answer[i].cursors)
		}
	}
}

// write mixes questions with mutations, which are carried out in both worlds.
func (p *pair) write(r *rand.Rand, operations int) {
	s := p.worlds[0].schema(p.v)
	a := newAsker(r, s, p.worlds, p.communities)
	for range operations {
		root := s.Query
		if a.chance(60) {
			root = s.Mutation
		}
		op := a.operation(root)
		p.addressed(a, op)
		op.warm = ""
		p.ask(op)
	}
}

// addressed completes an operation: its purpose, who asks the same before, and the cursors of the last answer.
func (p *pair) addressed(a *asker, op *operation) {
	op.cursors = [2][]string{p.worlds[0].cursors, p.worlds[1].cursors}
	switch {
	case a.chance(2):
		op.purpose = "RESEARCH"
	case p.v.purpose != policy.AnyPurpose:
		op.purpose = p.v.purpose.String()
	}
	if op.warm = ""; a.chance(15) && !strings.HasPrefix(op.query, "mutation") {
		op.warm = pick(a.Rand, viewers).name
	}
}

func texts(cursors []cursor) (list []string) {
	for _, c := range cursors {
		list = append(list, c.text)
	}
	return list
}

// ask sends an operation to both worlds and stops the test where the answers differ.
func (p *pair) ask(op *operation) [2]opened {
	p.t.Helper()
	p.total.asked.Add(1)
	answers, difference := p.compare(op)
	if difference == "" {
		return answers
	}
	if query := !strings.HasPrefix(op.query, "mutation"); *smallest && query {
		op = shrink(p.worlds[0].schema(p.v), op, 300, func(smaller *operation) bool {
			_, difference := p.compare(smaller)
			return difference != ""
		})
		if _, smaller := p.compare(op); smaller != "" {
			difference = smaller
		}
	}
	told.Store(true)
	p.t.Fatalf("%s can tell two worlds apart that differ in nothing that it may see.\nreplay: go test ./internal/world -run '^%s$' -seed %d -operations %d -count 1\n"+
		"purpose: %q, asked before by: %q\nvariables: %s\n%s\nfirst world against second:\n%s",
		p.v.name, strings.ReplaceAll(p.t.Name(), "/", "$/^"), *seed, *operations, op.purpose, op.warm, literal(op.variables), op.query, difference)
	return answers
}

// compare sends an operation to both worlds and says how the answers differ, "" for not at all.
func (p *pair) compare(op *operation) (answers [2]opened, difference string) {
	var set ast.SelectionSet
	if doc := op.document(p.worlds[0].schema(p.v)); doc != nil {
		set = doc.Operations[0].SelectionSet
	}
	var replies [2]reply
	defer func() {
		if strings.Contains(answers[0].text, "errors: ") {
			p.total.refused.Add(1)
		}
	}()
	for i, w := range p.worlds {
		body := op.body(w, i)
		if op.warm != "" {
			w.send(viewer{name: op.warm}, "", body)
		}
		replies[i] = w.send(p.v, op.purpose, body)
		answers[i] = w.open(replies[i].body, set)
	}
	a, b := replies[0], replies[1]
	switch {
	case a.status != b.status:
		return answers, fmt.Sprintf("status %d and %d\n%s%s", a.status, b.status, a.body, b.body)
	case answers[0].text != answers[1].text:
		return answers, cmp.Diff(answers[0].text, answers[1].text)
	case !reflect.DeepEqual(a.header, b.header):
		return answers, cmp.Diff(a.header, b.header)
	case answers[0].bytes != answers[1].bytes:
		return answers, fmt.Sprintf("%d and %d bytes besides ids and cursors", answers[0].bytes, answers[1].bytes)
	case a.log != b.log:
		return answers, "in the log: " + cmp.Diff(a.log, b.log)
	}
	return answers, p.compareWork(op, a.statements, b.statements)
}

// compareWork compares how many statements the worlds ran. Fields that are resolved side by side now and then load the
// same releases twice, so the numbers of several times must lie apart.
func (p *pair) compareWork(op *operation, first, second int64) string {
	if strings.HasPrefix(op.query, "mutation") {
		return ""
	}
	least, most := [2]int64{first, second}, [2]int64{first, second}
	for range 20 {
		if least[0] <= most[1] && least[1] <= most[0] {
			return ""
		}
		for i, w := range p.worlds {
			n := w.send(p.v, op.purpose, op.body(w, i)).statements
			least[i], most[i] = min(least[i], n), max(most[i], n)
		}
	}
	return fmt.Sprintf("%d to %d and %d to %d statements", least[0], most[0], least[1], most[1])
}
