package answer

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool/typing"
)

// seenAsking is a claude or another kind that asks with a dialog.
func seenAsking(kind health.Kind, wait health.WaitReason, question string, options ...health.Option) Seen {
	return Seen{
		PID: 1, Kind: kind, State: health.StateWaiting, Wait: wait,
		Dialog: &health.Dialog{Question: question, Options: options},
	}
}

func keyed(labels ...string) []health.Option {
	var all []health.Option
	for i, label := range labels {
		all = append(all, health.Option{Key: string(rune('1' + i)), Label: label, Selected: i == 0})
	}
	return all
}

func unkeyed(labels ...string) []health.Option {
	all := keyed(labels...)
	for i := range all {
		all[i].Key = ""
	}
	return all
}

func TestWhatIsTypedFollowsFromTheProfileAndTheDialog(t *testing.T) {
	permission := keyed("Yes", "Yes, and don’t ask again for: ls *", "No")
	idle := Seen{PID: 1, Kind: health.KindClaude, State: health.StateIdle, Composer: true}
	working := idle
	working.State = health.StateWorking
	for _, c := range []struct {
		name    string
		request Request
		keys    string
		option  int
		cursor  bool
	}{
		{"approve", Request{Action: ActionApprove, Seen: seenAsking(health.KindClaude, health.WaitPermission, "Run?", permission...)}, "1", 0, false},
		{"deny by its option", Request{Action: ActionDeny, Seen: seenAsking(health.KindClaude, health.WaitPermission, "Run?", permission...)}, "3", 2, false},
		{"deny a question", Request{Action: ActionDeny, Seen: seenAsking(health.KindClaude, health.WaitQuestion, "Which?", keyed("A", "B")...)}, "Escape", -1, false},
		{"choose", Request{Action: ActionChoose, Option: 1, Seen: seenAsking(health.KindCodex, health.WaitQuestion, "Which?", keyed("A", "B")...)}, "2", 1, false},
		{"a dialog of cursor keys only", Request{Action: ActionApprove, Seen: seenAsking(health.KindCodex, health.WaitTrust, "Trust?", keyed("Trust and continue", "Back")...)}, "Enter", 0, true},
		{"options without keys", Request{Action: ActionApprove, Seen: seenAsking(health.KindClaude, health.WaitTrust, "Trust?", unkeyed("No, exit", "Yes, I trust this folder")...)}, "Enter", 1, true},
		{"deny without moving a cursor", Request{Action: ActionDeny, Seen: seenAsking(health.KindClaude, health.WaitTrust, "Trust?", unkeyed("No, exit", "Yes")...)}, "Escape", -1, false},
		{"ten options: a digit is no whole key", Request{Action: ActionChoose, Option: 0, Seen: seenAsking(health.KindClaude, health.WaitQuestion, "Which?", keyed("A", "B", "C", "D", "E", "F", "G", "H", "I", "J")...)}, "Enter", 0, true},
		{"interrupt", Request{Action: ActionInterrupt, Seen: working}, "Escape", -1, false},
		{"reply", Request{Action: ActionReply, Text: "go\non\n\n", Seen: idle}, "Enter", -1, false},
		{"reply to a question", Request{Action: ActionReply, Text: "x", Seen: seenAsking(health.KindClaude, health.WaitQuestion, "Which?", keyed("A", "Type something.")...)}, "Enter", 1, false},
		{"no of opencode, whose options stand side by side", Request{Action: ActionDeny, Seen: seenAsking("opencode", health.WaitPermission, "Run?", unkeyed("Allow once", "Reject")...)}, "Escape", -1, false},
		{"once of opencode, whose cursor only a capture with colours shows", Request{Action: ActionApprove, Seen: seenAsking("opencode", health.WaitPermission, "Run?", unkeyed("Allow once", "Reject")...)}, "Enter", 0, true},
		{"keys for a kind that nobody describes", Request{Action: ActionKeys, Keys: []Key{'y', typing.KeyEnter}, Seen: Seen{Kind: "aider", State: health.StateWaiting}}, "y Enter", -1, false},
	} {
		plan, err := PlanFor(c.request, health.NewDetector().AnswerRules(c.request.Seen.Kind))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := Words(plan.Keys, ""); got != c.keys || plan.Option != c.option || plan.Cursor != c.cursor || plan.Words == "" {
			t.Errorf("%s: keys %s, option %d, cursor %v, want %s, %d, %v", c.name, got, plan.Option, plan.Cursor, c.keys, c.option, c.cursor)
		}
	}
}

func TestWhatDoesNotFitIsRefusedWithItsReason(t *testing.T) {
	idle := Seen{PID: 1, Kind: health.KindClaude, State: health.StateIdle, Composer: true}
	asking := seenAsking(health.KindClaude, health.WaitPermission, "Run?", keyed("Yes", "No")...)
	for _, c := range []struct {
		request Request
		reason  string
	}{
		{Request{Action: ActionApprove, Seen: idle}, "it asks nothing"},
		{Request{Action: ActionApprove, Seen: seenAsking(health.KindClaude, health.WaitQuestion, "Which?", keyed("Yes", "No")...)}, "choose an option"},
		{Request{Action: ActionApprove, Seen: seenAsking(health.KindClaude, health.WaitPermission, "Run?", keyed("Yes, and don't ask again", "No")...)}, "none of its options"},
		{Request{Action: ActionChoose, Option: 2, Seen: asking}, "no option 3"},
		{Request{Action: ActionChoose, Option: 1, Seen: seenAsking(health.KindClaude, health.WaitQuestion, "Which?", keyed("A", "Type something.")...)}, "takes a text: reply with one"},
		{Request{Action: ActionChoose, Option: -1, Seen: asking}, "no option 0"},
		{Request{Action: ActionReply, Text: "hello", Seen: asking}, "takes no text"},
		{Request{Action: ActionReply, Text: "\x1b\n", Seen: idle}, "no text"},
		{Request{Action: ActionReply, Text: "hello", Seen: Seen{Kind: health.KindClaude, State: health.StateUnknown}}, "no place to type"},
		{Request{Action: ActionInterrupt, Seen: idle}, "no turn runs"},
		{Request{Action: ActionInterrupt, Seen: asking}, "deny it"},
		{Request{Action: ActionApprove, Seen: seenAsking("aider", health.WaitPermission, "Run?", keyed("Yes", "No")...)}, "does not say how it is answered"},
		{Request{Action: ActionKeys, Seen: idle}, "no key"},
		{Request{Action: ActionKeys, Keys: []Key{0x1b}, Seen: idle}, "not a key that can be typed"},
		{Request{Action: ActionReply, Text: "hello", Seen: Seen{Kind: health.KindClaude, State: health.StateCrashed, Composer: true}}, "no agent runs"},
		{Request{Action: 99, Seen: idle}, "not an action"},
	} {
		_, err := PlanFor(c.request, health.NewDetector().AnswerRules(c.request.Seen.Kind))
		if !errors.Is(err, ErrCannot) || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s %v: %v, want %q", c.request.Action, c.request.Seen.Dialog, err, c.reason)
		}
	}
}

func TestTheKeysOfEveryProfileCanBeTyped(t *testing.T) {
	d := health.NewDetector()
	for _, kind := range []health.Kind{"claude", "codex", "gemini", "qwen", "copilot", "cline", "opencode"} {
		rules := d.AnswerRules(kind)
		for _, names := range [][]string{rules.Dismiss, rules.Interrupt, rules.Submit} {
			if _, err := parseKeys(names); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
		if !rules.Known || len(rules.Submit) == 0 || len(rules.Interrupt) == 0 {
			t.Errorf("%s says nothing of answers", kind)
		}
	}
}

func TestEveryDifferenceFromWhatWasSeenIsNamed(t *testing.T) {
	asked := &health.Dialog{Question: "Run?", Body: []string{"⠸ ls", "rm x"}, Options: keyed("Yes", "No")}
	seen := Seen{PID: 7, Kind: health.KindClaude, State: health.StateWaiting, Wait: health.WaitPermission, Dialog: asked}
	same := func() view {
		again := *asked
		again.Body = []string{"⠼ ls", "rm x"}
		return view{pid: 7, verdict: health.Verdict{
			Kind: health.KindClaude, State: health.StateWaiting, Wait: health.WaitPermission, Dialog: &again,
		}}
	}
	if all := seen.differences(same(), asked); len(all) > 0 {
		t.Errorf("the same but for a spinner: %v", all)
	}
	for _, c := range []struct {
		change func(v *view)
		want   []Aspect
	}{
		{func(v *view) { v.look.InMode = true }, []Aspect{AspectPane}},
		{func(v *view) { v.look.InputOff = true }, []Aspect{AspectPane}},
		{func(v *view) { v.look.Synchronized = true }, []Aspect{AspectPane}},
		{func(v *view) { v.look.InUse = true }, []Aspect{AspectPane}},
		{func(v *view) { v.look.Dead = true }, []Aspect{AspectPane}},
		{func(v *view) { v.pid = 8 }, []Aspect{AspectProcess}},
		{func(v *view) { v.verdict.Kind = health.KindCodex }, []Aspect{AspectKind}},
		{func(v *view) { v.verdict.Hold = true }, []Aspect{AspectScreen}},
		{func(v *view) { v.verdict.Wait = health.WaitTrust }, []Aspect{AspectState}},
		{func(v *view) { v.verdict.State, v.verdict.Dialog = health.StateWorking, nil }, []Aspect{AspectState, AspectQuestion}},
		{func(v *view) { v.verdict.Dialog.Question = "Delete?" }, []Aspect{AspectQuestion}},
		{func(v *view) { v.verdict.Dialog.Body = []string{"⠼ ls", "rm y"} }, []Aspect{AspectBody}},
		{func(v *view) { v.verdict.Dialog.Options = keyed("No", "Yes") }, []Aspect{AspectOptions}},
	} {
		v := same()
		c.change(&v)
		var got []Aspect
		for _, d := range seen.differences(v, asked) {
			got = append(got, d.Aspect)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
}

func TestTheSameQuestionAskedAnewIsAnother(t *testing.T) {
	asked := &health.Dialog{Question: "Run?", Options: keyed("Yes", "No")}
	at := time.Time{}.AddDate(2026, 0, 0)
	seen := seenAsking(health.KindClaude, health.WaitPermission, "", asked.Options...)
	seen.Dialog, seen.Since = asked, at
	v := view{pid: 1, state: seen.State, since: at, verdict: health.Verdict{Kind: seen.Kind, State: seen.State, Wait: seen.Wait, Dialog: asked}}
	if all := seen.differences(v, asked); len(all) > 0 {
		t.Fatalf("the same: %v", all)
	}
	v.since = at.Add(1)
	if all := seen.differences(v, asked); len(all) != 1 || all[0].Aspect != AspectAsked {
		t.Errorf("asked anew: %v", all)
	}
}

func TestADialogOfAProgramWhoseWayToChooseIsNotKnownIsRefused(t *testing.T) {
	for _, action := range []Action{ActionApprove, ActionDeny, ActionChoose} {
		r := Request{Action: action, Seen: seenAsking("new", health.WaitPermission, "Run?", keyed("Yes", "No")...)}
		if plan, err := PlanFor(r, health.AnswerRules{Known: true}); !errors.Is(err, ErrCannot) {
			t.Errorf("%s: %+v, %v", action, plan, err)
		}
	}
}

func TestAKeyIsAskedForAgainAlsoInAColumnOfItsOwn(t *testing.T) {
	for rows, want := range map[string]bool{
		"   ⬝⬝■■■  esc again to interrupt   tab agents":                                                                                  true,
		"   ⬝⬝■■■  esc again to        tab agents ctrl+p\n          interrupt                      commands":                             true,
		"   ■⬝⬝⬝⬝⬝⬝⬝  esc   tab     ctrl+p\n             again agents  commands\n             to\n             inter\n             rupt": true,
		"   ⬝⬝■■■  esc interrupt   tab agents":                                                                                           false,
		"   ■⬝⬝⬝⬝⬝⬝⬝  esc   tab     ctrl+p\n             interragents  commands\n             upt":                                       false,
		"  esc again to edit the previous message":                                                                                       false,
	} {
		if got := wantsAgain(view{look: typing.Look{Rows: strings.Split(rows, "\n")}}); got != want {
			t.Errorf("%t for\n%s", got, rows)
		}
	}
}

func TestAnAgentThatHasRenamedItselfIsStillTheOneThatIsAnswered(t *testing.T) {
	detector := health.NewLiveDetector(health.NewDetector())
	list := []health.Process{
		{PID: 7, Comm: "bash", Args: []string{"bash"}, Foreground: true},
		{PID: 8, Comm: "its-own-name", Args: []string{"its-own-name"}, Foreground: true},
	}
	if i := agentProcess(list, health.Resident{}, detector); i != -1 {
		t.Fatalf("a program that nobody knows: %d", i)
	}
	if i := agentProcess(list, health.Resident{PID: 8, Kind: health.KindClaude}, detector); i != 1 {
		t.Errorf("the known agent: %d, want 1", i)
	}
	// Its id is a shell's by now.
	if i := agentProcess(list, health.Resident{PID: 7, Kind: health.KindClaude}, detector); i != -1 {
		t.Errorf("a shell: %d", i)
	}
}
