package tmuxpool

import (
	"fmt"
	"time"
)

// Link says by what means a server is being watched.
type Link uint8

// The links, best first.
const (
	// LinkConnecting: nothing has been heard yet.
	LinkConnecting Link = iota
	// LinkControl: control-mode clients.
	LinkControl
	// LinkBatch: one batched process for each round of captures.
	LinkBatch
	// LinkProcess: one process for each capture.
	LinkProcess
	// LinkLost: the server is gone or does not answer.
	LinkLost
)

// String returns the link's word.
func (l Link) String() string {
	words := [...]string{"connecting", "control", "batch", "process", "lost"}
	if int(l) < len(words) {
		return words[l]
	}
	return fmt.Sprintf("link(%d)", uint8(l))
}

// Status tells how a server is being watched. Values can be compared with ==.
type Status struct {
	Link Link
	// Reason says in plain words why the link is not LinkControl; empty when
	// it is, and while connecting.
	Reason string
	// Degraded is set when the link is not the one that Options.Clients calls
	// for, as far as the server's version allows it: something is wrong.
	Degraded bool
	// Since is when the link began; RetryAt when a better one is tried, zero
	// when none is due.
	Since   time.Time
	RetryAt time.Time
	// Version is the server's, as it says it; empty until it is known.
	Version string
	// PID is the server's process; 0 while it is not known.
	PID int
}

// Stats are the figures of a server's pool and of its captures. The connection
// for commands is apart from the pool and not counted.
type Stats struct {
	// Open are the clients there are, Busy those in use, Max the most there
	// may be.
	Open int
	Busy int
	Max  int
	// Created and Recycled count clients opened, and replaced for their age;
	// Reused how often one was taken that had been used before.
	Created  uint64
	Recycled uint64
	Reused   uint64
	// Waits counts those who had to wait for a client, Timeouts those who
	// waited in vain.
	Waits    uint64
	Timeouts uint64
	// ReuseRate is Reused/(Reused+Created), 0 before the first.
	ReuseRate float64
	// ForecastRate is how many clients per second are expected to be asked for
	// when next anybody asks, ForecastService for how long each is then held
	// while no other is in use; their product is the load, in erlangs. 0 before
	// the first.
	ForecastRate    float64
	ForecastService time.Duration
	// Target is how many clients there should be: what the demand called for
	// at most within the last minute. Open follows it, one client at a time.
	Target int
	// MeanWait is the mean wait for a client since the beginning, over all who
	// asked for one, also those who did not have to wait.
	MeanWait time.Duration
	// Captures made and the Bytes they had, by any method.
	Captures uint64
	Bytes    uint64
}

// EventKind says why to look again.
type EventKind uint8

const (
	// EventChanged: sessions, windows or the mode of a pane have changed.
	EventChanged EventKind = iota
	// EventLink: the Status has changed.
	EventLink
)

// String returns the kind's word.
func (k EventKind) String() string {
	words := [...]string{"changed", "link"}
	if int(k) < len(words) {
		return words[k]
	}
	return fmt.Sprintf("event(%d)", uint8(k))
}

// Event is a hint to look again now.
type Event struct{ Kind EventKind }
