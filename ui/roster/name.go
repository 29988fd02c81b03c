package roster

import (
	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/sanitize"
)

// Name is what an agent is called among others.
type Name engine.Name

// String is the whole name.
func (n Name) String() string { return engine.Name(n).String() }

// Fit writes the name exactly w cells wide. What has no room is cut off its label,
// so that names that differ still do.
func (n Name) Fit(w int, tail string) string {
	if room := w - block.Width(n.Which) - 1; n.Which != "" && room > 0 {
		return block.Fit(block.Cut(n.Label, room, tail)+" "+n.Which, w, tail)
	}
	return block.Fit(n.String(), w, tail)
}

// Name is what an agent is called among all that there are, listed or not.
func (r Roster) Name(a *engine.Agent) Name {
	if name, known := r.names[a.Ref]; known {
		return Name(name)
	}
	return Name{Label: Label(a)}
}

// Label is what an agent is called by itself.
func Label(a *engine.Agent) string { return a.Label(sanitize.Text) }
