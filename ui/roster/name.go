package roster

import (
	"strings"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/sanitize"
)

// Name is what an agent is called among others.
type Name struct {
	Label string
	// Which tells it from others with the same label: its pane, and its server
	// where that is not enough. Empty when there are no others.
	Which string
}

// String is the whole name.
func (n Name) String() string {
	if n.Which == "" {
		return n.Label
	}
	return n.Label + " " + n.Which
}

// Fit writes the name exactly w cells wide. What has no room is cut off its label,
// so that names that differ still do.
func (n Name) Fit(w int, tail string) string {
	if room := w - block.Width(n.Which) - 1; n.Which != "" && room > 0 {
		return block.Fit(block.Cut(n.Label, room, tail)+" "+n.Which, w, tail)
	}
	return block.Fit(n.String(), w, tail)
}

// namesOf are the names of those agents whose labels are not enough.
func namesOf(agents []engine.Agent) map[health.PaneRef]Name {
	labels, same := make([]string, len(agents)), make(map[string]int, len(agents))
	for i := range agents {
		labels[i] = Label(&agents[i])
		same[labels[i]]++
	}
	names, panes := map[health.PaneRef]Name{}, map[Name]int{}
	for i := range agents {
		if name := (Name{labels[i], sanitize.Text(agents[i].Ref.Pane)}); same[name.Label] > 1 {
			names[agents[i].Ref] = name
			panes[name]++
		}
	}
	for i := range agents {
		// Panes of two servers can have the same number.
		if name := names[agents[i].Ref]; panes[name] > 1 {
			names[agents[i].Ref] = Name{name.Label, sanitize.Text(agents[i].Server) + " " + name.Which}
		}
	}
	return names
}

// Name is what an agent is called among all that there are, listed or not.
func (r Roster) Name(a *engine.Agent) Name {
	if name, known := r.names[a.Ref]; known {
		return name
	}
	return Name{Label: Label(a)}
}

// Label is what an agent is called by itself. A window that is only named after
// the program tells nothing, then the session's name stands.
func Label(a *engine.Agent) string {
	name := strings.TrimSpace(sanitize.Text(a.Name()))
	if session := sanitize.Text(a.Session); session != "" && strings.EqualFold(name, string(a.Kind)) {
		return session
	}
	if name == "" {
		return a.Ref.Pane
	}
	return name
}
