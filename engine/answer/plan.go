package answer

import (
	"fmt"
	"strings"
	"unicode"

	"agentwatch/health"
	"agentwatch/tmuxpool/typing"
)

// Plan is what an answer would type, for showing before it is sent.
type Plan struct {
	// Words say it in one line: `chooses "2. No" by its key 2`.
	Words string
	// Option is the option that is chosen, -1 when none is.
	Option int
	// Keys are those that are typed, at least; Text is pasted before them.
	Keys []Key
	Text string

	// Cursor is set when the option is reached by moving the cursor, and then
	// taken by Keys.
	Cursor bool
	// First are the keys that make a dialog take a text; Notes those that do once
	// the cursor is on the option.
	First, Notes []Key
}

// Cannot is an ErrCannot with its reason.
func Cannot(format string, values ...any) error {
	return fmt.Errorf("%w: %s", ErrCannot, fmt.Sprintf(format, values...))
}

// PlanFor decides what to type. It is pure, and fails with ErrCannot.
func PlanFor(r Request, rules health.AnswerRules) (Plan, error) {
	switch {
	case r.Action == ActionResume:
		return planResume(r.Seen)
	case r.Seen.Kind == health.KindNone || r.Seen.State == health.StateCrashed || r.Seen.State == health.StateExited:
		return Plan{}, Cannot("no agent runs in this pane")
	case r.Action == ActionKeys:
		return planKeys(r)
	case !rules.Known:
		return Plan{}, Cannot("the profile of %s does not say how it is answered ([answer] in docs/kinds.md); keys can be sent", r.Seen.Kind)
	}
	switch r.Action {
	case ActionApprove:
		return planApprove(r.Seen, rules)
	case ActionDeny:
		return planDeny(r.Seen, rules)
	case ActionChoose:
		if d := r.Seen.Dialog; d != nil && len(rules.Notes) == 0 && r.Seen.Wait == health.WaitQuestion {
			if free := rules.Free(d.Options); free >= 0 && free == r.Option {
				return Plan{}, Cannot("%q takes a text: reply with one", optionName(d.Options[free]))
			}
		}
		return planChoose(r.Seen, rules, r.Option)
	case ActionReply:
		return planReply(r, rules)
	case ActionInterrupt:
		return planInterrupt(r.Seen, rules)
	default:
		return Plan{}, Cannot("%s is not an action", r.Action)
	}
}

func planKeys(r Request) (Plan, error) {
	if len(r.Keys) == 0 {
		return Plan{}, Cannot("no key is given")
	}
	for _, k := range r.Keys {
		if !k.Valid() {
			return Plan{}, Cannot("%s is not a key that can be typed", k)
		}
	}
	return Plan{Words: "types " + Words(r.Keys, ""), Option: -1, Keys: r.Keys}, nil
}

func planApprove(seen Seen, rules health.AnswerRules) (Plan, error) {
	switch {
	case seen.Dialog == nil:
		return Plan{}, Cannot("it asks nothing")
	case seen.Wait != health.WaitPermission && seen.Wait != health.WaitPlan && seen.Wait != health.WaitTrust:
		return Plan{}, Cannot("it does not ask for an approval (%s): choose an option", seen.Wait)
	}
	yes := rules.Yes(seen.Dialog.Options)
	if yes < 0 && rules.Choose != health.ChooseNone {
		return Plan{}, Cannot("none of its options says yes to this once: choose one")
	}
	return planChoose(seen, rules, yes)
}

func planDeny(seen Seen, rules health.AnswerRules) (Plan, error) {
	if seen.Dialog == nil {
		return Plan{}, Cannot("it asks nothing")
	}
	if no := rules.No(seen.Dialog.Options); no >= 0 {
		if p, err := planChoose(seen, rules, no); err == nil && !p.Cursor {
			return p, nil
		}
	}
	keys, err := parseKeys(rules.Dismiss)
	if err != nil {
		return Plan{}, err
	}
	if len(keys) > 0 {
		return Plan{Words: "declines by " + Words(keys, ""), Option: -1, Keys: keys}, nil
	}
	no := rules.No(seen.Dialog.Options)
	if no < 0 {
		return Plan{}, Cannot("none of its options declines, and no key is known that does")
	}
	return planChoose(seen, rules, no)
}

// mostKeyed is how many options a dialog may have for a digit to be an option's
// whole key.
const mostKeyed = 9

func planChoose(seen Seen, rules health.AnswerRules, option int) (Plan, error) {
	d, choose := seen.Dialog, rules.ChooseFor(seen.Wait)
	switch {
	case d == nil:
		return Plan{}, Cannot("it asks nothing")
	case choose == health.ChooseNone:
		return Plan{}, Cannot("it is not known how %s takes an option; keys can be sent", seen.Kind)
	case option < 0 || option >= len(d.Options):
		return Plan{}, Cannot("it has no option %d", option+1)
	}
	o := d.Options[option]
	// Where a key may need Enter behind it, nothing on the screen tells when: the
	// cursor does.
	byKey := choose == health.ChooseKey && len(o.Key) == 1 &&
		len(d.Options) <= mostKeyed && typing.Key(o.Key[0]).Valid()
	if byKey {
		key := typing.Key(o.Key[0])
		return Plan{
			Words: fmt.Sprintf("chooses %q by its key %s", optionName(o), key), Option: option, Keys: []Key{key},
		}, nil
	}
	if d.SelectedOption() < 0 && !rules.StyledCursor {
		return Plan{}, Cannot("%q has no key, and no cursor is to be seen", o.Label)
	}
	return Plan{
		Words:  fmt.Sprintf("moves the cursor to %q and presses Enter", optionName(o)),
		Option: option, Keys: []Key{typing.KeyEnter}, Cursor: true,
	}, nil
}

func planReply(r Request, rules health.AnswerRules) (Plan, error) {
	text, err := typing.Sanitise(r.Text)
	if err != nil {
		return Plan{}, fmt.Errorf("%w: %w", ErrCannot, err)
	}
	submit, err := parseKeys(rules.Submit)
	switch {
	case err != nil:
		return Plan{}, err
	case len(submit) == 0:
		return Plan{}, Cannot("it is not known how a text is sent to %s; keys can be sent", r.Seen.Kind)
	case typing.NeedsBracketing(text) && !rules.Paste:
		return Plan{}, Cannot("%s is not known to take pastes, so that each line would be sent by itself", r.Seen.Kind)
	}
	p := Plan{Words: fmt.Sprintf("sends %d characters and %s", len([]rune(text)), Words(submit, "")), Option: -1, Keys: submit, Text: text}
	if r.Seen.Dialog == nil {
		if !r.Seen.Composer {
			return Plan{}, Cannot("there is no place to type on its screen")
		}
		return p, nil
	}
	free := rules.Free(r.Seen.Dialog.Options)
	if r.Seen.Wait != health.WaitQuestion || free < 0 {
		return Plan{}, Cannot("it asks with a dialog that takes no text: choose an option")
	}
	if notes, err := parseKeys(rules.Notes); err != nil || len(notes) > 0 {
		return planNotes(r.Seen, p, free, notes), err
	}
	choice, err := planChoose(r.Seen, rules, free)
	if err != nil {
		return Plan{}, err
	}
	if choice.Cursor {
		return Plan{}, Cannot("%q has no key", r.Seen.Dialog.Options[free].Label)
	}
	p.Option, p.First = free, choice.Keys
	p.Words = choice.Words + ", then " + p.Words
	return p, nil
}

// planNotes makes p the plan of a text that goes with an option.
func planNotes(seen Seen, p Plan, option int, notes []Key) Plan {
	p.Option, p.Notes = option, notes
	p.Words = fmt.Sprintf("moves the cursor to %q, presses %s, then %s", optionName(seen.Dialog.Options[option]), Words(notes, ""), p.Words)
	return p
}

func planInterrupt(seen Seen, rules health.AnswerRules) (Plan, error) {
	keys, err := parseKeys(rules.Interrupt)
	switch {
	case err != nil:
		return Plan{}, err
	case seen.Dialog != nil:
		return Plan{}, Cannot("it asks something: deny it")
	case seen.State != health.StateWorking:
		return Plan{}, Cannot("it is %s, no turn runs", seen.State)
	case len(keys) == 0:
		return Plan{}, Cannot("no key is known that interrupts %s; keys can be sent", seen.Kind)
	}
	return Plan{Words: "interrupts by " + Words(keys, ""), Option: -1, Keys: keys}, nil
}

// parseKeys reads the keys of a profile, which have been checked.
func parseKeys(names []string) ([]Key, error) {
	keys := make([]Key, 0, len(names))
	for _, name := range names {
		k, err := typing.ParseKey(name)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCannot, err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// squash is what a text comes down to when it is wrapped, framed and indented:
// its letters and digits.
func squash(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !isWord(r) }), "")
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
