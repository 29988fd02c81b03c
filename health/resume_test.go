package health

import (
	"strings"
	"testing"
)

func TestAnEndedAgentOffersItsSessionElseTheLastOne(t *testing.T) {
	const id = "6aec0696-c759-4d98-a761-fed1f346613a"
	shell := []Process{{PID: 1, Comm: "bash", Args: []string{"-bash"}, Foreground: true}}
	for _, c := range []struct {
		name   string
		kind   Kind
		screen string
		width  int
		want   string
	}{
		{"claude printed it", KindClaude, "Resume this session with:\nclaude --resume " + id + "\ndev@box:~/wk$ ", 120, "claude --resume " + id},
		{"with its flags", KindClaude, "Resume this session with:\nclaude --permission-mode default --resume " + id + "\ndev@box:~/wk$ ", 120, "claude --resume " + id},
		{"cut off by the edge", KindClaude, "Resume this session with:\nclaude --resume 6aec0696-c759\n-4d98-a761-fed1f346613a\ndev@box:~/wk$ ", 29, "claude --continue"},
		{"codex printed it", KindCodex, "To continue this session, run codex resume " + id + "\ndev@box:~/wk$ ", 120, "codex resume " + id},
		{"killed", KindCodex, "• Working (5s • esc to interrupt)\nKilled\ndev@box:~/wk$ ", 120, "codex resume --last"},
		{"what was quoted before it was killed is not its own", KindClaude, "● run claude --resume " + id + "\nKilled\ndev@box:~/wk$ ", 120, "claude --continue"},
		{"nothing but letters", KindClaude, "Resume this session with:\nclaude --resume " + id + ";reboot\ndev@box:~/wk$ ", 120, "claude --continue"},
		{"nobody has tried one", "amp", "Killed\ndev@box:~/wk$ ", 120, ""},
		{"it works", KindClaude, "✽ Noodling… (12s · ↓ 21 tokens)\n\n────────\n❯ \n────────\n", 120, ""},
	} {
		o := Observation{Before: c.kind, Screen: c.screen, Width: c.width, Processes: shell}
		if strings.HasPrefix(c.screen, "✽") {
			o.Kind, o.Processes = c.kind, nil
		}
		if got := NewDetector().Detect(o); got.Resume != c.want {
			t.Errorf("%s: %q, want %q (%s)", c.name, got.Resume, c.want, got.Evidence.Rule)
		}
	}
}

func TestACommandThatIsTypedIntoAShellHasNothingThatAShellActsUpon(t *testing.T) {
	for _, text := range []string{"resume = 'claude --continue; reboot'", "resume = 'claude $(reboot)'", "resume = \"claude\\n\""} {
		_, problems := NewDetector().With(ProfileFile{Path: "mine.toml", Text: []byte("kind = 'claude'\n[shell]\n" + text + "\n")})
		if len(problems) != 1 {
			t.Errorf("%s: %v", text, problems)
		}
	}
}

func TestAShellIsAtItsPromptWhereTheCursorSaysSo(t *testing.T) {
	for _, c := range []struct {
		name string
		rows []string
		x, y int
		want bool
	}{
		{"empty", []string{"Killed", "dev@box:~/wk$"}, 14, 1, true},
		{"something is typed", []string{"Killed", "dev@box:~/wk$ rm -rf build"}, 26, 1, false},
		{"with the cursor before it", []string{"Killed", "dev@box:~/wk$ rm -rf build"}, 14, 1, false},
		{"a prompt with a right edge", []string{"~/wk $                          12:30"}, 7, 0, true},
		{"two rows", []string{"~/wk main", "❯"}, 2, 1, true},
		{"a command goes on in the next row", []string{"dev@box:~/wk$ echo \"", ">"}, 2, 1, false},
		{"a password is asked for", []string{"dev@box:~/wk$ sudo -s", "[sudo] password for dev:"}, 25, 1, false},
		{"a command runs", []string{"dev@box:~/wk$ sleep 60", ""}, 0, 1, false},
		{"in the dead frame", []string{"Killed", "dev@box:~/wk$", "╰──────────╯", "  ⏸ manual mode on"}, 14, 1, true},
		{"on its edge", []string{"❯ Killed", "dev@box:~/wk$ ───────────"}, 14, 1, true},
		{"on its text", []string{"Killed", "dev@box:~/wk$ k: review the diff"}, 14, 1, false},
		{"elsewhere", []string{"dev@box:~/wk$"}, 0, 7, false},
		{"a python prompt", []string{">>>"}, 4, 0, false},
	} {
		if got := AtShellPrompt(c.rows, c.x, c.y); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
