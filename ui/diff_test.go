package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"agentwatch/engine"
	"agentwatch/themes"
)

// changed is a diff with each kind of file, a large one, and text that would harm a
// terminal.
func changed() engine.Diff {
	var large strings.Builder
	large.WriteString("diff --git a/web/grid.css b/web/grid.css\nindex 1..2 100644\n--- a/web/grid.css\n+++ b/web/grid.css\n@@ -1,60 +1,61 @@\n")
	for i := range 60 {
		fmt.Fprintf(&large, " .cell-%d { width: %dpx }\n", i, i)
	}
	large.WriteString("+.last\t{ width: calc(100% - var(--a-rather-long-name-of-a-variable-in-a-line-that-does-not-fit-into-eighty-columns)) }\n")
	return engine.Diff{
		Name: "shop", Branch: "fix-auth", Against: "HEAD", Commit: "4e42c03", Base: "origin/main", Omitted: 3,
		Files: []engine.FileDiff{
			{
				Path: "auth/token.go", Added: 3, Removed: 1,
				Patch: "diff --git a/auth/token.go b/auth/token.go\nindex 1..2 100644\n--- a/auth/token.go\n+++ b/auth/token.go\n@@ -10,4 +10,6 @@ func parse(token string) error {\n" +
					" \tif token == \"\" {\n-\t\treturn nil\n+\t\treturn errEmpty // \x1b]52;c;aGFybQ==\x07\n \t}\n+\n+--- a line that looks like a header\n",
			},
			{Path: "web/grid.css", Added: 1, Patch: large.String()},
			{
				Path: "docs/an/answer/that/is/deeply/nested/readme.md", From: "readme.md", Change: engine.FileRenamed,
				Patch: "diff --git a/readme.md b/docs/readme.md\nsimilarity index 100%\nrename from readme.md\n",
			},
			{Path: "logo.png", Change: engine.FileAdded, Binary: true, Patch: "diff --git a/logo.png b/logo.png\nnew file mode 100644\nBinary files /dev/null and b/logo.png differ\n"},
			{Path: "run.sh", Patch: "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"},
			{Path: "gone.go", Change: engine.FileDeleted, Removed: 1, Patch: "diff --git a/gone.go b/gone.go\ndeleted file mode 100644\n--- a/gone.go\n+++ /dev/null\n@@ -1 +0,0 @@\n-package gone\n"},
			{Path: "notes.txt", Change: engine.FileUntracked, Added: 9000, Cut: true, Patch: "diff --git a/notes.txt b/notes.txt\nnew file mode 100644\n--- /dev/null\n+++ b/notes.txt\n@@ -0,0 +1,2 @@\n+remember the milk\n+and the token\n"},
		},
	}
}

func driveDiff(t *testing.T, o Options, width, height int, diff engine.Diff, test func(*driver)) {
	t.Helper()
	drive(t, o, width, height, withScreens(scene()), func(d *driver) {
		d.monitor.diff = diff
		d.press("D")
		d.settle()
		test(d)
	})
}

func TestTheDiffLooksAsItShould(t *testing.T) {
	mocha, err := themes.Load("mocha")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		keys    []string
		options Options
		colours bool
		diff    engine.Diff
	}{
		"top":     {diff: changed()},
		"colours": {diff: changed(), options: Options{Settings: Settings{Theme: mocha}}, colours: true, keys: []string{"/", "t", "o", "k", "e", "n", "enter", "n"}},
		"end":     {diff: changed(), keys: []string{"end"}},
		"search":  {diff: changed(), keys: []string{"/", "v", "a", "r", "i", "a"}},
		"files":   {diff: changed(), keys: []string{"tab", "enter", "down"}},
		"ascii":   {diff: changed(), options: Options{NoColor: true, Settings: Settings{ASCII: true}}},
		"none":    {diff: engine.Diff{Against: "HEAD", Commit: "4e42c03", Base: "main"}},
		"help":    {diff: changed(), keys: []string{"?"}},
	} {
		for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}, {200, 50}} {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), func(t *testing.T) {
				driveDiff(t, c.options, size[0], size[1], c.diff, func(d *driver) {
					d.press(c.keys...)
					if c.colours {
						requireGolden(t, d.m.View().Content)
						return
					}
					requireGolden(t, d.text())
				})
			})
		}
	}
}

func TestTheUserMovesThroughADiffByFileAndByWhatTheySearchFor(t *testing.T) {
	driveDiff(t, Options{}, 80, 24, changed(), func(d *driver) {
		d.expect("diff: fix-auth", "1 of 7 auth/token.go +3 -1", "+        return errEmpty // ", "cut off, ")
		d.refuse("]52;c;")
		d.press("tab")
		d.expect("2 of 7 web/grid.css +1 -0", ".cell-0")
		d.press("pgdown", "shift+tab")
		d.expect("2 of 7 web/grid.css", ".cell-0")
		d.press("shift+tab", "shift+tab")
		d.expect("1 of 7", "this is the first file")
		d.press("enter")
		d.expect("D gone.go", "? notes.txt", "R docs/an/answer")
		d.press("down", "down", "enter")
		d.expect("readme.md => docs/an/answer")
		d.press("home", "/", "T", "O", "K", "E", "N")
		d.expect("4 matches")
		d.press("enter", "n", "n", "n")
		d.expect("match 4 of 4", "and the token")
		d.press("n")
		d.expect("match 1 of 4", "1 of 7 auth/token.go", "going round")
		d.press("N", "N")
		d.expect("match 3 of 4")
		d.press("/", "v", "a", "r", "i", "a", "b")
		d.expect("1 match", "variable")
		d.press("esc")
		d.expect("match 3 of 4")
		d.press("esc")
		d.refuse("diff: fix-auth")
	})
}

func TestADiffIsReadAgainstTheBaseAndAnewAndSaysWhyThereIsNone(t *testing.T) {
	driveDiff(t, Options{}, 120, 40, engine.Diff{Against: "HEAD", Base: "origin/main"}, func(d *driver) {
		d.expect("nothing has changed against HEAD", "b compares with where the branch began")
		base := changed()
		base.Against = "origin/main"
		d.monitor.set(func() { d.monitor.diff = base })
		d.press("b")
		d.settle()
		d.expect("against origin/main (4e42c03)", "auth/token.go")
		d.monitor.set(func() { d.monitor.fail = errors.New("there is no diff of /srv: no git repository") })
		d.press("R")
		d.settle()
		d.expect("there is no diff of /srv: no git repository", "esc closes this")
		d.press("tab", "enter", "/", "n")
		d.expect("no git repository")
		d.press("q")
		d.refuse("no git repository")
		d.monitor.mu.Lock()
		defer d.monitor.mu.Unlock()
		if got := strings.Join(d.monitor.wished, ", "); got != "diff %1, diff %1 since its branch began, diff %1 since its branch began" {
			t.Errorf("asked for %s", got)
		}
	})
}
