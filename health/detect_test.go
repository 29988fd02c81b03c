package health

import (
	"strings"
	"testing"
)

// claudeFrame puts rows above Claude's composer with the draft in it.
func claudeFrame(draft string, rows ...string) string {
	rule := strings.Repeat("─", 80)
	return strings.Join(append(rows, "", rule, "❯\u00a0"+draft, rule, "  ⏸ manual mode on · ? for shortcuts"), "\n")
}

// codexFrame does the same for Codex.
func codexFrame(draft string, rows ...string) string {
	return strings.Join(append(rows, "", "", "› "+draft, "", "  gpt-5-codex default · /srv/app", "  ← for agents · ? for shortcuts"), "\n")
}

const quotedDialog = `  Do you want to proceed?
  ❯ 1. Yes
    2. No

  Esc to cancel · Tab to amend`

// screenCase is a screen and the verdict on it.
type screenCase struct {
	kind   Kind
	screen string
	want   State
	rule   string
}

func checkScreens(t *testing.T, cases map[string]screenCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v := NewDetector().Detect(Observation{Kind: c.kind, Screen: c.screen, Width: 80})
			if v.State != c.want || v.Evidence.Rule != c.rule {
				t.Errorf("got %s by %q (%q), want %s by %q", v.State, v.Evidence.Rule, v.Evidence.Text, c.want, c.rule)
			}
		})
	}
}

func TestTheLiveAreaOfClaudeIsToldFromItsTranscript(t *testing.T) {
	rule := strings.Repeat("─", 80)
	checkScreens(t, map[string]screenCase{
		"compaction works": {
			KindClaude, claudeFrame("", "● Done.", "", "✻ Compacting conversation… (12s)"), StateWorking, "claude.status.working",
		},
		"another mode of input is a composer": {
			KindClaude, "● Done.\n\n" + rule + "\n! ls -la\n" + rule + "\n  ! for bash mode", StateIdle, "claude.composer",
		},
		"a boxed composer is a composer": {
			KindClaude, "● Done.\n\n╭────────────╮\n│ > fix it   │\n╰────────────╯\n  ? for shortcuts", StateIdle, "claude.composer",
		},
		"an old spinner in the transcript is past": {
			KindClaude, claudeFrame("", "❯ go", "", "✻ Baking… (3s · ↓ 9 tokens)", "", "● Done."), StateIdle, "claude.composer",
		},
		"a dialog quoted in an answer is no dialog": {
			KindClaude, claudeFrame("", "❯ show it", "", "● It looks so:", quotedDialog), StateIdle, "claude.composer",
		},
		"a dialog drafted in the composer is no dialog": {
			KindClaude, claudeFrame("1. Yes\n  2. No, and esc to cancel", "● Done."), StateIdle, "claude.composer",
		},
		"a spinner above a tip and a hint works": {
			KindClaude, claudeFrame("", "❯ count", "", "· Simmering…", "  ⎿ Tip: ask for a plan", strings.Repeat(" ", 50)+"ctrl+y to paste deleted text"), StateWorking, "claude.status.working",
		},
		"a bullet that ends in an ellipsis is no spinner": {
			KindClaude, claudeFrame("", "● All done:", "· and so on…"), StateIdle, "claude.composer",
		},
		"a past verb has finished": {
			KindClaude, claudeFrame("", "● Done.", "", "✻ Churned for 1m 5s · done 7:13 AM"), StateIdle, "claude.status.finished",
		},
		"a message in the queue does not hide the spinner": {
			KindClaude, claudeFrame("", "● Reading.", "", "✽ Baking… (5s)", "", "❯ and then test it"), StateWorking, "claude.status.working",
		},
	})
}

func TestErrorsAndLimitsOfClaudeCountOnlyWhereTheyEndATurn(t *testing.T) {
	checkScreens(t, map[string]screenCase{
		"a limit warning is no limit": {
			KindClaude, claudeFrame("", "● Done.", strings.Repeat(" ", 30)+"You've used 92% of your weekly limit"), StateIdle, "claude.composer",
		},
		"a limit is the last thing": {
			KindClaude, claudeFrame("", "❯ go", "  ⎿ You've hit your 5-hour limit · resets 10:31am (UTC)"), StateLimited, "claude.limit.usage",
		},
		"a limit before later work is past": {
			KindClaude, claudeFrame("", "● You've hit your 5-hour limit · resets 10:31am", "", "❯ go on", "", "● Done."), StateIdle, "claude.composer",
		},
		"what the composer suggests after a failure counts": {
			KindClaude, claudeFrame("Resend your message to try again", "  your inference gateway."), StateError, "claude.composer.resend",
		},
		"a notice without a mark counts": {
			KindClaude, claudeFrame("", "● Let me see.", "", "Claude usage limit reached. Your limit will reset at 7am."), StateLimited, "claude.limit.usage",
		},
		"an error told in prose is no error": {
			KindClaude, claudeFrame("", "● The log says: API Error: 500, which is fixed now."), StateIdle, "claude.composer",
		},
		"praise that opens like a limit is none": {
			KindClaude, claudeFrame("", "● You've hit your stride with this design."), StateIdle, "claude.composer",
		},
		"an error wrapped in a narrow pane counts": {
			KindClaude, "❯ go\n\n● API Error: Request\n  rejected (429) · This\n  request\n" + strings.Repeat("─", 24) + "\n❯ \n" + strings.Repeat("─", 24) + "\n  ⏸ manual", StateLimited, "claude.limit.rate",
		},
	})
}

func TestDialogsOfClaudeAreToldApart(t *testing.T) {
	rule := strings.Repeat("─", 80)
	checkScreens(t, map[string]screenCase{
		"a menu that the user opened is no request": {
			KindClaude, "❯ /model\n\n" + rule + "\n  Select model\n\n    1. Default\n  ❯ 2. Opus\n\n  Enter to set as default · Esc to cancel", StateIdle, "claude.dialog.picker",
		},
		"a command that quotes a menu still asks": {
			KindClaude, "● I'll look.\n\n" + rule + "\n Bash command\n\n   grep -r\n   Select model\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend", StateWaiting, "claude.dialog.permission",
		},
		"the menu of a limit is a limit": {
			KindClaude, " You've reached your usage limit for this session.\n\n   1. Wait for the limit to reset\n ❯ 2. Use extra usage\n   3. Upgrade my plan", StateLimited, "claude.dialog.limit",
		},
		"a spinner above a live dialog waits": {
			KindClaude, "✽ Baking… (5s)\n" + rule + "\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel", StateWaiting, "claude.dialog.permission",
		},
		"a login without a menu waits": {
			KindClaude, " Browser didn't open? Use the url below to sign in:\n\n https://x\n\n Paste code here if prompted >", StateWaiting, "claude.dialog.login",
		},
	})
}

func TestScreensOfCodexAreReadByTheirStructure(t *testing.T) {
	checkScreens(t, map[string]screenCase{
		"a dialog quoted by codex is no dialog": {
			KindCodex, "› show it\n\n• It looks so:\n\n  Would you like to run it?\n  › 1. Yes, proceed (y)\n    2. No (esc)\n  Press enter to confirm or esc to cancel\n\n›\n  gpt-5 high · ~/wt", StateIdle, "codex.composer",
		},
		"the question has the last word": {
			KindCodex, codexFrame("", "› list the files"), StateWorking, "codex.transcript.asked",
		},
		"a queue below codex's status line does not hide it": {
			KindCodex, codexFrame("", "› go", "", "• Working (5s • esc to interrupt)", "", "• Queued follow-up inputs", "  ↳ and test it"), StateWorking, "codex.status.working",
		},
		"a long answer without a last line is still written": {
			KindCodex, codexFrame("", "  and the third point,", "  which goes on"), StateWorking, "codex.transcript.streaming",
		},
		"an interruption is idle": {
			KindCodex, codexFrame("", "› go", "", "■ Conversation interrupted - use /feedback"), StateIdle, "codex.outcome.interrupted",
		},
		"a spinner in codex's chrome works": {
			KindCodex, "› go\n\n• 1\n\n› Ask\n\n  gpt-5 default · /srv · ⠧", StateWorking, "codex.chrome.spinner",
		},
		"a turn with its own last line is over": {
			KindCodex, codexFrame("", "› go", "", "• Done.", "", "  Worked for 26s • 07:13"), StateIdle, "codex.status.finished",
		},
		"keys in brackets are a dialog": {
			KindCodex, "• I'll deploy.\n\n╭─ Command Approval Required ─╮\n│ ./deploy.sh                 │\n│ [a] Accept   [d] Decline    │\n╰─────────────────────────────╯", StateWaiting, "codex.dialog.permission",
		},
		"nothing known is unknown": {KindClaude, "some text\nthat says nothing", StateUnknown, ""},
		"nothing there is unknown": {KindCodex, "", StateUnknown, ""},
	})
}

func TestAPickerAndAViewerHoldTheState(t *testing.T) {
	for name, screen := range map[string]string{
		"picker": "  Select model\n\n    1. Default\n  ❯ 2. Opus\n\n  Enter to set as default · Esc to cancel",
		"viewer": "● I will do that.\n\n  Showing detailed transcript · ctrl+o to toggle",
	} {
		if v := NewDetector().Detect(Observation{Kind: KindClaude, Screen: screen}); !v.Hold || v.Confidence > confidenceWeak {
			t.Errorf("%s: got %+v", name, v)
		}
		v := NewDetector().Detect(Observation{Kind: KindClaude, Screen: screen, CurrentCommand: "claude", Title: "◐ Claude Code"})
		if v.State != StateWorking || v.Evidence.Source != SourceTitle {
			t.Errorf("%s with a spinning title: got %+v", name, v)
		}
	}
}

func TestTheTitleCountsOnlyBesideALiveProcess(t *testing.T) {
	screen := claudeFrame("", "● Done.")
	for name, c := range map[string]struct {
		o    Observation
		want State
	}{
		"spinning": {Observation{Title: "◐ Claude Code", CurrentCommand: "claude"}, StateWorking},
		"at rest":  {Observation{Title: "✳ Claude Code", CurrentCommand: "claude"}, StateIdle},
		"a reply":  {Observation{Title: "Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA", CurrentCommand: "claude"}, StateIdle},
		"left":     {Observation{Title: "◐ Claude Code", CurrentCommand: "bash", Before: KindClaude}, StateCrashed},
	} {
		c.o.Screen = screen
		if v := NewDetector().Detect(c.o); v.Kind != KindClaude || v.State != c.want {
			t.Errorf("%s: got %q %s by %s, want %s", name, v.Kind, v.State, v.Evidence.Rule, c.want)
		}
	}
}

func TestADialogBeatsTheTitleAndSaysSo(t *testing.T) {
	screen := "● Go.\n" + strings.Repeat("─", 40) + "\n" + quotedDialog
	v := NewDetector().Detect(Observation{CurrentCommand: "claude", Title: "⠹ Claude Code", Screen: screen})
	if v.State != StateWaiting || len(v.Evidence.Against) != 1 || !strings.Contains(v.Evidence.Against[0], "⠹ Claude Code") {
		t.Errorf("got %+v", v)
	}
}

func TestARemnantBesideALiveProcessIsDoubted(t *testing.T) {
	screen := "● Go.\n\n❯ Killed\nme@box:/srv# ──────\n  ⏸ manual mode on"
	v := NewDetector().Detect(Observation{Processes: foreground("claude"), Screen: screen})
	if v.State != StateCrashed || v.Confidence > confidenceWeak || len(v.Evidence.Against) != 1 {
		t.Errorf("got %+v", v)
	}
}

func TestAnAgentStartedAnewHasNotCrashed(t *testing.T) {
	crashed := "❯ Killed\nme@box:/srv# claude\n"
	for screen, want := range map[string]State{
		crashed: StateStarting,
		crashed + claudeFrame("", " Claude Code v2.1"): StateIdle,
		crashed + "\n" + strings.Repeat("─", 40) + "\n Accessing workspace:\n\n ❯ No, exit\n   Yes, I trust this folder\n\n Enter to confirm · Esc to cancel": StateWaiting,
	} {
		if v := NewDetector().Detect(Observation{Processes: foreground("claude"), Screen: screen}); v.State != want {
			t.Errorf("got %s by %s, want %s", v.State, v.Evidence.Rule, want)
		}
	}
}

func TestShellsReportDeathsInTheirOwnWays(t *testing.T) {
	for report, want := range map[string]string{
		"Killed": "killed", "Segmentation fault (core dumped)": "segmentation fault", "zsh: killed     claude": "killed",
		"/opt/bin/claude: line 3: 4711 Killed    node /x/cli.js": "killed", "❯ Killeddex to do anything": "killed",
		"fish: Job 1, 'claude' terminated by signal SIGKILL (Forced quit)": "killed",
		"Killing time": "", "He was killed": "", "line 3: ok": "",
	} {
		if got := NewDetector().profile(KindClaude).deathWord(report); got != want {
			t.Errorf("%q is read as %q, want %q", report, got, want)
		}
	}
}

func TestADeadPaneHasCrashedUnlessItSaysOtherwise(t *testing.T) {
	for text, want := range map[string]State{
		"Pane is dead (signal 9, Mon Nov 23 12:00:00 2026)": StateCrashed,
		"Pane is dead (status 1, Mon Nov 23 12:00:00 2026)": StateCrashed,
		"Pane is dead (status 0, Mon Nov 23 12:00:00 2026)": StateExited,
	} {
		v := NewDetector().Detect(Observation{Before: KindCodex, Dead: true, Processes: []Process{}, Screen: "out\n" + text})
		if v.Kind != KindCodex || v.State != want {
			t.Errorf("%s: got %q %s", text, v.Kind, v.State)
		}
	}
}

func TestActivitiesTellWhatTheAgentDoes(t *testing.T) {
	rule := strings.Repeat("─", 80)
	for want, o := range map[string]Observation{
		"Noodling… 12s":             {Kind: KindClaude, Screen: claudeFrame("", "✽ Noodling… (12s · ↓ 21 tokens)")},
		"Working 1m 5s":             {Kind: KindCodex, Screen: codexFrame("", "• Working (1m 5s • esc to interrupt)")},
		"5-hour limit, resets 10am": {Kind: KindClaude, Screen: claudeFrame("", "❯ go", "  ⎿ You've hit your 5-hour limit · resets 10am")},
		"run make test ?":           {Kind: KindCodex, Screen: "• Go.\n\n  Would you like to run the following command?\n\n  $ make test\n\n› 1. Yes, proceed (y)\n  2. No (esc)\n\n  Press enter to confirm or esc to cancel"},
		"Which database?":           {Kind: KindClaude, Screen: "● Go.\n" + rule + "\n ☐ Database\n\nWhich database?\n\n❯ 1. One\n  2. Two\n\nEnter to select · Esc to cancel"},
		"Churned for 18s":           {Kind: KindClaude, Screen: claudeFrame("", "● Done.", "", "✻ Churned for 18s · done 7:13 AM")},
		"Worked for 26s":            {Kind: KindCodex, Screen: codexFrame("", "• Done.", "", "─ Worked for 26s • 07:13 ─────")},
		"Quota exceeded.":           {Kind: KindCodex, Screen: codexFrame("", "› go", "", "■ Quota exceeded.")},
		"killed, shell is back":     {Kind: KindCodex, Screen: "› Killed\nme@box:/srv# "},
	} {
		if v := NewDetector().Detect(o); v.Activity != want {
			t.Errorf("got %q by %s, want %q", v.Activity, v.Evidence.Rule, want)
		}
	}
}

func TestTheDigestFollowsTheTextAndNothingElse(t *testing.T) {
	digest := func(rows ...string) uint64 {
		return NewDetector().Detect(Observation{Kind: KindClaude, Width: 80, Screen: claudeFrame("", rows...)}).Digest
	}
	base := digest("❯ go", "", "● Reading 3 files (2s)", "", "✽ Baking… (3s · ↓ 9 tokens)")
	if base == 0 || digest() != 0 {
		t.Errorf("digests %d with text, %d without", base, digest())
	}
	for name, other := range map[string]uint64{
		"a spinner's frame":   digest("❯ go", "", "● Reading 3 files (2s)", "", "✢ Frying… (4s · ↓ 12 tokens)"),
		"an elapsed time":     digest("❯ go", "", "● Reading 3 files (17s)", "", "✽ Baking… (3s · ↓ 9 tokens)"),
		"a hint at the right": digest("❯ go", "", "● Reading 3 files (2s)", "", strings.Repeat(" ", 60)+"◐ medium · /effort"),
	} {
		if other != base {
			t.Errorf("%s changes the digest", name)
		}
	}
	if digest("❯ go", "", "● Reading 4 files (2s)") == base {
		t.Error("new text does not change the digest")
	}
}

func TestAShellTellsHowItsProgramEndedWhateverItsPromptLooksLike(t *testing.T) {
	shell := []Process{{PID: 1, Comm: "bash", Args: []string{"-bash"}, Foreground: true}}
	frame := claudeFrame("", "● Done.") + "\n"
	for name, c := range map[string]struct {
		screen, title string
		want          State
	}{
		"killed, a prompt of two rows":      {frame + "Killed\n\n/home/me/src on main\n❯", "", StateCrashed},
		"the report behind what was there":  {frame + "  more hintsKilled\nme@box:~$ ", "", StateCrashed},
		"the report over what was there":    {frame + " Killedes\n  2. Yes, and more\n/home/me/src on main\n❯", "", StateCrashed},
		"a frame, and no report":            {frame + "/home/me/src on main\n❯", "", StateExited},
		"a frame, and a turn in the title":  {frame + "me@box:~$ ", "◐ Claude Code", StateCrashed},
		"nothing but a command in one line": {"~/src ❯ claude\n~/src ❯", "", StateExited},
	} {
		v := NewDetector().Detect(Observation{Processes: shell, Before: KindClaude, Screen: c.screen, Title: c.title})
		if v.Kind != KindClaude || v.State != c.want {
			t.Errorf("%s: got %q %s by %s, want %s", name, v.Kind, v.State, v.Evidence.Rule, c.want)
		}
	}
}
