package cli

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/engine/api"
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

// History implements daemon.Archive.
func (p *past) History(ctx context.Context, f api.PastFilter) iter.Seq2[api.PastEntry, error] {
	return func(yield func(api.PastEntry, error) bool) {
		store, err := p.opened(ctx)
		if err != nil {
			yield(api.PastEntry{}, err)
			return
		}
		filter := history.Filter{
			Since: f.Since, Until: f.Until, Session: f.Session, Kind: f.Kind, Pane: f.Pane, States: f.States, Limit: f.Limit,
		}
		switch f.What {
		case api.PastAnswers:
			each(store.Answers(ctx, filter), yield, func(a history.Answer) api.PastEntry {
				return api.PastEntry{Answer: &api.PastAnswer{
					Time: a.At, PastAgent: pastAgentOf(a.Agent), Action: string(a.Action), Text: a.Text, Outcome: a.Outcome.String(), Reason: a.Reason,
					By: a.By,
				}}
			})
		case api.PastNotifications:
			each(store.Notifications(ctx, filter), yield, func(n history.Notification) api.PastEntry {
				return api.PastEntry{Notification: &api.PastNotification{
					Time: n.At, PastAgent: pastAgentOf(n.Agent), Channel: string(n.Channel), Outcome: n.Outcome.String(), Error: n.Error,
				}}
			})
		default:
			each(store.Transitions(ctx, filter), yield, func(t history.Transition) api.PastEntry {
				return api.PastEntry{Change: &api.PastChange{
					Time: t.At, PastAgent: pastAgentOf(t.Agent), From: t.From, To: t.To, Wait: t.Wait, Since: t.Since,
					First: t.First, Gone: t.Gone, Source: t.Source, Rule: t.Rule, Text: t.Text,
				}}
			})
		}
	}
}

// each yields what entryOf makes of each entry.
func each[E any](entries iter.Seq2[E, error], yield func(api.PastEntry, error) bool, entryOf func(E) api.PastEntry) {
	for e, err := range entries {
		if err != nil {
			yield(api.PastEntry{}, err)
			return
		}
		if !yield(entryOf(e), nil) {
			return
		}
	}
}

func pastAgentOf(a history.Agent) api.PastAgent {
	return api.PastAgent{
		Server: a.Server, Socket: a.Socket, Session: a.Session, Window: a.Window, Pane: a.Pane, PanePID: a.PanePID,
		PID: a.PID, Kind: kindWord(a.Kind),
	}
}

// Report implements daemon.Archive.
func (p *past) Report(ctx context.Context, from, to time.Time, location *time.Location) ([]api.ReportRow, error) {
	store, err := p.opened(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := store.Report(ctx, from, to, location)
	if err != nil {
		return nil, err
	}
	report := make([]api.ReportRow, 0, len(rows))
	for _, r := range rows {
		report = append(report, api.ReportRow{
			Day: r.Day.String(), PastAgent: pastAgentOf(r.Agent), Spent: r.Spent, Crashes: r.Crashes, Turns: r.Turns, LongestWait: r.LongestWait,
		})
	}
	return report, nil
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

// mostSearched is how many stored screens of an agent are searched, the newest.
const mostSearched = 20_000

// Screens implements daemon.Archive.
func (p *past) Screens(ctx context.Context, a engine.Agent) iter.Seq2[engine.StoredText, error] {
	return func(yield func(engine.StoredText, error) bool) {
		store, err := p.opened(ctx)
		var times []time.Time
		if err == nil {
			times, err = store.FrameTimes(ctx, history.AgentOf(a), mostSearched)
		}
		if err != nil {
			yield(engine.StoredText{}, err)
			return
		}
		if len(times) == 0 {
			return
		}
		for frame, err := range store.Frames(ctx, history.AgentOf(a), times[0], times[len(times)-1].Add(1)) {
			if !yield(engine.StoredText{At: frame.At, Text: ansi.Strip(frame.Text)}, err) {
				return
			}
		}
	}
}

// screenStore gives the stored screens of agents.
type screenStore interface {
	Recording(ctx context.Context, ref health.PaneRef) (api.Recording, error)
	StoredScreen(ctx context.Context, ref health.PaneRef, at time.Time) (api.StoredScreen, error)
}

// recordings shows the dashboard what the engine process has stored.
type recordings struct{ store screenStore }

// Recording implements ui.Recordings.
func (r recordings) Recording(ctx context.Context, a engine.Agent) (ui.Recording, error) {
	stored, err := r.store.Recording(ctx, a.Ref)
	return ui.Recording(stored), err
}

// Screen implements ui.Recordings.
func (r recordings) Screen(ctx context.Context, a engine.Agent, at time.Time) (ui.StoredScreen, error) {
	stored, err := r.store.StoredScreen(ctx, a.Ref, at)
	return ui.StoredScreen(stored), err
}
