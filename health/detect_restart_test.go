package health

import (
	"strings"
	"testing"
)

// The screens are the ends of real ones: each program was killed, or left, and
// started again in its pane.

const piFrameLeft = ` Error: terminated

 Error: Retry failed after 3 attempts: terminated

────────────────────────────────────────────────────────────────────────────────

────────────────────────────────────────────────────────────────────────────────
/home/ada/calc (main)
↑9.5k ↓684 1.6%/128k (auto)                                               mock-1

ada@box:/home/ada/calc# pi --provider mock --model mock-1`

const continueKilled = `● refactor the parser

  write the release notes

 ⣏⣏⣯  ( 117s • esc to interrupt )
╭──────────────────────────────────────────────────────────────────────────────╮
│ ● ▋Ask anything, @ for context, / for slash commands, ! for shell mode       │
╰──────────────────────────────────────────────────────────────────────────────╯
  /home/ada/calc ⊦main                                          ◉ Continue CLI
Killed
ada@box:/home/ada/calc# cn --config ~/.continue/config.yaml`

const opencodeKilled = `
                       ┃
                       ┃  Killedything… "Fix a TODO in the codebase"
ada@box:/home/ada/calc# opencode
                       ┃  Build · Mock 1 Mock
                       ╹▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀
                                              tab agents  ctrl+p commands

                            ● Tip Commit your project's AGENTS.md file to Git


  /home/ada/calc:main                                                     1.18.33`

const qwenKilled = `────────────────────────────────────────────────────────────────────────────────
>   Type your message or @path/to/file
────────────────────────────────────────────────────────────────────────────────
  ➜ calc · git:(main) · mock-1
  ⏸ Ask permissions (shift + tab to cycle)
Killed
ada@box:/home/ada/calc# qwen --approval-mode default
Ripgrep not available: spawn /usr/lib/rg EACCES. Falling back to built-in grep.`

func restartedIn(screen string, alternate bool, args ...string) Observation {
	return Observation{
		Screen: screen, Width: 80, AlternateOn: alternate,
		Processes: []Process{
			{PID: 10, Comm: "bash", Args: []string{"bash"}},
			{PID: 20, PPID: 10, Comm: args[0], Args: args, Foreground: true},
		},
	}
}

func TestWhatAnEarlierRunHasLeftSaysNothingOfTheOneThatHasJustBegun(t *testing.T) {
	d := NewDetector()
	for name, o := range map[string]Observation{
		"an error, and the frame of one that has left":     restartedIn(piFrameLeft, false, "pi"),
		"a spinner, and the frame of one that was killed":  restartedIn(continueKilled, false, "cn"),
		"a frame around the command":                       restartedIn(opencodeKilled, true, "opencode"),
		"a prompt above the first words of the new one":    restartedIn(qwenKilled, false, "qwen"),
		"a prompt, and hints below where the command goes": restartedIn(qwenKilled+"\n  ⏸ Ask permissions (shift + tab to cycle)", true, "qwen"),
	} {
		if v := d.Detect(o); v.State != StateStarting {
			t.Errorf("%s: %s by %s (%q), want starting", name, v.State, v.Evidence.Rule, v.Evidence.Text)
		}
	}
}

func TestTheRowThatTellsOfANewRunIsCountedFromTheTopOfThePane(t *testing.T) {
	v := NewDetector().Detect(restartedIn(piFrameLeft, false, "pi"))
	if want := strings.Count(piFrameLeft, "\n") + 1; v.Evidence.Source == SourceScreen && v.Evidence.Line != want {
		t.Errorf("line %d, want %d", v.Evidence.Line, want)
	}
	if v.Evidence.Source != SourceScreen || v.Evidence.Rule != "pi.shell.started" {
		t.Errorf("%s by %s", v.Evidence.Source, v.Evidence.Rule)
	}
}

func TestAPlaceToTypeBelowTheCommandIsTheNewRuns(t *testing.T) {
	screen := piFrameLeft + `

 pi v0.73.1
 escape interrupt · ctrl+c/ctrl+d clear/exit · / commands

────────────────────────────────────────────────────────────────────────────────

────────────────────────────────────────────────────────────────────────────────
/home/ada/calc (main)
0.0%/128k (auto)                                                          mock-1`
	if v := NewDetector().Detect(restartedIn(screen, false, "pi")); v.State != StateIdle {
		t.Errorf("%s by %s, want idle", v.State, v.Evidence.Rule)
	}
}

func TestASpinnerOfAProgramThatGetsReadyIsNoTurn(t *testing.T) {
	screen := "ada@box:/home/ada/calc# qwen\n\n  ➜ calc · mock-1\n  ⠙ Initializing..."
	if v := NewDetector().Detect(restartedIn(screen, false, "qwen")); v.State != StateStarting {
		t.Errorf("%s by %s, want starting", v.State, v.Evidence.Rule)
	}
}

func TestATipAboutGoingOnIsNoFarewell(t *testing.T) {
	screen := "ada@box:/home/ada/calc# qwen\n\n  Tips: You can resume a previous conversation by running qwen --continue or qwen --resume\n\n\n  ➜ calc · mock-1\n  ⠹ Initializing..."
	if v := NewDetector().Detect(restartedIn(screen, false, "qwen")); v.State == StateExited || v.State == StateCrashed {
		t.Errorf("%s by %s, and its process lives", v.State, v.Evidence.Rule)
	}
}

func TestTheCommandMayStandOnTheFrameOfADeadProgram(t *testing.T) {
	screen := "▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄\n > Killed your message or @path/to/file\nada@box:/home/ada/calc# gemini▀▀▀▀▀▀▀▀▀▀\n workspace (/directory)      sandbox      /model"
	if v := NewDetector().Detect(restartedIn(screen, false, "gemini")); v.State != StateStarting {
		t.Errorf("%s by %s, want starting", v.State, v.Evidence.Rule)
	}
}
