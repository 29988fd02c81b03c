package patch_test

import (
	"slices"
	"strings"
	"testing"

	"agentwatch/engine"
	"agentwatch/ui/patch"
)

func TestRowsOfADiffSayWhatTheyAre(t *testing.T) {
	rows, starts := patch.Read(engine.Diff{
		Files: []engine.FileDiff{
			{Path: "new.go", From: "old.go", Change: engine.FileRenamed, Patch: "diff --git a/old.go b/new.go\nold mode 100644\nnew mode 100755\nindex 1..2\n--- a/old.go\n+++ b/new.go\n@@ -1,3 +1,3 @@\n \tone\n-two\n+--- three\n\n\\ No newline at end of file\n"},
			{Path: "empty", Change: engine.FileUntracked, Patch: "diff --git a/empty b/empty\nnew file mode 100644\n"},
			{Path: "large", Cut: true, Patch: "@@ -1 +1 @@\n+x\n"},
		}, Omitted: 2,
	})
	want := []patch.Row{
		{patch.File, "old.go => new.go", 0},
		{patch.Note, "old mode 100644", 0},
		{patch.Note, "new mode 100755", 0},
		{patch.Hunk, "@@ -1,3 +1,3 @@", 0},
		{patch.Context, "     one", 0},
		{patch.Removed, "-two", 0},
		{patch.Added, "+--- three", 0},
		{patch.Context, "", 0},
		{patch.Note, "\\ No newline at end of file", 0},
		{patch.Context, "", 0},
		{patch.File, "empty", 1},
		{patch.Note, "empty", 1},
		{patch.Context, "", 1},
		{patch.File, "large", 2},
		{patch.Hunk, "@@ -1 +1 @@", 2},
		{patch.Added, "+x", 2},
		{patch.Note, "cut off: the rest of this file's diff is too large", 2},
		{patch.Context, "", 2},
		{patch.Note, "cut off: 2 further files not listed", 2},
	}
	if !slices.Equal(rows, want) {
		t.Errorf("rows\n%v\nwanted\n%v", rows, want)
	}
	if !slices.Equal(starts, []int{0, 10, 13}) {
		t.Errorf("the files begin at %v", starts)
	}
}

func FuzzRowsOfADiffHoldNoControlCharacters(f *testing.F) {
	f.Add("diff --git a/x b/x\n@@ -1 +1 @@\n-\tone\x1b[31m\n+two\n\\ No newline", "naïve\t\x00.txt")
	f.Fuzz(func(t *testing.T, text, path string) {
		rows, starts := patch.Read(engine.Diff{Files: []engine.FileDiff{{Path: path, Patch: text}, {Path: path, From: text, Cut: true}}, Omitted: 1})
		for _, row := range rows {
			if strings.ContainsAny(row.Text, "\x1b\n\t\r\x07") {
				t.Fatalf("%q", row.Text)
			}
		}
		if len(starts) != 2 || rows[starts[1]].Kind != patch.File {
			t.Fatalf("%v", starts)
		}
	})
}
