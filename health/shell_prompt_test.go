package health

import (
	"strings"
	"testing"
)

func TestAScreenThatEndsInAShellsPromptIsToldFromOneThatDoesNot(t *testing.T) {
	for screen, want := range map[string]bool{
		"out\nme@box:/srv# ":                       true,
		"out\n/home/me/src on main\n❯":             true,
		"  ↑↓ navigate • Esc cancelme@box:/srv/x#": true,
		"out\n~/src ❯":                             true,
		"● Done.\n\n❯":                             false,
		"calc.py\n> ":                              false,
		"/home/me/src/calc.py\n> ":                 false,
		"  /home/me/src on main\n❯":                false,
		"mail me@box:\n":                           false,
		"price in US$":                             false,
		"me@box:~$ make":                           false,
		"":                                         false,
	} {
		if _, got := endsInPrompt(parseScreen(screen, 80)); got != want {
			t.Errorf("%q: got %v", screen, got)
		}
	}
}

// Over ssh nothing but the text tells: the caller knows the kind from before.
func TestWithoutProcessesTheTextTellsThatTheShellIsBack(t *testing.T) {
	frame := claudeFrame("", "● Done.") + "\n"
	for name, c := range map[string]struct {
		screen string
		want   State
	}{
		"a frame and a prompt":              {frame + "me@box:~$ ", StateExited},
		"a prompt of two rows":              {frame + "/home/me/src on main\n❯", StateExited},
		"a prompt behind the footer":        {frame + "  ? for shortcutsme@box:~$", StateExited},
		"killed, a prompt in the frame":     {"● Go.\n\n Do you want to proceed?\n Killedes\n  2. No\n/home/me/src on main\n❯\n Esc to cancel\n\n  2 tasks", StateCrashed},
		"killed, behind the footer":         {frame + "  ? for shortcutsKilled\nme@box:~$ ", StateCrashed},
		"suspended by bash":                 {frame + "[1]+  Stopped                 claude\nme@box:~$ ", StateUnknown},
		"suspended by zsh":                  {frame + "[1]  + 4711 suspended  claude\n~/src ❯", StateUnknown},
		"suspended by fish":                 {frame + "fish: Job 1, 'claude' has stopped\nme@box ~$ ", StateUnknown},
		"commands since":                    {"me@box:~$ claude\n" + frame + "me@box:~$ ls\nREADME.md\nme@box:~$ ", StateExited},
		"nothing but a prompt":              {"me@box:~$ ", StateUnknown},
		"a place named above the composer":  {strings.Replace(frame, "● Done.", "● Done.\n/home/me/src", 1), StateIdle},
		"a prompt quoted above the answers": {strings.Replace(frame, "● Done.", "● Run this:\n\nme@box:~$ ls\n\n● Done.", 1), StateIdle},
	} {
		if v := NewDetector().Detect(Observation{Kind: KindClaude, Screen: c.screen}); v.State != c.want {
			t.Errorf("%s: got %s by %s, want %s", name, v.State, v.Evidence.Rule, c.want)
		}
	}
}

func TestAShellAtAFirstLookTellsWhichAgentHasLeft(t *testing.T) {
	greeting := " ▐▛███▜▌   Claude Code v2.0.50\n"
	for name, c := range map[string]struct {
		screen string
		want   Kind
	}{
		"a transcript from its greeting on":     {greeting + "\n> run the tests\n  ⎿  Interrupted\n\nme@box:~$ ", KindClaude},
		"a greeting alone":                      {greeting + "\nme@box:~$ ", KindNone},
		"a transcript that a command shows":     {"me@box:~$ cat log\n" + greeting + "\n> run the tests\n\nme@box:~$ ", KindNone},
		"commands since":                        {"me@box:~$ claude\n" + greeting + "\n> hi\n\nme@box:~$ ls\nREADME.md\nme@box:~$ ", KindClaude},
		"more commands since than one looks at": {"me@box:~$ claude\n" + greeting + "\n> hi\n\n" + strings.Repeat("me@box:~$ ls\nREADME.md\n", 9) + "me@box:~$ ", KindNone},
		"commands since, and nothing between":   {"me@box:~$ claude\nbash: claude: command not found\nme@box:~$ ls\nme@box:~$ ", KindNone},
		"an agent without a profile":            {"╭──────────────╮\n│ Goodbye! 👋  │\n╰──────────────╯\n\nExiting...\nme@box:~$ ", "nanocoder"},
		"words of the same kind":                {"mysql> \\q\nGoodbye! Exiting...\nme@box:~$ ", KindNone},
	} {
		v := NewDetector().Detect(Observation{Processes: foreground("bash"), Screen: c.screen})
		if v.Kind != c.want || (c.want != KindNone && v.State != StateExited) {
			t.Errorf("%s: got %q %s by %s, want %q", name, v.Kind, v.State, v.Evidence.Rule, c.want)
		}
	}
}
