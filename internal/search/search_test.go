package search

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// few are names of which many are alike.
var few = []string{"", "Jane", "jane", "Jan", "J", "John", "Jon", "Joan", "Public", "Publik", "Putnam", "P", "De La Cruz", "Delacruz", "O'Brien", "Núñez", "Nunez", "Ng", "Mary Ann", "Maryann"}

func someClient(t *rapid.T, row int64) Client {
	c := Client{Row: row, First: rapid.SampledFrom(few).Draw(t, "first"), Last: rapid.SampledFrom(few).Draw(t, "last"),
		SSN: rapid.SampledFrom([]string{"", "900110001", "900110002", "911110001", "xxxxx0001", "900xx0001", "90011", "9001100x1"}).Draw(t, "ssn")}
	if day := rapid.Int32Range(0, 4).Draw(t, "dob"); day > 0 {
		born := hmis.Date(day - 3)
		c.DOB = &born
	}
	return c
}

func someTerms(t *rapid.T) Terms {
	draw := func(name string, list []string) string {
		return rapid.SampledFrom(append([]string{"", "", ""}, list...)).Draw(t, name)
	}
	terms := Terms{First: draw("first", append(few, "jA", "mary a")), Last: draw("last", append(few, "pu", "de la", "NÜÑ")), SoundsLike: rapid.Bool().Draw(t, "sounds"),
		SSN:  draw("ssn", []string{"0001", "0002", "900110001", "900-11-0001", "900 11 0003"}),
		Name: draw("name", []string{"Jane Public", "public, JANE", "Mary Ann De La Cruz", "de la cruz mary ann", "Jon Obrien"})}
	if rapid.Bool().Draw(t, "by dob") {
		born := hmis.Date(rapid.Int32Range(-2, 3).Draw(t, "born"))
		terms.DOB = &born
	}
	return terms
}

// naive says whether a client fits, in the plainest way.
func naive(c Client, t Terms) bool {
	plain := func(s string) string {
		return strings.NewReplacer(" ", "", "'", "", ",", "", "ú", "u", "ü", "u", "ñ", "n").Replace(strings.ToLower(s))
	}
	like := func(name, term string, begins bool) bool {
		name, term = plain(name), plain(term)
		switch {
		case t.SoundsLike:
			return name != "" && sound(name) == sound(term)
		case begins:
			return strings.HasPrefix(name, term)
		}
		return name == term
	}
	if t.First != "" && !like(c.First, t.First, true) || t.Last != "" && !like(c.Last, t.Last, true) || t.DOB != nil && (c.DOB == nil || *c.DOB != *t.DOB) {
		return false
	}
	if digits := strings.NewReplacer("-", "", " ", "").Replace(t.SSN); digits != "" {
		if len(c.SSN) != 9 || strings.Contains(c.SSN[5:], "x") || !strings.HasSuffix(c.SSN, digits) {
			return false
		}
	}
	if t.Name == "" {
		return true
	}
	words := strings.Fields(t.Name)
	for i := 1; i < len(words); i++ {
		front, back := strings.Join(words[:i], " "), strings.Join(words[i:], " ")
		if like(c.First, front, false) && like(c.Last, back, false) || like(c.First, back, false) && like(c.Last, front, false) {
			return true
		}
	}
	return false
}

// An index finds those whom one finds by looking at everybody, however it came to be.
func TestFind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := map[int64]Client{}
		parts := []*Builder{{}, {}, {}}
		for row := range int64(rapid.IntRange(0, 40).Draw(t, "people")) {
			now[row] = someClient(t, row)
			parts[row%3].Add(now[row])
		}
		index := Build(parts...)
		for range rapid.IntRange(0, 3).Draw(t, "steps") {
			var changed []Client
			var gone []int64
			for row := range int64(50) {
				switch rapid.IntRange(0, 12).Draw(t, "what") {
				case 0:
					now[row] = someClient(t, row)
					changed = append(changed, now[row])
				case 1:
					delete(now, row)
					gone = append(gone, row)
				}
			}
			index = index.Changed(changed, gone)
		}
		for range 10 {
			terms := someTerms(t)
			q, err := NewQuery(terms)
			if err != nil {
				continue
			}
			var want []int64
			for row, c := range now {
				if naive(c, terms) {
					want = append(want, row)
				}
			}
			slices.Sort(want)
			if got := index.Find(q); !slices.Equal(got, want) {
				t.Fatalf("%+v: found %v, want %v", terms, got, want)
			}
		}
	})
}

// Many changes make the base anew, and what was found before stays as it was for those who look into the older index.
func TestChangedOften(t *testing.T) {
	var b Builder
	for row := range int64(1000) {
		b.Add(Client{Row: row, First: "Ann", Last: "Old"})
	}
	first := Build(&b)
	index := first
	for row := range int64(3 * manyRecent) {
		index = index.Changed([]Client{{Row: row, First: "Ann", Last: "New"}}, nil)
	}
	for last, want := range map[string][2]int{"New": {0, 3 * manyRecent}, "Old": {1000, 0}} {
		q, err := NewQuery(Terms{Last: last})
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]int{len(first.Find(q)), len(index.Find(q))}; got != want {
			t.Errorf("%s: %v, want %v", last, got, want)
		}
	}
	if len(index.recent) > manyRecent {
		t.Errorf("%d are looked through one by one", len(index.recent))
	}
}

func TestSound(t *testing.T) {
	for _, pair := range strings.Fields(`smith/smyth smith/schmidt john/jon cathy/kathy philip/filip robert/rupert knight/night wright/right catherine/kathryn
stephen/steven zoe/soe geoff/jeff eileen/aileen quinn/kwin obrien/obryan gonzalez/gonsales pfister/pister`) {
		a, b, _ := strings.Cut(pair, "/")
		if sound(a) != sound(b) {
			t.Errorf("%s and %s sound different", a, b)
		}
	}
	for _, pair := range strings.Fields(`smith/jones ann/jane lee/li-no maria/martha`) {
		a, b, _ := strings.Cut(pair, "/")
		if sound(a) == sound(b) {
			t.Errorf("%s and %s sound alike", a, b)
		}
	}
	if sound("") != 0 || sound("李") != 0 {
		t.Error("a name without Latin letters has a sound")
	}
}

// Terms that are none are refused without being repeated.
func TestTerms(t *testing.T) {
	for _, terms := range []Terms{{}, {First: "-"}, {Last: " ' "}, {Name: "Zqx"}, {Name: "a b c d e f g h i"}, {SSN: "917"}, {SSN: "91746821"}, {SSN: "9174682x1"}, {SSN: "917-46-82111"}, {SoundsLike: true}} {
		_, err := NewQuery(terms)
		if hmis.CodeOf(err) != hmis.Invalid {
			t.Errorf("%+v: %v", terms, err)
		} else if text := err.Error(); strings.Contains(text, "917") || strings.Contains(text, "Zqx") {
			t.Errorf("the error repeats what was asked: %s", text)
		}
	}
}

var people = flag.Int("people", 100_000, "size of the community of BenchmarkFind")

// crowd makes up people whose names come from as many different ones as a large community has, some far more often.
func crowd(n, parts int) []*Builder {
	syllables := strings.Fields("ba de li mo ru sa ter vin jo na pe co ka mi la ro ja da el an ri be ho wi ga lu to ne so chi")
	name := func(r *rand.Rand) string {
		var b strings.Builder
		for range 2 + r.IntN(3) {
			b.WriteString(syllables[int(float64(len(syllables))*r.Float64()*r.Float64())])
		}
		return b.String()
	}
	builders := make([]*Builder, parts)
	together(func() {
		for i := range builders {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			builders[i] = &Builder{}
			for row := i; row < n; row += parts {
				born := hmis.Date(r.IntN(30_000) - 10_000)
				builders[i].Add(Client{int64(row), name(r), name(r), fmt.Sprintf("%09d", r.IntN(1e9)), &born})
			}
		}
	})
	return builders
}

// BenchmarkFind measures an index of -people: how long it takes to build from clients in memory, what it holds, and how
// long the slowest of a hundred searches of each kind takes.
func BenchmarkFind(b *testing.B) {
	before := heap()
	parts := crowd(*people, runtime.GOMAXPROCS(0))
	began := time.Now()
	index := Build(parts...)
	built := time.Since(began)
	parts = nil
	size := heap() - before
	some := index.base.people
	pick := func(r *rand.Rand) person { return some[r.IntN(len(some))] }
	first, last := func(p person) string { return index.base.first.text[p.first] }, func(p person) string { return index.base.last.text[p.last] }
	for _, kind := range []struct {
		name  string
		terms func(person) Terms
	}{
		{"initials", func(p person) Terms { return Terms{First: first(p)[:1], Last: last(p)[:1]} }},
		{"three letters of the last name", func(p person) Terms { return Terms{Last: last(p)[:3]} }},
		{"whole name", func(p person) Terms { return Terms{Name: first(p) + " " + last(p)} }},
		{"sounds like", func(p person) Terms { return Terms{First: first(p), Last: last(p), SoundsLike: true} }},
		{"last four", func(p person) Terms { return Terms{SSN: fmt.Sprintf("%04d", p.ssn/perLastFour)} }},
		{"date of birth", func(p person) Terms { return Terms{DOB: &p.dob} }},
	} {
		b.Run(kind.name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(3, 4))
			var took []time.Duration
			found := 0
			for b.Loop() {
				q, err := NewQuery(kind.terms(pick(r)))
				if err != nil {
					b.Fatal(err)
				}
				began := time.Now()
				found += len(index.Find(q))
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(found)/float64(len(took)), "found")
			b.ReportMetric(float64(size)/(1<<20), "MiB")
			b.ReportMetric(built.Seconds(), "build-s")
		})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
