package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lib/pq"

	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// A reporting database has a locked client, Eve, and one who refused, Bea, whom analysts see, and a login made as
// docs/operations.md says.
type reportingDatabase struct {
	hub, login *sql.DB
	analyst    map[string][]int64 // the rows that an analyst sees, by table
}

func openReporting(t *testing.T) reportingDatabase {
	t.Helper()
	url := storetest.Databases(t, server)[1].New(t)
	s := storetest.OpenURL(t, url)
	storetest.Import(t, s, storetest.Community())
	hub := openSQL(t, url)
	var name string
	if err := hub.QueryRow("SELECT current_database()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	for _, statement := range append(documentedRole(t, name),
		"UPDATE clients SET restricted = true WHERE personal_id = 'eve'", "UPDATE clients SET refused = true WHERE personal_id = 'bea'") {
		if _, err := hub.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return reportingDatabase{hub, openSQL(t, strings.Replace(url, "user=hearth", "user=bi_"+name, 1)),
		s.VisibleRows(t, as(t, s, viewer(t, s, policy.Analyst, "")))}
}

func openSQL(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// documentedRole are the statements of docs/operations.md that make the login bi, for a database of that name.
func documentedRole(t *testing.T, database string) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(text), "```sql\nCREATE ROLE bi ")
	block, _, ended := strings.Cut("CREATE ROLE bi "+block, "```")
	if !found || !ended {
		t.Fatal("docs/operations.md does not say how the login is made")
	}
	block = strings.NewReplacer("DATABASE hearth", "DATABASE "+database, "ROLE bi ", "ROLE bi_"+database+" ", "TO bi;", "TO bi_"+database+";").Replace(block)
	return strings.Split(strings.TrimSpace(block), ";\n")
}

func selected[T any](t *testing.T, db *sql.DB, query string) (list []T) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return list
}

const views = "SELECT viewname::text FROM pg_views WHERE schemaname = 'reporting' ORDER BY 1"

// The views give the rows that an analyst sees, but for clients who refused a release.
func TestReportingRows(t *testing.T) {
	d := openReporting(t)
	seen := 0
	for _, view := range selected[string](t, d.hub, views) {
		want := d.analyst[view]
		if columns := selected[string](t, d.hub, "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '"+view+"'"); slices.Contains(columns, "client_key") {
			refused := selected[int64](t, d.hub, "SELECT r.id FROM "+view+" r JOIN clients c ON c.id = r.client_key WHERE c.refused")
			want = slices.DeleteFunc(slices.Clone(want), func(id int64) bool { return slices.Contains(refused, id) })
		} else if view == "clients" {
			refused := selected[int64](t, d.hub, "SELECT id FROM clients WHERE refused")
			want = slices.DeleteFunc(slices.Clone(want), func(id int64) bool { return slices.Contains(refused, id) })
		}
		if got := selected[int64](t, d.login, "SELECT id FROM reporting."+view+" ORDER BY id"); !slices.Equal(got, want) {
			t.Errorf("%s has rows %v, want %v", view, got, want)
		}
		seen += len(want)
	}
	if seen == 0 {
		t.Error("nothing was compared")
	}
	// Eve's record is locked, Bea refused, Cal's other stay is at a project for people with HIV, his first one with PATH.
	stays := selected[string](t, d.hub, "SELECT e.enrollment_id FROM reporting.enrollments r JOIN enrollments e ON e.id = r.id ORDER BY 1")
	if want := []string{"e-ada-11", "e-ada-21", "e-dot-31"}; !slices.Equal(stays, want) {
		t.Errorf("stays %v, want %v", stays, want)
	}
}

// What the views show holds no name, SSN or id of a source's, and no column that is sealed.
func TestReportingIdentity(t *testing.T) {
	d := openReporting(t)
	if sealed := selected[string](t, d.hub, "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'reporting' AND data_type = 'bytea'"); sealed != nil {
		t.Errorf("sealed columns in views: %v", sealed)
	}
	read := 0
	for _, view := range selected[string](t, d.hub, views) {
		if hasClients := selected[bool](t, d.hub, "SELECT count(*) > 0 FROM information_schema.columns WHERE table_schema = 'reporting' AND table_name = '"+view+"' AND column_name IN ('client_key', 'person_key')"); !hasClients[0] {
			continue
		}
		for _, row := range selected[string](t, d.login, "SELECT lower(r::text) FROM reporting."+view+" r") {
			for _, who := range []string{"ada", "bea", "cal", "dot", "eve", "9000000", "1990-"} {
				if read++; strings.Contains(row, who) {
					t.Errorf("%s: %s in a row", view, who)
				}
			}
		}
	}
	if read == 0 {
		t.Error("nothing was read")
	}
}

// The login reads the views and nothing else, and writes nowhere, whatever it sets for itself.
func TestReportingLogin(t *testing.T) {
	d := openReporting(t)
	d.login.SetMaxOpenConns(1)
	if _, err := d.login.Exec("SET default_transaction_read_only = off"); err != nil {
		t.Fatal(err)
	}
	denied := func(statement string) {
		t.Helper()
		_, err := d.login.Exec(statement)
		var refused *pq.Error
		if !errors.As(err, &refused) || refused.Code != "42501" { // insufficient_privilege
			t.Errorf("%s: %v, want it to be denied", statement, err)
		}
	}
	all := selected[string](t, d.hub, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
	if len(all) < 40 {
		t.Fatalf("only %d tables", len(all))
	}
	for _, table := range all {
		denied(fmt.Sprintf("SELECT 1 FROM public.%s", table))
		denied(fmt.Sprintf("DELETE FROM public.%s", table))
	}
	for _, view := range selected[string](t, d.hub, views) {
		denied("DELETE FROM reporting." + view)
		denied("UPDATE reporting." + view + " SET id = id")
	}
	for _, sequence := range selected[string](t, d.hub, "SELECT sequencename::text FROM pg_sequences WHERE schemaname = 'public'") {
		denied("SELECT last_value FROM public." + sequence)
	}
	for _, statement := range []string{"CREATE TABLE public.mine (id int)", "CREATE TABLE reporting.mine (id int)", "CREATE TEMP TABLE mine (id int)",
		"CREATE SCHEMA mine", "CREATE ROLE other", "SET ROLE hearth", "COPY (SELECT 1) TO PROGRAM 'true'"} {
		denied(statement)
	}
	if _, err := d.login.Exec("SELECT 1 FROM clients"); err != nil { // the view, by its search path
		t.Error(err)
	}
}
