package repo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakeGH puts a gh in the PATH that runs a script.
func fakeGH(t *testing.T, script string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "gh"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	return folder
}

const pullJSON = `{"number":42,"title":"Fix the login","url":"https://example.org/42","state":"OPEN","isDraft":true,"reviewDecision":"CHANGES_REQUESTED",
"statusCheckRollup":[{"__typename":"CheckRun","status":"COMPLETED","conclusion":"SUCCESS"},{"status":"COMPLETED","conclusion":"FAILURE"},
{"status":"COMPLETED","conclusion":"SKIPPED"},{"status":"IN_PROGRESS","conclusion":""},{"__typename":"StatusContext","state":"SUCCESS"},{"state":"PENDING"}]}`

func TestThePullRequestOfABranchAndItsChecksAreRead(t *testing.T) {
	folder := fakeGH(t, `echo "$@" >> "$(dirname "$0")/asked"; pwd >> "$(dirname "$0")/asked"; cat <<'END'
`+pullJSON+`
END`)
	got, err := ReadPull(t.Context(), folder, "fix/login")
	want := Pull{Number: 42, Title: "Fix the login", URL: "https://example.org/42", State: "open", Draft: true, Review: "changes requested", Passed: 2, Failed: 1, Pending: 2}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	asked, err := os.ReadFile(filepath.Join(folder, "asked"))
	if err != nil || !strings.HasPrefix(string(asked), "pr view fix/login --json") || !strings.Contains(string(asked), folder) {
		t.Errorf("%s, %v", asked, err)
	}
	if got, err := ReadPull(t.Context(), folder, "--web"); err != nil || got != (Pull{}) {
		t.Errorf("a branch that looks like an option: %+v, %v", got, err)
	}
}

func TestWithoutAPullRequestThereIsNoneAndWhatGoesWrongIsSaid(t *testing.T) {
	for script, want := range map[string]string{
		`echo 'no pull requests found for branch "main"' >&2; exit 1`:                                  "",
		`echo 'To get started with GitHub CLI, please run:  gh auth login' >&2; echo more >&2; exit 4`: "gh: To get started with GitHub CLI, please run:  gh auth login",
		`echo '[]'`: "not as expected",
		`exit 1`:    "exit status 1",
	} {
		folder := fakeGH(t, script)
		got, err := ReadPull(t.Context(), folder, "main")
		if got != (Pull{}) || want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "more")) {
			t.Errorf("%s: %+v, %v", script, got, err)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := ReadPull(t.Context(), t.TempDir(), "main"); !errors.Is(err, ErrNoGH) {
		t.Errorf("without gh: %v", err)
	}
}

func TestAGHThatHangsIsLeftAfterItsTime(t *testing.T) {
	folder := fakeGH(t, "exec sleep 60")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := ReadPull(ctx, folder, "main"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func FuzzWhatGHSays(f *testing.F) {
	f.Add([]byte(pullJSON))
	f.Add([]byte(`{"statusCheckRollup":[null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := parsePull(text); err == nil && (p.Passed < 0 || p.Failed < 0 || p.Pending < 0) {
			t.Fatalf("%+v", p)
		}
	})
}
