package plugin

import (
	"encoding/json"
	"fmt"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// ProtocolVersion is the version of the protocol that this package speaks.
const ProtocolVersion = 1

// maxLineBytes bounds a line that an executable writes.
const maxLineBytes = 1 << 20

// Hello is the first line that an executable gets.
type Hello struct {
	Protocol int `json:"protocol"`
	// Hello is "agentwatch".
	Hello string `json:"hello"`
	// Version is agentwatch's own.
	Version string `json:"version"`
}

// Welcome is its answer to that.
type Welcome struct {
	Protocol int `json:"protocol"`
	// Name must be what the file's name ends with.
	Name    string `json:"name"`
	Summary string `json:"summary"`
}

// Request asks for the plan of one round on one server.
type Request struct {
	// ID grows by one with each request to a process.
	ID uint64 `json:"id"`
	// Server is the path of the tmux server's socket.
	Server     string        `json:"server"`
	IntervalMS int64         `json:"interval_ms"`
	Budget     int           `json:"budget"`
	Panes      []RequestPane `json:"panes"`
}

// RequestPane is one pane of a request. Times are ages in milliseconds, -1 for
// what has never been.
type RequestPane struct {
	Pane    string `json:"pane"`
	Kind    string `json:"kind"`
	State   string `json:"state"`
	Change  string `json:"change"`
	Focused bool   `json:"focused"`
	// AgeMS is the age of the last capture, QuietMS that of the last change.
	AgeMS   int64 `json:"age_ms"`
	QuietMS int64 `json:"quiet_ms"`
	// PendingMS is for how long a change has waited for its capture; 0 for none.
	PendingMS int64 `json:"pending_ms"`
}

// Answer is the plan that was asked for. What is left out has a default:
// pipelined, 20, the request's interval.
type Answer struct {
	ID        uint64   `json:"id"`
	Recapture []string `json:"recapture"`
	Method    string   `json:"method,omitempty"`
	Limit     int      `json:"limit,omitempty"`
	NextMS    int64    `json:"next_ms,omitempty"`
}

// requestOf writes a plan's input down.
func requestOf(id uint64, server string, in engine.PlanInput) Request {
	r := Request{
		ID: id, Server: server, IntervalMS: in.Interval.Milliseconds(), Budget: in.Budget,
		Panes: make([]RequestPane, 0, len(in.Panes)),
	}
	for _, p := range in.Panes {
		r.Panes = append(r.Panes, RequestPane{
			Pane: p.Ref.Pane, Kind: string(p.Kind), State: p.State.String(), Change: p.Change.String(), Focused: p.Focused,
			AgeMS: ageMS(p.CapturedAt, in.Now), QuietMS: ageMS(p.ChangedAt, in.Now), PendingMS: pending(p, in.Now).Milliseconds(),
		})
	}
	return r
}

// ageMS is -1 for a time that has never been.
func ageMS(at, now time.Time) int64 {
	if at.IsZero() {
		return -1
	}
	return max(now.Sub(at).Milliseconds(), 0)
}

// readWelcome checks the answer to the handshake.
func readWelcome(line []byte, name string) (summary string, err error) {
	var w Welcome
	if err := json.Unmarshal(line, &w); err != nil {
		return "", fmt.Errorf("its answer to the handshake is no JSON object of the protocol: %w: %.80q", err, line)
	}
	if w.Protocol != ProtocolVersion {
		return "", fmt.Errorf("it speaks version %d of the protocol, and this agentwatch version %d", w.Protocol, ProtocolVersion)
	}
	if w.Name != name {
		return "", fmt.Errorf("it says that its name is %.40q, and its file says %q: they must be the same", w.Name, name)
	}
	if summary, err = checkSummary(w.Summary); err != nil {
		return "", fmt.Errorf("its summary: %w", err)
	}
	return summary, nil
}

// readAnswer turns an answer into a plan that names only panes of the input,
// each once: an answer may be long, and a round is to carry it out.
func readAnswer(line []byte, id uint64, server string, in engine.PlanInput) (engine.Plan, error) {
	var a Answer
	if err := json.Unmarshal(line, &a); err != nil {
		return engine.Plan{}, fmt.Errorf("its answer is no JSON object of the protocol: %w: %.80q", err, line)
	}
	if a.ID != id {
		return engine.Plan{}, fmt.Errorf("it answered request %d, and was asked %d", a.ID, id)
	}
	plan := engine.Plan{Limit: planLimit, NextIn: in.Interval}
	switch a.Method {
	case "", tmuxpool.MethodPipelined.String():
		plan.Method = tmuxpool.MethodPipelined
	case tmuxpool.MethodPooled.String():
		plan.Method = tmuxpool.MethodPooled
	case tmuxpool.MethodProcess.String():
		plan.Method = tmuxpool.MethodProcess
	default:
		return plan, fmt.Errorf("its method %.40q is none of pipelined, pooled, process", a.Method)
	}
	if a.Limit != 0 {
		plan.Limit = a.Limit
	}
	if a.NextMS != 0 {
		// Within what a duration can hold; the engine has narrower bounds.
		plan.NextIn = time.Duration(min(max(a.NextMS, 0), time.Hour.Milliseconds())) * time.Millisecond
	}
	left := make(map[string]bool, len(in.Panes))
	for _, p := range in.Panes {
		left[p.Ref.Pane] = true
	}
	for _, pane := range a.Recapture {
		if left[pane] {
			delete(left, pane)
			plan.Recapture = append(plan.Recapture, health.PaneRef{Server: server, Pane: pane})
		}
	}
	return plan, nil
}
