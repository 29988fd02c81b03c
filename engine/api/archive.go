package api

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Recording is what is stored of an agent's screens.
type Recording struct {
	// Times are when they were captured, Past is what the agent was in that time;
	// both oldest first.
	Times []time.Time    `json:"times"`
	Past  []engine.Phase `json:"past"`
}

// StoredScreen is what an agent's screen showed at a time.
type StoredScreen struct {
	At   time.Time `json:"at,omitzero"`
	Text string    `json:"text"`
}

// PhasesRequest asks what the agents in some panes were before they were watched.
type PhasesRequest struct {
	Panes []health.PaneRef `json:"panes"`
	Since time.Time        `json:"since"`
}

// PanePhases is what the agent in a pane was, oldest first.
type PanePhases struct {
	Ref  health.PaneRef `json:"ref"`
	Past []engine.Phase `json:"past"`
}

// PastAgent is an agent as it was called when something was recorded of it.
type PastAgent struct {
	// Host is the machine, where it is not the one that is asked.
	Host    string `json:"host,omitempty"`
	Server  string `json:"server"`
	Socket  string `json:"socket"`
	Session string `json:"session"`
	Window  string `json:"window"`
	Pane    string `json:"pane"`
	PanePID int    `json:"pane_pid"`
	PID     int    `json:"pid"`
	Kind    string `json:"kind"`
}

// PastChange is one recorded change of an agent. From and To tell done from idle.
type PastChange struct {
	Time time.Time `json:"time"`
	PastAgent
	From  engine.Urgency    `json:"from"`
	To    engine.Urgency    `json:"to"`
	Wait  health.WaitReason `json:"wait,omitempty"`
	Since time.Time         `json:"since"`
	First bool              `json:"first,omitempty"`
	Gone  bool              `json:"gone,omitempty"`
	// Source, Rule and Text are the evidence.
	Source health.Source `json:"source"`
	Rule   string        `json:"rule"`
	Text   string        `json:"text,omitempty"`
}

// PastAnswer is one recorded answer. Outcome is done, refused, failed or
// uncertain.
type PastAnswer struct {
	Time time.Time `json:"time"`
	PastAgent
	Action  string `json:"action"`
	Text    string `json:"text,omitempty"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"`
	// By says who gave it, such as "web: phone"; empty for the user at the machine.
	By string `json:"by,omitempty"`
}

// PastNotification is one recorded notification; Outcome is as in PastAnswer.
type PastNotification struct {
	Time time.Time `json:"time"`
	PastAgent
	Channel string `json:"channel"`
	Outcome string `json:"outcome"`
	Error   string `json:"error,omitempty"`
}

// PastEntry is one line of the history; one of its fields is set. Error is why it
// ends there.
type PastEntry struct {
	Change       *PastChange       `json:"change,omitempty"`
	Answer       *PastAnswer       `json:"answer,omitempty"`
	Notification *PastNotification `json:"notification,omitempty"`
	Error        *Error            `json:"error,omitempty"`
}

// ReportRow is one agent on one day.
type ReportRow struct {
	Day string `json:"day"`
	PastAgent
	// Spent is how long it was watched being what.
	Spent       engine.Durations `json:"spent_ns"`
	Crashes     int              `json:"crashes"`
	Turns       int              `json:"turns"`
	LongestWait time.Duration    `json:"longest_wait_ns"`
}

// Idle is the time at the prompt, whether somebody had looked since or not.
func (r ReportRow) Idle() time.Duration {
	return r.Spent.Of(engine.UrgencyIdle) + r.Spent.Of(engine.UrgencyDone)
}

// Watched is the time in which it was watched at all.
func (r ReportRow) Watched() time.Duration {
	sum := time.Duration(0)
	for _, d := range r.Spent {
		sum += d
	}
	return sum
}

// PastKind is a kind of entries of the history.
type PastKind string

// The kinds of entries.
const (
	PastChanges       PastKind = "changes"
	PastAnswers       PastKind = "answers"
	PastNotifications PastKind = "notifications"
)

// PastFilter says which entries of the history to read, newest first. What is
// empty does not filter.
type PastFilter struct {
	// What is PastChanges when it is empty.
	What         PastKind
	Since, Until time.Time
	Session      string
	Kind         health.Kind
	Pane         string
	// States are those that a change leads to.
	States []engine.Urgency
	// Limit is how many entries to read at most; no bound when 0.
	Limit int
}

// Query is the filter as the parameters of a request.
func (f PastFilter) Query() url.Values {
	query := url.Values{}
	set := func(name, value string) {
		if value != "" {
			query.Add(name, value)
		}
	}
	set("what", string(f.What))
	set("since", momentText(f.Since))
	set("until", momentText(f.Until))
	set("session", f.Session)
	set("kind", string(f.Kind))
	set("pane", f.Pane)
	for _, state := range f.States {
		set("state", state.String())
	}
	if f.Limit > 0 {
		set("limit", strconv.Itoa(f.Limit))
	}
	return query
}

func momentText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339Nano)
}

// ParsePastFilter reads the parameters of a request; ErrRequest for what they
// cannot mean.
func ParsePastFilter(query url.Values) (PastFilter, error) {
	f := PastFilter{
		What: PastKind(query.Get("what")), Session: query.Get("session"), Kind: health.Kind(query.Get("kind")), Pane: query.Get("pane"),
	}
	switch f.What {
	case "":
		f.What = PastChanges
	case PastChanges, PastAnswers, PastNotifications:
	default:
		return f, fmt.Errorf("%w: what=%q; there are %s, %s and %s", ErrRequest, f.What, PastChanges, PastAnswers, PastNotifications)
	}
	var err error
	if f.Since, err = ParseMoment(query, "since"); err != nil {
		return f, err
	}
	if f.Until, err = ParseMoment(query, "until"); err != nil {
		return f, err
	}
	for _, word := range query["state"] {
		state, err := engine.ParseUrgency(word)
		if err != nil {
			return f, fmt.Errorf("%w: %w", ErrRequest, err)
		}
		f.States = append(f.States, state)
	}
	if text := query.Get("limit"); text != "" {
		if f.Limit, err = strconv.Atoi(text); err != nil || f.Limit < 0 {
			return f, fmt.Errorf("%w: limit=%q is not a number of entries", ErrRequest, text)
		}
	}
	return f, nil
}

// ParseMoment reads a time as RFC 3339 writes it; zero when it is missing. Only
// the years that a history can have are times.
func ParseMoment(query url.Values, name string) (time.Time, error) {
	text := query.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	switch {
	case err != nil:
		return at, fmt.Errorf("%w: %s: %w", ErrRequest, name, err)
	case at.Year() < 1900 || at.Year() > 2200:
		return at, fmt.Errorf("%w: %s=%s is too far away", ErrRequest, name, text)
	}
	return at.Local(), nil
}
