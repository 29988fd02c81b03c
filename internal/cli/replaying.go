package cli

import (
	"context"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/history"
	"agentwatch/ui"
)

// mostScreens is how many stored screens of an agent the dashboard moves through:
// the newest, a day of one a second.
const mostScreens = 24 * 60 * 60

// recordings let the dashboard show what a recorder has stored.
type recordings struct{ recorder *history.Recorder }

// Recording implements ui.Recordings.
func (r recordings) Recording(ctx context.Context, a engine.Agent) (ui.Recording, error) {
	times, err := r.recorder.FrameTimes(ctx, history.AgentOf(a), mostScreens)
	if err != nil || len(times) == 0 {
		return ui.Recording{}, err
	}
	before, err := r.recorder.Phases(ctx, []engine.Agent{a}, times[0])
	if err != nil {
		return ui.Recording{}, err
	}
	past := append([]engine.Phase(nil), before[a.Ref]...)
	return ui.Recording{Times: times, Past: append(past, a.Past...)}, nil
}

// Screen implements ui.Recordings.
func (r recordings) Screen(ctx context.Context, a engine.Agent, at time.Time) (ui.StoredScreen, error) {
	frame, err := r.recorder.FrameAt(ctx, history.AgentOf(a), at)
	return ui.StoredScreen{At: frame.At, Text: frame.Text}, err
}
