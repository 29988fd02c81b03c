package engine

import "agentwatch/health"

// Identity tells an agent from others: a pane can be that of another agent later,
// and another tmux server can give its number to another pane.
type Identity struct {
	// PanePID is the process that the pane was made for, PID the agent's own;
	// they are the same where the agent's is not known.
	PanePID int         `json:"pane_pid"`
	PID     int         `json:"pid"`
	Kind    health.Kind `json:"kind"`
	// Ended is set when the agent's process had ended already.
	Ended bool `json:"ended,omitempty"`
}

// IdentityOf is the identity of an agent.
func IdentityOf(a *Agent) Identity {
	return Identity{PanePID: a.PanePID, PID: a.PID, Kind: a.Kind, Ended: a.State.Ended()}
}

// On is the identity as the agent has it that is in the pane now; false when that
// is another agent. One that has ended is still the same.
func (i Identity) On(a *Agent) (Identity, bool) {
	switch {
	case a.PanePID != i.PanePID || a.Kind != i.Kind:
		return i, false
	case a.PID == i.PID || a.State.Ended():
		return i, true
	case i.PID == i.PanePID && !i.Ended:
		// Its own process is known by now.
		return IdentityOf(a), true
	default:
		return i, false
	}
}
