package api

import (
	"slices"

	"agentwatch/engine"
	"agentwatch/health"
)

// Selection names tmux servers, as -L and -S do. The zero value stands for all
// that the configuration names.
type Selection struct {
	// Names are socket names, Sockets paths with symbolic links resolved.
	Names   []string `json:"names,omitempty"`
	Sockets []string `json:"sockets,omitempty"`
	// Here is the resolved socket of the server that whoever asks runs in, if any.
	// It need not be where others are found: with no names and no sockets, it
	// belongs to what is selected.
	Here string `json:"here,omitempty"`
}

// All reports whether nothing narrows the selection.
func (s Selection) All() bool { return len(s.Names)+len(s.Sockets) == 0 }

// Has reports whether a server is selected.
func (s Selection) Has(name, socket string) bool {
	return s.All() || slices.Contains(s.Names, name) || slices.Contains(s.Sockets, socket)
}

// Within reports whether all that is selected belongs to the other selection, too.
func (s Selection) Within(other Selection) bool {
	return other.All() || !s.All() &&
		!slices.ContainsFunc(s.Names, func(name string) bool { return !slices.Contains(other.Names, name) }) &&
		!slices.ContainsFunc(s.Sockets, func(socket string) bool { return !slices.Contains(other.Sockets, socket) })
}

// Narrow returns the snapshot as it is without the servers that are not
// selected and the panes that are hidden.
func (s Selection) Narrow(of *engine.Snapshot, hidden map[health.PaneRef]bool) *engine.Snapshot {
	unwanted := func(a engine.Agent) bool { return !s.Has(a.Server, a.Ref.Server) || hidden[a.Ref] }
	if s.All() && !slices.ContainsFunc(of.Agents, unwanted) {
		return of
	}
	narrow := *of
	narrow.Agents = slices.DeleteFunc(slices.Clone(of.Agents), unwanted)
	narrow.Counts, narrow.Snoozed = engine.CountsOf(narrow.Agents)
	if s.All() {
		return &narrow
	}
	narrow.Servers, narrow.Panes = nil, 0
	for _, server := range of.Servers {
		if s.Has(server.Name, server.Socket) {
			narrow.Servers = append(narrow.Servers, server)
			narrow.Panes += server.Panes
		}
	}
	return &narrow
}

// Covered reports whether every selected server is in the snapshot.
func (s Selection) Covered(by *engine.Snapshot) bool {
	if s.All() && s.Here != "" {
		s.Sockets = []string{s.Here}
	}
	for _, name := range s.Names {
		if !slices.ContainsFunc(by.Servers, func(known engine.ServerStatus) bool { return known.Name == name }) {
			return false
		}
	}
	for _, socket := range s.Sockets {
		if !slices.ContainsFunc(by.Servers, func(known engine.ServerStatus) bool { return known.Socket == socket }) {
			return false
		}
	}
	return true
}

// Equal reports whether both name the same servers in the same order.
func (s Selection) Equal(other Selection) bool {
	return slices.Equal(s.Names, other.Names) && slices.Equal(s.Sockets, other.Sockets) && s.Here == other.Here
}
