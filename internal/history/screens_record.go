package history

import (
	"context"
	"maps"
	"sync/atomic"
	"time"

	"agentwatch/engine"
)

// Screens is where screens come from; *monitor.ScreenStream is one. It holds the
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
	// recording is set once the process is the one that records.
	recording *atomic.Bool
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
		recording: &r.recording, lost: func(n uint64) { r.lostScreens.Add(n) },
	}
	stopping, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		p.work(stopping)
	}()
	return func() {
		close(stopping)
		<-ended
	}
}

func (p *projector) work(stopping <-chan struct{}) {
	ticker := time.NewTicker(framePace)
	defer ticker.Stop()
	for turn := 1; ; turn++ {
		select {
		case <-stopping:
			p.take()
			p.commit(lastWords)
			return
		case <-ticker.C:
		}
		p.take()
		if turn%framesTogether == 0 {
			p.commit(acknowledgeWithin)
		}
	}
}

// take makes entries of the screens that have come.
func (p *projector) take() {
	refused := p.screens.Refused()
	p.lost(refused - p.refused)
	p.refused = refused
	for _, screen := range p.screens.Take() {
		if !p.recording.Load() {
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
