package cli

import (
	"crypto/rand"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/engine/socket"
	"agentwatch/internal/history"
	"agentwatch/internal/tmuxtest"
)

// examined is one object of `agentwatch doctor --json`.
type examined struct{ Check, Verdict, Found, Mend string }

func (h home) doctor(t *testing.T, args ...string) (code int, byCheck map[string]examined) {
	t.Helper()
	code, out, _ := h.run(append([]string{"doctor", "--json"}, args...)...)
	var all []examined
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	byCheck = make(map[string]examined)
	for _, e := range all {
		byCheck[e.Check] = e
	}
	return code, byCheck
}

func TestTheDoctorExitsWithOneOnlyWhenSomethingFails(t *testing.T) {
	h := newHome(t, "[wach]\n")
	h.env["TERM"], h.env["TMUX_TMPDIR"] = "xterm", t.TempDir()
	server := tmuxtest.New(t).SocketPath()
	code, found := h.doctor(t, "-S", server)
	if code != exitOK {
		t.Errorf("warnings alone: exit code %d, %+v", code, found)
	}
	if e := found["configuration"]; e.Verdict != "warn" || !strings.Contains(e.Found, `config.toml:1:2: wach: no such section; did you mean "watch"?`) {
		t.Errorf("%+v", e)
	}
	delete(h.env, "TERM")
	if code, found := h.doctor(t, "-S", server); code != exitError || found["TERM"].Verdict != "fail" {
		t.Errorf("without TERM: exit code %d, %+v", code, found["TERM"])
	}
}

func TestTheDoctorLooksAtTheServersOfTheFile(t *testing.T) {
	h := newHome(t, "[watch]\nsockets = ['/nonexistent/socket']\n")
	if code, found := h.doctor(t); code != exitError || !strings.Contains(found["tmux server"].Found, "/nonexistent/socket") {
		t.Errorf("exit code %d, %+v", code, found["tmux server"])
	}
}

func TestTheDoctorsTableSaysWhatToDoBelowWhatIsWrong(t *testing.T) {
	h := newHome(t, "")
	h.env["TMUX_TMPDIR"] = t.TempDir()
	code, out, complaints := h.run("doctor", "-S", tmuxtest.New(t).SocketPath())
	if code != exitError || !strings.Contains(complaints, "checks failed") {
		t.Errorf("exit code %d, %q", code, complaints)
	}
	_, below, _ := strings.Cut(out, "it is not set: the dashboard cannot draw")
	lines := strings.SplitN(below, "\n", 3)
	if len(lines) < 3 || !strings.Contains(lines[1], "→ run agentwatch in a terminal") {
		t.Errorf("%s", out)
	}
}

func TestTheDoctorLooksAtYourThemesAndTheHistory(t *testing.T) {
	h := newHome(t, "")
	h.env["TERM"], h.env["TMUX_TMPDIR"], h.env["XDG_STATE_HOME"] = "xterm", t.TempDir(), t.TempDir()
	server, path := tmuxtest.New(t).SocketPath(), history.Path(func(key string) string { return h.env[key] })
	look := func() map[string]examined {
		code, found := h.doctor(t, "-S", server)
		if code != exitOK {
			t.Errorf("exit code %d, %+v", code, found)
		}
		return found
	}
	expect := func(e examined, verdict, says, mend string) {
		t.Helper()
		if e.Verdict != verdict || !strings.Contains(e.Found, says) || !strings.Contains(e.Mend, mend) {
			t.Errorf("%+v", e)
		}
	}
	found := look()
	folder := filepath.Join(filepath.Dir(h.path), "themes")
	expect(found["themes"], "ok", folder, "")
	expect(found["history"], "ok", "nothing in "+path+" yet", "")
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Error("a folder has been made for the history")
	}

	put(t, filepath.Join(folder, "evening.toml"), "inherits = \"tokyo-nigth\"\n")
	put(t, path, "this is no database, but it is longer than the head of one would be: one hundred bytes and some more\n")
	found = look()
	expect(found["themes"], "warn", "evening.toml:1", "left out")
	expect(found["history"], "warn", path, "works without it")

	put(t, filepath.Join(folder, "evening.toml"), "inherits = \"tokyo-night\"\n")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	store, err := history.Open(t.Context(), history.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	found = look()
	expect(found["themes"], "ok", folder, "")
	expect(found["history"], "ok", "no problem in "+path, "")
}

func TestTheDoctorAsksTheAgentwatchThatRuns(t *testing.T) {
	h, runtime := newHome(t, ""), filepath.Join("/tmp", "awd-"+strings.ToLower(rand.Text()[:8]))
	if err := os.Mkdir(runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(runtime) })
	h.env["TERM"], h.env["TMUX_TMPDIR"], h.env["XDG_RUNTIME_DIR"] = "xterm", t.TempDir(), runtime
	server := tmuxtest.New(t).SocketPath()
	if _, found := h.doctor(t, "-S", server); found["engine process"].Verdict != "ok" || !strings.Contains(found["engine process"].Found, "none runs") {
		t.Errorf("%+v", found["engine process"])
	}
	p, _, _ := h.process()
	path := socket.Path(p.Getenv)
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	silent, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if _, found := h.doctor(t, "-S", server); found["engine process"].Verdict != "warn" || !strings.Contains(found["engine process"].Mend, "it hangs") {
		t.Errorf("%+v", found["engine process"])
	}
}

// put writes a file, and its folder when there is none.
func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
