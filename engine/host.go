package engine

import (
	"fmt"
	"time"
)

// HostState says how much what is shown of another machine is worth.
type HostState uint8

// The states of a host.
const (
	// HostConnecting: nothing has been heard of it yet.
	HostConnecting HostState = iota
	// HostLive: what is shown is so.
	HostLive
	// HostLate: nothing has been heard for a moment.
	HostLate
	// HostStale: its agents are shown as they were last.
	HostStale
	// HostGone: it has been stale for so long that its agents are not shown any more.
	HostGone
	// HostEnded: it has said that it ends; its agents are shown as they were last.
	HostEnded
)

// String returns the state's word.
func (s HostState) String() string {
	words := [...]string{"connecting", "live", "late", "stale", "gone", "ended"}
	if int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("host(%d)", uint8(s))
}

// MarshalText writes the state's word.
func (s HostState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's word; an unknown one is HostStale.
func (s *HostState) UnmarshalText(text []byte) error {
	*s = HostStale
	for state := HostConnecting; state <= HostEnded; state++ {
		if state.String() == string(text) {
			*s = state
		}
	}
	return nil
}

// HostStatus tells how another machine is being watched.
type HostStatus struct {
	// Name is what the user calls it, Way how it is reached: an ssh destination, or
	// a command.
	Name  string    `json:"name"`
	Way   string    `json:"way,omitempty"`
	State HostState `json:"state"`
	// Since is when State began, Heard when the machine was heard last; zero for
	// never.
	Since time.Time `json:"since,omitzero"`
	Heard time.Time `json:"heard,omitzero"`
	// Problem says why it cannot be reached, and what helps; empty when it can be.
	Problem string `json:"problem,omitempty"`
	// RetryAt is when it is tried again; zero when none is due.
	RetryAt time.Time `json:"retry_at,omitzero"`
	// Version is the build of its engine process.
	Version string `json:"version,omitempty"`
	// Skew is how far its clock is ahead of ours, where that matters.
	Skew   time.Duration `json:"skew_ns,omitempty"`
	Panes  int           `json:"panes"`
	Agents int           `json:"agents"`
	// NeedUser is how many of its agents stand still until the user acts, as far as
	// was seen last.
	NeedUser int `json:"need_you"`
}

// Away reports whether what is shown of the machine is no more than what was seen
// last.
func (s HostState) Away() bool { return s >= HostStale }
