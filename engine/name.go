package engine

import (
	"strings"

	"agentwatch/health"
)

// Name is what an agent is called among others.
type Name struct {
	Label string
	// Which tells it from others with the same label: its pane and host, and its server
	// where that is not enough. Empty when no other has the label.
	Which string
}

// String is the whole name.
func (n Name) String() string {
	if n.Which == "" {
		return n.Label
	}
	return n.Label + " " + n.Which
}

// Label is what the agent is called by itself, its untrusted texts made fit by
// clean. A window that is only named after the program tells nothing; then the
// session's name stands.
func (a *Agent) Label(clean func(string) string) string {
	name := strings.TrimSpace(clean(a.Name()))
	if session := clean(a.Session); session != "" && strings.EqualFold(name, string(a.Kind)) {
		return session
	}
	if name == "" {
		return a.Ref.Pane
	}
	return name
}

// NamesOf returns the names of those agents whose label is not enough to tell
// them apart, so that every face and every message uses the same ones.
func NamesOf(agents []Agent, clean func(string) string) map[health.PaneRef]Name {
	labels, same := make([]string, len(agents)), make(map[string]int, len(agents))
	for i := range agents {
		labels[i] = agents[i].Label(clean)
		same[labels[i]]++
	}
	names, panes := make(map[health.PaneRef]Name), make(map[Name]int)
	for i := range agents {
		if same[labels[i]] > 1 {
			name := Name{labels[i], clean(agents[i].Ref.PaneName())}
			names[agents[i].Ref] = name
			panes[name]++
		}
	}
	if len(panes) == len(names) {
		return names
	}
	for i := range agents {
		// Panes of two servers can have the same number.
		if name := names[agents[i].Ref]; panes[name] > 1 {
			names[agents[i].Ref] = Name{name.Label, clean(agents[i].Server) + " " + name.Which}
		}
	}
	return names
}
