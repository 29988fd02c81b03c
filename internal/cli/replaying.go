package cli

import (
	"context"
	"errors"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/health"
	"agentwatch/internal/history"
	"agentwatch/ui"
)

// mostScreens is how many stored screens of an agent the dashboard moves through:
// the newest, a day of one a second.
const mostScreens = 24 * 60 * 60

// past is what has been recorded, also before this process began. It
// opens the history when it is first asked for and there is one. Safe for
// concurrent use.
type past struct {
	path string

	mu    sync.Mutex
	store *history.Store
}

func newPast(path string) *past { return &past{path: path} }

// Close closes the history. Nobody may ask any more.
func (p *past) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.store == nil {
		return nil
	}
	return p.store.Close()
}

// opened is the history; api.ErrNoHistory while nothing has been recorded.
func (p *past) opened(ctx context.Context) (*history.Store, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.store != nil {
		return p.store, nil
	}
	store, err := history.Open(ctx, history.Options{Path: p.path, ReadOnly: true})
	if errors.Is(err, history.ErrNone) {
		return nil, api.ErrNoHistory
	}
	if err == nil {
		p.store = store
	}
	return store, err
}

// Phases implements daemon.Archive.
func (p *past) Phases(ctx context.Context, agents []engine.Agent, since time.Time) (map[health.PaneRef][]engine.Phase, error) {
	store, err := p.opened(ctx)
	if err != nil {
		return nil, err
	}
	return store.Phases(ctx, agents, since)
}

// Spent implements daemon.Archive.
func (p *past) Spent(ctx context.Context, since time.Time) (engine.Durations, error) {
	var sums engine.Durations
	store, err := p.opened(ctx)
	if err != nil {
		return sums, err
	}
	rows, err := store.Report(ctx, since, time.Now(), since.Location())
	for _, row := range rows {
		sums = sums.Plus(row.Spent)
	}
	return sums, err
}

// Recording implements daemon.Archive.
func (p *past) Recording(ctx context.Context, a engine.Agent) (api.Recording, error) {
	store, err := p.opened(ctx)
	if err != nil {
		return api.Recording{}, err
	}
	times, err := store.FrameTimes(ctx, history.AgentOf(a), mostScreens)
	if err != nil || len(times) == 0 {
		return api.Recording{}, err
	}
	before, err := store.Phases(ctx, []engine.Agent{a}, times[0])
	if err != nil {
		return api.Recording{}, err
	}
	phases := append([]engine.Phase(nil), before[a.Ref]...)
	return api.Recording{Times: times, Past: append(phases, a.Past...)}, nil
}

// Screen implements daemon.Archive.
func (p *past) Screen(ctx context.Context, a engine.Agent, at time.Time) (api.StoredScreen, error) {
	store, err := p.opened(ctx)
	if err != nil {
		return api.StoredScreen{}, err
	}
	frame, err := store.FrameAt(ctx, history.AgentOf(a), at)
	return api.StoredScreen{At: frame.At, Text: frame.Text}, err
}

// recordings shows the dashboard what the engine process has stored.
type recordings struct{ *client.Monitor }

// Recording implements ui.Recordings.
func (r recordings) Recording(ctx context.Context, a engine.Agent) (ui.Recording, error) {
	stored, err := r.Monitor.Recording(ctx, a.Ref)
	return ui.Recording(stored), err
}

// Screen implements ui.Recordings.
func (r recordings) Screen(ctx context.Context, a engine.Agent, at time.Time) (ui.StoredScreen, error) {
	stored, err := r.StoredScreen(ctx, a.Ref, at)
	return ui.StoredScreen(stored), err
}
