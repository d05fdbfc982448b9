package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// followed are the subscriptions that are shown to be narrowed: a run that is hidden is answered as one that is absent and
// makes no event, and the stream ends with the account (TestFollowARun in internal/cli, TestAFollowedRunIsHidden here).
var followed = []string{"reportRun"}

// Subscriptions and feeds: a schema with another one is refused until its events are shown to be narrowed.
func TestChannel14SubscriptionsAndFeeds(t *testing.T) {
	for _, fault := range feeds((&Resolver{}).Schema().Schema()) {
		t.Error(fault)
	}
	if len(feeds(sample(t, `type Query { a: String } type Subscription { changes: String reportRun: String }`))) != 1 {
		t.Error("a subscription is not seen, so nothing was shown")
	}
	if s := (&Resolver{}).NumbersSchema().Schema().Subscription; s != nil {
		t.Errorf("those who see no person have subscriptions: %v", s.Fields)
	}
}

func feeds(s *ast.Schema) (faults []string) {
	if s.Subscription == nil {
		return nil
	}
	for _, f := range s.Subscription.Fields {
		if !slices.Contains(followed, f.Name) {
			faults = append(faults, fmt.Sprintf("Subscription.%s is not covered: show in internal/store, as for the other channels, that what is hidden makes no event, "+
				"no gap and no delay, that a revocation ends it, and name the field here", f.Name))
		}
	}
	return faults
}

// exact are the types of exact numbers that TestReportsTellNothingOfOthers shows to be the same whatever is hidden: those
// of reports and data quality, which are for who may see every row behind, and those of statistics, which are protected for
// everybody else (TestStatistics). Those of the log are about accounts, for who
// watches over them (TestWhoReadsTheLog), and those of accounts and agreements too (TestKeepingAccounts).
var exact = strings.Fields(`Report ReportCell ReportRun KeptCell CellDifference DataQuality QualityCheck QualityCheckCount
QualityProjectCount QualityOrganizationCount QualityTypeCount QualityMonth Timeliness
StatisticsBasis StatisticsGroups StatisticsFile StatisticsMeasureChange StatisticsCount StatisticsRate StatisticsAverage StatisticsDuration StatisticsCoverage Disclosure AccountReview
Account PartnerAgreement AccountSettings`)

// Exact numbers: there are none but those, and the counts of lists, which the store narrows
// (TestChannel04CountsAndPagesBeforeNarrowing).
func TestChannel23ExactNumbersBesideOthers(t *testing.T) {
	for _, fault := range numbers((&Resolver{}).Schema().Schema()) {
		t.Error(fault)
	}
	if len(numbers(sample(t, `type Query { clientsServed: Int page: Numbers } type Numbers @open { rate: Float }`))) != 2 {
		t.Error("a number is not seen, so nothing was shown")
	}
}

func numbers(s *ast.Schema) (faults []string) {
	ofFiles := map[string]bool{}
	for _, f := range hmis.Files() {
		ofFiles[f.TypeName()] = true // rows of a project, open to all, or of a client, narrowed and withheld
	}
	for name, d := range s.Types {
		if d.Kind != ast.Object || d.BuiltIn || ofFiles[name] || slices.Contains(exact, name) {
			continue
		}
		for _, f := range d.Fields {
			number := slices.Contains([]string{"Int", "Float", "Money"}, f.Type.Name())
			if number && !(f.Name == "totalCount" && isPage(s, d)) {
				faults = append(faults, fmt.Sprintf("%s.%s is a number: show that it is the same whatever is hidden from the viewer, also next to the number of the own rows, and name it here", name, f.Name))
			}
		}
	}
	return faults
}

// covered are the questions, filters and orders that the channel tests know. A new one can be a new channel.
var covered = strings.Fields(`
Query.viewer Query.node Query.nodes
Query.clients Query.persons Query.households Query.enrollments Query.projects Query.organizations
Query.exits Query.services Query.currentLivingSituations Query.assessments Query.events Query.incomeBenefits Query.healthAndDv
Query.disabilities Query.employmentEducation Query.youthEducationStatuses
Query.client Query.enrollment Query.project Query.organization Query.sources Query.codeLists Query.explainAccess
Query.disclosureLog Query.accountActivity Query.accessReview DisclosureFilter.client DisclosureFilter.account DisclosureFilter.from DisclosureFilter.to DisclosureFilter.kind
Query.savedQueries Query.savedQuery Mutation.saveQuery Mutation.deleteSavedQuery Mutation.publishQuery Mutation.withdrawQuery Mutation.createQueryAddress Mutation.endQueryAddress
Query.statistics Query.measures Query.dimensions Query.report Query.dataQuality Query.reportRuns Mutation.runReport Subscription.reportRun
Query.account Query.accounts Query.endUserAgreement Query.partnerAgreements Query.accountSettings
Mutation.signAgreement Mutation.changePassword Mutation.beginSecondFactor Mutation.confirmSecondFactor Mutation.newRecoveryCodes
Mutation.removeSecondFactor Mutation.endToken Mutation.endSessions Mutation.createToken Mutation.rotateToken Mutation.createAccount
Mutation.updateAccount Mutation.disableAccount Mutation.enableAccount Mutation.recordTraining Mutation.setPassword Mutation.resetSecondFactor
Mutation.publishEndUserAgreement Mutation.recordPartnerAgreement Mutation.changeAccountSettings
Mutation.recordConsent Mutation.signConsent Mutation.revokeConsent Mutation.lockClient Mutation.unlockClient Mutation.login Mutation.logout
ProjectFilter.id ProjectFilter.organization ProjectFilter.projectType ProjectFilter.funder ProjectFilter.coc ProjectFilter.operatingOn
EnrollmentFilter.entryDate EnrollmentFilter.exitDate EnrollmentFilter.activeOn EnrollmentFilter.active EnrollmentFilter.relationshipToHoh
EnrollmentFilter.householdType EnrollmentFilter.project
ClientFilter.veteranStatus ClientFilter.sex ClientFilter.enrollment
ClientSearch.firstName ClientSearch.lastName ClientSearch.name ClientSearch.soundsLike ClientSearch.ssn ClientSearch.dob
HouseholdFilter.householdType HouseholdFilter.activeOn HouseholdFilter.project
DateFilter.date RecordFilter.date RecordFilter.project
ClientOrder.ID EnrollmentOrder.ID EnrollmentOrder.ENTRY_DATE EnrollmentOrder.ENTRY_DATE_DESC RecordOrder.ID RecordOrder.DATE RecordOrder.DATE_DESC
ProjectOrder.ID ProjectOrder.NAME OrganizationOrder.ID OrganizationOrder.NAME`)

// Searches, statistics, writes, filters and orders that come later are refused until they are shown to be closed.
func TestEveryQuestionIsCovered(t *testing.T) {
	asked := questions((&Resolver{}).Schema().Schema())
	for _, q := range asked {
		if !slices.Contains(covered, q) {
			t.Errorf("%s is not covered: show in the channel tests that it concerns (a search or look-up in TestChannel11, a filter in TestChannel01, an order in TestChannel02, "+
				"a write in TestChannel09 and TestChannel10, a list in everyList) that nothing hidden comes through, then name it here", q)
		}
	}
	for _, q := range covered {
		if !slices.Contains(asked, q) {
			t.Errorf("%s is no longer in the schema: take it off the list", q)
		}
	}
}

// questions lists the fields of the roots, of filters and of searches, and the values of orders.
func questions(s *ast.Schema) (list []string) {
	for name, d := range s.Types {
		if isRoot(s, d) || d.Kind == ast.InputObject && (strings.HasSuffix(name, "Filter") || strings.HasSuffix(name, "Search")) {
			for _, f := range d.Fields {
				if !strings.HasPrefix(f.Name, "__") {
					list = append(list, name+"."+f.Name)
				}
			}
		}
		if d.Kind == ast.Enum && strings.HasSuffix(name, "Order") {
			for _, v := range d.EnumValues {
				list = append(list, name+"."+v.Name)
			}
		}
	}
	return list
}
