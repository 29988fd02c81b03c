package serve

import (
	"errors"

	"agentwatch/engine"
)

// Errors of the package, beside those of engine, which come through the socket
// as what they are.
var (
	// ErrNobody: no instance serves at this socket.
	ErrNobody = errors.New("serve: no agentwatch runs that watches the same tmux servers")
	// ErrVersion: the instance is of another version.
	ErrVersion = errors.New("serve: the running agentwatch is of another version")
	// ErrForeign: somebody else's process is at the other end, or their folder
	// in the way.
	ErrForeign = errors.New("serve: not of this user")
	// ErrNoAnswer: something listens and does not answer.
	ErrNoAnswer = errors.New("serve: the running agentwatch does not answer")
	// ErrLost: the connection has ended before the answer.
	ErrLost = errors.New("serve: the running agentwatch has ended")
	// ErrReadOnly: the instance types for nobody.
	ErrReadOnly = errors.New("the agentwatch that watches for all is read-only: end it, and this one takes over")
	// ErrRequest: the request makes no sense to the instance.
	ErrRequest = errors.New("serve: the request is not understood")
	// ErrTooLong: a message is longer than is allowed.
	ErrTooLong = errors.New("serve: the message is too long")
	// ErrBusy: the instance serves as much as it can at once.
	ErrBusy = errors.New("serve: the running agentwatch serves too many at once")
)

// code tells a client which error it was.
type code string

// The codes of errors that clients tell apart.
const (
	codeOther           code = "error"
	codeVersion         code = "version"
	codeUnknownPane     code = "unknown pane"
	codeUnknownStrategy code = "unknown strategy"
	codeStopped         code = "stopped"
	codeReadOnly        code = "read-only"
	codeUnconfirmed     code = "unconfirmed"
	codeChanged         code = "changed"
	codeAnswering       code = "answering"
	codeCannot          code = "cannot"
	codeRequest         code = "request"
	codeTooLong         code = "too long"
	codeBusy            code = "busy"
	codeAmbiguous       code = "ambiguous"
)

// coded is an error that has a code.
type coded struct {
	code     code
	sentinel error
}

// codes are the errors that have one. Of those that are several at once the first
// counts.
func codes() []coded {
	return []coded{
		{codeUnconfirmed, engine.ErrUnconfirmed},
		{codeChanged, engine.ErrChanged},
		{codeAnswering, engine.ErrBusy},
		{codeCannot, engine.ErrCannot},
		{codeVersion, ErrVersion},
		{codeUnknownPane, engine.ErrUnknownPane},
		{codeUnknownStrategy, engine.ErrUnknownStrategy},
		{codeStopped, engine.ErrStopped},
		{codeReadOnly, ErrReadOnly},
		{codeRequest, ErrRequest},
		{codeTooLong, ErrTooLong},
		{codeBusy, ErrBusy},
		{codeAmbiguous, ErrAmbiguous},
	}
}

// remoteError is an error that has come through the socket.
type remoteError struct {
	Code code   `json:"code"`
	Text string `json:"text"`
	// Differences are those of a pane that has changed.
	Differences []engine.Difference `json:"differences,omitempty"`
}

// Error is what the instance said.
func (e *remoteError) Error() string { return e.Text }

// Unwrap is what its code stands for; nothing when it has none.
func (e *remoteError) Unwrap() []error {
	var all []error
	for _, c := range codes() {
		if c.code == e.Code {
			all = append(all, c.sentinel)
		}
	}
	if len(e.Differences) > 0 {
		all = append(all, &engine.ChangedError{Differences: e.Differences})
	}
	return all
}

// remoteErrorOf puts an error into words for the other end; nil stays nil.
func remoteErrorOf(err error) *remoteError {
	if err == nil {
		return nil
	}
	remote := &remoteError{Code: codeOther, Text: err.Error()}
	for _, c := range codes() {
		if errors.Is(err, c.sentinel) {
			remote.Code = c.code
			break
		}
	}
	var changed *engine.ChangedError
	if errors.As(err, &changed) {
		remote.Differences = changed.Differences
	}
	return remote
}
