package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sandbox is a folder for repositories.
type sandbox struct {
	t   *testing.T
	dir string
}

func newSandbox(t *testing.T) *sandbox {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &sandbox{t, dir}
}

func (s *sandbox) git(folder string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = filepath.Join(s.dir, folder)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (s *sandbox) write(path, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(s.dir, path)), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, path), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// repository makes one with a commit of three files.
func (s *sandbox) repository(name string) {
	s.t.Helper()
	s.write(filepath.Join(name, "a.txt"), "1\n2\n3\n")
	s.write(filepath.Join(name, "sub/b.txt"), "1\n2\n")
	s.write(filepath.Join(name, "c.txt"), "1\n")
	s.git(name, "init", "-q", "-b", "main")
	s.git(name, "add", ".")
	s.git(name, "commit", "-q", "-m", "first")
}

func (s *sandbox) read(folder string) State {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	got, err := NewReader().Read(ctx, filepath.Join(s.dir, folder))
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func TestAStateTellsBranchChangesAndCommitsAheadAndBehind(t *testing.T) {
	s := newSandbox(t)
	s.repository("api")
	s.git(".", "clone", "-q", "api", "work")
	s.write("api/a.txt", "upstream\n")
	s.git("api", "commit", "-q", "-a", "-m", "second")
	for i := range 2 {
		s.write("work/c.txt", fmt.Sprint("mine ", i, "\n"))
		s.git("work", "commit", "-q", "-a", "-m", "mine")
	}
	s.git("work", "fetch", "-q")
	s.write("work/a.txt", "1\n2\n")           // one line less
	s.write("work/sub/b.txt", "1\n2\n3\n4\n") // two more, staged
	s.git("work", "add", "sub/b.txt")
	s.write("work/new.txt", "not counted in lines\n")
	want := State{
		Name: "work", Root: filepath.Join(s.dir, "work"), Common: filepath.Join(s.dir, "work/.git"), Branch: "main",
		Head: s.git("work", "rev-parse", "HEAD")[:7], Dirty: 3, Added: 2, Removed: 1, Upstream: "origin/main", Ahead: 2, Behind: 1,
	}
	for _, folder := range []string{"work", "work/sub"} {
		if diff := cmp.Diff(want, s.read(folder)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", folder, diff)
		}
	}
}

func TestALinkedWorktreeHasItsRepositorysNameAndItsOwn(t *testing.T) {
	s := newSandbox(t)
	s.repository("api")
	s.git("api", "worktree", "add", "-q", "-b", "fix", "../api-fix")
	got := s.read("api-fix")
	if got.Name != "api" || got.Worktree != "api-fix" || got.Branch != "fix" {
		t.Errorf("%+v", got)
	}
	if main := s.read("api"); main.Common != got.Common || main.Worktree != "" || main.Root == got.Root {
		t.Errorf("main %+v, linked %+v", main, got)
	}
}

func TestADetachedHeadIsNamedByItsCommitAndAnEmptyRepositoryByItsBranch(t *testing.T) {
	s := newSandbox(t)
	s.repository("api")
	s.git("api", "checkout", "-q", "--detach")
	detached := s.read("api")
	if want := "@" + s.git("api", "rev-parse", "HEAD")[:7]; detached.On() != want || detached.Branch != "" {
		t.Errorf("on %q, want %q", detached.On(), want)
	}
	s.write("fresh/a.txt", "1\n2\n")
	s.git("fresh", "init", "-q", "-b", "trunk")
	s.git("fresh", "add", ".")
	if got := s.read("fresh"); got.On() != "trunk" || got.Head != "" || got.Dirty != 1 || got.Added != 2 {
		t.Errorf("%+v", got)
	}
}

func TestOddFoldersAreNoRepository(t *testing.T) {
	s := newSandbox(t)
	s.write("plain/a.txt", "1\n")
	s.git(".", "init", "-q", "--bare", "bare.git")
	for _, folder := range []string{s.dir, filepath.Join(s.dir, "plain"), filepath.Join(s.dir, "gone"), filepath.Join(s.dir, "bare.git"), "", "relative"} {
		if got, err := NewReader().Read(t.Context(), folder); !errors.Is(err, ErrNone) {
			t.Errorf("%q: %+v, %v", folder, got, err)
		}
	}
}

// contents are all files below a folder, by path, with mode and time.
func (s *sandbox) contents() map[string]string {
	s.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		text := fmt.Sprint(info.Mode(), info.ModTime())
		if entry.Type().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text += string(data)
		}
		all[path] = text
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// The index is stale here, which git status and git diff mend by default; a
// monitor and a hook would be started by them.
func TestReadingWritesNothingAndStartsNoProgramOfTheRepository(t *testing.T) {
	s := newSandbox(t)
	s.repository("api")
	ran := filepath.Join(s.dir, "ran")
	script := "#!/bin/sh\ntouch " + ran + "\ncat \"$1\"\n"
	s.write("script", script)
	if err := os.Chmod(filepath.Join(s.dir, "script"), 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(s.dir, "script")
	for _, name := range []string{
		"core.fsmonitor", "diff.external", "diff.d.textconv", "diff.d.command", "core.pager", "pager.diff",
		"filter.one.clean", "filter.one.smudge", "filter.Two of.them.process", "filter.Two of.them.required",
	} {
		s.git("api", "config", name, program)
	}
	s.git("api", "config", "filter.Two of.them.required", "true")
	s.write("api/.git/info/attributes", "*.txt diff=d filter=one\nc.txt filter=Two\\ of.them\n")
	s.write("api/.git/hooks/post-index-change", script)
	if err := os.Chmod(filepath.Join(s.dir, "api/.git/hooks/post-index-change"), 0o755); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(s.dir, "api/a.txt"), old, old); err != nil {
		t.Fatal(err)
	}
	s.write("api/c.txt", "changed\n")
	before := s.contents()
	if got := s.read("api"); got.Dirty != 1 || got.Added != 1 || got.Removed != 1 {
		t.Errorf("%+v", got)
	}
	if got := s.diff("api", false); len(got.Files) != 1 || got.Files[0].Path != "c.txt" {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff(before, s.contents()); diff != "" {
		t.Errorf("reading has changed something (-before +after):\n%s", diff)
	}
}

func TestOneGitProcessRunsAtATimeAndNoneOutlivesItsDeadline(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	// A git that says when it begins and ends, and never ends by itself for "hangs".
	script := "#!/bin/sh\necho begin >>" + log + "\ncase $PWD in */hangs) exec sleep 600;; esac\nsleep 0.02\necho end >>" + log + "\nexit 1\n"
	if err := os.WriteFile(filepath.Join(dir, "git"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	r := NewReader()
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			if _, err := r.Read(t.Context(), dir); !errors.Is(err, ErrNone) {
				t.Error(err)
			}
		})
	}
	readers.Wait()
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("begin\nend\n", 8); string(data) != want {
		t.Errorf("processes overlapped:\n%s", data)
	}
	hangs := filepath.Join(dir, "hangs")
	if err := os.Mkdir(hangs, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Read(ctx, hangs); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a git that hangs: %v", err)
	}
}

func TestWithoutGitThereIsAnErrorOfItsOwn(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := NewReader().Read(context.Background(), t.TempDir()); !errors.Is(err, ErrNoGit) {
		t.Error(err)
	}
}

func TestTheEnvironmentPointsGitAtNoOtherRepository(t *testing.T) {
	s := newSandbox(t)
	s.repository("api")
	s.repository("other")
	t.Setenv("GIT_DIR", filepath.Join(s.dir, "other/.git"))
	t.Setenv("GIT_WORK_TREE", filepath.Join(s.dir, "other"))
	got, err := NewReader().Read(context.Background(), filepath.Join(s.dir, "api"))
	if err != nil || got.Name != "api" {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzStatusLinesAreReadWithoutHarm(f *testing.F) {
	f.Add("# branch.oid (initial)\n# branch.head main\n# branch.ab +1 -x\n1 .M\n? ")
	f.Add("# branch.ab\n# \n#\nu\n2 ")
	f.Fuzz(func(t *testing.T, text string) {
		var s State
		initial, tracked := false, false
		for line := range bytes.Lines([]byte(text)) {
			s.take(string(line), &initial, &tracked)
		}
		if s.Dirty < 0 || len(s.Head) > abbreviated {
			t.Errorf("%+v", s)
		}
	})
}
