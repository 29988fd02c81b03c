package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

var updateDocs = flag.Bool("update", false, "write the generated documentation anew")

// home is a user's home with a configuration of its own.
type home struct {
	t    *testing.T
	path string
	env  map[string]string
}

// newHome makes a home; with an empty text there is no file.
func newHome(t *testing.T, text string) home {
	t.Helper()
	dir := t.TempDir()
	h := home{t: t, path: filepath.Join(dir, "agentwatch", "config.toml"), env: map[string]string{"XDG_CONFIG_HOME": dir, "HOME": dir}}
	if text != "" {
		h.write(text)
	}
	return h
}

func (h home) write(text string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.path, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// process is the program as this home's user starts it.
func (h home) process(args ...string) (p Process, out, complaints *bytes.Buffer) {
	out, complaints = new(bytes.Buffer), new(bytes.Buffer)
	return Process{
		Args: args, Stdin: strings.NewReader(""), Stdout: out, Stderr: complaints,
		Getenv: func(key string) string { return h.env[key] },
	}, out, complaints
}

func (h home) run(args ...string) (code int, stdout, stderr string) {
	p, out, complaints := h.process(args...)
	return Main(p), out.String(), complaints.String()
}

func TestConfigInitWritesAFileThatCheckAcceptsAndOverwritesNothing(t *testing.T) {
	h := newHome(t, "")
	code, out, _ := h.run("config", "init")
	if code != exitOK || strings.TrimSpace(out) != h.path {
		t.Fatalf("exit code %d, %q", code, out)
	}
	if code, out, complaints := h.run("config", "check"); code != exitOK || out+complaints != "" {
		t.Errorf("check: exit code %d, %q, %q", code, out, complaints)
	}
	h.write("mouse = false\n")
	if code, _, complaints := h.run("config", "init"); code != exitError || !strings.Contains(complaints, "--force") {
		t.Errorf("init over a file: exit code %d, %q", code, complaints)
	}
	if text, err := os.ReadFile(h.path); err != nil || string(text) != "mouse = false\n" {
		t.Errorf("the file is overwritten: %q %v", text, err)
	}
	if code, _, _ := h.run("config", "init", "--force"); code != exitOK {
		t.Errorf("init --force: exit code %d", code)
	}
	if _, out, _ := h.run("config", "path"); strings.TrimSpace(out) != h.path {
		t.Errorf("path: %q", out)
	}
}

func TestConfigCheckTellsAllAndOtherCommandsGoOn(t *testing.T) {
	server := tmuxtest.New(t)
	h := newHome(t, "them = 'latte'\ntheme = 'late'\n[watch]\nstrategy = 'poosh'\n")
	want := h.path + `:1:1: them: no such setting; did you mean "theme"?
` + h.path + `:2:1: theme: there is no "late"; did you mean "latte"?
` + h.path + `:4:1: watch.strategy: there is no "poosh"; did you mean "push"?
`
	code, out, complaints := h.run("config", "check")
	if diff := cmp.Diff(want, out); diff != "" || code != exitError || !strings.Contains(complaints, "3") {
		t.Errorf("exit code %d, %q\n%s", code, complaints, diff)
	}
	code, out, complaints = h.run("list", "--json", "-S", server.SocketPath())
	if code != exitOK || strings.TrimSpace(out) != "[]" || strings.Count(complaints, h.path) != 3 {
		t.Errorf("list: exit code %d, %q, %q", code, out, complaints)
	}
}

func TestTheFileCanNameAStrategyOfItsOwnAndABadOneStopsNothing(t *testing.T) {
	server := tmuxtest.New(t)
	h := newHome(t, "[watch]\nstrategy = 'mine'\n[[strategy]]\nname = 'mine'\nrecapture = 'pane.dirty'\n")
	if code, out, complaints := h.run("config", "check"); code != exitOK || out+complaints != "" {
		t.Errorf("check: exit code %d, %q, %q", code, out, complaints)
	}
	if code, out, complaints := h.run("list", "--json", "-S", server.SocketPath()); code != exitOK || strings.TrimSpace(out) != "[]" || strings.Contains(complaints, "mine") {
		t.Errorf("list: exit code %d, %q, %q", code, out, complaints)
	}
	h.write("[watch]\nstrategy = 'mine'\n[[strategy]]\nname = 'mine'\nrecapture = 'pane.durty'\n")
	code, out, complaints := h.run("list", "--json", "-S", server.SocketPath())
	if code != exitOK || strings.TrimSpace(out) != "[]" || !strings.Contains(complaints, "durty") || !strings.Contains(complaints, "push is used") {
		t.Errorf("list with a bad one: exit code %d, %q, %q", code, out, complaints)
	}
}

func TestConfigShowTellsWhereEachValueComesFrom(t *testing.T) {
	h := newHome(t, "mouse = false\n[watch]\ninterval = '1s'\nservers = ['a']\n[keys]\nquit = 'ctrl+q'\n")
	code, out, _ := h.run("config", "show", "--json", "--strategy", "priority", "-S", "/x")
	var got []settingRecord
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitOK {
		t.Fatalf("exit code %d: %v\n%s", code, err, out)
	}
	all := make(map[string]string)
	for _, r := range got {
		all[r.Key] = string(r.Value) + " " + r.from()
	}
	for key, want := range map[string]string{
		"theme": `"auto" default`, "mouse": "false " + h.path + ":1", "watch.interval": `"1s" ` + h.path + ":3",
		"watch.servers": "[] --socket", "watch.strategy": `"priority" --strategy`, "history.max_size": `"500MB" default`,
	} {
		if all[key] != want {
			t.Errorf("%s: %s, want %s", key, all[key], want)
		}
	}
	if _, out, _ := h.run("config", "show"); !strings.Contains(out, h.path+":6") || !strings.Contains(out, `["ctrl+q"]`) {
		t.Errorf("the table lacks the key:\n%s", out)
	}
}

func TestWithoutAHomeThereIsNoFileAndNoFailure(t *testing.T) {
	h := home{t: t}
	if code, _, complaints := h.run("config", "init"); code != exitError || !strings.Contains(complaints, "HOME") {
		t.Errorf("exit code %d, %q", code, complaints)
	}
	if code, _, complaints := h.run("config", "check"); code != exitOK {
		t.Errorf("exit code %d, %q", code, complaints)
	}
}

// options are the dashboard's flags after the file has been read.
func (h home) options(args ...string) watchOptions {
	h.t.Helper()
	var o watchOptions
	p, _, _ := h.process()
	cmd := newList(p)
	cmd.ResetFlags()
	o.addFlags(cmd)
	if err := cmd.ParseFlags(args); err != nil {
		h.t.Fatal(err)
	}
	o.follow(p, loadConfiguration(p))
	return o
}

func TestTheFileOverridesDefaultsAndFlagsOverrideTheFile(t *testing.T) {
	text := "[watch]\nservers = ['a', 'b']\nsockets = ['/s']\nstrategy = 'priority'\ninterval = '2s'\nclients = 'always'\nsession_files = false\n"
	for _, c := range []struct {
		text string
		args []string
		want watchOptions
	}{
		{"", nil, watchOptions{strategy: "push", interval: monitor.DefaultInterval}},
		{text, nil, watchOptions{
			names: []string{"a", "b"}, sockets: []string{"/s"}, strategy: "priority", interval: 2 * time.Second,
			clients: tmuxpool.ClientsAlways, noSessionFiles: true,
		}},
		{
			text,
			[]string{"-L", "c", "--strategy", "push", "--interval", "1s", "--clients", "auto", "--no-session-files=false"},
			watchOptions{names: []string{"c"}, strategy: "push", interval: time.Second},
		},
		{
			"[watch]\nclients = 'always'\n",
			[]string{"--no-clients"},
			watchOptions{strategy: "push", interval: monitor.DefaultInterval, clients: tmuxpool.ClientsNever},
		},
		{
			"[watch]\nno_clients = true\n", nil,
			watchOptions{strategy: "push", interval: monitor.DefaultInterval, clients: tmuxpool.ClientsNever},
		},
		{
			"[watch]\nno_clients = true\n",
			[]string{"--no-clients=false"},
			watchOptions{strategy: "push", interval: monitor.DefaultInterval},
		},
	} {
		got := newHome(t, c.text).options(c.args...)
		got.given = nil
		c.want.goOn, c.want.prices = engine.GoOn{Text: "continue", AtMost: 5}, engine.Prices{Currency: "$"}
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(watchOptions{}), cmp.Comparer(func(a, b func(string) bool) bool { return a == nil && b == nil })); diff != "" {
			t.Error(c.args, diff)
		}
	}
}

func TestTheLookOfTheScreenFollowsTheFile(t *testing.T) {
	for _, c := range []struct {
		text, flag, theme, dark string
		ascii, noMouse, still   bool
		keys                    int
	}{
		{dark: "mocha"},
		{text: "theme = 'auto'\nglyphs = 'ascii'\n", dark: "mocha", ascii: true},
		{text: "theme = 'latte'\nmouse = false\nreduced_motion = true\n", theme: "latte", dark: "mocha", noMouse: true, still: true},
		{text: "theme = 'latte'\n", flag: "mocha", theme: "mocha", dark: "mocha"},
		{text: "theme_dark = 'nord'\n[keys]\ngrid = 'W'\n", dark: "nord", keys: 1},
	} {
		p, _, _ := newHome(t, c.text).process()
		settings, err := appearance(p, loadQuietly(p), c.flag)
		if err != nil {
			t.Fatal(err)
		}
		name := ""
		if settings.Theme != nil {
			name = settings.Theme.Name
		}
		if name != c.theme || settings.ASCII != c.ascii || settings.NoMouse != c.noMouse || settings.ReducedMotion != c.still ||
			settings.Themes.Default(true).Name != c.dark || len(settings.Keys) != c.keys {
			t.Errorf("%+v: theme %q, %+v", c, name, settings)
		}
	}
}

// deadline is how long a change of the file may take.
const deadline = time.Minute

func TestARunningServiceFollowsTheFile(t *testing.T) {
	h := newHome(t, "[watch]\nstrategy = 'priority'\n")
	p, _, _ := h.process()
	o := h.options("--interval", "3s", "-S", tmuxtest.New(t).SocketPath())
	service, err := monitor.New(monitor.Options{Strategy: engine.StrategyName(o.strategy), Interval: o.interval})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		followConfiguration(ctx, p, watching(ctx, p, o, service))
	}()
	defer func() {
		cancel()
		<-ended
	}()
	snapshots, unsubscribe := service.Subscribe()
	defer unsubscribe()
	await := func(what string, wanted func(*engine.Snapshot) bool) {
		t.Helper()
		late := time.After(deadline)
		for {
			select {
			case s := <-snapshots:
				if wanted(s) {
					return
				}
			case <-late:
				t.Fatalf("after %s still not: %s", deadline, what)
			}
		}
	}
	await("the first snapshot", func(s *engine.Snapshot) bool { return s.Strategy == "priority" })
	h.write("[watch]\nstrategy = 'sequential'\ninterval = '9s'\nintervall = 3\n")
	await("the new strategy, the interval of the flag, and what is wrong", func(s *engine.Snapshot) bool {
		return s.Strategy == "sequential" && s.Round.Interval == 3*time.Second && len(s.Notices) == 1 &&
			strings.Contains(s.Notices[0].Text, h.path+`:4:1: watch.intervall: no such setting; did you mean "interval"?`)
	})
	if err := os.Remove(h.path); err != nil {
		t.Fatal(err)
	}
	await("the defaults", func(s *engine.Snapshot) bool { return s.Strategy == "push" && len(s.Notices) == 0 })
}

func TestThePageOfSettingsIsWhatTheProgramKnows(t *testing.T) {
	const page = "../../docs/configuration.md"
	tables, err := newConfiguration(Process{Getenv: func(string) string { return "" }}).schema.Markdown()
	if err != nil {
		t.Fatal(err)
	}
	want := configurationIntroduction + tables
	if *updateDocs {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is stale; write it anew with: go test ./internal/cli -run PageOfSettings -update\n%s", page, diff)
	}
}

// configurationIntroduction begins the page; the tables are the program's.
const configurationIntroduction = `# Configuration

None is needed. One file, ` + "`agentwatch/config.toml` below `$XDG_CONFIG_HOME` (`~/.config`)" + `, has all settings:

` + "```" + `
agentwatch config init     # write it: every setting, its meaning and its default, commented out
agentwatch config check    # everything that is wrong with it, by line and column; exits with 1 if anything is
agentwatch config show     # every setting in force and where it comes from: default, file and line, or flag
agentwatch config path     # where it is
` + "```" + `

Flags override the file, the file overrides the defaults. A bad setting never stops agentwatch: it falls back to
its default, the others still apply, and all mistakes are reported at once, each with file, line, column and a suggestion.
The file is read again when it changes (checked every second); it may be replaced, removed or half written meanwhile.
A setting that turns bad keeps its last good value, and a file that is not valid TOML changes nothing.

Lengths of time are texts such as "250ms", "30s", "1h30m", "90d"; sizes such as "500MB", "2GiB".

This page is written by a test (go test ./internal/cli -run PageOfSettings -update), from what the program knows.

`

func TestAKeyThatIsBoundTwiceIsToldWithItsLine(t *testing.T) {
	h := newHome(t, "[keys]\ngrid = 'W'\ninbox = 'ctrl+nonsense'\nboard = 'W'\n")
	code, out, _ := h.run("config", "check")
	for _, want := range []string{`config.toml:4:1: keys.board: cannot be "W": on the `, `config.toml:3:1: keys.inbox: no terminal sends "ctrl+nonsense"`} {
		if code != exitError || !strings.Contains(out, want) {
			t.Errorf("exit code %d, without %q:\n%s", code, want, out)
		}
	}
	if lines := strings.Count(out, "\n"); lines != 2 {
		t.Errorf("%d problems:\n%s", lines, out)
	}
}
