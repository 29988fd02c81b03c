package engine

import (
	"fmt"
	"strings"
	"unicode"

	"agentwatch/health"
	"agentwatch/tmuxpool/typing"
)

// AnswerPlan is what an answer would type, for showing before it is sent.
type AnswerPlan struct {
	// Words say it in one line: `chooses "2. No" by its key 2`.
	Words string
	// Option is the option that is chosen, -1 when none is.
	Option int
	// Keys are those that are typed, at least; Text is pasted before them.
	Keys []Key
	Text string

	// cursor is set when the option is reached by moving the cursor, and then
	// taken by Keys.
	cursor bool
	// first are the keys that make a dialog take a text; notes those that do once
	// the cursor is on the option.
	first, notes []Key
}

// Plan says what Answer would type for a request. It looks at nothing but the
// request, and fails with ErrCannot where Answer would.
func (s *Service) Plan(r Request) (AnswerPlan, error) {
	return planAnswer(r, s.detector.AnswerRules(r.Seen.Kind))
}

// cannot is an ErrCannot with its reason.
func cannot(format string, values ...any) error {
	return fmt.Errorf("%w: %s", ErrCannot, fmt.Sprintf(format, values...))
}

// planAnswer decides what to type. It is pure.
func planAnswer(r Request, rules health.AnswerRules) (AnswerPlan, error) {
	switch {
	case r.Seen.Kind == health.KindNone || r.Seen.State == health.StateCrashed || r.Seen.State == health.StateExited:
		return AnswerPlan{}, cannot("no agent runs in this pane")
	case r.Action == ActionKeys:
		return planKeys(r)
	case !rules.Known:
		return AnswerPlan{}, cannot("the profile of %s does not say how it is answered ([answer] in docs/kinds.md); keys can be sent", r.Seen.Kind)
	}
	switch r.Action {
	case ActionApprove:
		return planApprove(r.Seen, rules)
	case ActionDeny:
		return planDeny(r.Seen, rules)
	case ActionChoose:
		if d := r.Seen.Dialog; d != nil && len(rules.Notes) == 0 && r.Seen.Wait == health.WaitQuestion {
			if free := rules.Free(d.Options); free >= 0 && free == r.Option {
				return AnswerPlan{}, cannot("%q takes a text: reply with one", optionName(d.Options[free]))
			}
		}
		return planChoose(r.Seen, rules, r.Option)
	case ActionReply:
		return planReply(r, rules)
	case ActionInterrupt:
		return planInterrupt(r.Seen, rules)
	default:
		return AnswerPlan{}, cannot("%s is not an action", r.Action)
	}
}

func planKeys(r Request) (AnswerPlan, error) {
	if len(r.Keys) == 0 {
		return AnswerPlan{}, cannot("no key is given")
	}
	for _, k := range r.Keys {
		if !k.Valid() {
			return AnswerPlan{}, cannot("%s is not a key that can be typed", k)
		}
	}
	return AnswerPlan{Words: "types " + keysAndText(r.Keys, ""), Option: -1, Keys: r.Keys}, nil
}

func planApprove(seen Seen, rules health.AnswerRules) (AnswerPlan, error) {
	switch {
	case seen.Dialog == nil:
		return AnswerPlan{}, cannot("it asks nothing")
	case seen.Wait != health.WaitPermission && seen.Wait != health.WaitPlan && seen.Wait != health.WaitTrust:
		return AnswerPlan{}, cannot("it does not ask for an approval (%s): choose an option", seen.Wait)
	}
	yes := rules.Yes(seen.Dialog.Options)
	if yes < 0 && rules.Choose != health.ChooseNone {
		return AnswerPlan{}, cannot("none of its options says yes to this once: choose one")
	}
	return planChoose(seen, rules, yes)
}

func planDeny(seen Seen, rules health.AnswerRules) (AnswerPlan, error) {
	if seen.Dialog == nil {
		return AnswerPlan{}, cannot("it asks nothing")
	}
	if no := rules.No(seen.Dialog.Options); no >= 0 {
		if p, err := planChoose(seen, rules, no); err == nil && !p.cursor {
			return p, nil
		}
	}
	keys, err := parseKeys(rules.Dismiss)
	if err != nil {
		return AnswerPlan{}, err
	}
	if len(keys) > 0 {
		return AnswerPlan{Words: "declines by " + keysAndText(keys, ""), Option: -1, Keys: keys}, nil
	}
	no := rules.No(seen.Dialog.Options)
	if no < 0 {
		return AnswerPlan{}, cannot("none of its options declines, and no key is known that does")
	}
	return planChoose(seen, rules, no)
}

// mostKeyed is how many options a dialog may have for a digit to be an option's
// whole key.
const mostKeyed = 9

func planChoose(seen Seen, rules health.AnswerRules, option int) (AnswerPlan, error) {
	d, choose := seen.Dialog, rules.ChooseFor(seen.Wait)
	switch {
	case d == nil:
		return AnswerPlan{}, cannot("it asks nothing")
	case choose == health.ChooseNone:
		return AnswerPlan{}, cannot("it is not known how %s takes an option; keys can be sent", seen.Kind)
	case option < 0 || option >= len(d.Options):
		return AnswerPlan{}, cannot("it has no option %d", option+1)
	}
	o := d.Options[option]
	// Where a key may need Enter behind it, nothing on the screen tells when: the
	// cursor does.
	byKey := choose == health.ChooseKey && len(o.Key) == 1 &&
		len(d.Options) <= mostKeyed && typing.Key(o.Key[0]).Valid()
	if byKey {
		key := typing.Key(o.Key[0])
		return AnswerPlan{
			Words: fmt.Sprintf("chooses %q by its key %s", optionName(o), key), Option: option, Keys: []Key{key},
		}, nil
	}
	if selected(d) < 0 && !rules.StyledCursor {
		return AnswerPlan{}, cannot("%q has no key, and no cursor is to be seen", o.Label)
	}
	return AnswerPlan{
		Words:  fmt.Sprintf("moves the cursor to %q and presses Enter", optionName(o)),
		Option: option, Keys: []Key{typing.KeyEnter}, cursor: true,
	}, nil
}

func planReply(r Request, rules health.AnswerRules) (AnswerPlan, error) {
	text, err := typing.Sanitise(r.Text)
	if err != nil {
		return AnswerPlan{}, fmt.Errorf("%w: %w", ErrCannot, err)
	}
	submit, err := parseKeys(rules.Submit)
	switch {
	case err != nil:
		return AnswerPlan{}, err
	case len(submit) == 0:
		return AnswerPlan{}, cannot("it is not known how a text is sent to %s; keys can be sent", r.Seen.Kind)
	case typing.NeedsBracketing(text) && !rules.Paste:
		return AnswerPlan{}, cannot("%s is not known to take pastes, so that each line would be sent by itself", r.Seen.Kind)
	}
	p := AnswerPlan{Words: fmt.Sprintf("sends %d characters and %s", len([]rune(text)), keysAndText(submit, "")), Option: -1, Keys: submit, Text: text}
	if r.Seen.Dialog == nil {
		if !r.Seen.Composer {
			return AnswerPlan{}, cannot("there is no place to type on its screen")
		}
		return p, nil
	}
	free := rules.Free(r.Seen.Dialog.Options)
	if r.Seen.Wait != health.WaitQuestion || free < 0 {
		return AnswerPlan{}, cannot("it asks with a dialog that takes no text: choose an option")
	}
	if notes, err := parseKeys(rules.Notes); err != nil || len(notes) > 0 {
		return planNotes(r.Seen, p, free, notes), err
	}
	choice, err := planChoose(r.Seen, rules, free)
	if err != nil {
		return AnswerPlan{}, err
	}
	if choice.cursor {
		return AnswerPlan{}, cannot("%q has no key", r.Seen.Dialog.Options[free].Label)
	}
	p.Option, p.first = free, choice.Keys
	p.Words = choice.Words + ", then " + p.Words
	return p, nil
}

// planNotes makes p the plan of a text that goes with an option.
func planNotes(seen Seen, p AnswerPlan, option int, notes []Key) AnswerPlan {
	p.Option, p.notes = option, notes
	p.Words = fmt.Sprintf("moves the cursor to %q, presses %s, then %s", optionName(seen.Dialog.Options[option]), keysAndText(notes, ""), p.Words)
	return p
}

func planInterrupt(seen Seen, rules health.AnswerRules) (AnswerPlan, error) {
	keys, err := parseKeys(rules.Interrupt)
	switch {
	case err != nil:
		return AnswerPlan{}, err
	case seen.Dialog != nil:
		return AnswerPlan{}, cannot("it asks something: deny it")
	case seen.State != health.StateWorking:
		return AnswerPlan{}, cannot("it is %s, no turn runs", seen.State)
	case len(keys) == 0:
		return AnswerPlan{}, cannot("no key is known that interrupts %s; keys can be sent", seen.Kind)
	}
	return AnswerPlan{Words: "interrupts by " + keysAndText(keys, ""), Option: -1, Keys: keys}, nil
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
