// Package engine has what the engine and its faces tell each other: snapshots with
// their agents, transitions, answers, strategies, and what the user has asked for. The
// values know nothing of how they come about; package monitor makes them.
package engine

import (
	"time"

	"agentwatch/health"
)

// Snapshot is all that the screen can show at one moment. It is immutable:
// whoever receives one may keep it and must not change it. A newer snapshot
// replaces an older one that nobody has read yet.
type Snapshot struct {
	// Seq grows by one with each snapshot of a service.
	Seq uint64 `json:"seq,omitempty"`
	// At is when it was made.
	At time.Time `json:"at,omitzero"`
	// Ready is false until every server has been looked at once.
	Ready bool `json:"ready"`
	// Unread is set while the repository of an agent has not been read yet.
	Unread bool `json:"-"`
	// Agents are in tmux order: server, session, window, pane.
	Agents []Agent `json:"agents"`
	// Servers are all tmux servers found, in the order of their names.
	Servers []ServerStatus `json:"servers,omitempty"`
	// Hosts are the other machines that are watched, in the order in which the user
	// has named them. An engine by itself knows of none.
	Hosts []HostStatus `json:"hosts,omitempty"`
	// Counts sums the agents by state, without those of stale hosts and without
	// those that are snoozed, which Snoozed counts.
	Counts  Counts `json:"counts"`
	Snoozed int    `json:"snoozed,omitempty"`
	// Today is how long all agents together have been in which state since
	// midnight, as far as we saw it; those that are gone included.
	Today Durations `json:"today"`
	// Panes is the number of panes seen, with and without agents.
	Panes int `json:"panes,omitempty"`
	// Strategy is the one in force; Strategies lists those that can be picked.
	Strategy   StrategyName   `json:"strategy"`
	Strategies []StrategyInfo `json:"strategies,omitempty"`
	// Round, Pool and Cache are the live figures.
	Round RoundStats `json:"round"`
	Pool  PoolStats  `json:"pool"`
	Cache CacheStats `json:"cache"`
	Cost  Cost       `json:"cost"`
	// Trend has up to 60 samples, one a second, oldest first.
	Trend []Sample `json:"trend,omitempty"`
	// Previews are the screens of the panes that are shown, and of those that are
	// likely to be shown next, as far as they have been captured.
	Previews map[health.PaneRef]*Preview `json:"-"`
	// Notices are what the user should know beside the agents: no tmux, a
	// server that does not answer, a degraded connection. Most severe first.
	Notices []Notice `json:"notices,omitempty"`
}

// Preview is the live screen of a pane that is followed. That of one that is only
// likely to be shown next may be half a second older than the pane.
type Preview struct {
	Ref health.PaneRef `json:"ref"`
	// Text is the screen with colours: rows separated by "\n". It is untrusted
	// and must be sanitised before it is drawn.
	Text string `json:"text,omitempty"`
	// At is when it was captured.
	At time.Time `json:"at,omitzero"`
	// Revision changes when Text does.
	Revision uint64 `json:"revision,omitempty"`
	// Err is set when the pane could not be captured; Text is then the last
	// one known.
	Err error `json:"-"`
}

// Severity grades a notice.
type Severity uint8

// The severities, least first.
const (
	SeverityInfo Severity = iota
	SeverityWarning
	SeverityError
)

// Notice is one thing the user should know beside the agents.
type Notice struct {
	Severity Severity `json:"severity"`
	// Text says what happened, what it means and what happens next.
	Text string `json:"text,omitempty"`
	// Until is when the next try is made; zero when none is due.
	Until time.Time `json:"until,omitzero"`
}

// History is what a pane has shown: its scroll-back and its screen.
type History struct {
	Ref health.PaneRef `json:"ref"`
	// Text has rows separated by "\n", with colours, oldest first. Untrusted.
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at,omitzero"`
}

// NoticeTopic says what a notice from outside the engine is about. It is a
// string and no enum, because the engine does not know who has something to say.
type NoticeTopic string

// Screen is what an agent's pane showed at a moment.
type Screen struct {
	// Agent is what it was then.
	Agent Agent
	// At is when the screen was captured.
	At time.Time
	// Text has one line per row, with colours.
	Text string
}
