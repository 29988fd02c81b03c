package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (s *sandbox) diff(folder string, base bool) Diff {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	got, err := NewReader().Diff(ctx, filepath.Join(s.dir, folder), base)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// changes are the files of a diff in a line each.
func changes(d Diff) (all []string) {
	for _, f := range d.Files {
		line := fmt.Sprintf("%s %s +%d -%d", f.Change, f.Path, f.Added, f.Removed)
		if f.From != "" {
			line += " from " + f.From
		}
		if f.Binary {
			line += " binary"
		}
		if f.Cut {
			line += " cut"
		}
		all = append(all, line)
	}
	return all
}

// oddWorktree has every kind of change, also in files with odd names.
func oddWorktree(t *testing.T) *sandbox {
	t.Helper()
	s := newSandbox(t)
	s.repository("api")
	s.write("api/with space.txt", "one\ntwo\nthree\nfour\n")
	s.write("api/to be renamed.txt", "one\ntwo\nthree\nfour\nfive\nsix\n")
	s.write("api/odd \"\\\tname", "one\n")
	s.write("api/grüße/naïve.txt", "one\n")
	s.write("api/crlf.txt", "one\r\ntwo\r\n")
	s.write("api/run.sh", "one\n")
	s.write("api/pic", "a\x00b")
	s.write("api/touched.txt", "as it was\n")
	if err := os.Symlink("a.txt", filepath.Join(s.dir, "api/link")); err != nil {
		t.Fatal(err)
	}
	s.git("api", "add", ".")
	s.git("api", "commit", "-q", "-m", "odd")

	s.write("api/a.txt", "1\n2\n3\n4 without an end")
	s.write("api/with space.txt", "one\ntwo\n3\nfour\n")
	s.git("api", "mv", "to be renamed.txt", "renamed.txt")
	s.write("api/renamed.txt", "one\ntwo\nthree\nfour\nfive\n6\n")
	s.write("api/odd \"\\\tname", "one\ndiff --git a/c.txt b/c.txt\n")
	s.write("api/grüße/naïve.txt", "eins\n")
	s.write("api/crlf.txt", "one\r\nzwei\r\n")
	s.write("api/pic", "a\x00c")
	s.git("api", "rm", "-q", "c.txt")
	for _, failed := range []error{
		os.Chmod(filepath.Join(s.dir, "api/run.sh"), 0o755), os.Remove(filepath.Join(s.dir, "api/link")),
		os.Chtimes(filepath.Join(s.dir, "api/touched.txt"), time.Unix(1, 0), time.Unix(1, 0)),
	} {
		if failed != nil {
			t.Fatal(failed)
		}
	}
	s.write("api/link", "a file now\n")
	s.write("api/new/file.txt", "+++\n--- \n")
	s.write("api/new/no end with space", "no end")
	s.write("api/new/empty", "")
	s.write("api/new/pic", "\x00")
	if err := os.Symlink("/etc/passwd", filepath.Join(s.dir, "api/new/link")); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestADiffHasEveryKindOfChangeOfTrackedFilesAndThoseThatAreNew(t *testing.T) {
	s := oddWorktree(t)
	d := s.diff("api/sub", false)
	want := []string{
		"modified a.txt +1 -0", "deleted c.txt +0 -1", "modified crlf.txt +1 -1", "modified grüße/naïve.txt +1 -1", "retyped link +1 -1",
		"modified odd \"\\\tname +1 -0", "modified pic +0 -0 binary", "renamed renamed.txt +1 -1 from to be renamed.txt",
		"modified run.sh +0 -0", "modified with space.txt +1 -1",
		"untracked new/empty +0 -0", "untracked new/file.txt +2 -0", "untracked new/link +1 -0", "untracked new/no end with space +1 -0",
		"untracked new/pic +0 -0 binary",
	}
	if diff := cmp.Diff(want, changes(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if d.Name != "api" || d.Branch != "main" || d.Against != "HEAD" || d.Commit != s.git("api", "rev-parse", "HEAD")[:7] || d.Cut() {
		t.Errorf("%+v", d)
	}
	if added, removed := d.Lines(); added != 11 || removed != 6 {
		t.Errorf("+%d -%d", added, removed)
	}
}

// What a diff says is proved by making it: applied to the last commit it leads to
// the files that are there.
func TestThePatchesOfADiffLeadToTheFilesThatAreThere(t *testing.T) {
	s := oddWorktree(t)
	var patch strings.Builder
	for _, f := range s.diff("api", false).Files {
		if !f.Binary {
			patch.WriteString(f.Patch)
		}
	}
	s.git(".", "clone", "-q", "api", "copy")
	apply := exec.Command("git", "apply", "--whitespace=nowarn", "-")
	apply.Dir, apply.Stdin = filepath.Join(s.dir, "copy"), strings.NewReader(patch.String())
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, patch.String())
	}
	for _, folder := range []string{"api", "copy"} {
		s.write(folder+"/pic", "not compared")
		if err := os.RemoveAll(filepath.Join(s.dir, folder, "new/pic")); err != nil {
			t.Fatal(err)
		}
		s.git(folder, "add", "-A")
	}
	if api, copied := s.git("api", "write-tree"), s.git("copy", "write-tree"); api != copied {
		t.Errorf("the trees differ: %s", s.git("copy", "diff", "--cached", "--stat"))
	}
}

func TestADiffAgainstTheBaseHasWhatTheBranchHasCommitted(t *testing.T) {
	s := newSandbox(t)
	s.repository("api")
	s.git(".", "clone", "-q", "api", "work")
	s.git("work", "checkout", "-q", "-b", "fix")
	s.write("work/a.txt", "1\n2\n3\n4\n")
	s.git("work", "commit", "-q", "-a", "-m", "mine")
	s.write("work/c.txt", "1\n2\n")
	s.write("api/c.txt", "elsewhere\n")
	s.git("api", "commit", "-q", "-a", "-m", "theirs")
	s.git("work", "fetch", "-q")
	head, base := s.diff("work", false), s.diff("work", true)
	if diff := cmp.Diff([]string{"modified c.txt +1 -0"}, changes(head)); diff != "" || head.Base != "origin/main" || head.Against != "HEAD" {
		t.Errorf("%+v %s", head, diff)
	}
	if diff := cmp.Diff([]string{"modified a.txt +1 -0", "modified c.txt +1 -0"}, changes(base)); diff != "" || base.Against != "origin/main" ||
		base.Commit != s.git("work", "rev-parse", "main")[:7] {
		t.Errorf("%+v %s", base, diff)
	}
	s.git("api", "checkout", "-q", "-b", "topic")
	s.write("api/c.txt", "topic\n")
	s.git("api", "commit", "-q", "-a", "-m", "topic")
	if got := s.diff("api", true); got.Against != "main" || len(got.Files) != 1 {
		t.Errorf("without a remote: %+v", got)
	}
	s.git("api", "checkout", "-q", "main")
	if _, err := NewReader().Diff(t.Context(), filepath.Join(s.dir, "api"), true); !errors.Is(err, ErrNoBase) {
		t.Errorf("of the main branch: %v", err)
	}
}

func TestARepositoryWithoutACommitDiffersFromNothing(t *testing.T) {
	s := newSandbox(t)
	s.write("fresh/a.txt", "1\n2\n")
	s.write("fresh/b.txt", "1\n")
	s.git("fresh", "init", "-q", "-b", "trunk")
	s.git("fresh", "add", "a.txt")
	d := s.diff("fresh", false)
	if diff := cmp.Diff([]string{"added a.txt +2 -0", "untracked b.txt +1 -0"}, changes(d)); diff != "" || d.Commit != "" || d.Branch != "trunk" {
		t.Errorf("%+v %s", d, diff)
	}
	if _, err := NewReader().Diff(t.Context(), filepath.Join(s.dir, "fresh"), true); !errors.Is(err, ErrNoBase) {
		t.Error(err)
	}
	if _, err := NewReader().Diff(t.Context(), s.dir, false); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
}

func TestWhatIsTooLargeIsCutAndSaidToBe(t *testing.T) {
	s := newSandbox(t)
	s.repository("api")
	row := strings.Repeat("x", 99) + "\n"
	s.write("api/a.txt", strings.Repeat(row, mostFilePatch/len(row)+9))
	s.write("api/sub/b.txt", strings.Repeat("é", mostPatchLine)+"\nshort\n")
	s.write("api/untracked", strings.Repeat(row, 2*mostFilePatch/len(row)))
	d := s.diff("api", false)
	want := []string{
		fmt.Sprintf("modified a.txt +%d -3 cut", mostFilePatch/len(row)+9), "modified sub/b.txt +2 -2 cut",
		fmt.Sprintf("untracked untracked +%d -0 cut", strings.Count(d.Files[2].Patch, "\n+x")),
	}
	if diff := cmp.Diff(want, changes(d)); diff != "" || !d.Cut() {
		t.Errorf("%s", diff)
	}
	if b := d.Files[1].Patch; !strings.HasSuffix(b, "\n+short\n") || strings.ToValidUTF8(b, "") != b {
		t.Errorf("a long line ends the patch: %.200q", b)
	}
	for _, f := range d.Files {
		if len(f.Patch) > mostFilePatch || len(f.Patch) < mostPatchLine/2 {
			t.Errorf("%s has %d bytes", f.Path, len(f.Patch))
		}
	}

	for i := range mostPatch/mostFilePatch + 3 {
		s.write(fmt.Sprintf("api/%02d", i), strings.Repeat(row, mostFilePatch/len(row)-9))
		s.git("api", "add", fmt.Sprintf("%02d", i))
	}
	for i := range mostUntracked + 7 {
		s.write(fmt.Sprintf("api/many/%03d", i), "1\n")
	}
	d = s.diff("api", false)
	all := 0
	for _, f := range d.Files {
		all += len(f.Patch)
	}
	// The file untracked is the one that is omitted beside.
	if all > mostPatch || all < mostPatch-2*mostFilePatch || d.Omitted != 8 || !d.Cut() {
		t.Errorf("%d bytes, %d omitted", all, d.Omitted)
	}
	if f := d.Files[len(d.Files)-mostUntracked-1]; !f.Cut || f.Patch != "" || f.Added == 0 {
		t.Errorf("the last file that is tracked: %.200v", f)
	}
}

func TestAFilterThatCannotBeSwitchedOffIsRefused(t *testing.T) {
	s := newSandbox(t)
	s.repository("api")
	s.git("api", "config", "filter.a=b.clean", "touch "+filepath.Join(s.dir, "ran"))
	s.write("api/.gitattributes", "*.txt filter=a=b\n")
	s.write("api/a.txt", "changed\n")
	for _, read := range []func() error{
		func() error {
			_, err := NewReader().Diff(t.Context(), filepath.Join(s.dir, "api"), false)
			return err
		},
		func() error {
			_, err := NewReader().Read(t.Context(), filepath.Join(s.dir, "api"))
			return err
		},
	} {
		if err := read(); !errors.Is(err, ErrFilter) {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(s.dir, "ran")); err == nil {
		t.Error("the filter was started")
	}
}

func TestAChangeIsReadAsItIsWritten(t *testing.T) {
	for c := Modified; c <= Untracked; c++ {
		text, err := c.MarshalText()
		var back Change
		if err != nil || back.UnmarshalText(text) != nil || back != c {
			t.Errorf("%s is read as %s", c, back)
		}
	}
	c := Deleted
	if err := c.UnmarshalText([]byte("of a newer build")); err != nil || c != Modified {
		t.Errorf("%s, %v", c, err)
	}
}

func FuzzPatchesAreReadWithoutHarm(f *testing.F) {
	f.Add([]byte(":100644 100644 d0 00 M\x00a\x001\t0\ta\x00\x00diff --git a/a b/a\n@@ -1 +1,2 @@\n 1\n+3\n"))
	f.Add([]byte(":1 1 1 1 R100\x00a\x00b\x00-\t-\t\x00a\x00b\x00\x00diff --git \"a/\n"))
	f.Fuzz(func(t *testing.T, output []byte) {
		var d Diff
		p := patches{diff: &d, room: 100}
		if err := p.read(bytes.NewReader(output)); err != nil && !errors.Is(err, errEnough) && len(output) < longestLine {
			t.Error(err)
		}
		all := 0
		for _, f := range d.Files {
			all += len(f.Patch)
		}
		if all > 100 {
			t.Errorf("%d bytes", all)
		}
	})
}
