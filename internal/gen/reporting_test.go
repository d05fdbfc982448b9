package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// The newest version of the reporting views is what the dictionary and the policy give.
func TestReportingViews(t *testing.T) {
	versions, err := filepath.Glob("../../migrations/postgres/*_reporting.sql")
	if err != nil || versions == nil {
		t.Fatal("no version of the reporting views", err)
	}
	newest, err := os.ReadFile(versions[len(versions)-1])
	if err != nil {
		t.Fatal(err)
	}
	if string(newest) != reporting() {
		t.Error("the views changed: write a new version with go run ./internal/gen reporting > migrations/postgres/VERSION_reporting.sql")
	}
}

// No view has a column that identifies somebody, that is sealed, that tells a place, or that holds an id of HUD's of a client.
func TestReportingColumns(t *testing.T) {
	for _, f := range hmis.Files() {
		if f.Level != hmis.ClientLevel {
			continue
		}
		for _, listed := range reported(f) {
			name := strings.TrimPrefix(listed, "r.")
			for _, c := range f.Columns {
				if c.SQLName() == name && (c.Sealed() || c.Class().Place || c.Category == hmis.Meta || !hmis.GeneralRelease.Has(c.Category) && f.Name != "Services") {
					t.Errorf("%s.%s, %s, is in the view", f.Name, name, c.Category)
				}
			}
		}
	}
	for _, without := range []string{"HealthAndDV", "Disabilities", "CurrentLivingSituation", "AssessmentQuestions", "AssessmentResults", "User", "Export"} {
		if columns := reported(hmis.FileNamed(without)); columns != nil {
			t.Errorf("%s has a view of %v", without, columns)
		}
	}
}
