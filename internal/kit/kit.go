// Package kit finds the files of shared/cases, HMIS exports of others for testing software, which lie beside or above the
// project and never in it. Tests that need one skip loudly where there is none; in CI they fail.
package kit

import (
	"os"
	"path/filepath"
	"testing"
)

// Path is the path of a file of shared/cases.
func Path(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for up := dir; ; up = filepath.Dir(up) {
		path := filepath.Join(up, "shared", "cases", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if up == filepath.Dir(up) {
			break
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("shared/cases/%s is missing, and CI must not go without it", name)
	}
	t.Skipf("SKIPPED, NOT CHECKED: no folder above has shared/cases/%s", name)
	return ""
}
