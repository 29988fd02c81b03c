package health

import (
	"slices"
	"strings"
	"testing"
)

func foreground(commands ...string) []Process {
	all := []Process{{PID: 10, PPID: 1, Comm: "bash", Args: []string{"-bash"}}}
	for i, command := range commands {
		args := strings.Fields(command)
		all = append(all, Process{
			PID: 11 + i, PPID: 10 + i, Comm: programName(args[0]), Args: args, Foreground: true,
		})
	}
	return all
}

func TestAnAgentIsIdentifiedByItsCommandLine(t *testing.T) {
	d := NewDetector()
	for command, want := range map[string]Kind{
		"claude":                                 KindClaude,
		"claude --permission-mode plan --resume": KindClaude,
		"claude explain this":                    KindClaude,
		"/bin/sh /opt/bin/claude":                KindClaude,
		"/bin/bash -e /opt/bin/codex --yolo":     KindCodex,
		"node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js --continue":   KindClaude,
		"node --max-old-space-size=4096 -r /x/hook.js /srv/bin/claude":             KindClaude,
		"bun run /home/me/node_modules/@openai/codex/bin/codex.js":                 KindCodex,
		"node /usr/lib/node_modules/@openai/codex/bin/codex.js resume":             KindCodex,
		"npx @anthropic-ai/claude-code@latest":                                     KindClaude,
		"npx -y @openai/codex":                                                     KindCodex,
		"env A=1 B=2 codex":                                                        KindCodex,
		"sudo -u me nohup timeout 30m claude":                                      KindClaude,
		"/home/me/.local/share/claude/versions/2.1.330":                            KindClaude,
		"/x/vendor/x86_64-unknown-linux-musl/bin/codex -s read-only -a on-request": KindCodex,
		"codex -m mcp fix it":                                                      KindCodex,

		"-bash":                               KindNone,
		"vim claude.md":                       KindNone,
		"less /tmp/claude.log":                KindNone,
		"cat transcript-of-codex.txt":         KindNone,
		"tail -f claude.log":                  KindNone,
		"grep -r codex .":                     KindNone,
		"go build ./claude":                   KindNone,
		"node /srv/app/claude.test.js":        KindNone,
		"python3 -c print('claude')":          KindNone,
		"claude mcp serve":                    KindNone,
		"claude --model opus doctor":          KindNone,
		"codex app-server --listen unix://":   KindNone,
		"codex -c a=b mcp-server":             KindNone,
		"codex login":                         KindNone,
		"bash -c claude-not-yet":              KindNone,
		"node /srv/bin/gemini --model claude": "gemini",
		"git commit -m claude":                KindNone,
	} {
		if id := d.Identify(Observation{Processes: foreground(command)}); id.Kind != want {
			t.Errorf("%q is %q, want %q", command, id.Kind, want)
		}
	}
}

func TestADaemonInTheBackgroundIsNoAgent(t *testing.T) {
	all := foreground("vim notes.md")
	all = append(all, Process{PID: 90, PPID: 1, Comm: "codex", Args: []string{"/x/bin/codex", "app-server"}})
	if id := NewDetector().Identify(Observation{Processes: all}); id.Kind != KindNone || id.Process != ProcessOther {
		t.Errorf("got %+v", id)
	}
}

func TestTheOuterOfTwoAgentsHasTheScreen(t *testing.T) {
	for _, commands := range [][]string{{"claude", "codex exec fix"}, {"node /x/bin/claude", "/x/claude", "codex"}} {
		if id := NewDetector().Identify(Observation{Processes: foreground(commands...)}); id.Kind != KindClaude {
			t.Errorf("%v is %q", commands, id.Kind)
		}
	}
}

func TestATaskWithoutAScreenIsWorking(t *testing.T) {
	d := NewDetector()
	for _, command := range []string{"claude -p summarise", "claude --model opus --print summarise", "codex exec fix", "codex -m gpt-5 e fix"} {
		v := d.Detect(Observation{Processes: foreground(command), Screen: "$ task"})
		if v.State != StateWorking || v.Evidence.Source != SourceProcess {
			t.Errorf("%q is %s by %s", command, v.State, v.Evidence.Rule)
		}
	}
}

func TestTheNameThatTmuxShowsIdentifiesWhereProcessesAreUnknown(t *testing.T) {
	d := NewDetector()
	for name, want := range map[string]Identity{
		"claude":  {Kind: KindClaude, Process: ProcessAlive},
		"codex":   {Kind: KindCodex, Process: ProcessAlive},
		"2.1.330": {Kind: KindClaude, Process: ProcessAlive},
		"bash":    {Process: ProcessShell},
		"node":    {Process: ProcessUnknown},
		"ssh":     {Process: ProcessUnknown},
		"":        {Process: ProcessUnknown},
		"vim":     {Process: ProcessOther},
		"2.1":     {Process: ProcessOther},
	} {
		if id := d.Identify(Observation{CurrentCommand: name}); id.Kind != want.Kind || id.Process != want.Process {
			t.Errorf("%q is %q %s, want %q %s", name, id.Kind, id.Process, want.Kind, want.Process)
		}
	}
}

func TestTheScreenIdentifiesBehindSSH(t *testing.T) {
	d := NewDetector()
	for _, c := range readCaptures(t) {
		o := c.observation()
		o.Processes = foreground("ssh box")
		if c.CurrentCommand == "bash" || c.Alone == "unknown" {
			continue
		}
		if v := d.Detect(o); v.Kind != c.Kind || !c.accepts(v.State) {
			t.Errorf("%s over ssh is %q %s by %s", c.ID, v.Kind, v.State, v.Evidence.Rule)
		}
	}
}

func TestAScriptWhoseNameTellsNothingIsIdentifiedByItsScreen(t *testing.T) {
	d := NewDetector()
	screen := claudeFrame("", " Claude Code v2.1", "", "● Done.")
	if v := d.Detect(Observation{Processes: foreground("node /home/me/dist/index.js"), Screen: screen}); v.Kind != KindClaude || v.State != StateIdle {
		t.Errorf("got %q %s", v.Kind, v.State)
	}
	o := Observation{Processes: foreground("node server.js"), Screen: "listening on claude:8080", Before: KindClaude}
	if v := d.Detect(o); v.State != StateExited {
		t.Errorf("a server afterwards: got %q %s", v.Kind, v.State)
	}
}

func TestAnotherProgramShowingATranscriptIsNoAgent(t *testing.T) {
	d := NewDetector()
	for _, c := range readCaptures(t) {
		for _, program := range []string{"less capture.txt", "vim capture.txt", "tmux-viewer"} {
			o := c.observation()
			o.Processes = foreground(program)
			if v := d.Detect(o); v.Kind != KindNone {
				t.Errorf("%s in %s is called %s %s", c.ID, program, v.Kind, v.State)
			}
		}
	}
}

func TestAShellWithoutRemnantsIsNoAgent(t *testing.T) {
	d := NewDetector()
	for name, text := range map[string]string{
		"talk":   "me@box:~$ echo claude codex\nclaude codex\nme@box:~$ ",
		"long":   "Resume this session with:\nclaude --resume 12\nme@box:~$ make\nok\nme@box:~$ ",
		"killed": "me@box:~$ sleep 100\nKilled\nme@box:~$ ",
		"prompt": "~/src main\n❯ ",
		"catted": "me@box:~$ cat log\n Claude Code v2.1\n────────────\n❯ \n────────────\n  ⏸ manual mode on\nme@box:~$ ",
	} {
		o := Observation{Processes: []Process{{PID: 1, Args: []string{"-bash"}, Foreground: true}}, Screen: text}
		if v := d.Detect(o); v.Kind != KindNone {
			t.Errorf("%s is called %s %s by %s", name, v.Kind, v.State, v.Evidence.Rule)
		}
		o.Before = KindClaude
		if v := d.Detect(o); v.Kind != KindClaude || (v.State != StateExited && v.State != StateCrashed) {
			t.Errorf("%s after claude is %q %s", name, v.Kind, v.State)
		}
	}
}

func TestASuspendedAgentIsUnknownAndNotGoneWhetherItWasSeenBeforeOrNot(t *testing.T) {
	all := []Process{
		{PID: 10, Comm: "bash", Args: []string{"-bash"}, Foreground: true},
		{PID: 11, PPID: 10, Comm: "claude", Args: []string{"claude"}},
	}
	for _, before := range []Kind{KindClaude, KindNone} {
		v := NewDetector().Detect(Observation{Processes: all, Before: before, Screen: "[1]+  Stopped  claude\nme@box:~$ "})
		if v.Kind != KindClaude || v.State != StateUnknown || v.Hold || !strings.Contains(v.Activity, "suspended") {
			t.Errorf("seen before as %q: %+v", before, v)
		}
	}
}

func TestAShellThatPrintsACaptureItselfIsNoAgent(t *testing.T) {
	screen := claudeFrame("", "✽ Noodling… (12s · ↓ 21 tokens)")
	for name, args := range map[string][]string{
		"inline shell": {"bash", "-c", "cat cap.txt; read x"}, "python script": {"python3", "show.py"},
	} {
		o := Observation{Processes: []Process{{PID: 1, Comm: args[0], Args: args, Foreground: true}}, Screen: screen}
		if v := NewDetector().Detect(o); v.Kind != KindNone {
			t.Errorf("%s is called %s %s by %s", name, v.Kind, v.State, v.Evidence.Rule)
		}
	}
}

func TestAnotherProgramAfterAnAgentMeansThatItHasEnded(t *testing.T) {
	v := NewDetector().Detect(Observation{Processes: foreground("htop"), Before: KindCodex, Screen: "  PID USER"})
	if v.Kind != KindCodex || v.State != StateExited || v.Confidence > confidenceWeak {
		t.Errorf("got %+v", v)
	}
}

func TestWithoutItsProfileAKindIsNeverCalledAnother(t *testing.T) {
	for _, c := range readCaptures(t) {
		d := NewDetector().Without(c.Kind)
		for name, o := range map[string]Observation{
			"over ssh":                {Screen: c.Screen, Width: c.Width, Title: c.Title, CurrentCommand: "ssh"},
			"over ssh, with no title": {Screen: c.Screen, Width: c.Width, CurrentCommand: "ssh"},
			"with everything known":   c.observation(),
		} {
			if v := d.Detect(o); v.Kind != KindNone && v.Kind != c.Kind {
				t.Errorf("%s %s is called %s %s by %s: %q", c.ID, name, v.Kind, v.State, v.Evidence.Rule, d.Identify(o).Text)
			}
		}
	}
}

// A sign that several programs print tells none of them apart.
func TestNoTwoKindsShareASign(t *testing.T) {
	owner := make(map[string]Kind)
	for _, p := range NewDetector().profiles {
		for _, sign := range slices.Concat(p.Signs, p.DialogSigns, p.Layout.ChromeSigns, p.Shell.Farewells) {
			if before, taken := owner[sign]; taken && before != p.Kind {
				t.Errorf("%q is a sign of %s and of %s", sign, before, p.Kind)
			}
			owner[sign] = p.Kind
		}
	}
}

func TestAScreenThatAsksNothingIsNotCalledWaiting(t *testing.T) {
	for name, c := range map[string]struct {
		rows string
		want State
	}{
		"a screen of its own":   {"  Auto mode cannot check this\n\n  You can go on and approve each action.\n\n  Enter to stay · shift+Tab to leave · Esc to cancel", StateWaiting},
		"a list to look around": {" Resume a previous session\n\n No results for your search\n\n enter resume   esc clear   tab focus\n ↑/↓ browse   ^t preview", StateUnknown},
		"keys and nothing else": {"\n\n\n  enter select · esc back", StateUnknown},
		"keys below an answer":  {"● That is how the menu ends:\n  and these are its keys.\n\n  enter select · esc back", StateUnknown},
	} {
		if v := NewDetector().Detect(Observation{Kind: KindClaude, Screen: c.rows}); v.State != c.want {
			t.Errorf("%s: got %s by %s, want %s", name, v.State, v.Evidence.Rule, c.want)
		}
	}
}
