package store

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// IDOf is the opaque id of a row number.
func (s *Store) IDOf(t testing.TB, typ string, key int64) string {
	for _, k := range tables {
		if k.name == typ {
			return s.keys.ID(k.code, key)
		}
	}
	t.Fatalf("no type %s", typ)
	return ""
}

// Records reads what the hub has of a file's columns, row by row in the order of its keys.
func (s *Store) Records(t *testing.T, f *hmis.File, columns []*hmis.Column) []string {
	t.Helper()
	parts := []string{"''"}
	for _, c := range columns {
		parts = append(parts, "COALESCE(CAST("+c.SQLName()+" AS text), '')")
	}
	rows, err := s.db.Query("SELECT " + strings.Join(parts, "||'|'||") + " FROM " + f.Table() + " WHERE removed_at IS NULL ORDER BY " + f.Key().SQLName())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var row string
		if err := rows.Scan(&row); err != nil {
			t.Fatal(err)
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// Flee marks a client as fleeing, as the import does.
func (s *Store) Flee(t testing.TB, personalID string) {
	t.Helper()
	if _, err := s.db.Exec("UPDATE clients SET fleeing = true WHERE personal_id = $1", personalID); err != nil {
		t.Fatal(err)
	}
}

// TimeFiles imports the stays of an export and one file of records under them. It tells how long each of the two took,
// from the first line read to the last row merged.
func (s *Store) TimeFiles(b *testing.B, a *hmiscsv.Archive, records string) (stays, under time.Duration) {
	ctx := context.Background()
	conn, err := s.db.Conn(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	im := newImporter(s, conn, a, ImportOptions{Source: "made-up"})
	do := func(steps ...func() error) time.Duration {
		began := time.Now()
		for _, step := range steps {
			if err := step(); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(began)
	}
	with := func(step func(context.Context, *hmis.File) error, file string) func() error {
		return func() error { return step(ctx, hmis.FileNamed(file)) }
	}
	plain := func(step func(context.Context) error) func() error { return func() error { return step(ctx) } }
	do(func() error { return im.exec(ctx, "BEGIN") }, plain(im.begin), plain(im.descriptors), plain(im.block), with(im.stage, "Client"))
	stays = do(with(im.stage, "Enrollment"), with(im.refuseUnknownProjects, "Enrollment"), plain(im.findVictims), plain(im.checkStays))
	do(with(im.merge, "Client"))
	stays += do(with(im.merge, "Enrollment"))
	under = do(with(im.child, records))
	do(plain(im.households), plain(im.finish), func() error { return im.exec(ctx, "COMMIT") })
	return stays, under
}

// CompareRule compares the rows that the viewer is given with what policy.Decide says of every row there is.
func (s *Store) CompareRule(t *testing.T, ctx context.Context) {
	compareKind(t, s, ctx, kindClient)
	compareKind(t, s, ctx, kindEnrollment)
	compareKind(t, s, ctx, kindExit)
	compareKind(t, s, ctx, kindServices)
	compareKind(t, s, ctx, kindDisabilities)
	compareKind(t, s, ctx, kindIncomeBenefits)
	compareKind(t, s, ctx, kindHealthAndDV)
	compareKind(t, s, ctx, kindEmploymentEducation)
	compareKind(t, s, ctx, kindCurrentLivingSituation)
	compareKind(t, s, ctx, kindAssessment)
	compareKind(t, s, ctx, kindAssessmentQuestions)
	compareKind(t, s, ctx, kindAssessmentResults)
	compareKind(t, s, ctx, kindEvent)
	compareKind(t, s, ctx, kindYouthEducationStatus)
}

func compareKind[T Node](t *testing.T, s *Store, ctx context.Context, k *kind[T]) {
	t.Helper()
	ss, err := sessionOf(ctx)
	if err != nil {
		t.Fatal(err)
	}
	every, err := load(s.System(ctx, "a test looks at everything"), s, k, list{})
	if err != nil {
		t.Fatal(err)
	}
	given, err := load(ctx, s, k, list{})
	if err != nil {
		t.Fatal(err)
	}
	var want, got []int64
	for _, r := range every[0].Nodes() {
		if decides(t, ss, k, r) {
			want = append(want, k.key(r, "id"))
		}
	}
	for _, r := range given[0].Nodes() {
		got = append(got, k.key(r, "id"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: listed %v, decided %v", k.name, got, want)
	}
}

// decides asks policy.Decide whether any category that makes the row visible may be seen.
func decides[T Node](t *testing.T, ss *session, k *kind[T], r T) bool {
	t.Helper()
	var q policy.Question
	if questions, err := ss.questions(context.Background(), []int64{clientOf(k, r)}); err != nil {
		t.Fatal(err)
	} else {
		q = questions[clientOf(k, r)]
	}
	if q.Written = writtenOn(k.written(r)); k.name != "Client" {
		q.Telling = ss.tellingOf(t, k.key(r, "project_key"))
	}
	own, err := ownRows(context.WithValue(context.Background(), sessionKey{}, ss), ss, k, []T{r})
	if err != nil {
		t.Fatal(err)
	}
	q.Own = own[0]
	for _, class := range classesOfRow(k, r) {
		q.Class = class
		if policy.Decide(q).Permit {
			return true
		}
	}
	return false
}

func classesOfRow[T Node](k *kind[T], r T) []hmis.Class {
	if k.class != nil {
		return []hmis.Class{k.class(r)}
	}
	return k.classes()
}

func (ss *session) tellingOf(t *testing.T, project int64) hmis.Categories {
	t.Helper()
	var tells uint32
	if err := ss.store.db.QueryRow("SELECT tells FROM projects WHERE id = $1", project).Scan(&tells); err != nil {
		t.Fatal(err)
	}
	return hmis.Categories(tells)
}
