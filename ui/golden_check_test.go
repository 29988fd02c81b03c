package ui

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var updateGolden = flag.Bool("update", false, "write the golden files anew")

// requireGolden fails when the text is not that of testdata/<test>.golden.
func requireGolden(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join("testdata", t.Name()+".golden")
	if *updateGolden {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(text+"\n", "\n")); diff != "" {
		t.Errorf("%s differs; run with -update and look at what has changed:\n%s", file, diff)
	}
}
