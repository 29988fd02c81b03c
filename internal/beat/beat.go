// Package beat is about waiting. It lets loops that look at something now and then do so at the same
// moments, so that a process at rest wakes up once for all of them. Most of what such
// a look costs is the waking.
package beat

import (
	"context"
	"time"
)

// Ticker ticks at the multiples of its pace on the clock. It is not safe for
// concurrent use.
type Ticker struct {
	timer *time.Timer
	every time.Duration
}

// NewTicker returns a ticker. Stop it after use.
func NewTicker(every time.Duration) *Ticker { return &Ticker{time.NewTimer(every), every} }

// Next returns the channel of the next tick, which is one in the future: what was
// missed is not made up for. It is to be called anew for each wait.
func (t *Ticker) Next() <-chan time.Time {
	t.timer.Reset(Until(t.every))
	return t.timer.C
}

// Stop ends the ticker.
func (t *Ticker) Stop() { t.timer.Stop() }

// Until is how long it is to the next tick of a pace, more than zero.
func Until(every time.Duration) time.Duration {
	return every - time.Duration(time.Now().UnixNano())%every
}

// Pause waits for a time. It returns the cause when ctx ends before.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
