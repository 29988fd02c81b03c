package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/hearing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// surroundings are a good terminal in a good home, with these servers.
func surroundings(t *testing.T, env map[string]string, servers ...*tmuxtest.Server) Surroundings {
	t.Helper()
	all := map[string]string{"HOME": t.TempDir(), "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "TMUX_TMPDIR": t.TempDir()}
	for key, value := range env {
		all[key] = value
	}
	getenv := func(key string) string { return all[key] }
	s := Surroundings{
		Getenv: getenv, UID: os.Getuid(), Size: func() (int, int, bool) { return 120, 40, true },
		Discover: tmuxpool.DiscoverOptions{Env: getenv, UID: os.Getuid()},
	}
	for _, server := range servers {
		s.Discover.Paths = append(s.Discover.Paths, server.SocketPath())
	}
	return s
}

// one returns the finding of a check by the end of its name.
func one(t *testing.T, findings []Finding, name string) Finding {
	t.Helper()
	for _, f := range findings {
		if strings.HasSuffix(f.Check, name) {
			return f
		}
	}
	t.Fatalf("nothing was found about %q: %+v", name, findings)
	return Finding{}
}

func TestInGoodSurroundingsAllIsWell(t *testing.T) {
	server := tmuxtest.New(t, tmuxtest.Config("set -s escape-time 10"))
	for _, f := range Run(t.Context(), surroundings(t, nil, server), Standard()...) {
		if f.Verdict != OK {
			t.Errorf("%+v", f)
		}
	}
}

func TestWhatIsNotWellIsSaidWithItsRemedy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		env     map[string]string
		check   Check
		name    string
		verdict Verdict
		mend    string
	}{
		{map[string]string{"TERM": ""}, checkTerminal, "TERM", Fail, "TERM="},
		{map[string]string{"TERM": "dumb"}, checkTerminal, "TERM", Fail, "agentwatch list"},
		{map[string]string{"TERM": "xterm", "COLORTERM": ""}, checkColours, "colours", Warn, "COLORTERM"},
		{map[string]string{"COLORTERM": ""}, checkColours, "colours", OK, "COLORTERM"},
		{map[string]string{"NO_COLOR": "1"}, checkColours, "colours", OK, "NO_COLOR"},
		{map[string]string{"LC_ALL": "C"}, checkLocale, "locale", Warn, "C.UTF-8"},
		{map[string]string{"LC_ALL": "de_DE.utf8", "LANG": "C"}, checkLocale, "locale", OK, ""},
		{map[string]string{"LANG": ""}, checkLocale, "locale", Warn, "ascii"},
		{map[string]string{"XDG_CONFIG_HOME": "relative"}, checkFolders, "configuration folder", Warn, "absolute"},
		{map[string]string{"XDG_CONFIG_HOME": file}, checkFolders, "configuration folder", Fail, ""},
		{map[string]string{"XDG_STATE_HOME": filepath.Dir(file)}, checkFolders, "state folder", OK, ""},
		{map[string]string{"HOME": ""}, checkFolders, "state folder", Warn, "HOME"},
		{map[string]string{"TMUX": "/tmp/x,1,0", "TMUX_PANE": "%4"}, checkInside, "inside tmux", OK, ""},
		{nil, checkServers, "tmux server", Warn, "tmux new"},
	} {
		f := one(t, c.check(t.Context(), surroundings(t, c.env)), c.name)
		if f.Verdict != c.verdict || !strings.Contains(f.Mend, c.mend) || f.Found == "" {
			t.Errorf("%v: %+v", c.env, f)
		}
	}
}

func TestAFolderThatMayNotBeWrittenToIsAWarning(t *testing.T) {
	// Root may write anywhere, so the kernel is not asked.
	folder := t.TempDir()
	refuse := func(asked string) bool { return asked != folder }
	if f := folderFinding("x", filepath.Join(folder, "agentwatch"), refuse); f.Verdict != Warn || !strings.Contains(f.Mend, folder) {
		t.Errorf("%+v", f)
	}
	if !mayWrite(folder) || mayWrite(filepath.Join(folder, "none")) {
		t.Error("the kernel is not understood")
	}
}

func TestVersionsOfTmuxAreJudgedByWhatTheyCan(t *testing.T) {
	for text, want := range map[string]struct {
		verdict Verdict
		says    string
	}{
		"2.9a": {Fail, "too old"},
		"3.1c": {Warn, "filter"},
		"3.2":  {OK, "3.2"},
		"3.6a": {OK, "3.6a"},
		"4.0a": {OK, "4.0a"},
	} {
		v, err := tmuxpool.ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		if f := versionFinding("tmux", v); f.Verdict != want.verdict || !strings.Contains(f.Found, want.says) {
			t.Errorf("%s: %+v", text, f)
		}
	}
}

func TestALinkIsSaidWithItsReason(t *testing.T) {
	for _, c := range []struct {
		version string
		clients tmuxpool.Clients
		verdict Verdict
		says    string
	}{
		{"3.1c", tmuxpool.ClientsAlways, OK, "batched processes: tmux 3.1c has no control clients"},
		{"3.6b", tmuxpool.ClientsAuto, OK, "batched processes: tmux 3.6b can be crashed by a control client"},
		{"3.6b", tmuxpool.ClientsAlways, Warn, "control clients, in a session of their own: tmux 3.6b can be crashed"},
		{"3.7", tmuxpool.ClientsNever, OK, "batched processes: control clients are switched off"},
		{"3.7", tmuxpool.ClientsAlways, OK, "control clients"},
	} {
		v, err := tmuxpool.ParseVersion(c.version)
		if err != nil {
			t.Fatal(err)
		}
		if f := linkFinding("server x", c.clients, v); f.Verdict != c.verdict || !strings.Contains(f.Found, c.says) {
			t.Errorf("%s, %s: %+v", c.version, c.clients, f)
		}
	}
}

func TestOptionsOfAServerAreReadAndItIsLeftAsItWas(t *testing.T) {
	server := tmuxtest.New(t, tmuxtest.Config("set -s escape-time 500", "set -g default-terminal screen", "set -g mouse on"))
	state := func() string {
		return server.Run("show-options", "-g") + server.Run("show-options", "-s") + server.Run("show-options", "-gw") +
			server.Run("list-sessions") + server.Run("list-clients") + server.Run("list-buffers")
	}
	before := state()
	findings := Run(t.Context(), surroundings(t, nil, server), Standard()...)
	if f := one(t, findings, "escape-time"); f.Verdict != Warn || !strings.Contains(f.Found, "500 ms") || !strings.Contains(f.Mend, "escape-time 10") {
		t.Errorf("%+v", f)
	}
	if f := one(t, findings, "default-terminal"); f.Verdict != Warn || !strings.Contains(f.Mend, "tmux-256color") {
		t.Errorf("%+v", f)
	}
	if f := one(t, findings, "options"); f.Verdict != OK || !strings.Contains(f.Found, "mouse on") || !strings.Contains(f.Mend, "focus-events") {
		t.Errorf("%+v", f)
	}
	if after := state(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestAnAttachedTerminalWithoutTrueColoursIsAWarning(t *testing.T) {
	for features, want := range map[string]Verdict{"256,title": Warn, "256,RGB": OK} {
		terminal := tmuxpool.Terminal{Type: "xterm", UTF8: true, Features: strings.Split(features, ",")}
		findings := attachedFindings("server x", terminal)
		if len(findings) != 1 || findings[0].Verdict != want {
			t.Errorf("%s: %+v", features, findings)
		}
	}
	if findings := attachedFindings("server x", tmuxpool.Terminal{Type: "vt100"}); len(findings) != 1 || !strings.Contains(findings[0].Mend, "-u") {
		t.Errorf("%+v", findings)
	}
}

func TestAServerThatIsNamedAndNotThereFails(t *testing.T) {
	s := surroundings(t, nil)
	s.Discover.Names = []string{"nowhere"}
	if f := one(t, checkServers(t.Context(), s), "tmux server"); f.Verdict != Fail || !strings.Contains(f.Found, "nowhere") {
		t.Errorf("%+v", f)
	}
}

func TestAServerThatHangsFailsAndHoldsUpNobody(t *testing.T) {
	server := tmuxtest.New(t)
	server.Freeze()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	findings := checkServers(ctx, surroundings(t, nil, server))
	if len(findings) != 1 || findings[0].Verdict != Fail || !strings.Contains(findings[0].Found, "does not answer") {
		t.Errorf("%+v", findings)
	}
}

func TestAnotherUsersServerIsAWarning(t *testing.T) {
	server := tmuxtest.New(t)
	s := surroundings(t, nil, server)
	s.UID++
	if f := one(t, ownerFinding("server x", s.UID, server.SocketPath()), "server x"); f.Verdict != Warn || !strings.Contains(f.Mend, "that user") {
		t.Errorf("%+v", f)
	}
}

func TestTheFolderOfTheSocketsIsForItsOwnerAlone(t *testing.T) {
	s := surroundings(t, nil)
	folder := filepath.Join(s.Getenv("TMUX_TMPDIR"), "tmux-"+strconv.Itoa(s.UID))
	look := func() Finding { return one(t, checkSocketFolder(t.Context(), s), "socket folder") }
	if f := look(); f.Verdict != OK {
		t.Errorf("not there yet: %+v", f)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if f := look(); f.Verdict != OK {
		t.Errorf("as tmux makes it: %+v", f)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if f := look(); f.Verdict != Fail || !strings.Contains(f.Mend, "chmod 700 "+folder) {
		t.Errorf("open to all: %+v", f)
	}
}

func TestASmallTerminalIsAWarningAndNoneIsNot(t *testing.T) {
	s := surroundings(t, nil)
	s.Size = func() (int, int, bool) { return 30, 10, true }
	if f := one(t, checkSize(t.Context(), s), "size"); f.Verdict != Warn || !strings.Contains(f.Mend, "40x12") {
		t.Errorf("%+v", f)
	}
	s.Size = func() (int, int, bool) { return 0, 0, false }
	if f := one(t, checkSize(t.Context(), s), "size"); f.Verdict != OK {
		t.Errorf("%+v", f)
	}
}

func TestProblemsOfOthersAreShownOneByOne(t *testing.T) {
	check := Problems("kinds", "all well", "edit it", []error{errors.New("a"), errors.New("b")})
	if got := check(t.Context(), Surroundings{}); len(got) != 2 || got[1] != (Finding{"kinds", Warn, "b", "edit it"}) {
		t.Errorf("%+v", got)
	}
	if got := Problems("kinds", "all well", "edit it", nil)(t.Context(), Surroundings{}); len(got) != 1 || got[0].Verdict != OK {
		t.Errorf("%+v", got)
	}
}

func TestWithoutTmuxTheDoctorSaysHowToGetIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if f := one(t, checkProgram(t.Context(), Surroundings{}), "tmux"); f.Verdict != Fail || !strings.Contains(f.Mend, "install tmux") {
		t.Errorf("%+v", f)
	}
}

func TestALimitOfInotifyThatThePanesExceedIsAWarningWithItsRemedy(t *testing.T) {
	limits := hearing.Limits{Watches: 100, Instances: 128}
	if got := limitFinding(limits, 100); got.Verdict != OK || got.Mend != "" || !strings.Contains(got.Found, "max_user_watches 100, max_user_instances 128") {
		t.Errorf("as many panes as watches: %+v", got)
	}
	if got := limitFinding(limits, 101); got.Verdict != Warn || !strings.Contains(got.Mend, "sysctl fs.inotify.max_user_watches=") {
		t.Errorf("more panes than watches: %+v", got)
	}
	if got := heardFinding(fmt.Errorf("start inotify: %w", hearing.ErrLimit)); got.Verdict != Warn || !strings.Contains(got.Mend, "sysctl fs.inotify.max_user_instances=") {
		t.Errorf("no instance is left: %+v", got)
	}
	if got := heardFinding(hearing.ErrUnsupported); got.Verdict != OK || !strings.Contains(got.Found, "activity") {
		t.Errorf("another system: %+v", got)
	}
}
