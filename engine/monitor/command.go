package monitor

import (
	"context"
	"fmt"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
	"agentwatch/health"
)

// Subscribe returns a stream of snapshots in which a newer one replaces one
// that has not been read. The newest known is there at once. The channel is
// closed by cancel, and when the service has stopped.
func (s *Service) Subscribe() (<-chan *engine.Snapshot, func()) {
	box := newMailbox()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != nil {
		box.put(s.last)
	}
	if s.stopped {
		box.close()
		return box.ch, func() {}
	}
	s.boxes[box] = struct{}{}
	return box.ch, func() {
		s.mu.Lock()
		delete(s.boxes, box)
		s.mu.Unlock()
		box.close()
	}
}

// Transitions returns a stream of all changes of state from now on. Subscribe
// before Run to miss none.
func (s *Service) Transitions() *engine.TransitionStream {
	return s.stream(engine.NewStream(func(t engine.Transition) bool { return t.Seen || t.Snooze != engine.SnoozeNone }))
}

// TransitionsAndSeen returns a stream like that of Transitions which also has
// what the user has seen (Transition.Seen), so that it tells done from idle.
func (s *Service) TransitionsAndSeen() *engine.TransitionStream {
	return s.stream(engine.NewStream(func(t engine.Transition) bool { return t.Snooze != engine.SnoozeNone }))
}

// TransitionsAndSnoozes returns a stream like that of Transitions which also has
// what is snoozed, and when that ends (Transition.Snooze).
func (s *Service) TransitionsAndSnoozes() *engine.TransitionStream {
	return s.stream(engine.NewStream(func(t engine.Transition) bool { return t.Seen }))
}

func (s *Service) stream(stream *engine.TransitionStream) *engine.TransitionStream {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		stream.End()
		return stream
	}
	s.streams = append(s.streams, stream)
	return stream
}

// SwitchStrategy changes how rounds are planned, from each server's next round
// on. It returns ErrUnknownStrategy for a name that does not exist. One that is
// in quarantine gets another chance.
func (s *Service) SwitchStrategy(_ context.Context, name engine.StrategyName) error {
	picked, err := s.strategy(name)
	if err != nil {
		return err
	}
	if revivable, ok := strategies.As[engine.Revivable](picked); ok {
		revivable.Revive()
	}
	s.mu.Lock()
	s.wanted = name
	s.enforce()
	s.mu.Unlock()
	for _, w := range s.current() {
		signal(w.kick)
	}
	s.publish()
	return nil
}

// Follow asks for live previews of the panes that are shown, and of no others, from
// now on. Those of the panes that are likely to be shown next are made ready at a
// slower pace, and at no cost while they print nothing. A pane that does not exist
// yields snapshots without its preview.
func (s *Service) Follow(_ context.Context, shown, likely []health.PaneRef) error {
	next := newFollowed(shown, likely)
	s.mu.Lock()
	before := s.chosen.follow
	s.chosen.follow = next
	s.mu.Unlock()
	for _, w := range s.current() {
		if next.on(w.socket.Path) || before.on(w.socket.Path) {
			signal(w.refollow)
		}
	}
	return nil
}

// Refresh makes every watcher list and capture everything anew, now. It does
// not wait for that.
func (s *Service) Refresh(context.Context) error {
	if s.repositories != nil {
		s.repositories.forget()
	}
	s.tokens.forget()
	s.pulls.forget()
	for _, w := range s.current() {
		w.forgetAll.Store(true)
		signal(w.kick)
	}
	return nil
}

// signal wakes whoever waits on a channel with room for one.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// MarkSeen takes the unseen mark off an agent. It returns ErrUnknownPane when
// the pane is not watched.
func (s *Service) MarkSeen(ctx context.Context, ref health.PaneRef) error {
	w, err := s.watcherOf(ref)
	if err != nil {
		return err
	}
	return s.send(ctx, w, markSeen{ref})
}

// History reads a pane's screen and up to rows rows of its scroll-back.
func (s *Service) History(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error) {
	w, err := s.watcherOf(ref)
	if err != nil {
		return engine.History{}, err
	}
	return readHistory(ctx, w.server, ref, rows, true, s.now)
}

// PlainHistory is History without colours, which costs the tmux server a quarter.
func (s *Service) PlainHistory(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error) {
	w, err := s.watcherOf(ref)
	if err != nil {
		return engine.History{}, err
	}
	return readHistory(ctx, w.server, ref, rows, false, s.now)
}

func (s *Service) watcherOf(ref health.PaneRef) (*watcher, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watchers[ref.Server]
	if w == nil {
		return nil, fmt.Errorf("%w: %s", engine.ErrUnknownPane, ref)
	}
	return w.watcher, nil
}

func (s *Service) current() []*watcher {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*watcher, 0, len(s.watchers))
	for _, w := range s.watchers {
		all = append(all, w.watcher)
	}
	return all
}

// send lets a watcher apply a command between two rounds and waits for its
// answer, for as long as ctx and the service live.
func (s *Service) send(ctx context.Context, w *watcher, c command) error {
	answer := make(chan error, 1)
	select {
	case w.inbox <- envelope{command: c, answer: answer}:
		return <-answer
	case <-ctx.Done():
		return ctx.Err()
	case <-w.ended:
		return engine.ErrUnknownPane
	case <-s.done:
		return engine.ErrStopped
	}
}

// markSeen takes the unseen mark off one agent.
type markSeen struct{ ref health.PaneRef }

func (c markSeen) apply(w *watcher) error {
	p, ok := w.panes[c.ref.Pane]
	if !ok || !p.tracked {
		return fmt.Errorf("%w: %s", engine.ErrUnknownPane, c.ref)
	}
	if p.track.unseen {
		before, now := p.agent.Urgency(), w.now()
		p.track.unseen = false
		w.touch(p)
		p.agent = p.agentNow(w.socket.Name)
		p.remember(now)
		if before == engine.UrgencyDone {
			w.noteSeen(p, now)
		}
	}
	return nil
}
