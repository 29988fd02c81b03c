package health

import (
	"slices"
	"testing"
)

func labels(d *Dialog) []string {
	var all []string
	for _, o := range d.Options {
		all = append(all, o.Key+" "+o.Label)
	}
	return all
}

func TestWhatADialogAsksIsData(t *testing.T) {
	d := NewDetector()
	for _, c := range []struct {
		name, screen, question string
		kind                   Kind
		wait                   WaitReason
		options                []string
		selected               int
	}{
		{
			name: "a permission", kind: KindClaude, wait: WaitPermission, question: "Do you want to proceed?",
			screen:  "● Bash\n\n Bash command\n\n   ./run.sh\n\n Do you want to proceed?\n   1. Yes\n ❯ 2. Yes, and don’t ask again for: ./run.sh\n   3. No\n\n Esc to cancel · Tab to amend\n",
			options: []string{"1 Yes", "2 Yes, and don’t ask again for: ./run.sh", "3 No"}, selected: 1,
		},
		{
			name: "options without numbers, the cursor on the last", kind: KindClaude, wait: WaitTrust,
			question: "Is this a project you created or one you trust?",
			screen:   " Accessing workspace:\n\n /src/app\n\n Quick check. Is this a project you created or one you trust? Take care.\n\n   No, exit\n ❯ Yes, I trust this folder\n\n Enter to confirm · Esc to cancel\n",
			options:  []string{" No, exit", " Yes, I trust this folder"}, selected: 1,
		},
		{
			name: "a list in the text above is none of the options", kind: KindCodex, wait: WaitPlan, question: "Implement this plan?",
			screen:  "  ## Plan\n\n  1. Add cache.py.\n  2. Use it.\n\n  Worked for <1s • 15:49\n\n  Implement this plan?\n\n› 1. Yes, implement this plan\n  2. No, stay in Plan mode\n\n  enter select · esc back\n",
			options: []string{"1 Yes, implement this plan", "2 No, stay in Plan mode"}, selected: 0,
		},
		{
			name: "keys in brackets", kind: "cline", wait: WaitPermission, question: "Approve tool call?",
			screen:  " * I'll run it.\n\n Cline needs permission\n\n Approve tool call?\n\n   $ ./run.sh\n\n  [y] Approve   [n] Deny\n",
			options: []string{"y Approve", "n Deny"}, selected: -1,
		},
		{
			name: "a cursor and no key hints", kind: "cline", wait: WaitQuestion, question: "Which database should the service use?",
			screen:  " * One decision.\n\n Cline is asking a question\n\n Which database should the service use?\n\n  > PostgreSQL\n    SQLite\n    Type a response...\n\n mock-1 (1,900) $0.00        ○ Plan ● Act (Tab)\n",
			options: []string{" PostgreSQL", " SQLite", " Type a response..."}, selected: 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := d.Detect(Observation{Kind: c.kind, Screen: c.screen})
			if v.State != StateWaiting || v.Wait != c.wait || v.Dialog == nil {
				t.Fatalf("%s %s by %s, dialog %v", v.State, v.Wait, v.Evidence.Rule, v.Dialog)
			}
			if v.Dialog.Question != c.question || !slices.Equal(labels(v.Dialog), c.options) {
				t.Errorf("asks %q with %q, want %q with %q", v.Dialog.Question, labels(v.Dialog), c.question, c.options)
			}
			at := slices.IndexFunc(v.Dialog.Options, func(o Option) bool { return o.Selected })
			if at != c.selected {
				t.Errorf("option %d is selected, want %d", at, c.selected)
			}
		})
	}
}

func TestDialogsThatAskTheSameAreEqualWhereverTheCursorStands(t *testing.T) {
	a := &Dialog{Question: "Go on?", Options: []Option{{Key: "1", Label: "Yes", Selected: true, Line: 3}, {Key: "2", Label: "No", Line: 4}}}
	b := &Dialog{Question: "Go on?", Options: []Option{{Key: "1", Label: "Yes", Line: 7}, {Key: "2", Label: "No", Selected: true, Line: 8}}}
	if !a.Equal(b) || a.Equal(nil) || !(*Dialog)(nil).Equal(nil) {
		t.Error("the same dialog is not the same")
	}
	b.Options[1].Label = "Never"
	if a.Equal(b) {
		t.Error("another option makes another dialog")
	}
}

func TestAnExplanationNamesEveryStageUpToTheOneThatDecided(t *testing.T) {
	for _, c := range readCaptures(t) {
		e := NewDetector().Explain(c.observation())
		v := NewDetector().Detect(c.observation())
		if e.Verdict.State != v.State || e.Verdict.Evidence.Rule != v.Evidence.Rule {
			t.Fatalf("%s: explained as %s, judged as %s", c.ID, e.Verdict.State, v.State)
		}
		if len(e.Steps) == 0 || (e.ScreenRule != "" && !e.Steps[len(e.Steps)-1].Matched && e.ScreenState != StateUnknown && e.ScreenState != StateStarting && e.ScreenState != StateWorking) {
			t.Errorf("%s: steps %+v do not end in what decided (%s)", c.ID, e.Steps, e.ScreenRule)
		}
		for i, area := range e.Areas {
			if area.From > area.To || (i > 0 && area.From != e.Areas[i-1].To+1) {
				t.Errorf("%s: areas %+v do not follow each other", c.ID, e.Areas)
			}
		}
	}
}
