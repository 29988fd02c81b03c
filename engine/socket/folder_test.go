package socket

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/engine/api"
	"agentwatch/internal/flock"
)

// environment reads from a map.
func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestTheSocketIsOneForEachWorldOfTmuxServersAndFiles(t *testing.T) {
	run := t.TempDir()
	if got := filepath.Base(Path(environment(map[string]string{"XDG_RUNTIME_DIR": run}))); got != "engine.sock" {
		t.Error(got)
	}
	paths := make(map[string]bool)
	for _, variable := range []string{"", "TMUX_TMPDIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME"} {
		getenv := environment(map[string]string{"XDG_RUNTIME_DIR": run, variable: "/elsewhere"})
		path := Path(getenv)
		if paths[path] || path != Path(getenv) {
			t.Errorf("%q: %s", variable, path)
		}
		paths[path] = true
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
		got := Path(environment(map[string]string{"XDG_RUNTIME_DIR": folder}))
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
		if err := makeFolder(bad); !errors.Is(err, api.ErrForeign) {
			t.Errorf("%s: %v", bad, err)
		}
		if _, err := Dial(t.Context(), filepath.Join(bad, "engine.sock")); !errors.Is(err, api.ErrForeign) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// meetingPlace is the path of a socket in a folder that is yet to be made.
func meetingPlace(t *testing.T) string {
	t.Helper()
	// A socket's path may have about 100 bytes, which t.TempDir can exceed.
	base, err := os.MkdirTemp("/tmp", "aws-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	return filepath.Join(base, "agentwatch", "engine.sock")
}

func TestTheSocketIsTheUsersAlone(t *testing.T) {
	path := meetingPlace(t)
	lock, err := TakeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	listener, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	conn, err := Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if accepted, err := listener.Accept(); err != nil {
		t.Error(err)
	} else if err := accepted.Close(); err != nil {
		t.Error(err)
	}
	if err := checkUID(os.Getuid() + 1); !errors.Is(err, api.ErrForeign) {
		t.Error(err)
	}
}

func TestOnlyOneHasTheLockAndItEndsWithItsHolder(t *testing.T) {
	path := meetingPlace(t)
	first, err := TakeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := TakeLock(path); !errors.Is(err, flock.ErrTaken) {
		t.Error(err)
	}
	first.Release()
	second, err := TakeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	second.Release()
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
	if _, err := TakeLock(path); err == nil || errors.Is(err, flock.ErrTaken) {
		t.Error(err)
	}
	if _, err := os.Stat(elsewhere); err == nil {
		t.Error("a file was made through the link")
	}
}

func TestASocketThatIsStillThereTellsOfAProcessThatWasKilled(t *testing.T) {
	path := meetingPlace(t)
	lock, err := TakeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if at := Abandoned(path); !at.IsZero() {
		t.Errorf("somebody was there at %s", at)
	}
	listener, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if at := Abandoned(path); time.Since(at) > time.Minute {
		t.Errorf("it began at %s", at)
	}
	if err := listener.Close(); err != nil { // in good order
		t.Fatal(err)
	}
	if at := Abandoned(path); !at.IsZero() {
		t.Errorf("after a good end it was there at %s", at)
	}
}
