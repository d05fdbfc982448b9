package stats

import (
	"flag"
	"slices"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// The benchmarks compare the engine with loops written by hand for one question over the same columns, on a made-up
// community:
//
//	go test ./internal/stats -run '^$' -bench . -clients 200000
var benchClients = flag.Int("clients", 20_000, "size of the community of the benchmarks")

var city *Engine

func benchCity(b *testing.B) *Engine {
	if city == nil {
		made, err := facts.FromArchive(community(b, synth.Options{Clients: *benchClients, Seed: 1, Faults: true}))
		if err != nil {
			b.Fatal(err)
		}
		city = New(made, Version{})
	}
	return city
}

// compare times the engine and the loop in turn and reports both and how many times the loop's time the engine takes.
func compare(b *testing.B, engine, loop func()) {
	var ours, theirs time.Duration
	timed := func(total *time.Duration, do func()) {
		start := time.Now()
		do()
		*total += time.Since(start)
	}
	for b.Loop() {
		timed(&ours, engine)
		timed(&theirs, loop)
	}
	b.ReportMetric(ours.Seconds()*1000/float64(b.N), "engine-ms")
	b.ReportMetric(theirs.Seconds()*1000/float64(b.N), "loop-ms")
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "ratio")
	b.ReportMetric(float64(city.f.Enrollments.Len()), "enrollments")
}

func benchYear() Query {
	year, _ := FiscalYear(2025)
	return Query{Period: year}
}

// BenchmarkActive: distinct persons and stays active in a year by project type, age band and veteran status.
func BenchmarkActive(b *testing.B) {
	e := benchCity(b)
	q := benchYear()
	var groups *Groups
	var persons, stays []int64
	compare(b, func() {
		var err error
		if groups, err = e.Groups(q, Grouping{By: []Dimension{ProjectType, AgeBand, Veteran}}, Served, StaysInQuestion); err != nil {
			b.Fatal(err)
		}
	}, func() { persons, stays = activeByHand(e, q.Period) })
	var sums, want [2]int64
	for _, g := range groups.Groups {
		sums[0], sums[1] = sums[0]+g.Answers[0].Count, sums[1]+g.Answers[1].Count
	}
	for i := range persons {
		want[0], want[1] = want[0]+persons[i], want[1]+stays[i]
	}
	if sums != want {
		b.Fatalf("the engine counts %d, the loop %d", sums, want)
	}
}

// activeByHand counts persons and stays by type, band and veteran status.
func activeByHand(e *Engine, p Period) (persons, stays []int64) {
	const types, bands, answers = 16, 10, 4
	f, c := e.f, e.columns
	band := bandOf(ageBands)
	g := glossary.Period{F: f, Start: p.Start, End: p.End}
	persons, stays = make([]int64, types*bands*answers), make([]int64, types*bands*answers)
	last := make([]int32, types*bands*answers)
	start := packed(p.Start)
	for s, entry := range f.Enrollments.EntryDate {
		exit := f.Exits.ExitDate[s]
		if entry > p.End || exit != facts.NoDay && exit < p.Start {
			continue
		}
		t := f.Projects[f.Enrollments.Project[s]].Type
		if t == glossary.ShelterNightly && !g.Active(int32(s)) {
			continue
		}
		client := f.Enrollments.Client[s]
		age := yearsSince(c.born[client], max(start, c.entered[s]))
		veteran := 3
		switch status := f.Clients.VeteranStatus[client]; {
		case age > 0 && age <= adultAge, status == 0:
			veteran = 1
		case status == 1 && age > 0:
			veteran = 0
		case status == 8 || status == 9:
			veteran = 2
		}
		cell := (int(t)*bands+int(band[age]))*answers + veteran
		stays[cell]++
		if person := f.Clients.Person[client] + 1; last[cell] != person {
			last[cell] = person
			persons[cell]++
		}
	}
	return persons, stays
}

// BenchmarkLengthOfStay: mean and median length of the stays of a year by veteran status.
func BenchmarkLengthOfStay(b *testing.B) {
	e := benchCity(b)
	q := benchYear()
	var groups *Groups
	var means, medians [4]float64
	compare(b, func() {
		var err error
		if groups, err = e.Groups(q, Grouping{By: []Dimension{Veteran}}, LengthOfStay); err != nil {
			b.Fatal(err)
		}
	}, func() { means, medians = lengthsByHand(e, q.Period) })
	for _, g := range groups.Groups {
		i := slices.Index(yesNoValues, g.Values[0])
		if d := g.Answers[0].Days; d.Mean != means[i] || d.Median != medians[i] {
			b.Fatalf("%v: the engine says %v and %v, the loop %v and %v", g.Values, d.Mean, d.Median, means[i], medians[i])
		}
	}
}

func lengthsByHand(e *Engine, p Period) (means, medians [4]float64) {
	const most = 1 << 13
	f, c := e.f, e.columns
	g := glossary.Period{F: f, Start: p.Start, End: p.End}
	start := packed(p.Start)
	var sums, counts [4]int64
	days := make([]int32, 4*most)
	for s, entry := range f.Enrollments.EntryDate {
		exit := f.Exits.ExitDate[s]
		if entry > p.End || exit != facts.NoDay && exit < p.Start {
			continue
		}
		var length int
		if f.Projects[f.Enrollments.Project[s]].Type == glossary.ShelterNightly {
			if !g.Active(int32(s)) {
				continue
			}
			length = g.Nights(int32(s), entry, p.End)
		} else if exit != facts.NoDay && exit <= p.End {
			length = max(int(exit-entry), 0)
		} else {
			length = int(p.End + 1 - entry)
		}
		client := f.Enrollments.Client[s]
		age := yearsSince(c.born[client], max(start, c.entered[s]))
		veteran := 3
		switch status := f.Clients.VeteranStatus[client]; {
		case age > 0 && age <= adultAge, status == 0:
			veteran = 1
		case status == 1 && age > 0:
			veteran = 0
		case status == 8 || status == 9:
			veteran = 2
		}
		sums[veteran] += int64(length)
		counts[veteran]++
		days[veteran*most+length]++
	}
	for v := range counts {
		if counts[v] == 0 {
			continue
		}
		means[v] = float64(sums[v]) / float64(counts[v])
		at := func(place int64) float64 {
			for d, n := range days[v*most : (v+1)*most] {
				if place -= int64(n); place < 0 {
					return float64(d)
				}
			}
			return 0
		}
		medians[v] = (at((counts[v]-1)/2) + at(counts[v]/2)) / 2
	}
	return means, medians
}

// BenchmarkFlows: inflow and outflow by month for two years.
func BenchmarkFlows(b *testing.B) {
	e := benchCity(b)
	q := Query{Period: Period{Start: hmis.NewDate(2023, time.October, 1), End: hmis.NewDate(2025, time.September, 30)}}
	months := q.Period.parts(Month)
	var groups *Groups
	var in, out [][3]int64
	compare(b, func() {
		var err error
		if groups, err = e.Groups(q, Grouping{Grain: Month}, Inflow, Outflow); err != nil {
			b.Fatal(err)
		}
	}, func() { in, out = flowsByHand(e, q.Period, months) })
	for i, g := range groups.Groups {
		if !slices.Equal(g.Answers[0].Parts, in[i][:]) || !slices.Equal(g.Answers[1].Parts, out[i][:]) {
			b.Fatalf("%s: the engine counts %v and %v, the loop %v and %v", g.Period.Start, g.Answers[0].Parts, g.Answers[1].Parts, in[i], out[i])
		}
	}
}

// flowsByHand follows each person through the stays, which are in order of entry but for persons with several client records.
func flowsByHand(e *Engine, p Period, months []Period) (in, out [][3]int64) {
	f := e.f
	in, out = make([][3]int64, len(months)), make([][3]int64, len(months))
	month := make([]uint8, p.days())
	for m, one := range months {
		for d := one.Start; d <= one.End; d++ {
			month[d-p.Start] = uint8(m)
		}
	}
	ever := glossary.Period{F: f, Start: p.Start, End: endOfTime}
	type run struct {
		from, to hmis.Date
		how      ending
	}
	var runs []run
	for person := range len(e.columns.stays) - 1 {
		runs = runs[:0]
		for s := e.columns.stays[person]; s < e.columns.stays[person+1]; s++ {
			entry, exit := f.Enrollments.EntryDate[s], f.Exits.ExitDate[s]
			if entry > p.End {
				continue
			}
			r := run{entry, p.End + 1, goesOn}
			if exit != facts.NoDay && exit <= p.End {
				r.to, r.how = max(exit, entry+1), endingOf(ever.Destination(s))
			}
			switch f.Projects[f.Enrollments.Project[s]].Type {
			case glossary.SupportiveHousing, glossary.HousingOnly, glossary.HousingServices, glossary.RapidRehousing:
				if moved := ever.MoveIn(s); moved != facts.NoDay && moved <= p.End {
					r.to, r.how = moved, toPermanent
				}
			}
			if r.from >= r.to {
				continue
			}
			i := len(runs)
			for i > 0 && runs[i-1].from > r.from {
				i--
			}
			runs = slices.Insert(runs, i, r)
		}
		last := goesOn
		for i := 0; i < len(runs); {
			r := runs[i]
			for i++; i < len(runs) && runs[i].from <= r.to; i++ {
				if runs[i].to > r.to {
					r.to, r.how = runs[i].to, runs[i].how
				} else if runs[i].to == r.to {
					r.how = deciding(r.how, runs[i].how)
				}
			}
			if r.from >= p.Start {
				in[month[r.from-p.Start]][inflowAfter(last)]++
			}
			if r.how != goesOn && r.to >= p.Start && r.to <= p.End {
				out[month[r.to-p.Start]][r.how]++
			}
			last = r.how
		}
	}
	return in, out
}

// BenchmarkNew: what an engine works out of new facts before it answers.
func BenchmarkNew(b *testing.B) {
	f := benchCity(b).f
	for b.Loop() {
		New(f, Version{})
	}
	b.ReportMetric(float64(f.Enrollments.Len()), "enrollments")
}
