package ui

import (
	"fmt"

	"agentwatch/ui/keys"
)

// ViewName names one of the dashboard's views.
type ViewName uint8

// The views.
const (
	ViewBoard ViewName = iota
	ViewGrid
	ViewFocus
	ViewTimeline
	ViewEngine
	ViewInbox
	viewNames
)

// String returns the view's word.
func (v ViewName) String() string {
	words := [...]string{"board", "grid", "focus", "timeline", "engine", "inbox"}
	if int(v) < len(words) {
		return words[v]
	}
	return fmt.Sprintf("view(%d)", uint8(v))
}

// ViewNames lists the views by their words.
func ViewNames() []string {
	var names []string
	for _, v := range everyView() {
		names = append(names, v.String())
	}
	return names
}

// everyView lists the views in the order of their keys.
func everyView() []ViewName {
	all := make([]ViewName, viewNames)
	for i := range all {
		all[i] = ViewName(i)
	}
	return all
}

// ParseView returns the view of that name.
func ParseView(name string) (ViewName, bool) {
	for v := range viewNames {
		if v.String() == name {
			return v, true
		}
	}
	return ViewBoard, false
}

// place is the table of keys of a view.
func (v ViewName) place() keys.Place { return keys.OnBoard + keys.Place(v) }

// viewOf is the view that an action leads to.
func viewOf(a keys.Action) (ViewName, bool) {
	if a < keys.Board || a > keys.Inbox {
		return ViewBoard, false
	}
	return ViewName(a - keys.Board), true
}
