package serve

import (
	"errors"
	"fmt"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// frame is a snapshot on its way. What can stay the same for long is in it only
// when it differs from the snapshot before on the same connection; before the
// first one all is empty.
type frame struct {
	Seq      uint64
	At       time.Time
	Ready    bool                `json:",omitempty"`
	Panes    int                 `json:",omitempty"`
	Strategy engine.StrategyName `json:",omitempty"`
	Today    engine.Durations
	Counts   engine.Counts
	Round    engine.RoundStats
	Pool     engine.PoolStats
	Cost     engine.Cost
	Cache    *engine.CacheStats `json:",omitempty"`

	// From tells for each agent at which place it stood before, -1 for a new
	// one; nil when all stand where they stood.
	From *[]int `json:",omitempty"`
	// Agents are those that have changed, Looked those that were only looked at
	// again.
	Agents []sentAgent   `json:",omitempty"`
	Looked []lookedAgent `json:",omitempty"`

	Servers    *[]engine.ServerStatus `json:",omitempty"`
	Strategies *[]engine.StrategyInfo `json:",omitempty"`
	Notices    *[]engine.Notice       `json:",omitempty"`
	// Dropped is how many of the oldest samples are gone, Trend those that are
	// new.
	Dropped int             `json:",omitempty"`
	Trend   []engine.Sample `json:",omitempty"`
	// Previews are those that have changed, Closed those that are gone.
	Previews []sentPreview    `json:",omitempty"`
	Closed   []health.PaneRef `json:",omitempty"`
}

// sentAgent is an agent at its place in the list.
type sentAgent struct {
	I int
	// A is without its past: Kept is how much of that is as before, Past
	// continues it.
	A    engine.Agent
	Kept int      `json:",omitempty"`
	Past sentPast `json:",omitempty"`
}

// sentPast is a piece of a past, three numbers for each phase: the time in
// nanoseconds since 1970 (0 for none), the urgency, and 1 for a gap. Agents have
// hundreds of phases.
type sentPast []int64

func sentPastOf(past []engine.Phase) sentPast {
	sent := make(sentPast, 0, 3*len(past))
	for _, p := range past {
		at, gap := int64(0), int64(0)
		if !p.At.IsZero() {
			at = p.At.UnixNano()
		}
		if p.Gap {
			gap = 1
		}
		sent = append(sent, at, int64(p.Urgency), gap)
	}
	return sent
}

func (s sentPast) phases() ([]engine.Phase, error) {
	if len(s)%3 != 0 {
		return nil, fmt.Errorf("%w: a past of %d numbers", errFrame, len(s))
	}
	past := make([]engine.Phase, 0, len(s)/3)
	for ; len(s) > 0; s = s[3:] {
		if s[1] < 0 || s[1] > int64(engine.UrgencyExited) {
			return nil, fmt.Errorf("%w: urgency %d", errFrame, s[1])
		}
		p := engine.Phase{Urgency: engine.Urgency(s[1]), Gap: s[2] == 1}
		if s[0] != 0 {
			p.At = time.Unix(0, s[0])
		}
		past = append(past, p)
	}
	return past, nil
}

// lookedAgent is an agent of which nothing but two times has changed.
type lookedAgent struct {
	I                   int
	CheckedAt, ActiveAt time.Time
}

// sentPreview is a preview; its error has become text.
type sentPreview struct {
	Ref      health.PaneRef
	Text     string
	At       time.Time
	Revision uint64
	Failed   bool   `json:",omitempty"`
	Err      string `json:",omitempty"`
}

// errFrame says that a frame does not fit the one before.
var errFrame = errors.New("serve: a snapshot does not fit the one before")
