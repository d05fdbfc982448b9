package bench

import (
	"slices"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// hand has what the loops read besides the columns of facts, worked out before, as the engine does.
type hand struct {
	f             *facts.Facts
	born, entered []int32 // by client and by stay, packed; neverBorn where unknown
	kind          []uint8 // by project
	first         []int32 // by person, the first stay; one more than there are
}

const (
	neverBorn = 1<<31 - 1
	bands     = 10
	answers   = 4
	kinds     = 16
)

// packed writes a day so that the difference of two has the whole years between them in its upper bits.
func packed(d hmis.Date) int32 {
	y, m, day := d.Date()
	return int32(y)<<9 | int32(m)<<5 | int32(day)
}

func byHand(f *facts.Facts) contestant {
	h := &hand{f: f, first: []int32{0}}
	for client, born := range f.Clients.DOB {
		p := int32(neverBorn)
		if born != facts.NoDay {
			p = packed(born)
		}
		h.born = append(h.born, p)
		if _, to := f.Clients.Enrollments(int32(client)); client == f.Clients.Len()-1 || f.Clients.Person[client+1] != f.Clients.Person[client] {
			h.first = append(h.first, to)
		}
	}
	for _, d := range f.Enrollments.EntryDate {
		h.entered = append(h.entered, packed(d))
	}
	for _, p := range f.Projects {
		h.kind = append(h.kind, uint8(p.Type))
	}
	return contestant{"a Go loop by hand", h.active, h.lengths, h.flows}
}

// veteran is the place of the status in the catalogue; age is 1 more than the years, 0 for not known.
func veteran(status facts.Answer, age int32) int {
	switch {
	case age > 0 && age <= 18, status == 0:
		return 1
	case status == 1 && age > 0:
		return 0
	case status == 8 || status == 9:
		return 2
	}
	return 3
}

func ageOn(born, day int32) int32 {
	if born > day {
		return 0
	}
	return min((day-born)>>9, 150) + 1
}

// bandByAge is by age + 1; the last is not known.
var bandByAge = func() (list [256]uint8) {
	list[0] = bands - 1
	for age := range 255 {
		for band, low := range []int{0, 5, 13, 18, 25, 35, 45, 55, 65} {
			if age >= low {
				list[age+1] = uint8(band)
			}
		}
	}
	return list
}()

func (h *hand) active() (active, error) {
	var persons, stays [kinds * bands * answers]int64
	var last [kinds * bands * answers]int32
	f, start := h.f, packed(yearStart)
	g := glossary.Period{F: f, Start: yearStart, End: yearEnd}
	for s, entry := range f.Enrollments.EntryDate {
		exit := f.Exits.ExitDate[s]
		if entry > yearEnd || exit != facts.NoDay && exit < yearStart {
			continue
		}
		kind := h.kind[f.Enrollments.Project[s]]
		if kind == glossary.ShelterNightly && !g.Active(int32(s)) {
			continue
		}
		client := f.Enrollments.Client[s]
		age := ageOn(h.born[client], max(start, h.entered[s]))
		at := (int(kind)*bands+int(bandByAge[age]))*answers + veteran(f.Clients.VeteranStatus[client], age)
		stays[at]++
		if person := f.Clients.Person[client] + 1; last[at] != person {
			last[at] = person
			persons[at]++
		}
	}
	list := active{}
	for at, n := range stays {
		if n > 0 {
			list[cell{at / answers / bands, at / answers % bands, at % answers}] = [2]int64{persons[at], n}
		}
	}
	return list, nil
}

func (h *hand) lengths() (lengths, error) {
	const most = 1 << 13
	f, start := h.f, packed(yearStart)
	g := glossary.Period{F: f, Start: yearStart, End: yearEnd}
	times := make([]int32, answers*most) // by status and days
	for s, entry := range f.Enrollments.EntryDate {
		exit := f.Exits.ExitDate[s]
		if entry > yearEnd || exit != facts.NoDay && exit < yearStart {
			continue
		}
		var days int
		switch kind := h.kind[f.Enrollments.Project[s]]; {
		case kind == glossary.ShelterNightly:
			if !g.Active(int32(s)) {
				continue
			}
			days = g.Nights(int32(s), entry, yearEnd)
		case exit != facts.NoDay && exit <= yearEnd:
			days = max(int(exit-entry), 0)
		default:
			days = int(yearEnd + 1 - entry)
		}
		client := f.Enrollments.Client[s]
		age := ageOn(h.born[client], max(start, h.entered[s]))
		times[veteran(f.Clients.VeteranStatus[client], age)*most+days]++
	}
	list := lengths{}
	for v := range answers {
		var n, sum int64
		for days, some := range times[v*most : (v+1)*most] {
			n += int64(some)
			sum += int64(some) * int64(days)
		}
		if n == 0 {
			continue
		}
		at := func(place int64) float64 {
			for days, some := range times[v*most : (v+1)*most] {
				if place -= int64(some); place < 0 {
					return float64(days)
				}
			}
			return 0
		}
		list[v] = length{float64(sum) / float64(n), (at((n-1)/2) + at(n/2)) / 2}
	}
	return list, nil
}

// goesOn is how a run ends that has not ended; 0, 1 and 2 are the parts of the outflow.
const goesOn = 3

type run struct {
	from, to hmis.Date
	how      uint8
}

func (h *hand) flows() (list flows, err error) {
	month := make([]uint8, flowsEnd-flowsStart+1)
	for d := range month {
		y, m, _ := (flowsStart + hmis.Date(d)).Date()
		month[d] = uint8((y-2023)*12 + int(m) - 10)
	}
	var runs []run
	for person := range len(h.first) - 1 {
		runs = runs[:0]
		for s := h.first[person]; s < h.first[person+1]; s++ {
			if r := h.run(s); r.from < r.to {
				at := len(runs)
				for at > 0 && runs[at-1].from > r.from {
					at--
				}
				runs = slices.Insert(runs, at, r)
			}
		}
		last := uint8(goesOn)
		for i := 0; i < len(runs); {
			r := runs[i]
			for i++; i < len(runs) && runs[i].from <= r.to; i++ {
				switch next := runs[i]; {
				case next.to > r.to:
					r.to, r.how = next.to, next.how
				case next.to == r.to && next.how == goesOn:
					r.how = goesOn
				case next.to == r.to && r.how != goesOn:
					r.how = min(r.how, next.how)
				}
			}
			if r.from >= flowsStart {
				list[month[r.from-flowsStart]][[...]int{1, 2, 2, 0}[last]]++
			}
			if r.how != goesOn && r.to >= flowsStart && r.to <= flowsEnd {
				list[month[r.to-flowsStart]][3+r.how]++
			}
			last = r.how
		}
	}
	return list, nil
}

// run is the days on which a stay is on the by-name list.
func (h *hand) run(s int32) run {
	f := h.f
	ever := glossary.Period{F: f, Start: flowsStart, End: 1 << 30}
	entry, exit := f.Enrollments.EntryDate[s], f.Exits.ExitDate[s]
	if entry > flowsEnd {
		return run{}
	}
	switch h.kind[f.Enrollments.Project[s]] {
	case glossary.SupportiveHousing, glossary.HousingOnly, glossary.HousingServices, glossary.RapidRehousing:
		if moved := ever.MoveIn(s); moved != facts.NoDay && moved <= flowsEnd {
			return run{entry, moved, 0}
		}
	}
	if exit == facts.NoDay || exit > flowsEnd {
		return run{entry, flowsEnd + 1, goesOn}
	}
	how := uint8(1)
	switch to := ever.Destination(s); {
	case to >= 400 && to < 500:
		how = 0
	case to == glossary.DontKnow || to == glossary.NotCollected || to == 30:
		how = 2
	}
	return run{entry, max(exit, entry+1), how}
}
