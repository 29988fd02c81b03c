package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool/typing"
)

// Errors of an answer. Nothing has been typed with any but ErrUnconfirmed, which
// can wrap what came in between.
var (
	// ErrReadOnly: the service was made to look only.
	ErrReadOnly = errors.New("read-only: nothing is typed into any pane")
	// ErrChanged: the pane is not as the user saw it. A ChangedError says what
	// differs.
	ErrChanged = errors.New("the pane has changed")
	// ErrBusy: the pane is being answered already.
	ErrBusy = errors.New("this pane is being answered already")
	// ErrCannot: such an answer does not fit what the agent shows, or nobody
	// knows the keys for it.
	ErrCannot = errors.New("this answer does not fit what the agent shows")
	// ErrUnconfirmed: it was typed, and the screen does not show that it did what
	// it should. Nothing is typed a second time: the program may yet read the first.
	ErrUnconfirmed = errors.New("typed, but not confirmed")
)

// Key is a key that can be typed; ParseKey reads its name.
type Key = typing.Key

// ParseKey reads a key's name, such as "Escape", "C-c" or "y".
func ParseKey(name string) (Key, error) { return typing.ParseKey(name) }

// Action is what an answer does.
type Action uint8

// The actions.
const (
	// ActionApprove agrees to what a dialog asks, once.
	ActionApprove Action = iota + 1
	// ActionDeny declines it.
	ActionDeny
	// ActionChoose takes the option Request.Option.
	ActionChoose
	// ActionReply sends Request.Text from the composer, or as the free answer of
	// a question.
	ActionReply
	// ActionInterrupt stops the turn that runs.
	ActionInterrupt
	// ActionKeys types Request.Keys.
	ActionKeys
)

// String returns the action's word.
func (a Action) String() string {
	words := [...]string{"none", "approve", "deny", "choose", "reply", "interrupt", "keys"}
	if int(a) < len(words) {
		return words[a]
	}
	return fmt.Sprintf("action(%d)", uint8(a))
}

// Request is one answer to one agent.
type Request struct {
	Target health.PaneRef
	Action Action
	// Option is for ActionChoose: the index in Seen.Dialog.Options.
	Option int
	// Text is for ActionReply, Keys for ActionKeys.
	Text string
	Keys []Key
	// Seen is what the user saw when deciding so.
	Seen Seen
	// Shown is AnswerPlan.Words, as the user was shown them: nothing else is
	// typed. Empty when nothing was shown.
	Shown string
	// InPopup is set when the user sits in a popup of tmux (see package typing).
	InPopup bool
	// By says who gives it, for the history: "web: phone". Empty for the user at this
	// machine.
	By string
}

// Seen is what the user saw of an agent: what must still be so when it is
// answered. Like a snapshot it is never changed.
type Seen struct {
	PID   int
	Kind  health.Kind
	State health.State
	Wait  health.WaitReason
	// Since is when it entered State: whoever asks the same again asks anew. It
	// counts while it waits; zero when not known.
	Since time.Time
	// Dialog is what it asked.
	Dialog *health.Dialog
	// Composer is set when there was a place to type.
	Composer bool
	// Revision is the agent's, for whoever keeps answers.
	Revision uint64
}

// SeenOf is what a user sees who is shown the agent.
func SeenOf(a Agent) Seen {
	return Seen{
		PID: a.PID, Kind: a.Kind, State: a.State, Wait: a.Wait, Since: a.Since, Dialog: a.Dialog,
		Composer: a.Composer > 0, Revision: a.Revision,
	}
}

// Outcome is what came of an answer.
type Outcome struct {
	Request Request
	// Agent is the agent as it was known when it was answered.
	Agent Agent
	// At is when the answer began, Took how long it took with its confirmation.
	At   time.Time
	Took time.Duration
	// Sent is set when anything was typed, or may have been. Confirmed is set when
	// the screen shows that it did what it should, Uncertain when nothing shows
	// whether it was typed, read or took effect: then the user decides.
	Sent, Uncertain, Confirmed bool
	// Keys are all that were typed, in their order; Text is what was pasted.
	Keys []Key
	Text string
	// Before and After are the screens around it, with colours. Untrusted.
	Before, After string
	// Problem is why it was not confirmed; empty otherwise.
	Problem string
}

// What says in words what was typed.
func (o Outcome) What() string { return keysAndText(o.Keys, o.Text) }

// keysAndText puts keys and a text into words.
func keysAndText(keys []Key, text string) string {
	var words []string
	if text != "" {
		words = append(words, fmt.Sprintf("%q", text))
	}
	for _, k := range keys {
		words = append(words, k.String())
	}
	return strings.Join(words, " ")
}

// paneTypist is what an answer needs of the tmux server; *typing.Typist is one.
type paneTypist interface {
	Look(ctx context.Context, pane string) (typing.Look, error)
	Press(ctx context.Context, pane string, keys []Key, guard typing.Guard) error
	Paste(ctx context.Context, pane, text string, guard typing.Guard) error
}

// answerTimeout bounds one answer with its confirmation.
const answerTimeout = 40 * time.Second

// Answer types an answer into an agent's pane, if that is still as the user saw
// it: the pane is looked at anew, and the keys go only with a condition that the
// tmux server checks in the same moment (see package typing). Then the screen
// must show that the answer has done what it should. Nothing is ever typed twice:
// while the screen does not show that a step was read, no other follows, and in
// the end ErrUnconfirmed says that no sign came (Outcome.Uncertain). One answer at a time goes to a pane, whoever sends it: ErrBusy. Every answer of
// which anything was typed is in the streams of Answers.
func (s *Service) Answer(ctx context.Context, r Request) (Outcome, error) {
	trace := AnswerTrace{Action: r.Action, Began: s.now()}
	outcome, err := s.answer(ctx, r, &trace)
	if o := s.meter.observing(); o != nil {
		trace.Outcome, trace.Err, trace.Ended = outcome, err, s.now()
		o.Answer(trace)
	}
	return outcome, err
}

// answer gives an answer, and notes when its parts were done.
func (s *Service) answer(ctx context.Context, r Request, trace *AnswerTrace) (Outcome, error) {
	if s.options.ReadOnly || s.typist == nil {
		return Outcome{Request: r}, ErrReadOnly
	}
	w, err := s.watcherOf(r.Target)
	if err != nil {
		return Outcome{Request: r}, err
	}
	p, err := planAnswer(r, s.detector.AnswerRules(r.Seen.Kind))
	if err != nil {
		return Outcome{Request: r}, err
	}
	if r.Shown != "" && p.Words != r.Shown {
		return Outcome{Request: r}, fmt.Errorf("%s %s: %w", r.Action, r.Target.Pane, changed(AspectAnswer, r.Shown, p.Words))
	}
	if !s.reserve(r.Target) {
		return Outcome{Request: r}, fmt.Errorf("%s %s: %w", r.Action, r.Target.Pane, ErrBusy)
	}
	defer s.release(r.Target)
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	a := &answer{
		service: s, watcher: w, trace: *trace, typist: s.typist(r.Target.Server, r.InPopup), request: r, plan: p, expected: r.Seen.Dialog,
		rules: s.detector.AnswerRules(r.Seen.Kind), outcome: Outcome{Request: r, At: s.now()},
	}
	err = a.run(ctx)
	*trace = a.trace
	if errors.Is(err, typing.ErrUncertain) {
		a.outcome.Sent = true
		err = fmt.Errorf("%w: %w", ErrUnconfirmed, err)
	}
	if a.outcome.Sent {
		if err != nil {
			a.outcome.Uncertain = !errors.Is(err, errStray)
			a.outcome.Problem = err.Error()
			if !errors.Is(err, ErrUnconfirmed) {
				err = fmt.Errorf("%w: %w", ErrUnconfirmed, err)
			}
		}
		a.outcome.Confirmed, a.outcome.Took = err == nil, s.now().Sub(a.outcome.At)
		s.tell(a.outcome)
	}
	if err != nil {
		err = fmt.Errorf("%s %s: %w", r.Action, r.Target.Pane, err)
	}
	return a.outcome, err
}

// reserve reserves a pane for one answer.
func (s *Service) reserve(ref health.PaneRef) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answering[ref] {
		return false
	}
	s.answering[ref] = true
	return true
}

func (s *Service) release(ref health.PaneRef) {
	s.mu.Lock()
	delete(s.answering, ref)
	s.mu.Unlock()
}

// Answers returns a stream of all answers that are sent from now on.
func (s *Service) Answers() *AnswerStream {
	stream := newStream[Outcome]()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		stream.end()
		return stream
	}
	s.answers = append(s.answers, stream)
	return stream
}

// tell hands an answer to every stream.
func (s *Service) tell(o Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.answers[:0]
	for _, stream := range s.answers {
		if !stream.isClosed() {
			open = append(open, stream)
			stream.push(o)
		}
	}
	s.answers = open
}
