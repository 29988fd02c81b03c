package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

// desk is a tmux server that somebody is attached to who uses the plugin.
type desk struct {
	*tmuxtest.Server
	t      *testing.T
	plugin string
	// path is where the plugin finds tmux; ours when it is empty.
	path string
}

// newDesk makes a server with one agent, on which nothing but that server can be
// found. Options are pairs of names and values for the plugin.
func newDesk(t *testing.T, options ...string) *desk {
	t.Helper()
	plugin, err := filepath.Abs("../agentwatch.tmux")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	u := newUser(t, "TMUX_TMPDIR="+elsewhere, "HOME="+elsewhere)
	d := &desk{Server: u.server(tmuxtest.Size(120, 40)), t: t, plugin: plugin}
	d.set("command", program)
	d.set(options...)
	return d
}

func (d *desk) set(options ...string) {
	d.t.Helper()
	for i := 0; i < len(options); i += 2 {
		d.Run("set-option", "-g", "@agentwatch-"+options[i], options[i+1])
	}
}

// source runs the plugin as TPM does, and returns what it said.
func (d *desk) source() string {
	d.t.Helper()
	plugin := exec.Command(d.plugin)
	plugin.Env = append(tmuxtest.Environ(), fmt.Sprintf("TMUX=%s,%d,0", d.SocketPath(), d.PID()))
	if d.path != "" {
		plugin.Env = append(plugin.Env, "PATH="+d.path+":"+os.Getenv("PATH"))
	}
	said, err := plugin.CombinedOutput()
	if err != nil {
		d.t.Fatalf("the plugin: %v\n%s", err, said)
	}
	return string(said)
}

// attach shows the desk in a pane of another server: its pseudo-terminal is
// that of a real client, and what it shows can be captured, popups included.
func (d *desk) attach() *dashboard {
	d.t.Helper()
	outer := tmuxtest.New(d.t, tmuxtest.Size(120, 40))
	view := &dashboard{t: d.t, server: outer}
	view.pane = outer.NewSession("client", "env", "-u", "TMUX", "tmux", "-u", "-S", d.SocketPath(), "attach-session", "-t", "=main")
	view.shows("[main] 0:") // the status line: from now on keys arrive
	return view
}

// bound is what a key after the prefix does; "" for a free one.
func (d *desk) bound(key string) string {
	line, err := d.Try("list-keys", "-T", "prefix", key)
	if err != nil {
		return ""
	}
	return line
}

// agent adds one agent to the desk.
func (d *desk) agent() *desk {
	d.t.Helper()
	newStage(d.t).play(d.Server, "work", corpus(d.t)["claude-code/waiting-question-80x24-1"])
	return d
}

func (d *desk) windows() string { return d.Run("list-windows", "-t", "=main", "-F", "#{window_name}") }

func hides(text string) func(string) bool {
	return func(screen string) bool { return !strings.Contains(screen, text) }
}

// opens is the command that the key is bound to where nothing else is asked for: tmux
// has popups from 3.2 on.
func opens(t *testing.T) string {
	t.Helper()
	if !tmuxtest.AtLeast(t, 3, 2) {
		return "new-window"
	}
	return "display-popup"
}

func TestTheKeyOpensTheDashboardInAPopupWhereThereAreAnyAndItsEndClosesIt(t *testing.T) {
	t.Parallel()
	popup, last := opens(t) == "display-popup", "agents 1"
	if popup {
		last = "┌" // its frame goes last
	}
	d := newDesk(t).agent()
	if said := d.source(); said != "" {
		t.Errorf("the plugin said %q", said)
	}
	view := d.attach()
	view.press("C-b", "a")
	view.shows("agents 1", "claude")
	if panes := d.Run("list-panes", "-s", "-t", "=main"); strings.Contains(panes, "\n") == popup {
		t.Errorf("popup is %t, and there are the panes\n%s", popup, panes)
	}
	view.press("q")
	view.await("the dashboard to close", hides(last))
	tmuxtest.Eventually(t, patience, "its window to close", func() bool { return !strings.Contains(d.windows(), "agentwatch") })
	view.press("C-b", "a")
	view.shows("agents 1", "claude")
	view.press("q")
	view.await("the dashboard to close again", hides(last))
}

func TestThePluginWorksFromAConfigurationAndTellsTheAttachedWhatIsWrong(t *testing.T) {
	t.Parallel()
	plugin, err := filepath.Abs("../agentwatch.tmux")
	if err != nil {
		t.Fatal(err)
	}
	server := tmuxtest.New(t, tmuxtest.Size(120, 40), tmuxtest.Config(
		"set -g @agentwatch-command "+program, "set -g @agentwatch-key O", "set -g display-time 0", "run-shell "+plugin))
	d := &desk{Server: server, t: t, plugin: plugin}
	tmuxtest.Eventually(t, patience, "the key to be bound", func() bool { return strings.Contains(d.bound("O"), opens(t)) })
	view := d.attach()
	d.set("size", "huge")
	d.Run("run-shell", plugin)
	view.shows("agentwatch: @agentwatch-size is a size")
}

func TestTheKeyOpensOneWindowAndGoesBackToIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "open", "window", "key", "g").agent()
	d.source()
	view := d.attach()
	view.press("C-b", "g")
	view.shows("agents 1", "claude")
	view.press("C-b", "0")
	view.await("the first window", hides("agents 1"))
	view.press("C-b", "g")
	view.shows("agents 1")
	if got := strings.Count(d.windows(), "agentwatch"); got != 1 {
		t.Errorf("there are %d windows of the dashboard", got)
	}
	view.press("q")
	tmuxtest.Eventually(t, patience, "the window to close", func() bool { return !strings.Contains(d.windows(), "agentwatch") })
}

func TestTheKeyOpensAPaneOfTheSizeThatIsAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "open", "pane", "size", "70").agent()
	d.source()
	view := d.attach()
	view.press("C-b", "a")
	view.shows("agents 1")
	if got := d.Run("list-panes", "-t", "=main", "-F", "#{pane_width}"); got != "49\n70" {
		t.Errorf("the panes have the widths %q", got)
	}
}

func TestAPopupShowsWhyTheProgramFailed(t *testing.T) {
	t.Parallel()
	failing := filepath.Join(t.TempDir(), "agent watch")
	newStage(t).write(failing, "#!/bin/sh\necho 'it does not work'\nexit 1\n", 0o755)
	for _, how := range []string{"popup", "window"} {
		d := newDesk(t, "command", failing, "open", how)
		d.source()
		view := d.attach()
		view.press("C-b", "a")
		view.shows("it does not work")
	}
}

func TestAMissingProgramIsToldWhenItsKeyIsPressed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "command", "/nowhere/agentwatch", "next-key", "N")
	d.Run("set-option", "-g", "display-time", "0")
	d.source()
	view := d.attach()
	view.press("C-b", "a")
	view.shows("the program is not found")
	if got := d.bound("N"); !strings.Contains(got, "display-message") {
		t.Errorf("the key for the next agent: %q", got)
	}
}

func TestTheNextKeyNamesTheClientThatItWasPressedIn(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	recorder := filepath.Join(folder, "recorder")
	newStage(t).write(recorder, "#!/bin/sh\necho \"$@\" > "+folder+"/new\nmv "+folder+"/new "+folder+"/called\n", 0o755)
	d := newDesk(t, "command", recorder, "next-key", "Tab")
	d.source()
	view := d.attach()
	view.press("C-b", "Tab")
	var called []byte
	tmuxtest.Eventually(t, patience, "the program to be called", func() (ok bool) {
		var err error
		called, err = os.ReadFile(folder + "/called")
		return err == nil
	})
	if want := "next --client " + d.Clients()[0] + "\n"; string(called) != want {
		t.Errorf("it was called with %q, not %q", called, want)
	}
}

func TestAKeyOfTheUsersIsNotTakenUnasked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Run("bind-key", "a", "display-message", "mine")
	d.source()
	if got := d.bound("a"); !strings.Contains(got, "mine") {
		t.Errorf("a is %q", got)
	}
	if got := d.bound("A"); !strings.Contains(got, opens(t)) {
		t.Errorf("A is %q", got)
	}
	d.Run("bind-key", "A", "display-message", "mine, too")
	if said := d.source(); !strings.Contains(said, "set @agentwatch-key") {
		t.Errorf("both keys are taken, and the plugin said %q", said)
	}
	if got := d.bound("A"); !strings.Contains(got, "mine, too") {
		t.Errorf("A is %q", got)
	}
	d.set("key", "a")
	d.source()
	if got := d.bound("a"); !strings.Contains(got, opens(t)) {
		t.Errorf("a was asked for, and is %q", got)
	}
}

func TestSourcingAgainTakesOverWhatHasChangedAndNothingElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "next-key", "N")
	d.Run("set-option", "-g", "status-right", "#{agentwatch_status} | #{agentwatch_status} %H:%M")
	d.source()
	state := func() string { return d.Run("list-keys") + d.Run("show-options", "-g") }
	first := state()
	d.source()
	if second := state(); second != first {
		t.Errorf("sourced twice, tmux is\n%s\nand was\n%s", second, first)
	}
	status := "#('" + program + "' status --format tmux 2>&1)"
	if got, want := d.Run("show-options", "-gv", "status-right"), status+" | "+status+" %H:%M"; got != want {
		t.Errorf("the status line is %q, not %q", got, want)
	}
	d.set("key", "#", "next-key", "")
	d.source()
	if a, n := d.bound("a"), d.bound("N"); a != "" || n != "" {
		t.Errorf("keys that are not asked for any more are still bound: %q, %q", a, n)
	}
	if got := d.bound("#"); !strings.Contains(got, opens(t)) {
		t.Errorf("# is %q", got)
	}
}

func TestTheStatusIsLeftAloneWhereItIsSwitchedOff(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "status", "off")
	d.Run("set-option", "-g", "status-right", "#{agentwatch_status}")
	d.source()
	if got := d.Run("show-options", "-gv", "status-right"); got != "#{agentwatch_status}" {
		t.Errorf("the status line is %q", got)
	}
}

func TestBadOptionsAreToldAndTheKeyStillOpensTheDashboard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, told, bound string }{
		{"open", "tab", "popup, window or pane, and not tab", "new-window"},
		{"size", "huge", "such as 90% or 120x40, and not huge", `-h "90%" -w "90%"`},
		{"size", "80x", "and not 80x", `-h "90%" -w "90%"`},
		{"size", "100x30", "", "-h 30 -w 100"},
		{"size", "75%", "", `-h "75%" -w "75%"`},
	} {
		if opens(t) != "display-popup" { // a window has no size
			c.bound = "new-window"
		}
		d := newDesk(t, c.name, c.value)
		if said := d.source(); !strings.Contains(said, c.told) || (c.told == "") != (said == "") {
			t.Errorf("@agentwatch-%s %s: told %q", c.name, c.value, said)
		}
		if got := d.bound("a"); !strings.Contains(got, c.bound) {
			t.Errorf("@agentwatch-%s %s: a is %q", c.name, c.value, got)
		}
	}
	d := newDesk(t, "key", "nonsense")
	if said := d.source(); !strings.Contains(said, "no key is called nonsense") {
		t.Errorf("a key that does not exist: told %q", said)
	}
}

func TestWithoutPopupsTheKeyOpensAWindow(t *testing.T) {
	t.Parallel()
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{
		"3.1c": "new-window -n agentwatch", "2.9": "new-window -n agentwatch",
		"3.2": opens(t), "next-3.7": opens(t), "openbsd-7.8": opens(t), "master": opens(t),
	} {
		if want == "new-window" { // what calls itself 3.2 has to have popups
			continue
		}
		d := newDesk(t)
		d.path = t.TempDir()
		newStage(t).write(filepath.Join(d.path, "tmux"), "#!/bin/sh\n[ \"$3\" = '#{version}' ] && echo "+version+" && exit\nexec "+tmux+" \"$@\"\n", 0o755)
		d.source()
		if got := d.bound("a"); !strings.Contains(got, want) {
			t.Errorf("tmux %s: a is %q, not %q", version, got, want)
		}
	}
}
