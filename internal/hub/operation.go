package hub

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/redis/rueidis"
)

// Operation is something that was done at the hub.
type Operation struct {
	// Name is what: put (everything is written anew), write (what has changed), beat,
	// begin (how we were there before, and its clock), share (who pulls what), snapshot
	// (everything is read), fetch (what has changed), connect.
	Name string
	// Reason is why a put was needed: start, connection, lost, due; empty for others.
	Reason string
	Began  time.Time
	Took   time.Duration
	Err    error
}

// Kind is the sort of the operation's error in a word; empty for none. It holds
// nothing of the error's own text, which can name a place.
func (o Operation) Kind() string {
	var network net.Error
	_, known := rueidis.IsRedisErr(o.Err)
	switch {
	case o.Err == nil:
		return ""
	case errors.Is(o.Err, context.DeadlineExceeded), errors.Is(o.Err, os.ErrDeadlineExceeded), errors.As(o.Err, &network) && network.Timeout():
		return "timeout"
	case errors.Is(o.Err, ErrTwin):
		return "twin"
	case errors.As(o.Err, &network):
		return "network"
	case known:
		return "refused"
	default:
		return "other"
	}
}

// observed does something at the hub and tells who observes it.
func (o Options) observed(name, reason string, do func() error) error {
	if o.Observe == nil {
		return do()
	}
	began := time.Now()
	err := do()
	if !errors.Is(err, context.Canceled) && !errors.Is(err, errNotAllowed) {
		o.Observe(Operation{Name: name, Reason: reason, Began: began, Took: time.Since(began), Err: err})
	}
	return err
}
