package health

import (
	"slices"
	"strings"
)

// answerProfile tells how the program is answered. docs/kinds.md describes each
// key. Keys of the keyboard go by tmux's names; a phrase is compared without
// regard to case.
type answerProfile struct {
	// Choose says how an option of a dialog is chosen.
	Choose ChooseBy `toml:"choose"`
	// ByCursor are the reasons to wait whose dialogs take the cursor keys only.
	ByCursor []WaitReason `toml:"by_cursor"`
	// Approve are what the label of an option begins with that says yes, Deny
	// that says no; Lasting are phrases of options that say more than yes to this
	// one thing, which approving never chooses.
	Approve []string `toml:"approve"`
	Deny    []string `toml:"deny"`
	Lasting []string `toml:"lasting"`
	// Other are what an option begins with that takes a text instead.
	Other []string `toml:"other"`
	// Notes are the keys that open a place for the text once the cursor is on such
	// an option; empty where choosing it does.
	Notes []string `toml:"notes"`
	// Dismiss are the keys that decline a dialog without any option.
	Dismiss []string `toml:"dismiss"`
	// Interrupt are the keys that stop a turn, Submit those that send what is
	// typed.
	Interrupt []string `toml:"interrupt"`
	Submit    []string `toml:"submit"`
	// Paste is set when the program asks for pastes in brackets, so that a text
	// may have several lines.
	Paste bool `toml:"paste"`
	// Pasted are phrases that stand in the composer for a long text.
	Pasted []string `toml:"pasted"`
	// Placeholders are what an empty composer shows where that is not faint.
	Placeholders []string `toml:"placeholders"`
}

// ChooseBy says how an option of a dialog is chosen.
type ChooseBy string

// The ways to choose.
const (
	// ChooseNone: not known.
	ChooseNone ChooseBy = ""
	// ChooseKey: the option's own key does it alone.
	ChooseKey ChooseBy = "key"
	// ChooseKeyEnter: its key puts the cursor on it, and some dialogs need Enter
	// then. Nothing on the screen tells which, so it is answered by the cursor.
	ChooseKeyEnter ChooseBy = "key enter"
	// ChooseCursor: the cursor keys and enter.
	ChooseCursor ChooseBy = "cursor"
)

// answerKeys are the names of keys that a profile may give.
func answerKeys() []string {
	return []string{"Enter", "Escape", "Tab", "BTab", "Space", "Up", "Down", "Left", "Right", "C-c", "C-d", "C-u"}
}

// AnswerRules say how agents of a kind are answered. They are shared and must
// not be changed.
type AnswerRules struct {
	answerProfile
	// Known is set when the kind's profile says anything about answers.
	Known bool
	// Seen are the versions of the program that the profile was made with.
	Seen string
	// StyledCursor is set when only a capture with colours tells which option is
	// chosen: then none is Selected in a dialog that was read without.
	StyledCursor bool
}

// AnswerRules returns how agents of a kind are answered; the zero value for a
// kind that nobody has described.
func (d *Detector) AnswerRules(kind Kind) AnswerRules {
	p := d.profile(kind)
	if p == nil {
		return AnswerRules{}
	}
	known := p.Answer.Choose != ChooseNone || len(p.Answer.Dismiss)+len(p.Answer.Interrupt)+len(p.Answer.Submit) > 0
	return AnswerRules{answerProfile: p.Answer, Known: known, Seen: p.Seen, StyledCursor: p.Layout.StyledCursor}
}

// ChooseFor is how an option is chosen in a dialog that waits for a reason.
func (r AnswerRules) ChooseFor(wait WaitReason) ChooseBy {
	if slices.Contains(r.ByCursor, wait) {
		return ChooseCursor
	}
	return r.Choose
}

// Yes returns the index of the option that agrees to what is asked, once, and
// to nothing more; -1 when there is none.
func (r AnswerRules) Yes(options []Option) int {
	for _, phrase := range r.Approve {
		for i, o := range options {
			if beginsWith(o.Label, phrase) && !containsAnyFold(o.Label, r.Lasting) {
				return i
			}
		}
	}
	return -1
}

// No returns the index of the option that declines; -1 when there is none.
func (r AnswerRules) No(options []Option) int {
	return slices.IndexFunc(options, func(o Option) bool { return r.declines(o) })
}

func (r AnswerRules) declines(o Option) bool {
	return slices.ContainsFunc(r.Deny, func(phrase string) bool { return beginsWith(o.Label, phrase) })
}

// Free returns the index of the option that takes a text; -1 when there is none.
func (r AnswerRules) Free(options []Option) int {
	return slices.IndexFunc(options, func(o Option) bool { return hasAnyPrefixFold(o.Label, r.Other) })
}

// StandsFor tells whether what a composer shows stands for a long text.
func (r AnswerRules) StandsFor(shown string) bool { return containsAnyFold(shown, r.Pasted) }

// beginsWith tells whether the text begins with the phrase as words of its own.
func beginsWith(text, phrase string) bool {
	if !hasPrefixFold(text, phrase) {
		return false
	}
	// The text can have longer apostrophes: what follows is found from there.
	rest := strings.ToLower(strings.ReplaceAll(text, "’", "'"))[len(phrase):]
	return rest == "" || !isLetter(rest[0])
}

// validateAnswer checks what the TOML reader cannot.
func (p *profile) validateAnswer(fail func(at, format string, args ...any) error) error {
	switch p.Answer.Choose {
	case ChooseNone, ChooseKey, ChooseKeyEnter, ChooseCursor:
	default:
		return fail(string(p.Answer.Choose), "answer.choose must be %q, %q or %q, not %q", ChooseKey, ChooseKeyEnter, ChooseCursor, p.Answer.Choose)
	}
	for _, keys := range [...][]string{p.Answer.Dismiss, p.Answer.Interrupt, p.Answer.Submit, p.Answer.Notes} {
		for _, key := range keys {
			if !slices.Contains(answerKeys(), key) && (len(key) != 1 || !isLetter(key[0])) {
				return fail(key, "answer: no key is called %q; there are letters and %s", key, strings.Join(answerKeys(), ", "))
			}
		}
	}
	return nil
}
