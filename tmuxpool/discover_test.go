package tmuxpool_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

// socketFolder is a folder as TMUX_TMPDIR, with the one in it where tmux looks;
// its path is short enough for a socket.
func socketFolder(t *testing.T) (base, folder string) {
	t.Helper()
	base, err := os.MkdirTemp("/tmp", "awd-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	if base, err = filepath.EvalSymlinks(base); err != nil {
		t.Fatal(err)
	}
	folder = filepath.Join(base, "tmux-"+strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return base, folder
}

// stale leaves a socket that nobody listens on.
func stale(t *testing.T, path string) {
	t.Helper()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestLiveServersAreFoundOnceAndStaleSocketsAreNot(t *testing.T) {
	base, folder := socketFolder(t)
	one, two := tmuxtest.New(t), tmuxtest.New(t)
	for name, target := range map[string]string{"work": one.SocketPath(), "again": one.SocketPath()} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	stale(t, filepath.Join(folder, "dead"))
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"TMUX_TMPDIR": base, "TMUX": two.SocketPath() + ",123,0"}
	opts := tmuxpool.DiscoverOptions{Env: func(k string) string { return env[k] }, UID: -1}
	found, problems := tmuxpool.Discover(t.Context(), opts)
	if len(problems) > 0 {
		t.Error(problems)
	}
	got := map[string]bool{}
	for _, s := range found {
		got[s.Path] = true
	}
	if diff := cmp.Diff(map[string]bool{one.SocketPath(): true, two.SocketPath(): true}, got); diff != "" || len(found) != 2 {
		t.Errorf("%v\n%s", found, diff)
	}
}

func TestAServerThatIsKnownToAnswerIsNotDialled(t *testing.T) {
	base, folder := socketFolder(t)
	// Only who dials finds out that nobody listens there.
	known := filepath.Join(folder, "known")
	stale(t, known)
	stale(t, filepath.Join(folder, "dead"))
	opts := tmuxpool.DiscoverOptions{
		Env: func(k string) string { return map[string]string{"TMUX_TMPDIR": base}[k] }, UID: -1,
		Known: func(path string) bool { return path == known },
	}
	if found, _ := tmuxpool.Discover(t.Context(), opts); len(found) != 1 || found[0].Path != known {
		t.Errorf("found %v", found)
	}
	if err := os.Remove(known); err != nil {
		t.Fatal(err)
	}
	if found, _ := tmuxpool.Discover(t.Context(), opts); len(found) != 0 {
		t.Errorf("without its socket there is %v", found)
	}
}

func TestNamedServersThatAreNotThereAreProblems(t *testing.T) {
	base, folder := socketFolder(t)
	live := tmuxtest.New(t)
	stale(t, filepath.Join(folder, "dead"))
	opts := tmuxpool.DiscoverOptions{
		Names: []string{"dead", "missing"}, Paths: []string{live.SocketPath()}, UID: -1,
		Env: func(k string) string { return map[string]string{"TMUX_TMPDIR": base}[k] },
	}
	found, problems := tmuxpool.Discover(t.Context(), opts)
	if len(found) != 1 || found[0] != socketOf(live) || len(problems) != 2 {
		t.Errorf("found %v, problems %v", found, problems)
	}
	for _, problem := range problems {
		if !errors.Is(problem, tmuxpool.ErrNoServer) {
			t.Error(problem)
		}
	}
}

func TestNoFolderMeansNoServers(t *testing.T) {
	opts := tmuxpool.DiscoverOptions{Env: func(string) string { return "" }, UID: 1 << 30}
	if found, problems := tmuxpool.Discover(t.Context(), opts); len(found)+len(problems) > 0 {
		t.Errorf("found %v, problems %v", found, problems)
	}
}

func TestAMissingProgramSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := tmuxpool.FindTmux(); !errors.Is(err, tmuxpool.ErrTmuxMissing) {
		t.Error(err)
	}
}
