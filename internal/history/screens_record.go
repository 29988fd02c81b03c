package history

import (
	"context"
	"maps"
	"time"

	"agentwatch/engine"
)

// Screens is where screens come from; *engine.ScreenStream is one. It holds the
// newest of each pane only.
type Screens interface {
	Take() []engine.Screen
	Refused() uint64
	Close()
}

const (
	// framePace is the least time between two screens of an agent that are kept.
	framePace = time.Second
	// framesTogether is how many of these times are committed at once: each commit
	// writes whole pages of the file.
	framesTogether = 5
	// filmForgotten is after how long without a screen the last one is forgotten.
	filmForgotten = 2 * segmentLasts
)

// projector keeps the screens that come, once per framePace.
type projector struct {
	store      *Store
	screens    Screens
	compressor *compressor
	films      map[lane]*film
	// entries wait to be committed; newest is the time of the last of them.
	entries []Entry
	newest  time.Time
	// lost counts what could not be kept.
	lost func(n uint64)
	// refused is how many of those that the source has refused are counted.
	refused uint64
}

// startScreens keeps screens in a goroutine until stop is called, which waits for
// the last of them.
func (r *Recorder) startScreens(store *Store) (stop func()) {
	if r.options.Screens == nil {
		return func() {}
	}
	p := &projector{
		store: store, screens: r.options.Screens, compressor: newCompressor(), films: make(map[lane]*film),
		lost: func(n uint64) { r.lostScreens.Add(n) },
	}
	stopping, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		p.work(stopping, r.holds)
	}()
	return func() {
		close(stopping)
		<-ended
	}
}

// holds tells whether this process records a server.
func (r *Recorder) holds(socket string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held[socket]
}

func (p *projector) work(stopping <-chan struct{}, holds func(socket string) bool) {
	ticker := time.NewTicker(framePace)
	defer ticker.Stop()
	for turn := 1; ; turn++ {
		select {
		case <-stopping:
			p.take(holds)
			p.commit(lastWords)
			return
		case <-ticker.C:
		}
		p.take(holds)
		if turn%framesTogether == 0 {
			p.commit(acknowledgeWithin)
		}
	}
}

// take makes entries of the screens that have come.
func (p *projector) take(holds func(socket string) bool) {
	refused := p.screens.Refused()
	p.lost(refused - p.refused)
	p.refused = refused
	for _, screen := range p.screens.Take() {
		if !holds(screen.Agent.Ref.Server) {
			continue
		}
		if len(screen.Text) > maxScreen {
			p.lost(1)
			continue
		}
		agent := AgentOf(screen.Agent)
		f := p.films[agent.lane()]
		if f == nil {
			f = &film{}
			p.films[agent.lane()] = f
		}
		// Without the monotonic clock, which stands still while the machine sleeps.
		if e, differs := f.next(agent, screen.At.Round(0), screen.Text, p.compressor); differs {
			p.entries, p.newest = append(p.entries, e), e.at
		}
	}
}

// commit gives the entries to the store and waits for it. When they are not
// kept, all films begin anew, so that nothing builds on what is missing.
func (p *projector) commit(within time.Duration) {
	if len(p.entries) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := p.store.Append(ctx, p.entries...); err != nil {
		p.lost(uint64(len(p.entries)))
		clear(p.films)
	}
	maps.DeleteFunc(p.films, func(_ lane, f *film) bool { return p.newest.Sub(f.at) > filmForgotten })
	p.entries = nil
}

// FrameTimes is that of the store; ErrClosed while it is not open.
func (r *Recorder) FrameTimes(ctx context.Context, agent Agent, most int) ([]time.Time, error) {
	store, err := r.opened()
	if err != nil {
		return nil, err
	}
	return store.FrameTimes(ctx, agent, most)
}

// FrameAt is that of the store; ErrClosed while it is not open.
func (r *Recorder) FrameAt(ctx context.Context, agent Agent, at time.Time) (Frame, error) {
	store, err := r.opened()
	if err != nil {
		return Frame{}, err
	}
	return store.FrameAt(ctx, agent, at)
}
