package monitor

import (
	"time"

	"agentwatch/engine"
	"agentwatch/tmuxpool"
)

// fingerprint is the cheap facts by which a pane's change is known without a
// capture.
//
// tmux's window_activity moves on every output of a pane, but has a grain of
// one second: output in the same second as a capture leaves it unchanged, and
// so equality proves nothing. The rule: with T the server's second of the
// capture, the pane may have changed as long as window_activity >= T. Whatever
// window_activity misses (resize, death, respawn, a move to another window,
// modes, the title) is compared as well.
type fingerprint struct {
	// activity is the window's last output, in seconds since 1970.
	activity int64
	shape    shape
}

// shape is what must be equal for a capture to stand.
type shape struct {
	pid           int
	width, height int
	dead          bool
	inMode        bool
	alternate     bool
	window        string
	title         string
	says          string
}

// clockSlack is how many seconds may lie between readings of the server's clock
// that belong together.
const clockSlack = 2

func fingerprintOf(p tmuxpool.Pane) fingerprint {
	return fingerprint{
		activity: p.WindowActivity,
		shape: shape{
			pid: p.PID, width: p.Width, height: p.Height, dead: p.Dead,
			inMode: p.InMode, alternate: p.AlternateOn, window: p.WindowID, title: p.Title, says: p.Says,
		},
	}
}

// sighting is what was known when a pane was last captured, or its processes
// last read.
type sighting struct {
	// at is our clock's time; zero for never.
	at time.Time
	// second is a second of the server's clock at or before the sighting.
	second int64
	// print is the fingerprint read before the sighting.
	print fingerprint
}

// change applies the rule to what is known now.
func (c sighting) change(now fingerprint) engine.Change {
	switch {
	case c.at.IsZero():
		return engine.ChangeNew
	case now.shape != c.print.shape:
		return engine.ChangeSeen
	case now.activity < c.print.activity:
		// The clock was set back.
		return engine.ChangeSeen
	case now.activity == c.print.activity && now.activity > c.second+clockSlack:
		// It was in the future already when the pane was captured: the clock has
		// been set back since. Newer output would have an earlier time.
		return engine.ChangeNone
	case now.activity > c.second:
		return engine.ChangeSeen
	case now.activity == c.second && now.activity > c.print.activity:
		// Output between the look at the fingerprint and the capture's second.
		return engine.ChangeSeen
	case now.activity >= c.second:
		return engine.ChangePossible
	default:
		return engine.ChangeNone
	}
}
