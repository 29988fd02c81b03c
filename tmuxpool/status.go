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
	// LinkBatch: batched processes, each with as many captures as a server can make
	// without keeping others waiting.
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

// Stats are the figures of a server's pool and of its captures. A worker of the
// pool is a control client, or a slot in which one batched process runs at a time.
// Both have one connection to the server: a client as long as it lives, a slot
// while its process runs. A capture is one use of a connection, so that a batch of
// n captures is n uses of one. What goes without the pool is not counted: lists of
// panes, and captures by a process each.
type Stats struct {
	// Open are the workers there are, Busy those in use, Max the most there may be.
	Open int
	Busy int
	Max  int
	// Created counts connections opened: clients attached, or processes started
	// for batches. Reused counts the captures that did not need to open one.
	// Recycled counts clients that were replaced for their age.
	Created  uint64
	Recycled uint64
	Reused   uint64
	// Waits counts those who had to wait for a worker, Timeouts those who waited
	// in vain.
	Waits    uint64
	Timeouts uint64
	// ReuseRate is Reused/(Reused+Created), 0 before the first.
	ReuseRate float64
	// MeanWait is the mean wait for a worker since the beginning, over all who
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
