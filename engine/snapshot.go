package engine

import (
	"fmt"
	"slices"
	"strings"
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

// Agent is one pane in which an agent runs or ran.
type Agent struct {
	Ref health.PaneRef `json:"ref"`
	// Server is the short name of the tmux server ("default", "work").
	Server      string            `json:"server,omitempty"`
	Session     string            `json:"session,omitempty"`
	Window      string            `json:"window,omitempty"`
	WindowIndex int               `json:"window_index,omitempty"`
	PaneIndex   int               `json:"pane_index,omitempty"`
	Kind        health.Kind       `json:"kind,omitempty"`
	State       health.State      `json:"state"`
	Wait        health.WaitReason `json:"wait,omitempty"`
	// Since is when the agent entered State, as far as we saw it; for a state
	// that was there before us, when its window last printed.
	Since time.Time `json:"since,omitzero"`
	// Unseen is set when it finished and nobody has looked since: "done".
	Unseen bool `json:"unseen,omitempty"`
	// Confidence is between 0 and 1.
	Confidence float64         `json:"confidence,omitempty"`
	Evidence   health.Evidence `json:"evidence"`
	// Activity is the line worth showing: question, spinner line, limit text.
	Activity string `json:"activity,omitempty"`
	// Dialog is what it asks, as data; nil unless Wait is set. Facts is what it
	// tells beside its state. Both are shared and must not be changed.
	Dialog *health.Dialog `json:"dialog,omitempty"`
	Facts  []health.Fact  `json:"facts,omitempty"`
	// Resume is the command that brings it back, of an agent that has ended and whose
	// program has one.
	Resume string `json:"resume,omitempty"`
	// Past is what it has been since it was first seen, oldest first; the last
	// entry is what it is now. Shared, must not be changed.
	Past []Phase `json:"past,omitempty"`
	// Composer is the row of its screen in which the place to type begins,
	// counted from 1; 0 when there is none.
	Composer int `json:"composer,omitempty"`
	// ActiveAt is when its window last printed, by the server's clock, to the
	// second; zero when unknown. It changes without a new Revision.
	ActiveAt time.Time `json:"active_at,omitzero"`
	Title    string    `json:"title,omitempty"`
	CWD      string    `json:"cwd,omitempty"`
	// Repo is the repository that CWD is in; nil when there is none, or when that
	// is not known. Shared, must not be changed.
	Repo *Repository `json:"repo,omitempty"`
	// Pull is the pull request of its branch; nil when there is none, or when that is not
	// asked for. Shared, must not be changed.
	Pull *PullRequest `json:"pull,omitempty"`
	// Tokens are what it has used, as its session files tell; nil when they are not
	// read or its kind has none that are known. Shared, must not be changed.
	Tokens *Tokens `json:"tokens,omitempty"`
	// Repeating is what it does again and again in the turn that goes on, as its session
	// files tell; nil when nothing is, or when that is not sure. Shared, must not be
	// changed.
	Repeating *Repetition `json:"repeating,omitempty"`
	// Forecast is what is foreseen of it; nil when it does not work, or as long as
	// forecasts have not proved themselves. Shared, must not be changed.
	Forecast *Forecast `json:"forecast,omitempty"`
	// SilentSince is when its window last printed, of an agent that works and has been
	// silent for five minutes or longer; else zero.
	SilentSince time.Time `json:"silent_since,omitzero"`
	// Snooze is set while the user does not want to hear of what it needs. Shared,
	// must not be changed.
	Snooze *Snooze `json:"snooze,omitempty"`
	// Texts are those that wait until it is at its prompt, in their order. Shared, must
	// not be changed.
	Texts []WaitingText `json:"texts,omitempty"`
	// LimitUntil is when the limit that its screen shows ends, or has ended, by its own
	// word; zero when there is none, or when it does not say.
	LimitUntil time.Time `json:"limit_until,omitzero"`
	// GoOn is set when it goes on by itself a minute after a limit has ended.
	GoOn bool `json:"go_on,omitempty"`
	// Command is tmux's name for the pane's program, which can be a wrapper's.
	Command string `json:"command,omitempty"`
	PID     int    `json:"pid,omitempty"`
	// PanePID is the process that tmux started in the pane: with the pane's id
	// it tells a pane from one of another tmux server that had the same id.
	PanePID int `json:"pane_pid,omitempty"`
	Width   int `json:"width,omitempty"`
	Height  int `json:"height,omitempty"`
	// Stale is set while its server does not answer: shown as last seen.
	Stale bool `json:"stale,omitempty"`
	// CheckedAt is when the screen behind the verdict was captured.
	CheckedAt time.Time `json:"checked_at,omitzero"`
	// Revision changes whenever any field that is drawn has changed
	// (CheckedAt excepted).
	Revision uint64 `json:"revision,omitempty"`
}

// Name is what the agent is called in a list: the window's name where somebody
// gave it one, else the session's. tmux names a window after the program that
// runs in it as long as nobody does, which tells nothing; for the first half
// second that is often "tmux", its own process that was about to be the program.
func (a Agent) Name() string {
	switch a.Window {
	case "", "tmux", a.Command, string(a.Kind):
		return a.Session
	}
	return a.Window
}

// Urgency orders agents by who needs the user: a smaller value is more urgent.
type Urgency uint8

// The urgencies, most urgent first.
const (
	UrgencyWaiting Urgency = iota
	UrgencyCrashed
	UrgencyError
	UrgencyLimited
	UrgencyDone
	UrgencyUnknown
	UrgencyStarting
	UrgencyWorking
	UrgencyIdle
	UrgencyExited
)

// NeedsUser tells whether the urgency calls for the user.
func (u Urgency) NeedsUser() bool { return u <= UrgencyDone }

// urgencyWords are the names used on the screen, in JSON and in files.
func urgencyWords() [UrgencyExited + 1]string {
	return [...]string{
		"waiting", "crashed", "error", "limited", "done", "unknown", "starting", "working", "idle", "exited",
	}
}

// ParseUrgency is the inverse of Urgency.String. An unknown word is an error.
func ParseUrgency(word string) (Urgency, error) {
	words := urgencyWords()
	if i := slices.Index(words[:], word); i >= 0 {
		return Urgency(i), nil
	}
	return UrgencyUnknown, fmt.Errorf("no state is called %q; there are: %s", word, strings.Join(words[:], ", "))
}

// String returns the heading under which agents of this urgency stand.
func (u Urgency) String() string {
	words := urgencyWords()
	if int(u) < len(words) {
		return words[u]
	}
	return fmt.Sprintf("urgency(%d)", uint8(u))
}

// MarshalText writes the urgency's word.
func (u Urgency) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads an urgency's word.
func (u *Urgency) UnmarshalText(text []byte) error {
	parsed, err := ParseUrgency(string(text))
	if err != nil {
		return err
	}
	*u = parsed
	return nil
}

// Urgency returns how much the agent needs the user.
func (a Agent) Urgency() Urgency {
	switch a.State {
	case health.StateWaiting:
		return UrgencyWaiting
	case health.StateCrashed:
		return UrgencyCrashed
	case health.StateError:
		return UrgencyError
	case health.StateLimited:
		return UrgencyLimited
	case health.StateIdle:
		if a.Unseen {
			return UrgencyDone
		}
		return UrgencyIdle
	case health.StateStarting:
		return UrgencyStarting
	case health.StateWorking:
		return UrgencyWorking
	case health.StateExited:
		return UrgencyExited
	default:
		return UrgencyUnknown
	}
}

// Counts sums agents by urgency (done apart from idle).
type Counts [UrgencyExited + 1]int

// Of returns how many agents have the urgency.
func (c Counts) Of(u Urgency) int { return c[u] }

// Link says by what means a server is being watched.
type Link uint8

// The links, best first. A lost server has none.
const (
	// LinkConnecting: nothing has been heard yet.
	LinkConnecting Link = iota
	// LinkControl: control-mode clients.
	LinkControl
	// LinkBatch: one batched process per round.
	LinkBatch
	// LinkExec: one process per capture.
	LinkExec
	// LinkLost: the server does not answer.
	LinkLost
)

// String returns the link's word.
func (l Link) String() string {
	words := [...]string{"connecting", "control", "batch", "process", "lost"}
	if int(l) < len(words) {
		return words[l]
	}
	return fmt.Sprintf("link(%d)", uint8(l))
}

// ServerStatus tells how one tmux server is being watched.
type ServerStatus struct {
	// Name is the short name, Socket the path.
	Name    string `json:"name,omitempty"`
	Socket  string `json:"socket,omitempty"`
	Version string `json:"version,omitempty"`
	Link    Link   `json:"link"`
	// Reason says why the link is not LinkControl; empty when it is.
	Reason string `json:"reason,omitempty"`
	// Problem says why its panes could not be listed the last time; empty when they
	// were.
	Problem string `json:"problem,omitempty"`
	// Degraded is set when a better link is called for and does not work.
	Degraded bool `json:"degraded,omitempty"`
	// Since is when Link began.
	Since time.Time `json:"since,omitzero"`
	// RetryAt is when a better link is tried again; zero when none is due.
	RetryAt time.Time `json:"retry_at,omitzero"`
	// Hearing says how changes are noticed.
	Hearing Hearing `json:"hearing"`
	Panes   int     `json:"panes,omitempty"`
	Agents  int     `json:"agents,omitempty"`
}

// HeardBy says how a server's changes are noticed.
type HeardBy uint8

const (
	// HeardByActivity: tmux is asked which windows were active.
	HeardByActivity HeardBy = iota
	// HeardByKernel: the kernel reports what panes print.
	HeardByKernel
)

// String returns the word.
func (h HeardBy) String() string {
	if h == HeardByKernel {
		return "kernel"
	}
	return "activity"
}

// MarshalText writes the word.
func (h HeardBy) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// Hearing says how a server's changes are noticed, and what that has told.
type Hearing struct {
	By HeardBy `json:"by"`
	// Reason says why it is not the kernel, or not for all panes.
	Reason string `json:"reason,omitempty"`
	// Heard and Unheard count panes that the kernel reports on or does not.
	Heard   int `json:"heard,omitempty"`
	Unheard int `json:"unheard,omitempty"`
	// Events counts the kernel's reports, Merged those that shared a wake-up with
	// another, Lost how often the queue overflowed.
	Events uint64 `json:"events,omitempty"`
	Merged uint64 `json:"merged,omitempty"`
	Lost   uint64 `json:"lost,omitempty"`
}

// PoolStats sums the connection pools of all servers.
type PoolStats struct {
	Open      int     `json:"open,omitempty"`
	Busy      int     `json:"busy,omitempty"`
	Max       int     `json:"max,omitempty"`
	Created   uint64  `json:"created,omitempty"`
	Recycled  uint64  `json:"recycled,omitempty"`
	Reused    uint64  `json:"reused,omitempty"`
	Waits     uint64  `json:"waits,omitempty"`
	Timeouts  uint64  `json:"timeouts,omitempty"`
	ReuseRate float64 `json:"reuse_rate,omitempty"`
	// MeanWait is the longest of the pools' mean waits for a connection.
	MeanWait time.Duration `json:"mean_wait_ns"`
}

// CacheStats are the live figures of the cache.
type CacheStats struct {
	// HitRate is that of all layers together, 0 to 1; 0 before the first look.
	HitRate float64 `json:"hit_rate,omitempty"`
	// Looks is hits plus misses of all layers.
	Looks  uint64       `json:"looks,omitempty"`
	Layers []LayerStats `json:"layers,omitempty"`
}

// LayerStats are the figures of one cache layer.
type LayerStats struct {
	Name string        `json:"name,omitempty"`
	TTL  time.Duration `json:"ttl_ns"`
	Size int           `json:"size,omitempty"`
	// Capacity bounds Size.
	Capacity      int    `json:"capacity,omitempty"`
	Hits          uint64 `json:"hits,omitempty"`
	Misses        uint64 `json:"misses,omitempty"`
	Invalidations uint64 `json:"invalidations,omitempty"`
	Expiries      uint64 `json:"expiries,omitempty"`
	Evictions     uint64 `json:"evictions,omitempty"`
	// HitRate is Hits/(Hits+Misses), 0 before the first look.
	HitRate float64 `json:"hit_rate,omitempty"`
	// Warmed counts what was made ready before anybody had asked for it: the
	// coloured screens that the user is likely to look at next. WarmHits are those
	// of them that were then asked for, WarmCaptures the captures that were made
	// for that alone.
	Warmed       uint64 `json:"warmed,omitempty"`
	WarmHits     uint64 `json:"warm_hits,omitempty"`
	WarmCaptures uint64 `json:"warm_captures,omitempty"`
}

// RoundStats are the figures of the rounds.
type RoundStats struct {
	// Rounds is how many have been made. Like all but the last three it begins anew
	// when another strategy comes into force.
	Rounds uint64 `json:"rounds,omitempty"`
	// Last is how long the last one took; P50 and P99 are over the last 512.
	Last time.Duration `json:"last_ns"`
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
	// LatencyP50 and LatencyP99 are how late changes of state reached a verdict, over
	// the last 512: the time from the agent's last output before the look that showed
	// the change, or, of panes that the kernel does not tell of, from the last list in
	// which it was not there, which bounds it.
	LatencyP50 time.Duration `json:"latency_p50_ns"`
	LatencyP99 time.Duration `json:"latency_p99_ns"`
	// LastCaptured and LastAvoided are panes captured and panes whose verdict
	// stood without a capture, in the last round; Captured and Avoided in all.
	LastCaptured int    `json:"last_captured,omitempty"`
	LastAvoided  int    `json:"last_avoided,omitempty"`
	Captured     uint64 `json:"captured,omitempty"`
	Avoided      uint64 `json:"avoided,omitempty"`
	// InVain is how many looks at panes that had printed found nothing new.
	InVain uint64 `json:"in_vain,omitempty"`
	// Bytes is how many bytes of screens were read in all.
	Bytes uint64 `json:"bytes,omitempty"`
	// Failures is how many checks failed in all.
	Failures uint64 `json:"failures,omitempty"`
	// Interval is the time between two rounds now.
	Interval time.Duration `json:"interval_ns"`
}

// Sample is one second of the trends.
type Sample struct {
	At time.Time `json:"at,omitzero"`
	// Busy is the greatest number of busy connections in that second.
	Busy int `json:"busy,omitempty"`
	// HitRate is that second's cache hit rate, 0 to 1; -1 when nothing was
	// asked.
	HitRate float64 `json:"hit_rate,omitempty"`
	// Captured is the number of captures in that second.
	Captured int `json:"captured,omitempty"`
	// Round is the longest round of that second.
	Round time.Duration `json:"round_ns"`
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
