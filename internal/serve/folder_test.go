package serve

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// environment reads from a map.
func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestWhoWatchesTheSameMeetsAtTheSameSocketAndNobodyElse(t *testing.T) {
	run := environment(map[string]string{"XDG_RUNTIME_DIR": t.TempDir()})
	paths := make(map[string]bool)
	for _, selection := range [][]string{nil, {"/tmp/a"}, {"/tmp/b"}, {"/tmp/a", "/tmp/b"}, {"/tmp/a/tmp/b"}} {
		path := Path(run, selection)
		if paths[path] || path != Path(run, selection) {
			t.Errorf("%q: %s", selection, path)
		}
		paths[path] = true
	}
	if got := filepath.Base(Path(run, nil)); got != "default.sock" {
		t.Error(got)
	}
}

func TestAFolderOfTheSessionThatIsNotSafeIsNotUsed(t *testing.T) {
	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{open, long, "relative", "/nonexistent"} {
		got := Path(environment(map[string]string{"XDG_RUNTIME_DIR": folder}), nil)
		if !strings.HasPrefix(got, "/tmp/agentwatch-") {
			t.Errorf("%s: %s", folder, got)
		}
	}
}

func TestTheFolderOfTheSocketIsTheUsersAlone(t *testing.T) {
	base := t.TempDir()
	path := filepath.Join(base, "fresh")
	if err := makeFolder(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	link := filepath.Join(base, "link")
	open := filepath.Join(base, "open")
	file := filepath.Join(base, "file")
	if err := errors.Join(os.Symlink(path, link), os.Mkdir(open, 0o755), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{link, open, file} {
		if err := makeFolder(bad); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", bad, err)
		}
		if _, err := Dial(t.Context(), filepath.Join(bad, "default.sock"), "test"); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestTheSocketIsTheUsersAlone(t *testing.T) {
	path := serving(t, newFakeEngine(), serverOptions{})
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	conn := raw(t, path)
	if err := checkPeer(conn); err != nil {
		t.Error(err)
	}
	if err := checkUID(os.Getuid() + 1); !errors.Is(err, ErrForeign) {
		t.Error(err)
	}
}

func TestOnlyOneHasTheClaimAndItEndsWithItsHolder(t *testing.T) {
	path := meetingPlace(t)
	first, err := takeClaim(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := takeClaim(path); !errors.Is(err, errTaken) {
		t.Error(err)
	}
	first.release()
	second, err := takeClaim(path)
	if err != nil {
		t.Fatal(err)
	}
	second.release()
}

func TestALinkInPlaceOfTheLockIsNotFollowed(t *testing.T) {
	path := meetingPlace(t)
	if err := makeFolder(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Symlink(elsewhere, path+".lock"); err != nil {
		t.Fatal(err)
	}
	if _, err := takeClaim(path); err == nil || errors.Is(err, errTaken) {
		t.Error(err)
	}
	if _, err := os.Stat(elsewhere); err == nil {
		t.Error("a file was made through the link")
	}
}
