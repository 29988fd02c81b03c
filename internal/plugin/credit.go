package plugin

import "time"

const (
	// callDeadline is how long one round waits at most for an executable.
	callDeadline = 20 * time.Millisecond
	// creditShare is the part of all time that a server's rounds may wait: 2 %.
	creditShare = 50
	// minWait is what is worth waiting for.
	minWait = time.Millisecond
)

// credit bounds how long one server's rounds wait for an executable: each for
// callDeadline, all together for one part in creditShare of the time, and none
// at all once a deadline was missed, until an answer has come in time again.
// So a plan is fresh where the executable is quick, and one that is slow or
// hangs costs a round nothing.
type credit struct {
	left time.Duration
	at   time.Time
	late bool
}

func newCredit(now time.Time) credit { return credit{left: callDeadline, at: now} }

// available is how long a round may wait now; 0 for not at all.
func (c *credit) available(now time.Time) time.Duration {
	c.left = min(c.left+now.Sub(c.at)/creditShare, callDeadline)
	c.at = now
	if c.late || c.left < minWait {
		return 0
	}
	return c.left
}

// spend books a wait and whether the answer came.
func (c *credit) spend(took time.Duration, answered bool) {
	c.left -= took
	c.late = c.late || !answered
}

// answered books an answer that came that long after its request was sent,
// waited for or not.
func (c *credit) answered(after time.Duration) {
	c.late = after > callDeadline
}
