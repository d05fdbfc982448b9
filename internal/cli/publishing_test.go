package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/disclosure/attack"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// attacked imports the made-up community of package attack, in which people are served in federal fiscal year 2025, and gives the
// file.
func (d *door) attacked(t testing.TB, people int, seed uint64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "community.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := attack.Write(f, people, seed); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := storetest.ImportPath(d.store, path, store.ImportOptions{Source: fmt.Sprint("attack ", seed)}); err != nil {
		t.Fatal(err)
	}
	return path
}

// page is an answer to GET.
type page struct {
	status int
	header http.Header
	body   string
}

func (d *door) get(target string, headers ...string) page {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return page{w.Code, w.Header(), w.Body.String()}
}

var space = regexp.MustCompile(`\s+`)

const byMonth = `{period: {fiscalYear: 2025}, measures: [SERVED], grain: MONTH}`

func (d *door) mustSay(t testing.TB, viewer, query, want string) {
	t.Helper()
	if got := space.ReplaceAllString(d.ask(viewer, query), ""); !strings.Contains(got, want) {
		t.Errorf("%s: %.80s: want %s in %.600s", viewer, query, want, got)
	}
}

func saving(name, question string) string {
	return fmt.Sprintf(`mutation { saveQuery(input: {name: %q, title: "Served", question: %s}) { savedQuery { name state } userErrors { code message } } }`, name, question)
}

func publishing(name, as string) string {
	return fmt.Sprintf(`mutation { publishQuery(input: {name: %q, as: %s}) { savedQuery { state publicPath } userErrors { code message } } }`, name, as)
}

// A published query answers everybody, in protected numbers, until it is withdrawn; before, nobody.
func TestPublishedQuery(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		d := openDoor(t, url, storetest.Community())
		d.attacked(t, 1500, 3)
		d.mustSay(t, "lead", saving("served-by-month", byMonth), `"state":"PRIVATE"`)
		if p := d.get("/public/served-by-month"); p.status != http.StatusNotFound || !strings.Contains(p.body, "nothing is published") {
			t.Error(p)
		}
		for _, viewer := range []string{"north", "funder", "analyst"} {
			d.mustSay(t, viewer, publishing("served-by-month", "PROTECTED"), `"code":"NOT_FOUND"`) // not theirs
		}
		d.mustSay(t, "funder", saving("of-a-funder", byMonth), `"PRIVATE"`)
		for _, as := range []string{"PROTECTED", "FIXED"} {
			d.mustSay(t, "funder", publishing("of-a-funder", as), `"code":"DENIED"`)
			d.mustSay(t, "funder", `{ savedQuery(name: "of-a-funder") { publicAnswer(format: CSV, as: `+as+`) { rows } } }`, `"DENIED"`)
		}
		d.mustSay(t, "lead", publishing("served-by-month", "PROTECTED"), `"state":"PUBLISHED","publicPath":"/public/served-by-month"`)
		one := d.get("/public/served-by-month")
		var answer struct {
			Mode, Release string
			Rows          []map[string]any
		}
		if err := json.Unmarshal([]byte(one.body), &answer); err != nil || one.status != http.StatusOK || answer.Mode != "PROTECTED" || len(answer.Rows) != 12 {
			t.Fatal(one, err)
		}
		for _, row := range answer.Rows {
			if n, ok := row["served"].(float64); ok && (int(n)%5 != 0 || n < 11) || !ok && row["served_reason"] == nil || len(row) != 5 {
				t.Error(row)
			}
		}
		if one.header.Get("Set-Cookie") != "" || one.header.Get("Cache-Control") != "public, max-age=300" || one.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Error(one.header)
		}
		if again := d.get("/public/served-by-month", "If-None-Match", one.header.Get("ETag")); again.status != http.StatusNotModified || again.body != "" {
			t.Error(again)
		}
		for _, p := range []page{d.get("/public/served-by-month.csv"), d.get("/public/served-by-month", "Accept", "text/csv")} {
			rows, err := csv.NewReader(strings.NewReader(p.body)).ReadAll()
			if err != nil || len(rows) != 13 || strings.Join(rows[0], " ") != "start end served served_margin served_reason" || p.header.Get("ETag") == one.header.Get("ETag") {
				t.Error(rows, p.header, err)
			}
		}
		d.attacked(t, 300, 4) // the numbers stay until the next release
		if later := d.get("/public/served-by-month"); later.body != one.body {
			t.Error("a published number changed with the data")
		}
		d.mustSay(t, "lead", `mutation { withdrawQuery(name: "served-by-month") { savedQuery { state } userErrors { message } } }`, `"state":"PRIVATE"`)
		if p := d.get("/public/served-by-month"); p.status != http.StatusNotFound {
			t.Error(p)
		}
		d.mustSay(t, "lead", `mutation { deleteSavedQuery(name: "served-by-month") { savedQuery { state } userErrors { message } } }`, `"userErrors":[]`)
		d.mustSay(t, "lead", `{ savedQueries { name } }`, `[{"name":"of-a-funder"}]`)
	})
}

// A fixed table is exact, published once for a measure and its days, and stays as it is.
func TestFixedQuery(t *testing.T) {
	const bySex = `{period: {fiscalYear: 2025}, measures: [SERVED], by: [SEX, PROJECT_TYPE]}`
	onBoth(t, func(t *testing.T, url string) {
		d := openDoor(t, url, storetest.Community())
		d.attacked(t, 1500, 3)
		d.mustSay(t, "lead", saving("served-by-sex", bySex), `"state":"PRIVATE"`)
		d.mustSay(t, "lead", `{ savedQuery(name: "served-by-sex") { publicAnswer(format: CSV, as: FIXED) { rows } } }`, `"rows":`)
		d.mustSay(t, "lead", saving("last-year", `{period: {lastYears: 1}, measures: [SERVED], by: [SEX]}`), `"state":"PRIVATE"`)
		d.mustSay(t, "lead", publishing("last-year", "FIXED"), `forever`)
		d.mustSay(t, "lead", publishing("served-by-sex", "FIXED"), `"state":"FIXED"`)
		one := d.get("/public/served-by-sex.csv")
		rows, err := csv.NewReader(strings.NewReader(one.body)).ReadAll()
		if err != nil || one.status != http.StatusOK {
			t.Fatal(one, err)
		}
		totals := 0
		for _, row := range rows[1:] {
			if row[2] == "TOTAL" && row[4] == "TOTAL" {
				totals++
				exact := d.ask("lead", `{ statistics(period: {fiscalYear: 2025}) { totals { served { value } } } }`)
				if !strings.Contains(exact, `"value":`+row[6]) {
					t.Error(row, exact)
				}
			}
			if row[6] == "" && row[8] != "TOO_FEW" || len(row[6]) == 1 && row[6] != "0" || row[6] == "10" {
				t.Error(row)
			}
		}
		if totals != 1 {
			t.Error(rows)
		}
		d.mustSay(t, "lead", saving("served-by-age", `{period: {start: "2024-10-01", end: "2024-12-31"}, measures: [SERVED], by: [AGE_BAND]}`), `"state":"PRIVATE"`)
		d.mustSay(t, "lead", publishing("served-by-age", "FIXED"), `"code":"CONFLICT"`)
		d.mustSay(t, "lead", `mutation { withdrawQuery(name: "served-by-sex") { savedQuery { state } userErrors { message } } }`, `"state":"WITHDRAWN"`)
		d.mustSay(t, "lead", publishing("served-by-age", "FIXED"), `"code":"CONFLICT"`)
		d.mustSay(t, "lead", `mutation { deleteSavedQuery(name: "served-by-sex") { savedQuery { state } userErrors { code } } }`, `"code":"CONFLICT"`)
		d.mustSay(t, "lead", publishing("served-by-sex", "PROTECTED"), `"code":"CONFLICT"`)
		if p := d.get("/public/served-by-sex"); p.status != http.StatusNotFound {
			t.Error(p)
		}
	})
}

// The address of a saved query answers what its owner may have, and nothing once it ended, the owner's account is disabled or
// the token is another query's.
func TestQueryAddress(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		d := openDoor(t, url, storetest.Community())
		address := func(viewer, name string) string {
			t.Helper()
			answer := d.ask(viewer, `mutation { createQueryAddress(name: "`+name+`") { path userErrors { message } } }`)
			_, rest, _ := strings.Cut(answer, `"path":"`)
			path, _, _ := strings.Cut(rest, `"`)
			if path == "" {
				t.Fatal(answer)
			}
			return path
		}
		d.mustSay(t, "lead", saving("lead-served", byMonth), `"PRIVATE"`)
		d.mustSay(t, "north", saving("north-served", byMonth), `"PRIVATE"`)
		d.mustSay(t, "funder", saving("funder-served", byMonth), `"PRIVATE"`)
		lead, north, funder := address("lead", "lead-served"), address("north", "north-served"), address("funder", "funder-served")
		lines := func(address string) []string {
			t.Helper()
			p := d.get(address)
			if p.status != http.StatusOK || p.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(p.header.Get("Content-Type"), "text/csv") {
				t.Fatal(p)
			}
			return strings.Split(strings.TrimSpace(p.body), "\n")
		}
		all, own := lines(lead), lines(north)
		if all[0] != "start,end,served" || own[0] != "start,end,served" || strings.Join(all, "") == strings.Join(own, "") {
			t.Error(all, own)
		}
		if got := lines(funder); got[0] != "start,end,served,served_margin,served_reason" {
			t.Error(got)
		}
		bare, token, _ := strings.Cut(lead, "?token=")
		if p := d.get(bare, "Authorization", "Bearer "+token); p.status != http.StatusOK {
			t.Error(p)
		}
		if p := d.get(bare, "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("any:"+token))); p.status != http.StatusOK {
			t.Error(p)
		}
		for _, wrong := range []string{bare, bare + "?token=nonsense", strings.Replace(lead, "lead-served", "north-served", 1), strings.Replace(lead, ".csv", "", 1)} {
			if p := d.get(wrong); p.status == http.StatusOK || strings.Contains(p.body, "served,") {
				t.Error(p)
			}
		}
		if p := d.get("/graphql?query={viewer{username}}", "Authorization", "Bearer "+token); p.status != http.StatusUnauthorized {
			t.Error("the token opens more than its query", p)
		}
		for _, viewer := range []string{"east", "analyst", "funder"} {
			d.mustSay(t, viewer, `{ savedQuery(name: "north-served") { name } }`, `null`)
		}
		d.mustSay(t, "lead", `mutation { createQueryAddress(name: "north-served") { path userErrors { code } } }`, `"DENIED"`) // not in another's name
		second := address("lead", "lead-served")
		if d.get(lead).status == http.StatusOK || d.get(second).status != http.StatusOK {
			t.Error("the address before did not end")
		}
		d.mustSay(t, "lead", `mutation { endQueryAddress(name: "north-served") { savedQuery { hasAddress } userErrors { code } } }`, `"hasAddress":false`)
		if p := d.get(north); p.status == http.StatusOK {
			t.Error(p)
		}
		if err := d.book.Disable(context.Background(), "funder"); err != nil {
			t.Fatal(err)
		}
		if p := d.get(funder); p.status == http.StatusOK {
			t.Error("an address answers for a disabled account", p)
		}
	})
}

// Nobody saves what cannot be answered, or under a name that is none or taken.
func TestSaveQueryRefuses(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		d := openDoor(t, url, storetest.Community())
		d.mustSay(t, "north", saving("taken", byMonth), `"PRIVATE"`)
		d.mustSay(t, "east", saving("taken", byMonth), `"code":"CONFLICT"`)
		for _, name := range []string{"", "a", "Upper", "with space", "../x", "-a-b", strings.Repeat("a", 61)} {
			d.mustSay(t, "north", saving(name, byMonth), `"code":"INVALID"`)
		}
		d.mustSay(t, "north", saving("no-measure", `{period: {fiscalYear: 2025}, measures: []}`), `nameatleastonemeasure`)
		d.mustSay(t, "north", saving("no-period", `{period: {}, measures: [SERVED]}`), `aperiodisoneof`)
		d.mustSay(t, "north", saving("sensitive", `{period: {fiscalYear: 2025}, measures: [SERVED], where: [{dimension: SEX, values: ["MAUVE"]}]}`), `nosuchvalue`)
		d.mustSay(t, "auditor", saving("by-auditor", byMonth), `"code":"DENIED"`)
	})
}

// The records behind a number are those that the number counts, through the guard; a file has the numbers of the groups.
func TestMembersAndExport(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		d := openDoor(t, url, storetest.Community())
		const of = `{ statistics(period: {fiscalYear: 2025}) { totals { served { value } } members { clients(first: 50) { totalCount nodes { personalId } } enrollments(first: 50) { totalCount } } } }`
		d.mustSay(t, "lead", of, `"served":{"value":5}},"members":{"clients":{"totalCount":5`)
		d.mustSay(t, "north", of, `"served":{"value":3}},"members":{"clients":{"totalCount":3`)
		d.mustSay(t, "north", strings.Replace(of, "2025}", "2025}, scope: COMMUNITY", 1), `arefor`)
		d.mustSay(t, "funder", of, `nosuchfield`)
		d.mustSay(t, "lead", `{ statistics(period: {fiscalYear: 2025}) { members(measure: SURVIVORS) { clients { totalCount } } totals { survivors { value } } } }`, `"totalCount":1}},"totals":{"survivors":{"value":1}}`)
		for _, format := range []string{"CSV", "XLSX", "PARQUET", "JSONL"} {
			answer := d.ask("lead", `{ statistics(period: {fiscalYear: 2025}) { export(format: `+format+`, measures: [SERVED, LENGTH_OF_STAY, INFLOW, RETURNS_12_MONTHS, AVERAGE_AGE], by: [PROJECT]) { name mediaType rows content } } }`)
			var got struct {
				Data struct {
					Statistics struct {
						Export struct {
							Name, MediaType string
							Rows            int
							Content         []byte
						}
					}
				}
			}
			if err := json.Unmarshal([]byte(answer), &got); err != nil {
				t.Fatal(answer, err)
			}
			file := got.Data.Statistics.Export
			if file.Rows == 0 || file.Name != "statistics."+strings.ToLower(format) || len(file.Content) == 0 {
				t.Error(format, file)
			}
			if format == "CSV" {
				rows, err := csv.NewReader(bytes.NewReader(file.Content)).ReadAll()
				if err != nil || len(rows) != file.Rows+1 || rows[0][4] != "served" {
					t.Error(rows, err)
				}
			}
		}
	})
}
