package hmis

import (
	"io"
	"math/bits"
	"strconv"
	"strings"
)

// Category says what kind of fact a field holds; a client's release opens categories, never fields.
// Source: data/categories.csv with the legal basis of each.
type Category uint8

// Unclassified is the category of a row whose type nobody knows: only the organization
// that collected it sees it.
const (
	Unclassified Category = iota
	Identity
	Demographics
	SensitiveIdentity
	EnrollmentCategory
	Location
	ServicesCategory
	Income
	Health
	BehavioralHealth
	HIV
	DomesticViolence
	CoordinatedEntry
	YouthJustice
	Military
	Meta          // ids and audit fields: shown with their row
	CategoryCount // how many values Category has
)

var categoryNames = [CategoryCount]string{
	"UNCLASSIFIED", "IDENTITY", "DEMOGRAPHICS", "SENSITIVE_IDENTITY", "ENROLLMENT", "LOCATION", "SERVICES", "INCOME",
	"HEALTH", "BEHAVIORAL_HEALTH", "HIV", "DOMESTIC_VIOLENCE", "COORDINATED_ENTRY", "YOUTH_JUSTICE", "MILITARY", "META",
}

func (c Category) String() string { return categoryNames[c] }

// ParseCategory is the reverse of String.
func ParseCategory(s string) (Category, bool) {
	for c, name := range categoryNames {
		if name == s {
			return Category(c), true
		}
	}
	return Unclassified, false
}

// MarshalGQL writes the name as a JSON string.
func (c Category) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(c.String())) }

// UnmarshalGQL reads the name of a category that a release can open.
func (c *Category) UnmarshalGQL(v any) error {
	s, _ := v.(string)
	parsed, ok := ParseCategory(s)
	if !ok || !AllContent.Has(parsed) {
		return Errorf(Invalid, "not a category")
	}
	*c = parsed
	return nil
}

// Categories is a set of categories.
type Categories uint32

// AllContent holds every category that a release can open.
const AllContent = Categories(1<<CategoryCount-1) &^ (1 << Unclassified) &^ (1 << Meta)

// CategoriesOf makes a set.
func CategoriesOf(list ...Category) (s Categories) {
	for _, c := range list {
		s |= 1 << c
	}
	return s
}

// Has reports whether c is in the set.
func (s Categories) Has(c Category) bool { return s&(1<<c) != 0 }

// List returns the set in the order of the constants.
func (s Categories) List() []Category {
	list := make([]Category, 0, bits.OnesCount32(uint32(s)))
	for c := Unclassified; c < CategoryCount; c++ {
		if s.Has(c) {
			list = append(list, c)
		}
	}
	return list
}

// CategoryInfo is what data/categories.csv says of a category.
type CategoryInfo struct {
	Category    Category
	Description string
	General     bool // a general release covers it; the others must be named
	Basis       string
}

// CategoryInfos returns the fourteen categories of data/categories.csv.
func CategoryInfos() []CategoryInfo { return categoryInfos }

var categoryInfos = func() (infos []CategoryInfo) {
	for _, r := range readTable("categories.csv") {
		infos = append(infos, CategoryInfo{mustCategory(r.get("category")), r.get("description"),
			r.get("default_shared_with_consent") == "Y", r.get("basis")})
	}
	return infos
}()

// GeneralRelease holds the categories that a general release covers.
var GeneralRelease = func() (s Categories) {
	for _, info := range categoryInfos {
		if info.General {
			s |= CategoriesOf(info.Category)
		}
	}
	return s
}()

// Class is what a decision about a fact depends on, whoever asks.
type Class struct {
	Category Category
	Programs Programs // federal programs that alone collect it; 0: others collect it too
	Place    bool     // tells where the client is or was: kept from others while the client is fleeing
}

// ClassOf is the class of a category's facts that every program collects.
func ClassOf(c Category) Class { return Class{Category: c, Place: c == Location} }

// RowTypeOf returns the type of a row of Disabilities (by DisabilityType) or Services (by RecordType and TypeProvided),
// whose class is that of all that the row says; Unclassified where the type is none that HUD lists.
// Source: data/type-dependent-categories-fy2026.csv, kind record.
func RowTypeOf(file string, recordType, typeProvided int32) RowType {
	rule, ok := rowCategories[rowType{file, recordType, anyType}]
	if !ok {
		rule = rowCategories[rowType{file, recordType, typeProvided}]
	}
	return rule
}

// RowType is one row of RowTypes.
type RowType struct {
	Type, Provided int32 // Provided is AnyProvided where the record type alone decides
	Class          Class
}

// AnyProvided marks a RowType that holds whatever was provided.
const AnyProvided = anyType

const anyType = -1

type rowType struct {
	file     string
	typ      int32
	provided int32
}

// RowTypes lists the record types of a file that RowTypeOf knows, nil for a file without any.
func RowTypes(file string) []RowType { return rowTypes[file] }

var rowCategories, rowTypes = func() (map[rowType]RowType, map[string][]RowType) {
	byType, lists := map[rowType]RowType{}, map[string][]RowType{}
	for _, r := range readTable("type-dependent-categories-fy2026.csv") {
		if r.get("kind") != "record" {
			continue
		}
		first, second, both := strings.Cut(r.get("value"), "+")
		t := RowType{Type: int32(mustInt(first)), Provided: anyType, Class: ClassOf(mustCategory(r.get("category")))}
		if both {
			t.Provided = int32(mustInt(second))
		}
		element, _, _ := strings.Cut(strings.TrimPrefix(r.get("why"), "element "), ";")
		element, _, _ = strings.Cut(element, ",")
		t.Class.Programs = programsOfElement(element)
		file := r.get("file")
		byType[rowType{file, t.Type, t.Provided}] = t
		lists[file] = append(lists[file], t)
	}
	return byType, lists
}()

// Telling says that a project gives a category away: whoever stays at a project with one of the codes in the column
// is known by that alone to be, for example, of a household with HIV.
type Telling struct {
	File, Column string // of Project or Funder
	Codes        []int32
	Category     Category
}

// Tellings lists what gives a category away. Source: data/type-dependent-categories-fy2026.csv, kind hint.
func Tellings() []Telling { return tellings }

var tellings = func() (list []Telling) {
	for _, r := range readTable("type-dependent-categories-fy2026.csv") {
		if file := r.get("file"); r.get("kind") == "hint" && (file == "Funder" || file == "Project") {
			list = append(list, Telling{file, r.get("discriminator"), codes(r.get("value")), mustCategory(r.get("category"))})
		}
	}
	return list
}()

// places are the columns outside LOCATION that tell where a client is or was. Source: the note on CurrentlyFleeing in
// data/type-dependent-categories-fy2026.csv.
var places = map[string]bool{"Assessment.AssessmentLocation": true, "Event.LocationCrisisOrPHHousing": true}
