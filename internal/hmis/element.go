package hmis

import "slices"

// Element is a HUD data element: what is asked, of whom and when. Source: data/elements-fy2026.csv.
type Element struct {
	Number           string
	Name             string
	Group            string
	CollectedAbout   string
	CollectionPoints []string
	Columns          []string // File.Column
	Category         Category
	Dependency       string
	Retired          bool
	Note             string
}

// Elements returns every element in HUD's order.
func Elements() []Element { return elements }

var elements = func() (all []Element) {
	for _, r := range readTable("elements-fy2026.csv") {
		category, _ := ParseCategory(r.get("category"))
		all = append(all, Element{
			Number: r.get("element"), Name: r.get("name"), Group: r.get("group"), CollectedAbout: r.get("collected_about"),
			CollectionPoints: split(r.get("collection_points"), "|"), Columns: split(r.get("columns"), "|"),
			Category: category, Dependency: r.get("dependency"), Retired: r.get("status") == "retired", Note: r.get("note"),
		})
	}
	return all
}()

// Applicability says that an element is due at projects of some types with some funders.
// Source: data/element-applicability-fy2026.csv.
type Applicability struct {
	Element      string
	Component    string
	Funders      []int32 // funder codes; nil: any
	ProjectTypes []int32 // project type codes; nil: any
	Requirement  string  // required, manual, inferred, optional, retired
	Note         string
}

// Applies reports whether the row matches a project of the type with one of the funders.
func (a Applicability) Applies(projectType int32, funders []int32) bool {
	if a.ProjectTypes != nil && !slices.Contains(a.ProjectTypes, projectType) {
		return false
	}
	return a.Funders == nil || slices.ContainsFunc(funders, func(f int32) bool { return slices.Contains(a.Funders, f) })
}

// ApplicabilityRows returns every row; an element is due where one of its rows applies.
func ApplicabilityRows() []Applicability { return applicability }

var applicability = func() (all []Applicability) {
	for _, r := range readTable("element-applicability-fy2026.csv") {
		all = append(all, Applicability{
			Element: r.get("element"), Component: r.get("component"), Funders: codes(r.get("funder_codes")),
			ProjectTypes: codes(r.get("project_types")), Requirement: r.get("requirement"), Note: r.get("note"),
		})
	}
	return all
}()

// requirements are the words of Applicability.Requirement for elements that are due, the strongest first.
var requirements = []string{"required", "manual", "inferred", "optional"}

// Due is an element that a project collects.
type Due struct {
	Element
	Requirement string // required, manual, inferred or optional
}

// ElementsDue lists, in HUD's order, what a project of the type with the funders collects.
func ElementsDue(projectType int32, funders []int32) (due []Due) {
	strength := map[string]int{}
	for _, a := range applicability {
		if i := slices.Index(requirements, a.Requirement); i >= 0 && a.Applies(projectType, funders) {
			if have, ok := strength[a.Element]; !ok || i < have {
				strength[a.Element] = i
			}
		}
	}
	for _, e := range elements {
		if i, ok := strength[e.Number]; ok && !e.Retired {
			due = append(due, Due{e, requirements[i]})
		}
	}
	return due
}

func codes(s string) (list []int32) {
	if s == "all" {
		return nil
	}
	for _, part := range split(s, "|") {
		list = append(list, int32(mustInt(part)))
	}
	return list
}

// FunderInfo is a funder code with its federal partner. Source: data/funders-fy2026.csv and funder-components.csv.
type FunderInfo struct {
	Code           int32
	Label          string
	FederalPartner string
	Component      string
	Status         string // active, retired, unlisted
	SPMCoCFunded   bool   // counts as CoC-funded in the System Performance Measures
}

// FunderInfos returns every funder code.
func FunderInfos() []FunderInfo { return funderInfos }

var funderInfos = func() (all []FunderInfo) {
	cocFunded := map[string]bool{}
	for _, r := range readTable("funder-components.csv") {
		cocFunded[r.get("code")] = r.get("spm_coc_funded") == "Y"
	}
	for _, r := range readTable("funders-fy2026.csv") {
		all = append(all, FunderInfo{int32(mustInt(r.get("code"))), r.get("label"), r.get("federal_partner"),
			r.get("component"), r.get("status"), cocFunded[r.get("code")]})
	}
	return all
}()

// ProjectTypeInfo is a project type with the groups that HUD's rules speak of. Source: data/project-types.csv.
type ProjectTypeInfo struct {
	Code               int32
	Label, Short       string
	Category           string
	Homeless           bool
	Residential        bool
	LiterallyHomeless  bool
	PermanentHousing   bool
	HasBeds            bool
	CollectsMoveInDate bool
	CollectsEngagement bool
	CollectsBedNights  bool
}

// ProjectTypeInfos returns every project type.
func ProjectTypeInfos() []ProjectTypeInfo { return projectTypeInfos }

var projectTypeInfos = func() (all []ProjectTypeInfo) {
	for _, r := range readTable("project-types.csv") {
		is := func(column string) bool { return r.get(column) == "Y" }
		all = append(all, ProjectTypeInfo{
			Code: int32(mustInt(r.get("code"))), Label: r.get("label"), Short: r.get("short"), Category: r.get("category"),
			Homeless: is("is_homeless"), Residential: is("is_residential"), LiterallyHomeless: is("is_literally_homeless"),
			PermanentHousing: is("is_permanent_housing"), HasBeds: is("has_beds"), CollectsMoveInDate: is("collects_move_in_date"),
			CollectsEngagement: is("collects_date_of_engagement"), CollectsBedNights: is("collects_bed_nights"),
		})
	}
	return all
}()

// SituationInfo is a living situation or rental subsidy with the groups of the SPM and the APR.
// Source: data/destination-categories.csv.
type SituationInfo struct {
	Code     int32
	Label    string
	Category string // Homeless, Institutional, Temporary, Permanent, Other
	Subsidy  bool   // a rental subsidy type (3.12.A) and not a situation

	ValidPrior, ValidCurrent, ValidDestination       bool
	SPMPermanent, SPM7aTemporary                     bool
	SPM7aExcluded, SPM7bExcluded                     bool
	APRPositiveSO, APRPositiveESTH, APRPositiveOther bool
	APRExcludedSO, APRExcludedOther                  bool
}

// SituationInfos returns every living situation, then every subsidy type.
func SituationInfos() []SituationInfo { return situationInfos }

var situationInfos = func() (all []SituationInfo) {
	for _, r := range readTable("destination-categories.csv") {
		is := func(column string) bool { return r.get(column) == "Y" }
		all = append(all, SituationInfo{
			Code: int32(mustInt(r.get("code"))), Label: r.get("label"), Category: r.get("category"),
			Subsidy:    r.get("kind") != "situation",
			ValidPrior: is("valid_prior"), ValidCurrent: is("valid_current"), ValidDestination: is("valid_destination"),
			SPMPermanent: is("spm_permanent"), SPM7aTemporary: is("spm_7a_temporary_or_institutional"),
			SPM7aExcluded: is("spm_7a_excluded"), SPM7bExcluded: is("spm_7b_excluded"),
			APRPositiveSO: is("apr_positive_so"), APRPositiveESTH: is("apr_positive_es_th"), APRPositiveOther: is("apr_positive_other"),
			APRExcludedSO: is("apr_excluded_so"), APRExcludedOther: is("apr_excluded_other"),
		})
	}
	return all
}()
