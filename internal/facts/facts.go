// Package facts keeps a whole community in memory as typed columns, so that statistics and HUD reports run over it
// in one pass: codes are small integers, dates are day numbers, and names, SSNs and free text never come in.
//
// Persons are in order, the clients of a person beside each other, the enrollments in the order of their clients and,
// of one client, by entry; the records of an enrollment lie beside each other, by date, in a table for each file. A
// row of a table is named by its index. The order depends on what the rows say and not on the order in which they
// came.
//
//	f, err := facts.Open("export.zip")
//	for e := range f.Enrollments.EntryDate {
//		from, to := f.Disabilities.Of(int32(e))
//		…
//	}
//
// Facts are read-only once built, and may be read by any number of goroutines.
package facts

import "github.com/hearth-hmis/hearth/internal/hmis"

// Facts is a community.
type Facts struct {
	// Start and End are the period of the export, Made the day on which it was made; NoDay where none says so.
	Start, End, Made hmis.Date
	Software         string // that made the export

	Organizations []Organization
	Projects      []Project
	CoCs          []string // what Enrollments.CoC counts in
	sources       []string // what Clients.source counts in, by name

	Clients     Clients
	Enrollments Enrollments
	Exits       Exits // the exit of enrollment i at i; ExitDate is NoDay where there is none
	Households  Households

	BedNights   BedNights
	Services    Services
	Situations  Situations
	Incomes     Incomes
	Health      Health
	Disability  Disabilities
	Employment  Employment
	Education   Education
	Assessments Assessments
	Events      Events
}

// Clients has a row for each Client record.
type Clients struct {
	Person []int32 `columns:"-"` // index of the human being: rows linked to the same person have the same one
	Row    []int64 `columns:"-"` // the hub's number of the record; nil where the facts are not from a hub

	NameDataQuality []Answer
	SSNDataQuality  []Answer
	Identity        []Identity `columns:"-"`
	DOB             []hmis.Date
	DOBDataQuality  []Answer
	Sex             []Answer
	Race            []Marks `columns:"AmIndAKNative,Asian,BlackAfAmerican,HispanicLatinao,MidEastNAfrican,NativeHIPacific,White"`
	RaceNone        []Answer
	Gender          []Marks `columns:"Woman,Man,CulturallySpecific,Transgender,NonBinary,Questioning,DifferentIdentity"` // FY2024
	GenderNone      []Answer
	VeteranStatus   []Answer

	YearEnteredService []Code
	YearSeparated      []Code
	TheaterEmpty       []Marks `columns:"-"` // which of the eight theaters of operation has no answer
	TheaterUnknown     []Marks `columns:"-"` // which is 8, 9 or 99
	MilitaryBranch     []Answer
	DischargeStatus    []Answer
	DateCreated        []hmis.Date

	ids         ids
	persons     []int64 // the hub's number of the person, 0 where the facts are not from a hub
	source      []int16
	enrollments []int32 // where the enrollments of client i begin; one more than there are clients
}

// ID is HUD's PersonalID.
func (c *Clients) ID(client int32) string { return c.ids.at(client) }

// Len is the number of rows.
func (c *Clients) Len() int { return len(c.Person) }

// Enrollments gives the enrollments of a client, from and up to but not including to.
func (c *Clients) Enrollments(client int32) (from, to int32) {
	return c.enrollments[client], c.enrollments[client+1]
}

// Identity says of the name and the SSN whether they are there, never what they are.
type Identity uint8

// The bits of Identity.
const (
	WholeName  Identity = 1 << iota // a first and a last name
	HasSSN                          // anything in SSN
	ValidSSN                        // an SSN as the Social Security Administration gives them out, or a hash
	HashedName                      // hashed names cannot be looked at
)

// Enrollments has a row for each Enrollment record.
type Enrollments struct {
	Client    []int32 `columns:"-"`
	Project   []int32 `columns:"-"`
	Household []int32 `columns:"-"`
	CoC       []int16 `columns:"-"` // index in Facts.CoCs, -1 where EnrollmentCoC is empty
	Row       []int64 `columns:"-"` // the hub's number of the record; nil where the facts are not from a hub

	EntryDate                    []hmis.Date
	RelationshipToHoH            []Answer
	LivingSituation              []Code
	RentalSubsidyType            []Code
	LengthOfStay                 []Answer
	LOSUnderThreshold            []Answer
	PreviousStreetESSH           []Answer
	DateToStreetESSH             []hmis.Date
	TimesHomelessPastThreeYears  []Answer
	MonthsHomelessPastThreeYears []Code
	DisablingCondition           []Answer
	DateOfEngagement             []hmis.Date
	MoveInDate                   []hmis.Date
	DateOfPATHStatus             []hmis.Date
	ClientEnrolledInPATH         []Answer
	ReferralSource               []Answer
	PercentAMI                   []Answer
	HasVAMCStation               []bool `columns:"-"`
	TargetScreenReqd             []Answer
	HPScreeningScore             []Code
	ThresholdScore               []Code
	DateCreated                  []hmis.Date

	ids ids
}

// ID is HUD's EnrollmentID.
func (e *Enrollments) ID(enrollment int32) string { return e.ids.at(enrollment) }

// Len is the number of rows.
func (e *Enrollments) Len() int { return len(e.Client) }

// Exits has a row for each enrollment.
type Exits struct {
	ExitDate                []hmis.Date
	Destination             []Code
	DestinationSubsidyType  []Code
	HousingAssessment       []Answer
	SubsidyInformation      []Answer
	ProjectCompletionStatus []Answer
	DateCreated             []hmis.Date
}

// Households groups the enrollments of one household in one project (source, project, HouseholdID). An enrollment
// without a HouseholdID is a household of its own.
type Households struct {
	Row []int64 // the hub's number of the household; nil where the facts are not from a hub

	members []int32 // enrollments, those of a household beside each other
	first   []int32 // where each household begins in members; one more than there are households
}

// Members gives the enrollments of a household, by client and entry.
func (h *Households) Members(household int32) []int32 {
	return h.members[h.first[household]:h.first[household+1]]
}

// Len is the number of households.
func (h *Households) Len() int { return len(h.first) - 1 }

// row is the hub's number of a household, 0 where the facts are not from a hub.
func (h *Households) row(household int32) int64 {
	if h.Row == nil {
		return 0
	}
	return h.Row[household]
}

// Records says where the records of each enrollment lie in a table.
type Records struct {
	first []int32 // one more than there are enrollments
}

// Of gives the records of an enrollment, from and up to but not including to.
func (r *Records) Of(enrollment int32) (from, to int32) {
	return r.first[enrollment], r.first[enrollment+1]
}

// BedNights has the days of Services records of type 200.
type BedNights struct {
	Records
	DateProvided []hmis.Date
}

// Services has the Services records that are no bed nights.
type Services struct {
	Records
	DateProvided []hmis.Date
	RecordType   []Code
	TypeProvided []Code
	FAAmount     []Cents
}

// Situations has the CurrentLivingSituation records.
type Situations struct {
	Records
	InformationDate        []hmis.Date
	CurrentLivingSituation []Code
	CLSSubsidyType         []Code
}

// Incomes has the IncomeBenefits records.
type Incomes struct {
	Records
	InformationDate     []hmis.Date
	DataCollectionStage []Answer

	IncomeFromAnySource []Answer
	TotalMonthlyIncome  []Cents
	Sources             []Marks `columns:"Earned,Unemployment,SSI,SSDI,VADisabilityService,VADisabilityNonService,PrivateDisability,WorkersComp,TANF,GA,SocSecRetirement,Pension,ChildSupport,Alimony,OtherIncomeSource"`
	SourcesAmount       []Cents `columns:"-"` // sum of the positive amounts of the sources marked 1
	EarnedAmount        []Cents

	BenefitsFromAnySource []Answer
	Benefits              []Marks `columns:"SNAP,WIC,TANFChildCare,TANFTransportation,OtherTANF,OtherBenefitsSource"`

	InsuranceFromAnySource []Answer
	Insurances             []Marks `columns:"Medicaid,Medicare,SCHIP,VHAServices,EmployerProvided,COBRA,PrivatePay,StateHealthIns,IndianHealthServices,OtherInsurance"`
}

// Health has the HealthAndDV records.
type Health struct {
	Records
	InformationDate          []hmis.Date
	DataCollectionStage      []Answer
	DomesticViolenceSurvivor []Answer
	WhenOccurred             []Answer
	CurrentlyFleeing         []Answer
	GeneralHealthStatus      []Answer
	PregnancyStatus          []Answer
}

// Disabilities has the Disabilities records.
type Disabilities struct {
	Records
	InformationDate      []hmis.Date
	DataCollectionStage  []Answer
	DisabilityType       []Answer
	DisabilityResponse   []Answer
	IndefiniteAndImpairs []Answer
}

// Employment has the EmploymentEducation records.
type Employment struct {
	Records
	InformationDate     []hmis.Date
	DataCollectionStage []Answer
	LastGradeCompleted  []Answer
	SchoolStatus        []Answer
	Employed            []Answer
	EmploymentType      []Answer
	NotEmployedReason   []Answer
}

// Education has the YouthEducationStatus records.
type Education struct {
	Records
	InformationDate     []hmis.Date
	DataCollectionStage []Answer
	CurrentSchoolAttend []Answer
	MostRecentEdStatus  []Answer
	CurrentEdStatus     []Answer
}

// Assessments has the Assessment records of coordinated entry.
type Assessments struct {
	Records
	AssessmentDate       []hmis.Date
	AssessmentType       []Answer
	AssessmentLevel      []Answer
	PrioritizationStatus []Answer
}

// Events has the Event records of coordinated entry.
type Events struct {
	Records
	EventDate               []hmis.Date
	Event                   []Answer
	ProbSolDivRRResult      []Answer
	ReferralCaseManageAfter []Answer
	ReferralResult          []Answer
	ResultDate              []hmis.Date
}

// ids is a list of texts in one.
type ids struct {
	text string
	end  []uint32
}

func (l *ids) at(i int32) string {
	from := uint32(0)
	if i > 0 {
		from = l.end[i-1]
	}
	return l.text[from:l.end[i]]
}
