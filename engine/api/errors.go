package api

import (
	"errors"
	"net/http"

	"agentwatch/engine"
)

// Errors of the API beside those of the engine, which a client gets as what they
// are.
var (
	// ErrNobody is returned when no engine process listens.
	ErrNobody = errors.New("no agentwatch is running")
	// ErrForeign is returned when a process or a folder belongs to somebody else.
	ErrForeign = errors.New("not of this user")
	// ErrNoAnswer is returned when something listens and does not answer.
	ErrNoAnswer = errors.New("the running agentwatch does not answer")
	// ErrUnreachable is returned when no connection can be made to another machine's
	// process.
	ErrUnreachable = errors.New("cannot be reached")
	// ErrLost is returned when the connection ended before the answer.
	ErrLost = errors.New("the running agentwatch has ended")
	// ErrRequest is returned for a request that makes no sense.
	ErrRequest = errors.New("the request is not understood")
	// ErrUnknownRequest is returned for a request that an older build does not know.
	ErrUnknownRequest = errors.New("the running agentwatch is of another build and does not know this request")
	// ErrLimit is returned when a request, or the number of them, is too large.
	ErrLimit = errors.New("too much at once")
	// ErrNotWatched is returned when the engine does not watch the servers that
	// the request names.
	ErrNotWatched = errors.New("the running agentwatch does not watch these tmux servers")
	// ErrNoHistory is returned when nothing has been recorded.
	ErrNoHistory = errors.New("there is no history")
	// ErrLocal is returned for what only the unix socket offers.
	ErrLocal = errors.New("this is offered over the unix socket only")
	// ErrUnknownAnswer is returned for the outcome of an answer that the engine
	// has never been asked for.
	ErrUnknownAnswer = errors.New("no such answer")
)

// Error is an error of the engine process as a client gets it.
type Error struct {
	Code string `json:"code"`
	Text string `json:"text"`
	// Differences are those of a pane that has changed.
	Differences []Difference `json:"differences,omitempty"`
}

// known are the errors that a client can tell apart, with their status. Of those
// that are several at once the first counts.
func known() []struct {
	code     string
	status   int
	sentinel error
} {
	return []struct {
		code     string
		status   int
		sentinel error
	}{
		{"unconfirmed", http.StatusAccepted, engine.ErrUnconfirmed},
		{"changed", http.StatusConflict, engine.ErrChanged},
		{"answering", http.StatusConflict, engine.ErrBusy},
		{"cannot", http.StatusUnprocessableEntity, engine.ErrCannot},
		{"no_diff", http.StatusUnprocessableEntity, engine.ErrNoDiff},
		{"unknown_pane", http.StatusNotFound, engine.ErrUnknownPane},
		{"unknown_strategy", http.StatusNotFound, engine.ErrUnknownStrategy},
		{"unknown_answer", http.StatusNotFound, ErrUnknownAnswer},
		{"read_only", http.StatusForbidden, engine.ErrReadOnly},
		{"stopped", http.StatusServiceUnavailable, engine.ErrStopped},
		{"not_watched", http.StatusNotFound, ErrNotWatched},
		{"no_history", http.StatusNotFound, ErrNoHistory},
		{"ambiguous", http.StatusConflict, ErrAmbiguous},
		{"limit", http.StatusTooManyRequests, ErrLimit},
		{"nobody", http.StatusBadGateway, ErrNobody},
		{"lost", http.StatusBadGateway, ErrLost},
		{"local", http.StatusForbidden, ErrLocal},
		{"request", http.StatusBadRequest, ErrRequest},
	}
}

// ErrorOf puts an error into what goes over the wire, with its HTTP status; nil
// stays nil.
func ErrorOf(err error) (*Error, int) {
	if err == nil {
		return nil, http.StatusOK
	}
	e, status := &Error{Code: "error", Text: err.Error()}, http.StatusInternalServerError
	for _, k := range known() {
		if errors.Is(err, k.sentinel) {
			e.Code, status = k.code, k.status
			break
		}
	}
	var changed *engine.ChangedError
	if errors.As(err, &changed) {
		for _, d := range changed.Differences {
			e.Differences = append(e.Differences, Difference{d.Aspect.String(), d.Seen, d.Now})
		}
	}
	return e, status
}

// Error is what the engine process said.
func (e *Error) Error() string { return e.Text }

// Unwrap is what its code stands for; nothing when it has none.
func (e *Error) Unwrap() []error {
	var all []error
	for _, k := range known() {
		if k.code == e.Code {
			all = append(all, k.sentinel)
		}
	}
	if len(e.Differences) > 0 {
		changed := &engine.ChangedError{}
		for _, d := range e.Differences {
			changed.Differences = append(changed.Differences, d.difference())
		}
		all = append(all, changed)
	}
	return all
}

// ErrAmbiguous is returned for a pane id that several servers have.
var ErrAmbiguous = errors.New("several tmux servers have the pane")
