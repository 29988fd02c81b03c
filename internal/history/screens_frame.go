package history

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Frame is what an agent's screen showed at a time.
type Frame struct {
	At time.Time
	// Text has one line per row, with colours.
	Text string
}

const (
	// maxScreen bounds a screen that is kept, in bytes.
	maxScreen = 1 << 20
	// segmentFrames and segmentLasts bound a segment: how much is read to show
	// one screen, and how much newer than the oldest what is removed may be.
	segmentFrames = 64
	segmentLasts  = 15 * time.Minute
)

// segmentID names a segment. Later ones are greater, which keeps what is written
// together close together in the file.
type segmentID int64

// newSegmentID returns an id that no other segment has: the milliseconds of its
// time and a number by lot.
func newSegmentID(at time.Time) segmentID {
	const lot = 20 // bits
	return segmentID(at.UnixMilli()<<lot | rand.Int64N(1<<lot))
}

// frameEntry is a screen as it is kept: in its segment, with what differs from
// the one before.
type frameEntry struct {
	segment segmentID
	place   int
	at      time.Time
	agent   Agent
	data    []byte
}

func (e frameEntry) check() error {
	if e.place >= segmentFrames {
		return fmt.Errorf("history: a screen at place %d of its segment", e.place)
	}
	return checkTime("a screen", e.at)
}

func (e frameEntry) write(b *batch) error {
	at := e.at.UnixNano()
	agent, err := b.agent(e.agent, at)
	if err != nil {
		return err
	}
	return b.run(b.inserts.frame, int64(e.segment), e.place, at, agent, e.data)
}

// film turns the screens of one agent into entries. After an error of the store
// it must begin anew: what was not kept can be built on by nothing.
type film struct {
	segment   segmentID
	began, at time.Time
	place     int
	text      string
	rows      []string
}

// next is the entry of another screen; none when it is the same as before.
func (f *film) next(agent Agent, at time.Time, text string, c *compressor) (frameEntry, bool) {
	if !f.at.IsZero() && text == f.text {
		return frameEntry{}, false
	}
	f.place++
	// A clock that was set back begins a segment, too: its times only grow.
	if f.place >= segmentFrames || !at.After(f.at) || at.Sub(f.began) > segmentLasts {
		*f = film{segment: newSegmentID(at), began: at}
	}
	rows := rowsOf(text)
	data := c.compressed(difference(f.rows, rows))
	f.at, f.text, f.rows = at, text, rows
	return frameEntry{segment: f.segment, place: f.place, at: at, agent: agent, data: data}, true
}
