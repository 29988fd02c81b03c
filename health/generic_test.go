package health

import (
	"strings"
	"testing"
)

// composerBox draws a place to type with what an unknown agent shows there.
func composerBox(above, inside, below string) string {
	rule := strings.Repeat("─", 60)
	return above + "\n╭" + rule + "╮\n│ " + inside + strings.Repeat(" ", 59-len([]rune(inside))) + "│\n╰" + rule + "╯\n" + below + "\n"
}

func TestAnAgentWithoutAProfileCarriesItsOwnNameAndIsReadByWhatAgentsShare(t *testing.T) {
	d := NewDetector()
	for name, c := range map[string]struct {
		program, screen string
		kind            Kind
		want            State
	}{
		"at rest":                        {"node /x/node_modules/.bin/mastracode", composerBox("hello", "›", "build gpt-5 0/70k"), "mastracode", StateIdle},
		"a spinner as prompt":            {"node /x/node_modules/.bin/mastracode", composerBox("hello", "•", "build gpt-5 9s"), "mastracode", StateWorking},
		"to interrupt":                   {"nanocoder", composerBox("hello\n⠧ Thinking (12s · esc to interrupt)", "> ", "/help"), "nanocoder", StateWorking},
		"asking":                         {"nanocoder", "Do you want to execute tool \"bash\"?\n\n> ✓ Yes, execute this tool\n  ✗ No, cancel execution\n\nPress Escape to cancel", "nanocoder", StateWaiting},
		"a menu":                         {"node /x/@letta-ai/letta-code/letta.js", " Let's get you authenticated:\n\n > Login to Letta Code\n   Exit\n\n Use ↑/↓ to navigate, Enter to select", "letta", StateWaiting},
		"nothing tells":                  {"codebuff", "one\ntwo\nthree\nfour\nfive", "codebuff", StateUnknown},
		"quotes of a dialog":             {"nanocoder", composerBox("  Do you want to proceed?\n  ❯ 1. Yes\n    2. No (esc)\n  Waiting for user confirmation...\n  ● 1. Allow once\n\nDone.", "> ", "/help"), "nanocoder", StateIdle},
		"a failure that lasts":           {"codebuff", composerBox("hello\n\nError: 500 internal server error, fetch failed", "> ", "/help"), "codebuff", StateError},
		"a failure as an item":           {"codebuff", composerBox("hello\n\n● API Error: 500 Internal server error", "> ", "/help"), "codebuff", StateError},
		"a failure below a reply":        {"codebuff", composerBox("hello\n\n  ⎿  Invalid API key · Fix external API key", "> ", "/help"), "codebuff", StateError},
		"prose about a retry":            {"codebuff", composerBox("hello\n\n- Retrying in 5s · attempt 3/10\n- and so on\n\n* Done in 3s", "> ", "/help"), "codebuff", StateIdle},
		"a menu in a box":                {"codebuff", "> hello\n\n╭────────────────────────╮\n│ The model is overloaded │\n│ ● 1. Keep trying        │\n│   2. Stop               │\n╰────────────────────────╯", "codebuff", StateWaiting},
		"a rate limit":                   {"codebuff", composerBox("hello\n\nError: 429 rate limit exceeded, fetch failed", "> ", "/help"), "codebuff", StateLimited},
		"work below the composer":        {"codebuff", composerBox("hello", "> ", "◉ Working   gpt-5"), "codebuff", StateWorking},
		"background work":                {"codebuff", composerBox("hello\n\n✻ Waiting for 2 background agents to finish", "> ", "/help"), "codebuff", StateWorking},
		"a status line of the user's":    {"codebuff", composerBox("hello", "> ", "/help  todo: approve PR 17 (y/n)"), "codebuff", StateIdle},
		"a drawn cursor behind a bullet": {"codebuff", composerBox("hello", "● ▋Ask anything", "/help"), "codebuff", StateIdle},
	} {
		o := Observation{Processes: foreground(c.program), Screen: c.screen, Width: 100}
		v := d.Detect(o)
		if v.Kind != c.kind || v.State != c.want {
			t.Errorf("%s: got %q %s by %s, want %s", name, v.Kind, v.State, v.Evidence.Rule, c.want)
		}
		if v := d.WithoutGeneric().Detect(o); v.Kind != KindNone {
			t.Errorf("%s: without the generic kind it is %q", name, v.Kind)
		}
	}
}

func TestAProgramThatNobodyKnowsIsAnAgentOnlyInRawModeWithAPlaceToTypeAndSignsOfOne(t *testing.T) {
	agent := composerBox("hello", "> ask me anything", "gpt-5 · 12% context · /help")
	for name, c := range map[string]struct {
		program, screen string
		raw             bool
		kind            Kind
	}{
		"an agent":            {"node /opt/newagent/newagent.mjs", agent, true, "newagent"},
		"a package's script":  {"node /x/node_modules/@maker/next-month/dist/cli.js", agent, true, "next-month"},
		"a native one":        {"/opt/bin/next_month", agent, true, "next-month"},
		"a terminal as usual": {"node /opt/newagent/newagent.mjs", agent, false, KindNone},
		"an editor":           {"nvim notes.md", agent, true, KindNone},
		"a monitor":           {"htop", agent, true, KindNone},
		"no place to type":    {"newagent", "hello\n/help gpt-5 tokens", true, KindNone},
		"no sign of an agent": {"newagent", composerBox("hello", "> search", "3 of 12"), true, KindNone},
		"another one's":       {"mirror", claudeFrame("", " Claude Code v2.1", "", "● Done."), true, KindNone},
	} {
		o := Observation{Processes: foreground(c.program), Screen: c.screen, Raw: c.raw, Width: 100}
		if v := NewDetector().Detect(o); v.Kind != c.kind {
			t.Errorf("%s: got %q %s by %s, want %q", name, v.Kind, v.State, v.Evidence.Rule, c.kind)
		}
	}
}

func TestAProcessThatStaysIsTheAgentThatItWas(t *testing.T) {
	d := NewDetector()
	retitled := []Process{{PID: 7, Comm: "something-else", Args: []string{"something else"}, Foreground: true}}
	o := Observation{Processes: retitled, Before: "kimi"}
	if id := d.Identify(o); id.Process == ProcessAlive {
		t.Errorf("nobody has seen it, and it is %+v", id)
	}
	o.Resident = Resident{PID: 7, Kind: "kimi"}
	if id := d.Identify(o); id.Kind != "kimi" || id.Process != ProcessAlive || id.PID != 7 {
		t.Errorf("got %+v", id)
	}
	retitled[0].Args, retitled[0].Comm = []string{"bash"}, "bash"
	if id := d.Identify(o); id.Process == ProcessAlive {
		t.Errorf("it has become a shell, and it is %+v", id)
	}
}

func TestAProgramIsKnownByMoreThanItsName(t *testing.T) {
	for line, want := range map[string]Kind{
		"kimi-code": "kimi", "codex-x86_64-unknown-linux-musl": KindCodex, "opencode-linux-x64": "opencode",
		"qwen-cli": "qwen", "vim-code": KindNone, "node /x/node_modules/@moonshot-ai/kimi-code/dist/main.mjs": "kimi",
	} {
		if id := NewDetector().Identify(Observation{Processes: foreground(line)}); id.Kind != want {
			t.Errorf("%s is %q, want %q", line, id.Kind, want)
		}
	}
	title := []Process{{PID: 1, Comm: "MainThread", Args: []string{"qwen - fix the parser"}, Foreground: true}}
	if id := NewDetector().Identify(Observation{Processes: title}); id.Kind != "qwen" {
		t.Errorf("a title over the command line is %q", id.Kind)
	}
}
