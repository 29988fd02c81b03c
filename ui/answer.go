package ui

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
)

// recipient is an agent that is to be answered: as the user has seen it, and what
// came of it.
type recipient struct {
	agent   engine.Agent
	name    string
	request engine.Request
	// plan is what would be typed, unless problem says why nothing can be.
	planned bool
	plan    engine.AnswerPlan
	problem string
	// changed is set when it asks something else by now, or is gone.
	changed bool
	// sent is set when the answer is under way, done when something came of it.
	sent, done bool
	outcome    engine.Outcome
}

// answerOverlay shows what will be sent to whom, sends it when the user says so,
// and shows what came of it.
type answerOverlay struct {
	action     engine.Action
	recipients []recipient
	// screens has what the recipient shows above its question.
	screens *screens
	// option is the one under the cursor, where options are chosen.
	option   int
	scroller scroller
	// scrolled is set once the user has scrolled: until then the end of what is
	// asked is shown, and what will be typed.
	scrolled bool
}

// newAnswer prepares an answer to agents as they are seen now. make writes what is
// particular to it into a request.
func newAnswer(d *desk, action engine.Action, agents []*engine.Agent, make func(*engine.Request)) *answerOverlay {
	o := &answerOverlay{action: action, screens: &d.screens}
	for _, a := range agents {
		r := engine.Request{Target: a.Ref, Action: action, Seen: engine.SeenOf(*a)}
		make(&r)
		o.recipients = append(o.recipients, recipient{agent: *a, name: d.fleet.name(a), request: r})
	}
	return o
}

func (o *answerOverlay) place() keys.Place { return keys.InAnswer }

func (o *answerOverlay) live() bool { return false }

// update notices what is no longer as the user has seen it. The answer itself is
// checked again right before it is typed.
func (o *answerOverlay) update(snap *engine.Snapshot) {
	now := make(map[health.PaneRef]*engine.Agent, len(snap.Agents))
	for i := range snap.Agents {
		now[snap.Agents[i].Ref] = &snap.Agents[i]
	}
	for i := range o.recipients {
		r := &o.recipients[i]
		a := now[r.agent.Ref]
		r.changed = a == nil || a.PID != r.agent.PID || !a.Dialog.Equal(r.agent.Dialog) || a.Wait != r.agent.Wait
	}
}

// plan asks what would be typed.
func (o *answerOverlay) plan(c commands) tea.Cmd {
	var all []tea.Cmd
	for i := range o.recipients {
		o.recipients[i].planned, o.recipients[i].problem = false, ""
		all = append(all, c.plan(o.recipients[i].request))
	}
	return tea.Batch(all...)
}

func (o *answerOverlay) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	switch a {
	case keys.Back:
		return true, nil
	case keys.Open:
		return o.send(m)
	}
	pages := a == keys.PageUp || a == keys.PageDown
	if options := o.options(); o.action == engine.ActionChoose && !o.begun() && !pages {
		c := choice{cursor: o.option, seen: len(options)}
		if c.move(a, len(options)) {
			return false, o.choose(c.cursor, m.commands)
		}
		return false, nil
	}
	text := o.text(&m.look, m.covered())
	if !o.scrolled {
		o.scrolled, o.scroller.offset = true, text.offset(text.room(m.covered()))
	}
	o.scroller.move(a, len(text.lines), text.room(m.covered()).H)
	return false, nil
}

// shows implements shower: what one is asked about may stand above the question.
func (o *answerOverlay) shows() []health.PaneRef {
	if len(o.recipients) > 1 || o.recipients[0].agent.Dialog == nil {
		return nil
	}
	return []health.PaneRef{o.recipients[0].agent.Ref}
}

// likely implements shower.
func (o *answerOverlay) likely() []health.PaneRef { return nil }

// options are those of the first recipient, which all others share.
func (o *answerOverlay) options() []health.Option {
	if d := o.recipients[0].agent.Dialog; d != nil {
		return d.Options
	}
	return nil
}

// choose puts the cursor on an option.
func (o *answerOverlay) choose(option int, c commands) tea.Cmd {
	o.option, o.scrolled = option, false
	for i := range o.recipients {
		o.recipients[i].request.Option = option
	}
	return o.plan(c)
}

// write implements writer: an option is chosen by its own key.
func (o *answerOverlay) write(msg tea.KeyPressMsg, m *Model) (bool, tea.Cmd) {
	if o.action != engine.ActionChoose || o.begun() {
		return false, nil
	}
	for i, option := range o.options() {
		if option.Key == msg.Text && msg.Text != "" || option.Key == "" && msg.Text == strconv.Itoa(i+1) {
			return true, o.choose(i, m.commands)
		}
	}
	return false, nil
}

// paste implements writer: nothing is pasted into a choice.
func (o *answerOverlay) paste(string, *Model) {}

// begun tells whether anything has been sent.
func (o *answerOverlay) begun() bool {
	return slices.ContainsFunc(o.recipients, func(r recipient) bool { return r.sent })
}

// refused tells whether nobody can get it.
func (o *answerOverlay) refused() bool {
	return !slices.ContainsFunc(o.recipients, func(r recipient) bool { return !r.refused() })
}

// refused tells whether the agent cannot be answered so.
func (r recipient) refused() bool { return r.changed || r.planned && r.problem != "" }

// send sends it to all that can get it. When nobody can, it says why.
func (o *answerOverlay) send(m *Model) (bool, tea.Cmd) {
	if o.begun() {
		return true, nil
	}
	var all []tea.Cmd
	waiting := false
	o.scrolled = false
	for i := range o.recipients {
		r := &o.recipients[i]
		waiting = waiting || !r.planned
		if r.planned && r.problem == "" && !r.changed {
			r.sent = true
			request := r.request
			request.Shown, request.InPopup = r.plan.Words, m.options.InPopup
			all = append(all, m.commands.answer(request))
		}
	}
	switch {
	case len(all) > 0:
		return false, tea.Batch(all...)
	case waiting:
		m.tell("a moment: it is not known yet what will be typed")
	default:
		m.say(engine.SeverityWarning, m.look.orKey("there is nothing that can be sent", keys.InAnswer, keys.Back, "closes this"))
	}
	return false, nil
}

// takePlan takes what would be typed.
func (o *answerOverlay) takePlan(msg plannedMsg) {
	for i := range o.recipients {
		r := &o.recipients[i]
		// An answer to what was chosen before is no answer any more.
		if r.agent.Ref == msg.request.Target && r.request.Option == msg.request.Option {
			r.planned, r.plan, r.problem = true, msg.plan, problemOf(msg.err)
		}
	}
}

// takeOutcome takes what came of an answer and tells whether all went well, so
// that there is nothing left to read.
func (o *answerOverlay) takeOutcome(msg answeredMsg) (well bool) {
	well = true
	for i := range o.recipients {
		r := &o.recipients[i]
		if r.agent.Ref == msg.request.Target && r.sent {
			r.done, r.outcome, r.problem = true, msg.outcome, outcomeProblem(msg.outcome, msg.err)
		}
		well = well && r.done && r.problem == ""
	}
	return well
}

func problemOf(err error) string {
	if err == nil {
		return ""
	}
	return sanitize.Text(err.Error())
}

// outcomeProblem is what went wrong with an answer that may have been typed.
func outcomeProblem(o engine.Outcome, err error) string {
	problem := problemOf(err)
	if o.Uncertain {
		problem = "uncertain, look at it before you answer again: " + strings.Replace(problem, engine.ErrUnconfirmed.Error()+": ", "", 1)
	}
	return problem
}

func (o *answerOverlay) click(y int, m *Model) (bool, tea.Cmd) { return false, nil }

// startAnswer opens what an action sends, for the agents that are chosen.
func (m *Model) startAnswer(a keys.Action) tea.Cmd {
	agents := m.addressed()
	switch {
	case m.options.ReadOnly:
		m.say(engine.SeverityWarning, "read-only: nothing is typed into any pane")
		return nil
	case len(agents) == 0:
		m.tell("there is no agent to answer")
		return nil
	}
	if a == keys.Answer || a == keys.Approve || a == keys.Deny {
		asking, rest := partition(agents, func(a *engine.Agent) bool { return a.Dialog != nil })
		if len(asking) == 0 {
			m.tell(m.fleet.name(agents[0]) + " asks nothing")
			return nil
		}
		// Of the others the overlay says that they ask nothing.
		agents = append(asking, rest...)
		if a == keys.Answer {
			agents = asking
		}
	}
	if a == keys.Approve && !slices.ContainsFunc(agents, func(a *engine.Agent) bool { return !isQuestion(a) }) {
		m.tell("it asks a question: choose an answer")
		a = keys.Answer
	}
	switch a {
	case keys.Reply:
		r := newReply(m, agents)
		m.push(r)
		return r.plan(m.commands)
	case keys.SendKeys:
		m.entry = m.keysEntry(agents)
		return nil
	case keys.Answer:
		if reason := m.differ(agents); reason != "" {
			m.tell(reason)
			return nil
		}
	}
	actions := map[keys.Action]engine.Action{
		keys.Approve: engine.ActionApprove, keys.Deny: engine.ActionDeny, keys.Answer: engine.ActionChoose, keys.Interrupt: engine.ActionInterrupt,
		keys.BringBack: engine.ActionResume,
	}
	return m.present(newAnswer(m.desk, actions[a], agents, func(r *engine.Request) { r.Option = max(r.Seen.Dialog.SelectedOption(), 0) }))
}

// isQuestion tells whether an agent wants one of several answers, where an
// approval would say nothing.
func isQuestion(a *engine.Agent) bool {
	return a.Wait == health.WaitQuestion && a.Dialog != nil && len(a.Dialog.Options) > 0
}

// partition parts agents into those that are so and those that are not.
func partition(agents []*engine.Agent, so func(*engine.Agent) bool) (are, others []*engine.Agent) {
	for _, a := range agents {
		if so(a) {
			are = append(are, a)
		} else {
			others = append(others, a)
		}
	}
	return are, others
}

// present shows an answer before it is sent.
func (m *Model) present(o *answerOverlay) tea.Cmd {
	if o.action == engine.ActionChoose {
		o.option = o.recipients[0].request.Option
	}
	m.push(o)
	return o.plan(m.commands)
}

// differ says why one option cannot be chosen for all agents; empty when it can.
func (m *Model) differ(agents []*engine.Agent) string {
	for _, a := range agents {
		switch {
		case a.Dialog == nil || len(a.Dialog.Options) == 0:
			return m.fleet.name(a) + " offers no options"
		case !slices.EqualFunc(a.Dialog.Options, agents[0].Dialog.Options, func(x, y health.Option) bool { return x.Key == y.Key && x.Label == y.Label }):
			return fmt.Sprintf("%s and %s offer different options: answer them one by one", m.fleet.name(agents[0]), m.fleet.name(a))
		}
	}
	return ""
}

// addressed are the agents that are answered: the one that is open, else the
// marked ones that are listed, else the selected one.
func (m *Model) addressed() []*engine.Agent {
	if m.at != ViewFocus {
		return m.fleet.chosen()
	}
	if m.focus().gone {
		return nil
	}
	a := m.focus().agent
	return []*engine.Agent{&a}
}

// takeAnswer shows what came of an answer: where it was asked for, else in the
// last line.
func (m *Model) takeAnswer(msg answeredMsg) {
	m.now = m.options.Now()
	m.tour.answered(msg)
	if msg.err == nil || msg.outcome.Uncertain {
		m.fleet.unmark(msg.request.Target)
		m.relist()
	}
	for _, o := range m.overlays {
		if a, ok := o.(*answerOverlay); ok {
			if a.takeOutcome(msg) {
				m.pop(a)
				m.say(engine.SeverityInfo, a.summary())
			}
			return
		}
	}
	if msg.err != nil && !errors.Is(msg.err, engine.ErrReadOnly) {
		m.say(engine.SeverityError, sanitize.Text(msg.err.Error()))
	}
}

// summary says in one line that all went well.
func (o *answerOverlay) summary() string {
	who := o.recipients[0].name
	if n := len(o.recipients); n > 1 {
		who = format.Plural(n, "agent")
	}
	return o.action.String() + " sent to " + who + ", confirmed on the screen"
}
