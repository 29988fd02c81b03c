package ui

import (
	"context"
	"errors"
	"os/exec"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/sanitize"
)

// commandTime bounds every call to the monitor.
const commandTime = 10 * time.Second

// The messages with which commands come back.
type (
	// snapshotMsg is a new snapshot.
	snapshotMsg struct{ snap *engine.Snapshot }
	// endedMsg says that there will be no more snapshots.
	endedMsg struct{}
	// settingsMsg brings newer settings.
	settingsMsg struct{ settings Settings }
	// clockMsg and glowMsg are ticks; a clock tick of an old run is ignored.
	clockMsg struct{ run uint64 }
	glowMsg  struct{}
	// followedMsg answers a change of the panes that are followed.
	followedMsg struct{ err error }
	// historyMsg brings a pane's history, made safe to draw.
	historyMsg struct {
		ref  health.PaneRef
		rows []string
		at   time.Time
		err  error
	}
	// explainedMsg says why a pane is judged as it is.
	explainedMsg struct {
		ref       health.PaneRef
		explained engine.Explained
		err       error
	}
	// switchedMsg answers a change of strategy.
	switchedMsg struct {
		name engine.StrategyName
		err  error
	}
	// jumpedMsg answers a jump to a pane; attachedMsg comes when the terminal is
	// back from one.
	jumpedMsg struct {
		ref    health.PaneRef
		jumped Jumped
		err    error
	}
	attachedMsg struct{ err error }
	// saveMsg says that it is time to save what is to be remembered.
	saveMsg struct{}
	// plannedMsg says what an answer would type, answeredMsg what came of one.
	plannedMsg struct {
		request engine.Request
		plan    engine.AnswerPlan
		err     error
	}
	answeredMsg struct {
		request engine.Request
		outcome engine.Outcome
		err     error
	}
	// pastsMsg brings what agents were before the monitor began.
	pastsMsg struct {
		asked []health.PaneRef
		pasts map[health.PaneRef][]engine.Phase
		err   error
	}
	// spentMsg brings what all agents have spent since midnight.
	spentMsg struct {
		midnight time.Time
		spent    engine.Durations
		err      error
	}
	// sequenceMsg is a control sequence for the terminal.
	sequenceMsg struct{ text string }
	// refreshedMsg, seenMsg and savedMsg answer the like-named commands.
	refreshedMsg struct{ err error }
	seenMsg      struct{ err error }
	savedMsg     struct{ err error }
	// queuedMsg answers a text that is to wait, takenBackMsg one that was taken back.
	queuedMsg struct {
		name string
		err  error
	}
	takenBackMsg struct {
		text engine.WaitingText
		err  error
	}
	// goOnMsg answers a change of which agents go on after a limit.
	goOnMsg struct {
		said string
		err  error
	}
	// snoozedMsg answers a change of snoozes; said is what to say when all is well.
	snoozedMsg struct {
		said string
		err  error
	}
)

// commands makes the Bubble Tea commands that call the monitor. They end with
// ctx.
type commands struct {
	ctx     context.Context
	monitor Monitor
}

// errGaveUp is what a call comes to that took longer than commandTime.
var errGaveUp = errors.New("no answer in time")

// calling runs a call to the monitor with its deadline and makes a message of
// what it comes to.
func (c commands) calling(call func(context.Context) error, answer func(error) tea.Msg) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeoutCause(c.ctx, commandTime, errGaveUp)
		defer cancel()
		err := call(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = context.Cause(ctx)
		}
		return answer(err)
	}
}

// receive waits for what comes next from a channel; ended makes the message of
// its end, nil for none.
func receive[T any](ctx context.Context, from <-chan T, arrived func(T) tea.Msg, ended tea.Msg) tea.Cmd {
	return func() tea.Msg {
		select {
		case v, ok := <-from:
			if !ok {
				return ended
			}
			return arrived(v)
		case <-ctx.Done():
			return nil
		}
	}
}

// next waits for the next snapshot.
func (c commands) next(from <-chan *engine.Snapshot) tea.Cmd {
	return receive(c.ctx, from, func(s *engine.Snapshot) tea.Msg { return snapshotMsg{s} }, endedMsg{})
}

// changes waits for newer settings.
func (c commands) changes(from <-chan Settings) tea.Cmd {
	if from == nil {
		return nil
	}
	return receive(c.ctx, from, func(s Settings) tea.Msg { return settingsMsg{s} }, nil)
}

// sequences waits for the next control sequence that others write.
func (c commands) sequences(from <-chan string) tea.Cmd {
	if from == nil {
		return nil
	}
	return receive(c.ctx, from, func(s string) tea.Msg { return sequenceMsg{s} }, nil)
}

// after comes back with the message when the time is over.
func (c commands) after(wait time.Duration, msg tea.Msg) tea.Cmd {
	return func() tea.Msg {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			return msg
		case <-c.ctx.Done():
			return nil
		}
	}
}

func (c commands) follow(shown, likely []health.PaneRef) tea.Cmd {
	return c.calling(func(ctx context.Context) error { return c.monitor.Follow(ctx, shown, likely) },
		func(err error) tea.Msg { return followedMsg{err} })
}

func (c commands) history(ref health.PaneRef, rows int, profile colorprofile.Profile) tea.Cmd {
	var h engine.History
	return c.calling(func(ctx context.Context) (err error) {
		h, err = c.monitor.History(ctx, ref, rows)
		return err
	}, func(err error) tea.Msg {
		return historyMsg{ref, trimTail(sanitize.ScreenIn(h.Text, profile)), h.At, err}
	})
}

func (c commands) explain(ref health.PaneRef) tea.Cmd {
	var e engine.Explained
	return c.calling(func(ctx context.Context) (err error) {
		e, err = c.monitor.Explain(ctx, ref)
		return err
	}, func(err error) tea.Msg { return explainedMsg{ref, e, err} })
}

func (c commands) switchStrategy(name engine.StrategyName) tea.Cmd {
	return c.calling(func(ctx context.Context) error { return c.monitor.SwitchStrategy(ctx, name) },
		func(err error) tea.Msg { return switchedMsg{name, err} })
}

func (c commands) refresh() tea.Cmd {
	return c.calling(c.monitor.Refresh, func(err error) tea.Msg { return refreshedMsg{err} })
}

// markSeen says of several agents that the user has looked at them.
func (c commands) markSeen(refs ...health.PaneRef) tea.Cmd {
	return c.calling(func(ctx context.Context) error {
		var problems []error
		for _, ref := range refs {
			problems = append(problems, c.monitor.MarkSeen(ctx, ref))
		}
		return errors.Join(problems...)
	}, func(err error) tea.Msg { return seenMsg{err} })
}

// snooze snoozes several agents as a choice says, which is what said puts into words.
func (c commands) snooze(refs []health.PaneRef, choice napping, now time.Time, said string) tea.Cmd {
	return c.calling(func(ctx context.Context) error {
		var problems []error
		for _, ref := range refs {
			if choice.wake {
				problems = append(problems, c.monitor.Wake(ctx, ref))
			} else {
				problems = append(problems, c.monitor.Snooze(ctx, ref, choice.until(now)))
			}
		}
		return errors.Join(problems...)
	}, func(err error) tea.Msg { return snoozedMsg{said, err} })
}

// letGoOn lets agents go on by themselves after a limit, or no longer; said puts that
// into words.
func (c commands) letGoOn(refs []health.PaneRef, on bool, said string) tea.Cmd {
	return c.calling(func(ctx context.Context) error {
		var problems []error
		for _, ref := range refs {
			problems = append(problems, c.monitor.LetGoOn(ctx, ref, on))
		}
		return errors.Join(problems...)
	}, func(err error) tea.Msg { return goOnMsg{said, err} })
}

// sendWhenIdle lets a text wait until an agent is at its prompt.
func (c commands) sendWhenIdle(name string, r engine.Request) tea.Cmd {
	return c.calling(func(ctx context.Context) error {
		_, err := c.monitor.SendWhenIdle(ctx, r)
		return err
	}, func(err error) tea.Msg { return queuedMsg{name, err} })
}

// takeBack takes a text away that waits.
func (c commands) takeBack(ref health.PaneRef, id string) tea.Cmd {
	var text engine.WaitingText
	return c.calling(func(ctx context.Context) (err error) {
		text, err = c.monitor.TakeBack(ctx, ref, id)
		return err
	}, func(err error) tea.Msg { return takenBackMsg{text, err} })
}

func (c commands) jump(by Jumper, ref health.PaneRef) tea.Cmd {
	var jumped Jumped
	return c.calling(func(ctx context.Context) (err error) {
		jumped, err = by.Jump(ctx, ref)
		return err
	}, func(err error) tea.Msg { return jumpedMsg{ref, jumped, err} })
}

// attach gives the terminal to a tmux client until it is detached.
func (c commands) attach(command []string) tea.Cmd {
	// No deadline: the user is there, and comes back when they like.
	process := exec.CommandContext(c.ctx, command[0], command[1:]...)
	return tea.ExecProcess(process, func(err error) tea.Msg { return attachedMsg{err} })
}

// pasts asks what agents were before, from a time on.
func (c commands) pasts(of Pasts, agents []engine.Agent, since time.Time) tea.Cmd {
	asked := make([]health.PaneRef, len(agents))
	for i := range agents {
		asked[i] = agents[i].Ref
	}
	var found map[health.PaneRef][]engine.Phase
	return c.calling(func(ctx context.Context) (err error) {
		found, err = of.Phases(ctx, agents, since)
		return err
	}, func(err error) tea.Msg { return pastsMsg{asked, found, err} })
}

// spent asks what all agents have spent since midnight.
func (c commands) spent(of Pasts, midnight time.Time) tea.Cmd {
	var spent engine.Durations
	return c.calling(func(ctx context.Context) (err error) {
		spent, err = of.Spent(ctx, midnight)
		return err
	}, func(err error) tea.Msg { return spentMsg{midnight, spent, err} })
}

func (c commands) plan(r engine.Request) tea.Cmd {
	return func() tea.Msg {
		plan, err := c.monitor.Plan(r)
		return plannedMsg{r, plan, err}
	}
}

// answer sends an answer. The monitor bounds how long that takes, for it looks
// whether the answer arrives.
func (c commands) answer(r engine.Request) tea.Cmd {
	return func() tea.Msg {
		outcome, err := c.monitor.Answer(c.ctx, r)
		return answeredMsg{r, outcome, err}
	}
}

func (c commands) save(by func([]byte) error, data []byte) tea.Cmd {
	return c.calling(func(context.Context) error { return by(data) }, func(err error) tea.Msg { return savedMsg{err} })
}

// napping is one way to snooze, or to end that.
type napping struct {
	words string
	// until is when it ends at the latest, zero for when there is something new.
	until func(now time.Time) time.Time
	wake  bool
}
