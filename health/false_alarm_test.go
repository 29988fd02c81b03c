package health

import (
	"strings"
	"testing"
)

// Programs that show text and are no agents.
func programsWithoutAgents() []string {
	return []string{
		"less transcript.log", "vim notes.md", "nvim", "man tmux", "tail -f agent.log", "go build ./...", "make test",
		"htop", "git log -p", "cat session.txt", "watch ls", "agentwatch", "emacs -nw", "cargo build", "python3 train.py",
	}
}

func TestAProgramThatShowsAnAgentsScreenIsNoAgent(t *testing.T) {
	d := NewDetector()
	for _, c := range readCaptures(t) {
		for _, program := range programsWithoutAgents() {
			o := Observation{Screen: c.Screen, Width: c.Width, Height: c.Height, Processes: foreground(program)}
			if v := d.Detect(o); v.Kind != KindNone {
				t.Errorf("%s shown by %q is taken for %s %s by %s (%q)", c.ID, program, v.Kind, v.State, v.Evidence.Rule, v.Evidence.Text)
			}
		}
	}
}

// What a shell shows after `cat transcript`: the end of the text and a prompt.
func TestATranscriptPrintedInAShellIsNoAgent(t *testing.T) {
	d := NewDetector()
	for _, c := range readCaptures(t) {
		if showsAPrompt(c.Screen) {
			// An agent was started on that screen, and the shell is back.
			continue
		}
		text := "me@box:~$ cat transcript.txt\n" + strings.TrimRight(c.Screen, "\n ") + "\nme@box:~$ "
		for _, o := range []Observation{
			{Screen: text, Width: c.Width, Processes: foreground("bash")},
			{Screen: text, Width: c.Width, CurrentCommand: "bash"},
			{Screen: text, Width: c.Width, Processes: foreground("ssh box")},
		} {
			if v := d.Detect(o); v.Kind != KindNone {
				t.Errorf("%s printed in a shell is taken for %s %s by %s (%q)", c.ID, v.Kind, v.State, v.Evidence.Rule, v.Evidence.Text)
			}
		}
	}
}

func showsAPrompt(screen string) bool {
	for _, r := range parseScreen(screen, 0).rows {
		if r.indent == 0 && startsWithPrompt(r.text) {
			return true
		}
	}
	return false
}

func TestShellsAndBuildsBehindSSHAreNoAgents(t *testing.T) {
	d := NewDetector()
	for _, screen := range []string{
		"me@box:~$ ls\nREADME.md  claude.md  codex.txt\nme@box:~$ ",
		"$ make\ngo build ./...\nWorking... (esc to interrupt)\n",
		"Do you want to continue? [Y/n] ",
		"  CLAUDE(1)                 User Commands                CLAUDE(1)\n\nNAME\n  claude - an agent\n:",
		"? Which framework do you use?\n❯ 1. React\n  2. Vue\n\nenter to select · esc to cancel",
		"⠋ Installing packages...\n",
		"Error: 429 quota\n> ",
		strings.Repeat("─", 60) + "\n> \n" + strings.Repeat("─", 60) + "\n",
	} {
		for _, o := range []Observation{
			{Screen: screen, Processes: foreground("ssh box")}, {Screen: screen, CurrentCommand: "ssh"}, {Screen: screen, CurrentCommand: "node"},
		} {
			if v := d.Detect(o); v.Kind != KindNone {
				t.Errorf("%q is taken for %s %s by %s", screen, v.Kind, v.State, v.Evidence.Rule)
			}
		}
	}
}
