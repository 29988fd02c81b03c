package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// Limits of a delivery.
const (
	// tryTimeout bounds one try.
	tryTimeout = 5 * time.Second
	maxTries   = 3
	// firstPause is the pause after the first try; each further one is twice
	// as long.
	firstPause = time.Second
	// maxPause bounds how long the other side may make us wait; if it asks for
	// more, the message has failed.
	maxPause = 30 * time.Second
	// queueLength bounds the messages that wait for one channel.
	queueLength = 32
	// tripAfter failures in a row a channel rests for restTime.
	tripAfter = 5
	restTime  = time.Minute
)

// Outcome is how a delivery ended.
type Outcome uint8

// The outcomes of a delivery.
const (
	OutcomeDelivered Outcome = iota
	OutcomeFailed
)

// String returns the outcome's word.
func (o Outcome) String() string {
	words := [...]string{"delivered", "failed"}
	if int(o) < len(words) {
		return words[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// MarshalText writes the outcome's word.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Result is how the delivery of one message over one channel ended.
type Result struct {
	At      time.Time
	Channel string
	Type    ChannelType
	Message Message
	Outcome Outcome
	// Reason says why it failed, Hint what the user can do about it. Both are
	// empty otherwise, and never contain secrets.
	Reason string
	Hint   string
	// Err is ErrDelivery with its cause when it failed.
	Err error
	// Tries is how often it was tried, Took how long that lasted.
	Tries int
	Took  time.Duration
}

// sender reaches the user in one way.
type sender interface {
	// send delivers a message before ctx ends.
	send(ctx context.Context, m Message) error
}

// lane delivers the messages of one channel, one after another.
type lane struct {
	name    string
	channel Channel
	sender  sender
	// stop ends it, when it has been started, and waits for that.
	stop    func()
	queue   chan Message
	breaker *gobreaker.CircuitBreaker[struct{}]
	// restsUntil is when a channel that failed too often is tried again, in
	// nanoseconds since the epoch.
	restsUntil atomic.Int64
}

func newLane(name string, c Channel, s sender) *lane {
	l := &lane{name: name, channel: c, sender: s, stop: func() {}, queue: make(chan Message, queueLength)}
	l.breaker = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name: name, Timeout: restTime,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= tripAfter },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				l.restsUntil.Store(time.Now().Add(restTime).UnixNano())
			}
		},
	})
	return l
}

// put hands a message to the lane; it never waits. ok is false when too many
// wait already.
func (l *lane) put(m Message) (ok bool) {
	select {
	case l.queue <- m:
		return true
	default:
		return false
	}
}

// start lets the lane deliver until ctx ends or stop is called.
func (l *lane) start(ctx context.Context, working *sync.WaitGroup, n *Notifier) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	if d, ok := l.sender.(desktop); ok {
		d.shown.begin(ctx, working)
	}
	l.stop = func() {
		cancel()
		<-ended
	}
	working.Go(func() {
		defer close(ended)
		defer cancel()
		l.run(ctx, n)
	})
}

// run delivers until ctx ends, and reports what is left then as failed.
func (l *lane) run(ctx context.Context, n *Notifier) {
	over := func(m Message) { n.report(l.result(m, time.Now(), 0, context.Canceled)) }
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case m := <-l.queue:
			// Both can be ready.
			if ctx.Err() != nil {
				over(m)
				continue
			}
			m, ok := n.claimed(ctx, l.name, m)
			if !ok {
				continue
			}
			if n.options.Begin != nil {
				n.options.Begin(ctx, l.name, m)
			}
			r := l.deliver(ctx, m, maxTries)
			n.noted(context.WithoutCancel(ctx), r)
			n.report(r)
		}
	}
	for {
		select {
		case m := <-l.queue:
			over(m)
		default:
			return
		}
	}
}

// deliver tries until it has worked, cannot work, or has been tried often
// enough.
func (l *lane) deliver(ctx context.Context, m Message, tries int) Result {
	began := time.Now()
	pause := firstPause
	for try := 1; ; try++ {
		err := l.try(ctx, m)
		if err == nil {
			return l.result(m, began, try, nil)
		}
		f := asFailure(err)
		wait := max(pause, f.after)
		if f.permanent || try >= tries || wait > maxPause {
			return l.result(m, began, try, f)
		}
		pause *= 2
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return l.result(m, began, try, context.Canceled)
		}
		if l.breaker.State() == gobreaker.StateOpen {
			// The reason of the last try tells more than that there is a rest.
			return l.result(m, began, try, f)
		}
	}
}

// try sends once, unless the channel rests.
func (l *lane) try(ctx context.Context, m Message) error {
	_, err := l.breaker.Execute(func() (struct{}, error) {
		ctx, cancel := context.WithTimeout(ctx, tryTimeout)
		defer cancel()
		return struct{}{}, l.sender.send(ctx, m)
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		until := time.Unix(0, l.restsUntil.Load())
		return refused("failed "+fmt.Sprint(tripAfter)+" times in a row, tried again from "+until.Format(time.TimeOnly)+" on", "")
	}
	return err
}

func (l *lane) result(m Message, began time.Time, tries int, err error) Result {
	r := Result{
		At: time.Now(), Channel: l.name, Type: l.channel.Type, Message: m, Tries: tries, Took: time.Since(began),
	}
	if err != nil {
		f := asFailure(err)
		r.Outcome, r.Reason, r.Hint, r.Err = OutcomeFailed, f.what, f.hint, f
	}
	return r
}
