package hmis

import "strings"

// Programs is a set of federal programs whose elements stay among the organizations that run them.
type Programs uint8

// The programs whose elements other programs do not collect.
const (
	HOPWA Programs = 1 << iota // Housing Opportunities for Persons With AIDS
	RHY                        // Runaway and Homeless Youth
	VA                         // Department of Veterans Affairs, HUD-VASH included
	PATH                       // Projects for Assistance in Transition from Homelessness
)

var programOfPartner = map[string]Programs{
	"HUD:HOPWA": HOPWA, "HHS:RHY": RHY, "HHS:PATH": PATH, "HUD-VASH": VA,
	"VA:CCSH": VA, "VA:CRS": VA, "VA:CWT-TR": VA, "VA:GPD": VA, "VA:SSVF": VA,
}

// ProgramOfFunder returns the program that a funder code (list 2.06.1) belongs to, 0 for none.
func ProgramOfFunder(code int32) Programs { return programOfFunder[code] }

var programOfFunder = func() map[int32]Programs {
	m := map[int32]Programs{}
	for _, f := range funderInfos {
		if p := programOfPartner[f.FederalPartner]; p != 0 {
			m[f.Code] = p
		}
	}
	m[48] |= HOPWA // HOPWA-CV, retired, counts as codes 13-19
	return m
}()

// Programs returns the programs that alone collect the element, 0 where others collect it too.
// Source: data/element-applicability-fy2026.csv.
func (e Element) Programs() Programs { return programsOfElement(e.Number) }

func programsOfElement(number string) (programs Programs) {
	for _, a := range applicability {
		if a.Element != number || a.Requirement == "retired" {
			continue
		}
		if a.Funders == nil {
			return 0
		}
		for _, f := range a.Funders {
			p := programOfFunder[f]
			if p == 0 {
				return 0
			}
			programs |= p
		}
	}
	return programs
}

// Class is what a decision about the column depends on. Its programs are 0 where any of its elements is collected
// elsewhere.
func (c *Column) Class() Class { return c.class }

func columnPrograms(c *Column) (programs Programs) {
	for _, number := range c.Elements {
		if strings.HasPrefix(number, "5.") {
			continue // metadata comes with every element
		}
		p := programsOfElement(strings.TrimRight(number, "AB"))
		if p == 0 {
			return 0
		}
		programs |= p
	}
	return programs
}
