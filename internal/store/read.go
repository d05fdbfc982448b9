package store

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/ent/source"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// whole answers a list that belongs to no other row.
func whole[T Node](ctx context.Context, s *Store, k *kind[T], l list) (*Connection[T], error) {
	connections, err := load(ctx, s, k, l)
	if err != nil {
		return nil, err
	}
	return connections[0], nil
}

// Clients lists client records.
func (s *Store) Clients(ctx context.Context, p Page, where *ClientFilter, o Order) (*ClientConnection, error) {
	return whole(ctx, s, kindClient, list{page: p, order: o, where: where, filter: where.compile})
}

// Persons lists the people behind client records.
func (s *Store) Persons(ctx context.Context, p Page) (*PersonConnection, error) {
	return whole(ctx, s, kindPerson, list{page: p})
}

// Households lists households.
func (s *Store) Households(ctx context.Context, p Page, where *HouseholdFilter) (*HouseholdConnection, error) {
	return whole(ctx, s, kindHousehold, list{page: p, where: where, filter: where.compile})
}

// Enrollments lists stays.
func (s *Store) Enrollments(ctx context.Context, p Page, where *EnrollmentFilter, o Order) (*EnrollmentConnection, error) {
	return whole(ctx, s, kindEnrollment, enrollments(p, where, o))
}

// Projects lists projects.
func (s *Store) Projects(ctx context.Context, p Page, where *ProjectFilter, o Order) (*ProjectConnection, error) {
	return whole(ctx, s, kindProject, list{page: p, order: o, where: where, filter: where.compile})
}

// Organizations lists organizations.
func (s *Store) Organizations(ctx context.Context, p Page, o Order) (*OrganizationConnection, error) {
	return whole(ctx, s, kindOrganization, list{page: p, order: o})
}

func enrollments(p Page, where *EnrollmentFilter, o Order) list {
	return list{page: p, order: o, where: where, filter: where.compile}
}

// records is a list of rows under an enrollment.
func records(t *table, p Page, where *RecordFilter, o Order) list {
	return list{page: p, order: o, where: where, filter: func(ss *session, c columns) (*sql.Predicate, error) { return where.compile(ss, t, c) }}
}

func (f *DateFilter) record() *RecordFilter {
	if f == nil {
		return nil
	}
	return &RecordFilter{Date: f.Date}
}

// EnrollmentsOfClient lists a client's stays.
func (s *Store) EnrollmentsOfClient(ctx context.Context, c *ent.ClientRecord, p Page, where *EnrollmentFilter, o Order) (*EnrollmentConnection, error) {
	return children(ctx, s, kindClient, c, kindEnrollment, "client_key", enrollments(p, where, o))
}

// EnrollmentsOfProject lists a project's stays.
func (s *Store) EnrollmentsOfProject(ctx context.Context, r *ent.Project, p Page, where *EnrollmentFilter, o Order) (*EnrollmentConnection, error) {
	return children(ctx, s, kindProject, r, kindEnrollment, "project_key", enrollments(p, where, o))
}

// EnrollmentsOfHousehold lists the stays of a household's members.
func (s *Store) EnrollmentsOfHousehold(ctx context.Context, h *ent.Household, p Page) (*EnrollmentConnection, error) {
	return children(ctx, s, kindHousehold, h, kindEnrollment, "household_key", list{page: p})
}

// HouseholdsOfProject lists a project's households.
func (s *Store) HouseholdsOfProject(ctx context.Context, r *ent.Project, p Page, where *HouseholdFilter) (*HouseholdConnection, error) {
	return children(ctx, s, kindProject, r, kindHousehold, "project_key", list{page: p, where: where, filter: where.compile})
}

// ProjectsOfOrganization lists an organization's projects.
func (s *Store) ProjectsOfOrganization(ctx context.Context, r *ent.Organization, p Page, where *ProjectFilter, o Order) (*ProjectConnection, error) {
	return children(ctx, s, kindOrganization, r, kindProject, "organization_key", list{page: p, order: o, where: where, filter: where.compile})
}

// ClientsOfPerson lists the client records of a person.
func (s *Store) ClientsOfPerson(ctx context.Context, r *ent.Person, p Page) (*ClientConnection, error) {
	return children(ctx, s, kindPerson, r, kindClient, "person_key", list{page: p})
}

// QuestionsOfAssessment lists an assessment's questions.
func (s *Store) QuestionsOfAssessment(ctx context.Context, a *ent.Assessment, p Page) (*AssessmentQuestionConnection, error) {
	return children(ctx, s, kindAssessment, a, kindAssessmentQuestions, "assessment_key", list{page: p})
}

// ResultsOfAssessment lists an assessment's results.
func (s *Store) ResultsOfAssessment(ctx context.Context, a *ent.Assessment, p Page) (*AssessmentResultConnection, error) {
	return children(ctx, s, kindAssessment, a, kindAssessmentResults, "assessment_key", list{page: p})
}

// AssessmentOfQuestion finds the assessment of a question.
func (s *Store) AssessmentOfQuestion(ctx context.Context, q *ent.AssessmentQuestions) (*ent.Assessment, error) {
	return referred(ctx, s, kindAssessmentQuestions, q, "assessment_key", kindAssessment)
}

// AssessmentOfResult finds the assessment of a result.
func (s *Store) AssessmentOfResult(ctx context.Context, r *ent.AssessmentResults) (*ent.Assessment, error) {
	return referred(ctx, s, kindAssessmentResults, r, "assessment_key", kindAssessment)
}

// ExitOf finds the exit of a stay; where a source sends several, the latest.
func (s *Store) ExitOf(ctx context.Context, e *ent.Enrollment) (*ent.Exit, error) {
	one := int32(1)
	l := records(&kindExit.table, Page{First: &one}, nil, ByDateDesc)
	exits, err := children(ctx, s, kindEnrollment, e, kindExit, "enrollment_key", l)
	if err != nil || len(exits.edges) == 0 {
		return nil, err
	}
	return exits.Nodes()[0], nil
}

// ClientOf finds the client of a stay, nil where the viewer may not see it.
func (s *Store) ClientOf(ctx context.Context, e *ent.Enrollment) (*ent.ClientRecord, error) {
	return referred(ctx, s, kindEnrollment, e, "client_key", kindClient)
}

// ProjectOf finds the project of a stay, nil where the viewer may not see which it is.
func (s *Store) ProjectOf(ctx context.Context, e *ent.Enrollment) (*ent.Project, error) {
	if shows, err := s.showsColumn(ctx, e, "ProjectID"); !shows {
		return nil, err
	}
	return referred(ctx, s, kindEnrollment, e, "project_key", kindProject)
}

// HouseholdOf finds the household of a stay, nil where the viewer may not see which it is.
func (s *Store) HouseholdOf(ctx context.Context, e *ent.Enrollment) (*ent.Household, error) {
	if shows, err := s.showsColumn(ctx, e, "HouseholdID"); !shows {
		return nil, err
	}
	return referred(ctx, s, kindEnrollment, e, "household_key", kindHousehold)
}

// showsColumn reports whether the viewer may see a column that stands for a relation.
func (s *Store) showsColumn(ctx context.Context, r Node, column string) (bool, error) {
	ss, err := sessionOf(ctx)
	if err != nil || ss.system {
		return err == nil, err
	}
	l := r.Kept()
	c := l.File.Column(column)
	return l.View.Shows(c.Class()), nil
}

// PersonOf finds the person of a client record.
func (s *Store) PersonOf(ctx context.Context, c *ent.ClientRecord) (*ent.Person, error) {
	return referred(ctx, s, kindClient, c, "person_key", kindPerson)
}

// ProjectOfHousehold finds the project of a household.
func (s *Store) ProjectOfHousehold(ctx context.Context, h *ent.Household) (*ent.Project, error) {
	return referred(ctx, s, kindHousehold, h, "project_key", kindProject)
}

// DataElements lists what a project collects today, by its type and its open grants.
func (s *Store) DataElements(ctx context.Context, p *ent.Project) ([]hmis.Due, error) {
	if p.ProjectType == nil {
		return nil, nil
	}
	most := int32(maxPage)
	found, err := children(ctx, s, kindProject, p, kindFunder, "project_key", list{page: Page{First: &most}})
	if err != nil {
		return nil, err
	}
	var open []int32
	for _, f := range found.Nodes() {
		today := s.today()
		if f.Funder != nil && f.StartDate != nil && *f.StartDate <= today && (f.EndDate == nil || *f.EndDate >= today) {
			open = append(open, int32(*f.Funder))
		}
	}
	return hmis.ElementsDue(int32(*p.ProjectType), open), nil
}

// OrganizationOf finds the organization of a project.
func (s *Store) OrganizationOf(ctx context.Context, p *ent.Project) (*ent.Organization, error) {
	return referred(ctx, s, kindProject, p, "organization_key", kindOrganization)
}

// OrganizationNumbered finds an organization by its row number, nil where there is none.
func (s *Store) OrganizationNumbered(ctx context.Context, key int64) (*ent.Organization, error) {
	found, err := byKeys(ctx, s, kindOrganization, []int64{key})
	return found[key], err
}

// SourceOf finds the source of a row of a type that tells it.
func (s *Store) SourceOf(ctx context.Context, r Node) (*ent.Source, error) {
	if _, err := sessionOf(ctx); err != nil {
		return nil, err
	}
	switch r := r.(type) {
	case *ent.ClientRecord:
		return sourceOf(ctx, s, kindClient, r)
	case *ent.Enrollment:
		return sourceOf(ctx, s, kindEnrollment, r)
	case *ent.Project:
		return sourceOf(ctx, s, kindProject, r)
	case *ent.Organization:
		return sourceOf(ctx, s, kindOrganization, r)
	}
	return nil, hmis.Errorf(hmis.Internal, "no source for %T", r)
}

func sourceOf[T Node](ctx context.Context, s *Store, k *kind[T], r T) (*ent.Source, error) {
	c := cohortOf(k, r)
	loaded, err := c.ask("source_key", func() (any, error) {
		rows, err := s.ent.Source.Query().Where(source.IDIn(c.keys("source_key")...)).All(s.System(ctx, "the names of sources are open"))
		byKey := map[int64]*ent.Source{}
		for _, r := range rows {
			byKey[r.ID] = r
		}
		return byKey, err
	})
	if err != nil {
		return nil, err
	}
	return loaded.(map[int64]*ent.Source)[k.key(r, "source_key")], nil
}

// Sources lists the systems whose exports come in.
func (s *Store) Sources(ctx context.Context) ([]*ent.Source, error) {
	ss, err := sessionOf(ctx)
	if err != nil || !ss.system && !ss.viewer.Standing.InOrder(ss.day) {
		return nil, err
	}
	return s.ent.Source.Query().Order(source.ByID()).All(s.System(ctx, "the names of sources are open"))
}

// Node finds a row by its opaque id, nil where it is absent, of another hub, or not for this viewer.
func (s *Store) Node(ctx context.Context, id string) (Node, error) {
	found, err := s.Nodes(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// Nodes finds rows by their opaque ids, in that order and with nil for each that Node would not find.
func (s *Store) Nodes(ctx context.Context, ids []string) ([]Node, error) {
	if len(ids) > maxPage {
		return nil, hmis.Errorf(hmis.Limit, "at most %d ids at once", maxPage)
	}
	type place struct {
		code byte
		key  int64
	}
	places := make([]place, len(ids))
	byCode := map[byte][]int64{}
	for i, id := range ids {
		if code, key, ok := s.keys.ParseID(id); ok {
			places[i] = place{code, key}
			byCode[code] = append(byCode[code], key)
		}
	}
	found := map[place]Node{}
	for code, keys := range byCode {
		rows, err := s.nodesOf(ctx, code, keys)
		if err != nil {
			return nil, err
		}
		for key, r := range rows {
			found[place{code, key}] = r
		}
	}
	answer := make([]Node, len(ids))
	for i, p := range places {
		answer[i] = found[p]
	}
	return answer, nil
}

// named finds a row by its source's name and HUD id, the zero T where it is absent or not for this viewer.
func named[T Node](ctx context.Context, s *Store, k *kind[T], sourceName, id string) (found T, err error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return found, err
	}
	rows, err := k.find(ctx, s.ent, func(sel *sql.Selector) {
		src := sql.Table("sources").As("named_sources")
		sel.Where(sql.And(sql.EQ(sel.C(k.file.Key().SQLName()), id),
			sql.In(sel.C("source_key"), sql.Select(src.C("id")).From(src).Where(sql.EQ(src.C("name"), sourceName)))))
	})
	if err != nil || len(rows) == 0 {
		return found, err
	}
	telling(ctx, ss, k).rows(rows[:1])
	return rows[0], nil
}

// ClientNamed finds a client record by source and PersonalID, which an analyst does not see.
func (s *Store) ClientNamed(ctx context.Context, sourceName, personalID string) (*ent.ClientRecord, error) {
	if ss, err := sessionOf(ctx); err != nil || ss.viewer.Role == policy.Analyst {
		return nil, err // an analyst knows clients by pseudonym
	}
	return named(ctx, s, kindClient, sourceName, personalID)
}

// EnrollmentNamed finds a stay by source and EnrollmentID.
func (s *Store) EnrollmentNamed(ctx context.Context, sourceName, enrollmentID string) (*ent.Enrollment, error) {
	return named(ctx, s, kindEnrollment, sourceName, enrollmentID)
}

// ProjectNamed finds a project by source and ProjectID.
func (s *Store) ProjectNamed(ctx context.Context, sourceName, projectID string) (*ent.Project, error) {
	return named(ctx, s, kindProject, sourceName, projectID)
}

// OrganizationNamed finds an organization by source and OrganizationID.
func (s *Store) OrganizationNamed(ctx context.Context, sourceName, organizationID string) (*ent.Organization, error) {
	return named(ctx, s, kindOrganization, sourceName, organizationID)
}
