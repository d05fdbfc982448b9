package facts

import (
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// The columns that others than columnsOf look at.
var (
	identityColumns = []string{"FirstName", "LastName", "SSN"}
	theaterColumns  = []string{"WorldWarII", "KoreanWar", "VietnamWar", "DesertStorm", "AfghanistanOEF", "IraqOIF", "IraqOND", "OtherTheater"}
	incomeSources   = []string{"Earned", "Unemployment", "SSI", "SSDI", "VADisabilityService", "VADisabilityNonService", "PrivateDisability",
		"WorkersComp", "TANF", "GA", "SocSecRetirement", "Pension", "ChildSupport", "Alimony", "OtherIncomeSource"}
)

func clientColumns(c *Clients) []column {
	f := hmis.FileNamed("Client")
	identity, theaters := indexes(f, identityColumns...), indexes(f, theaterColumns...)
	which := func(is func(hmiscsv.Cell) bool) func([]hmiscsv.Cell) Marks {
		return func(cells []hmiscsv.Cell) (m Marks) {
			for bit, i := range theaters {
				if is(cells[i]) {
					m |= 1 << bit
				}
			}
			return m
		}
	}
	return append(columnsOf("Client", c),
		derived(&c.Identity, func(cells []hmiscsv.Cell) Identity {
			return identityOf(cells[identity[0]], cells[identity[1]], cells[identity[2]])
		}),
		derived(&c.TheaterEmpty, which(func(c hmiscsv.Cell) bool { return !c.Set })),
		derived(&c.TheaterUnknown, which(func(c hmiscsv.Cell) bool { return c.Set && (c.N == 8 || c.N == 9 || c.N == 99) })))
}

func enrollmentColumns(e *Enrollments) []column {
	station := indexes(hmis.FileNamed("Enrollment"), "VAMCStation")[0]
	return append(columnsOf("Enrollment", e),
		derived(&e.HasVAMCStation, func(cells []hmiscsv.Cell) bool { return cells[station].Set }))
}

// identityOf looks at the name and the SSN and forgets them.
func identityOf(first, last, ssn hmiscsv.Cell) (id Identity) {
	if first.Set && last.Set {
		id |= WholeName
	}
	if isHash(first.S) {
		id |= HashedName
	}
	if ssn.Set {
		id |= HasSSN
	}
	if isHash(ssn.S) || validSSN(ssn.S) {
		id |= ValidSSN
	}
	return id
}

// isHash recognizes hashes: MD5 has 32 hexadecimal digits, SHA-1 has 40, SHA-256 has 64 and may have four of the SSN before it.
func isHash(s string) bool { return len(s) >= 32 && strings.Trim(s, "0123456789abcdefABCDEF") == "" }

// validSSN tells an SSN that can be one (HMIS Data Standards 3.02; report-rules.md 8): nine digits that begin neither
// with 000 nor 666 nor 9, whose middle is not 00 and whose end is not 0000, not one digit nine times and not in a row.
func validSSN(s string) bool {
	if len(s) != 9 || strings.Trim(s, "0123456789") != "" || s[0] == '9' || s[:3] == "000" || s[:3] == "666" || s[3:5] == "00" || s[5:] == "0000" {
		return false
	}
	return strings.Count(s, s[:1]) < 9 && s != "123456789" && s != "234567890" && s != "012345678" && s != "987654321" && s != "876543210"
}

// sourcesAmount is the sum of the positive amounts of the sources that are marked 1 (report-rules.md 5).
func sourcesAmount(rows *[]Cents) column {
	f := hmis.FileNamed("IncomeBenefits")
	marks := indexes(f, incomeSources...)
	return derived(rows, func(cells []hmiscsv.Cell) Cents {
		sum := hmiscsv.Cell{Set: true}
		for _, i := range marks { // the amount stands beside its mark
			if amount := cells[i+1]; cells[i].Set && cells[i].N == 1 && amount.Set {
				sum.N += max(amount.N, 0)
			}
		}
		return centsOf(sum)
	})
}
