package cli

import (
	"encoding/json"
	"strings"
	"testing"

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
