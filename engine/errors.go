package engine

import (
	"errors"
)

// Errors of a service.
var (
	// ErrUnknownStrategy: no strategy has the name that was asked for.
	ErrUnknownStrategy = errors.New("no such strategy")
	// ErrUnknownPane: the pane is not, or no longer, watched.
	ErrUnknownPane = errors.New("no such pane")
	// ErrStopped: the service has ended.
	ErrStopped = errors.New("the engine has stopped")
	// ErrAlreadyRun: a service runs once.
	ErrAlreadyRun = errors.New("a service can run only once")
)
