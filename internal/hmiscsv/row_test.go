package hmiscsv

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// rowsOf reads a file of the set and writes down each row: key, the named column, issues.
func rowsOf(t *testing.T, s set, file, column string) (got []string) {
	t.Helper()
	a, err := s.memory()
	if err != nil {
		t.Fatal(err)
	}
	f := hmis.FileNamed(file)
	col := f.Column(column)
	err = a.Rows(file, func(r *Row) error {
		c := r.Cells[slices.Index(f.Columns, col)]
		value := string(appendCell(nil, col.Kind, &c))
		if !c.Set {
			value = "-"
		}
		text := fmt.Sprintf("%d %s %s", r.Line, r.Cells[0].S, value)
		for _, i := range r.Issues {
			text += fmt.Sprintf(" | %s %q: %s", i.Column, i.Value, i.Reason)
			if i.Line != r.Line || i.File != file || i.Rows != 1 {
				t.Errorf("issue %+v of line %d", i, r.Line)
			}
		}
		if r.Refused() {
			text += " REFUSED"
		}
		got = append(got, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestCells sets one column of a sound row and looks at what is read and said.
func TestCells(t *testing.T) {
	t.Parallel()
	const write = "; HUD writes yyyy-mm-dd hh:mm:ss"
	for _, c := range []struct{ file, column, value, want string }{
		// days
		{"Enrollment", "EntryDate", "2025-02-03", "2025-02-03"},
		{"Enrollment", "EntryDate", " 2025-02-03 ", "2025-02-03"},
		{"Enrollment", "EntryDate", "03-02-25", `2025-02-03 | EntryDate "03-02-25": read as dd-mm-yy; HUD writes yyyy-mm-dd`},
		{"Enrollment", "EntryDate", "03-02-2025", `2025-02-03 | EntryDate "03-02-2025": read as dd-mm-yyyy; HUD writes yyyy-mm-dd`},
		{"Enrollment", "EntryDate", "2/3/2025", `2025-02-03 | EntryDate "2/3/2025": read as mm/dd/yyyy; HUD writes yyyy-mm-dd`},
		{"Enrollment", "EntryDate", "02/03/25", `2025-02-03 | EntryDate "02/03/25": read as mm/dd/yy; HUD writes yyyy-mm-dd`},
		{"Enrollment", "EntryDate", "2025/02/03", `2025-02-03 | EntryDate "2025/02/03": read as yyyy/mm/dd; HUD writes yyyy-mm-dd`},
		{"Enrollment", "EntryDate", "2025-2-3", `2025-02-03 | EntryDate "2025-2-3": read as yyyy-m-d; HUD writes yyyy-mm-dd`},
		{"Enrollment", "EntryDate", "2025-02-03 07:15:00", `2025-02-03 | EntryDate "2025-02-03 07:15:00": the time of day is left out; HUD writes yyyy-mm-dd`},
		{"Enrollment", "EntryDate", "2025-02-03T07:15:00Z", `2025-02-03 | EntryDate "2025-02-03T07:15:00Z": the time of day is left out; HUD writes yyyy-mm-dd`},
		{"Enrollment", "EntryDate", "2025-02-30", `- | EntryDate "2025-02-30": not a date; left empty, write it as yyyy-mm-dd REFUSED`},
		{"Enrollment", "EntryDate", "12-31-2025", `- | EntryDate "12-31-2025": not a date; left empty, write it as yyyy-mm-dd REFUSED`},
		{"Enrollment", "MoveInDate", "9999-12-31", `- | MoveInDate "9999-12-31": not a date; left empty, write it as yyyy-mm-dd`},
		{"Enrollment", "MoveInDate", "0202-12-31", `- | MoveInDate "0202-12-31": not a date; left empty, write it as yyyy-mm-dd`},
		{"Client", "DOB", "04-07-31", `1931-07-04 | DOB "(withheld)": read as dd-mm-yy; HUD writes yyyy-mm-dd`},
		{"Client", "DOB", "unknown", `- | DOB "(withheld)": not a date; left empty, write it as yyyy-mm-dd`},
		// moments
		{"Client", "DateUpdated", "2025-02-03 07:15:09", "2025-02-03 07:15:09"},
		{"Client", "DateUpdated", "2025-02-03", `2025-02-03 00:00:00 | DateUpdated "2025-02-03": no time of day; read as midnight` + write},
		{"Client", "DateUpdated", "03-02-25", `2025-02-03 00:00:00 | DateUpdated "03-02-25": read as dd-mm-yy at midnight` + write},
		{"Client", "DateUpdated", "2025-02-03 07:15", `2025-02-03 07:15:00 | DateUpdated "2025-02-03 07:15": the time of day is written another way` + write},
		{"Client", "DateUpdated", "2025-02-03T07:15:09.250+02:00", `2025-02-03 07:15:09 | DateUpdated "2025-02-03T07:15:09.250+02:00": the time of day is written another way` + write},
		{"Client", "DateUpdated", "2/3/2025 12:05:00 AM", `2025-02-03 00:05:00 | DateUpdated "2/3/2025 12:05:00 AM": read as mm/dd/yyyy with another way of writing time` + write},
		{"Client", "DateUpdated", "2/3/2025 1:05 pm", `2025-02-03 13:05:00 | DateUpdated "2/3/2025 1:05 pm": read as mm/dd/yyyy with another way of writing time` + write},
		{"Client", "DateUpdated", "2025-02-03 25:00:00", `- | DateUpdated "2025-02-03 25:00:00": not a date and time; left empty, write it as yyyy-mm-dd hh:mm:ss`},
		{"Client", "DateUpdated", "2024-02-03 10:00:00", `2024-02-03 10:00:00 | DateUpdated "2024-02-03 10:00:00": before DateCreated`},
		{"Client", "DateUpdated", "2025-02-01 09:00:00", "2025-02-01 09:00:00"}, // the same day
		// numbers and codes
		{"Client", "VeteranStatus", "01", "1"},
		{"Client", "VeteranStatus", "1.0", "1"},
		{"Client", "VeteranStatus", "+1", `1 | VeteranStatus "+1": written with a sign or commas; read as 1`},
		{"Client", "VeteranStatus", "7", `7 | VeteranStatus "7": HUD's FY2026 list 1.8 has no such code`},
		{"Client", "VeteranStatus", "yes", `- | VeteranStatus "(withheld)": not a whole number; left empty`},
		{"Client", "VeteranStatus", "1.5", `- | VeteranStatus "1.5": not a whole number; left empty`},
		{"Client", "VeteranStatus", "99999999999", `- | VeteranStatus "(withheld)": not a whole number; left empty`},
		{"Client", "VeteranStatus", "-", `- | VeteranStatus "-": not a whole number; left empty`},
		{"Client", "VeteranStatus", "", `- | VeteranStatus "": must not be empty`},
		{"Client", "YearEnteredService", `"1,999"`, `1999 | YearEnteredService "1,999": written with a sign or commas; read as 1999`},
		{"Client", "YearEnteredService", "1919", `1919 | YearEnteredService "1919": a year of service is one from 1920 to 2025`},
		{"Client", "YearEnteredService", "2026", `2026 | YearEnteredService "2026": a year of service is one from 1920 to 2025`},
		{"Client", "RaceNone", "99", `99 | RaceNone "99": must be empty unless AmIndAKNative in 0;99 and Asian in 0;99 and BlackAfAmerican in 0;99 and HispanicLatinao in 0;99 and MidEastNAfrican in 0;99 and NativeHIPacific in 0;99 and White in 0;99`},
		{"Enrollment", "LivingSituation", "422", `422 | LivingSituation "422": HUD's FY2026 list 3.917 has no such code`},
		{"Enrollment", "RentalSubsidyType", "428", `428 | RentalSubsidyType "428": must be empty unless LivingSituation=435`},
		{"Services", "TypeProvided", "2", `2 | TypeProvided "2": HUD's FY2026 list 4.14 has no such code`},
		{"Services", "RecordType", "", `- | RecordType "": must not be empty REFUSED`},
		{"Exit", "AftercareDate", "2026-01-01", `2026-01-01 | AftercareDate "2026-01-01": must be empty unless AftercareProvided filled | AftercareDate "2026-01-01": more than 180 days after ExitDate`},
		// money
		{"IncomeBenefits", "EarnedAmount", "12.5", "12.50"},
		{"IncomeBenefits", "EarnedAmount", `"$1,234.50"`, `1234.50 | EarnedAmount "$1,234.50": not written as dollars with two decimals; read as such`},
		{"IncomeBenefits", "EarnedAmount", "12.345", `12.35 | EarnedAmount "12.345": not written as dollars with two decimals; read as such`},
		{"IncomeBenefits", "EarnedAmount", "(3.00)", `-3.00 | EarnedAmount "(3.00)": not written as dollars with two decimals; read as such | EarnedAmount "-3.00": less than 0`},
		{"IncomeBenefits", "EarnedAmount", "a lot", `- | EarnedAmount "(withheld)": not an amount; left empty, write dollars with two decimals`},
		// texts
		{"Client", "FirstName", `"Ann, ""Annie"""`, `Ann, "Annie"`},
		{"Client", "FirstName", `"Ann "Annie" Doe"`, `Ann "Annie" Doe`},
		{"Client", "FirstName", `Ann "Annie"`, `Ann "Annie"`},
		{"Client", "FirstName", `"Ann" `, `Ann`},
		{"Client", "FirstName", ` "Ann, A."`, `Ann, A.`},
		{"Client", "FirstName", "Ann\rDoe", "Ann\rDoe"},
		{"Client", "FirstName", "Ann <3>", "Ann <3>"},
		{"Client", "FirstName", "\u00a0Ann\u00a0", "Ann"},
		{"Client", "FirstName", "\"Ann\r\nMarie\"", "Ann\r\nMarie"},
		{"Client", "FirstName", `"Ann`, `"Ann |  "": a quotation mark has no pair; it is read as part of the text`},
		{"Client", "FirstName", `"""Ann"""`, `"Ann"`},
		{"Client", "FirstName", "A\x00nn", `Ann | FirstName "": zero bytes in the text are left out`},
		{"Client", "FirstName", "Ren\xe9e", `Renée | FirstName "": not written in UTF-8; read as Windows-1252`},
		{"Client", "FirstName", strings.Repeat("é", 50), strings.Repeat("é", 50)},
		{"Client", "FirstName", strings.Repeat("x", 51), strings.Repeat("x", 51) + ` | FirstName "(withheld)": longer than 50 characters`},
		{"Client", "SSN", "12345xxxX", "12345xxxX"},
		{"Client", "SSN", "123-45-67", `123-45-67 | SSN "(withheld)": an SSN has nine characters: 0-9, and x for an unknown digit`},
		{"Client", "UserID", `"""U1"""`, `U1 | UserID "": quotation marks around the value are left out`},
		{"Enrollment", "EnrollmentCoC", "xx-500", `xx-500 | EnrollmentCoC "xx-500": a CoC code is written XX-999`},
		{"Enrollment", "EnrollmentCoC", "", `- | EnrollmentCoC "": must not be empty`},
		{"Enrollment", "PersonalID", "", `- | PersonalID "": must not be empty REFUSED`},
		{"Enrollment", "VAMCStation", "0Z", `0Z | VAMCStation "0Z": HUD's FY2026 list V6.1 has no such code`},
	} {
		t.Run(c.file+"."+c.column+"="+c.value, func(t *testing.T) {
			t.Parallel()
			s := base(t, hmis.FY2026)
			s[c.file+".csv"] = header(c.file, hmis.FY2026) + "\n" + line(t, c.file, hmis.FY2026, map[string]string{c.column: c.value}) + "\n"
			got := rowsOf(t, s, c.file, c.column)
			key := sound[hmis.FileNamed(c.file).Key().Name]
			if len(got) != 1 || got[0] != "2 "+key+" "+c.want {
				t.Errorf("got  %q\nwant %q", got, "2 "+key+" "+c.want)
			}
		})
	}
}

// TestWays reads the same two clients however the file is written.
func TestWays(t *testing.T) {
	t.Parallel()
	s := base(t, hmis.FY2026)
	content := header("Client", hmis.FY2026) + "\n" +
		line(t, "Client", hmis.FY2026, map[string]string{"FirstName": "Zoë"}) + "\n" +
		line(t, "Client", hmis.FY2026, map[string]string{"PersonalID": "P2", "FirstName": `"Bo, Jr"`}) + "\n"
	windows, err := charmap.Windows1252.NewEncoder().String(content)
	if err != nil {
		t.Fatal(err)
	}
	utf16 := func(order unicode.Endianness) string {
		text, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(content)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	quoted := func(mark string) string {
		var b strings.Builder
		for l := range strings.Lines(strings.ReplaceAll(content, `"Bo, Jr"`, "Bo; Jr")) {
			b.WriteString(mark + strings.ReplaceAll(strings.TrimSpace(l), ",", mark+","+mark) + mark + "\n")
		}
		return strings.ReplaceAll(b.String(), "Bo; Jr", "Bo, Jr")
	}
	sound := []string{"P1 Zoë", "P2 Bo, Jr"}
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"plain":           {content, sound},
		"BOM":             {"\uFEFF" + content, sound},
		"UTF-16 LE":       {utf16(unicode.LittleEndian), sound},
		"UTF-16 BE":       {utf16(unicode.BigEndian), sound},
		"Windows-1252":    {windows, []string{`P1 Zoë | FirstName "": not written in UTF-8; read as Windows-1252`, "P2 Bo, Jr"}},
		"CRLF":            {strings.ReplaceAll(content, "\n", "\r\n"), sound},
		"CR CR LF":        {strings.ReplaceAll(content, "\n", "\r\r\n"), sound},
		"CR":              {strings.ReplaceAll(content, "\n", "\r"), sound},
		"no last newline": {strings.TrimSuffix(content, "\n"), sound},
		"blank lines":     {"\n" + strings.ReplaceAll(content, "\n", "\n \r\n,,,\n"), sound},
		"trailing commas": {strings.ReplaceAll(content, "\n", ",,\n"), sound},
		"commas in rows":  {strings.Replace(strings.ReplaceAll(content, "\n", ",,\n"), ",,\n", "\n", 1), sound},
		"quoted":          {quoted(`"`), sound},
		"quoted twice":    {quoted(`"""`), sound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := rowsOf(t, s.with("Client.csv", c.content), "Client", "FirstName")
			for i := range got {
				_, got[i], _ = strings.Cut(got[i], " ")
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestNoRowIsLost has rows whose quotes and commas went wrong: each is told, and the next one is whole.
func TestNoRowIsLost(t *testing.T) {
	t.Parallel()
	row := func(id, name string) string {
		return line(t, "Client", hmis.FY2026, map[string]string{"PersonalID": id, "FirstName": name}) + "\n"
	}
	const lone = ` |  "": a quotation mark has no pair; it is read as part of the text`
	for name, c := range map[string]struct {
		rows string
		want []string
	}{
		"lone quote, no others": {row("P1", `"Ann`) + row("P2", "Bo") + row("P3", "Cy"), []string{`2 P1 "Ann` + lone, "3 P2 Bo", "4 P3 Cy"}},
		"lone quote, others":    {row("P1", `"Ann`) + row("P2", `"Bo"`) + row("P3", "Cy"), []string{`2 P1 "Ann` + lone, "3 P2 Bo", "4 P3 Cy"}},
		"two lone quotes":       {row("P1", `"Ann`) + row("P2", "Bo") + row("P3", `Cy"`), []string{`2 P1 "Ann` + lone, "3 P2 Bo", `4 P3 Cy"`}},
		"lone quote at the end": {row("P1", "Ann") + row("P2", `"Bo`), []string{"2 P1 Ann", `3 P2 "Bo` + lone}},
		"two lines":             {row("P1", "\"Ann\n,Marie\"") + row("P2", "Bo"), []string{"2 P1 Ann\n,Marie", "4 P2 Bo"}},
		"comma in the name":     {row("P1", "Ann, Marie") + row("P2", "Bo"), []string{`2  - |  "": the row has 39 cells, the header 38; put texts with a comma in quotation marks REFUSED`, "3 P2 Bo"}},
		"short row":             {"P1,Ann,,Doe,,999\n" + row("P2", "Bo"), []string{`2 P1 Ann |  "": the row has 6 cells, the header 38; the missing ones are taken as empty | NameDataQuality "(withheld)": HUD's FY2026 list 3.01.5 has no such code`, "3 P2 Bo"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := base(t, hmis.FY2026).with("Client.csv", header("Client", hmis.FY2026)+"\n"+c.rows)
			if got := rowsOf(t, s, "Client", "FirstName"); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// FY2024 answers land beside the FY2026 columns; the renamed one in the place of the new.
func TestFY2024(t *testing.T) {
	t.Parallel()
	s := base(t, hmis.FY2024)
	s["Client.csv"] = header("Client", hmis.FY2024) + "\n" + line(t, "Client", hmis.FY2024, map[string]string{"HispanicLatinaeo": "1", "Woman": "5", "GenderNone": "99"}) + "\n"
	want := []string{`2 P1 1 | Woman "(withheld)": HUD's FY2024 list 1.10 has no such code | ` +
		`GenderNone "(withheld)": must be empty unless Woman<>1 and Man<>1 and NonBinary<>1 and CulturallySpecific<>1 and Transgender<>1 and Questioning<>1 and DifferentIdentity<>1`}
	if got := rowsOf(t, s, "Client", "HispanicLatinao"); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := rowsOf(t, s, "Client", "Sex"); !strings.HasPrefix(got[0], "2 P1 - ") {
		t.Errorf("Sex is never made from the FY2024 answers: %q", got)
	}
	s["Enrollment.csv"] = header("Enrollment", hmis.FY2024) + "\n" +
		line(t, "Enrollment", hmis.FY2024, map[string]string{"EnrollmentCoC": ""}) + "\n" +
		line(t, "Enrollment", hmis.FY2024, map[string]string{"EnrollmentCoC": "", "RelationshipToHoH": "2"}) + "\n"
	want = []string{`2 N1 - | EnrollmentCoC "": must not be empty where RelationshipToHoH=1`, "3 N1 -"}
	if got := rowsOf(t, s, "Enrollment", "EnrollmentCoC"); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// Hashes of 64 characters, for an SSN 68, are no fault in a hashed export.
func TestHashed(t *testing.T) {
	t.Parallel()
	s := base(t, hmis.FY2026)
	s["Export.csv"] = strings.Replace(s["Export.csv"], ",3,2,1,", ",3,2,4,", 1)
	s["Client.csv"] = header("Client", hmis.FY2026) + "\n" + line(t, "Client", hmis.FY2026,
		map[string]string{"FirstName": strings.Repeat("a", 64), "SSN": strings.Repeat("0", 68)}) + "\n"
	if got := rowsOf(t, s, "Client", "VeteranStatus"); !slices.Equal(got, []string{"2 P1 0"}) {
		t.Errorf("got %q", got)
	}
}

// Code 12 and 49 left the list with FY2026, 47 and 48 are disputed and accepted.
func TestFunders(t *testing.T) {
	t.Parallel()
	s := base(t, hmis.FY2026)
	s["Funder.csv"] = header("Funder", hmis.FY2026) + "\n"
	for _, code := range []string{"47", "48", "12", "49"} {
		s["Funder.csv"] += line(t, "Funder", hmis.FY2026, map[string]string{"FunderID": "F", "GrantID": "G", "StartDate": "2020-01-01", "Funder": code}) + "\n"
	}
	want := []string{"2 F 47", "3 F 48", `4 F 12 | Funder "12": HUD's FY2026 list 2.06.1 has no such code`, `5 F 49 | Funder "49": HUD's FY2026 list 2.06.1 has no such code`}
	if got := rowsOf(t, s, "Funder", "Funder"); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestNothingIdentifies puts a word into every cell that could identify somebody, in rows with every kind of
// fault, and looks for it in the issues.
func TestNothingIdentifies(t *testing.T) {
	t.Parallel()
	const secret = "Quimby"
	row := func(file string) string {
		values := map[string]string{}
		for _, c := range hmis.FileNamed(file).Header(hmis.FY2026) {
			if c.Category == hmis.Identity || c.Kind == hmis.Text && c != hmis.FileNamed(file).Key() && c.References == "" && c.ListIn(hmis.FY2026) == "" {
				values[c.Name] = secret
			}
		}
		return line(t, file, hmis.FY2026, values)
	}
	s := base(t, hmis.FY2026)
	issues := 0
	for _, file := range []string{"Client", "Enrollment", "Services", "Exit", "IncomeBenefits", "User", "ProjectCoC", "CurrentLivingSituation"} {
		sane := row(file)
		rows := []string{sane, sane + "," + secret, secret + ",, " + sane, "K1," + secret + ",2", strings.Replace(sane, secret, `"`+secret, 1),
			strings.ReplaceAll(sane, secret, secret+"\xe9\x00"), strings.ReplaceAll(sane, secret, strings.Repeat(secret, 100))}
		a, err := s.with(file+".csv", header(file, hmis.FY2026)+"\n"+strings.Join(rows, "\n")).memory()
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Rows(file, func(r *Row) error {
			for _, i := range r.Issues {
				issues++
				coc := i.Column == "EnrollmentCoC" || i.Column == "CoCCode" || i.Column == "Geocode" || i.Column == "State"
				if strings.Contains(i.Value+i.Reason, secret) && !coc {
					t.Errorf("%s line %d: %+v", file, r.Line, i)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if issues < 50 {
		t.Errorf("only %d issues: the rows do not try enough", issues)
	}
}
