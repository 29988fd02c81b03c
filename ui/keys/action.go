// Package keys holds the dashboard's key bindings as data: what can be done,
// where, and by which keys. Footer, help, command palette and configuration are
// all written from these tables.
package keys

import (
	"fmt"
	"sync"
)

// Action is what a key asks for.
type Action uint8

// The actions.
const (
	None Action = iota
	Up
	Down
	Left
	Right
	PageUp
	PageDown
	Top
	Bottom
	Open
	Back
	Next
	Previous
	NextAgent
	PreviousAgent
	PanLeft
	PanRight
	Jump
	Board
	Grid
	Focus
	Timeline
	Engine
	Inbox
	Filter
	StateFilter
	StateFilterBack
	Sort
	Group
	Mark
	MarkAll
	Unmark
	Seen
	Snooze
	GoOn
	WhenIdle
	Waiting
	Approve
	Deny
	Answer
	Reply
	Interrupt
	BringBack
	SendKeys
	NewLine
	// Diff shows what an agent has changed, DiffBase since when.
	Diff
	DiffBase
	// SearchAll searches all agents, Search what is shown.
	SearchAll
	Search
	SearchNext
	SearchPrevious
	ZoomIn
	ZoomOut
	Now
	Strategy
	Theme
	Explain
	Refresh
	Mouse
	Narrower
	Wider
	Figures
	Replay
	Play
	SkipBack
	SkipOn
	NextChange
	PreviousChange
	Notices
	Palette
	Help
	Quit
	// actions is how many there are.
	actions
)

// fact is what the tables say of an action.
type fact struct {
	// name is what configuration calls it, does what it does in a few words.
	name, does string
	// keys are the default ones, as Bubble Tea names them.
	keys []string
}

// facts lists every action. It is made once: every key that is shown asks for it.
var facts = sync.OnceValue(func() []fact {
	all := movingFacts()
	for a, f := range doingFacts() {
		if f.name != "" {
			all[a] = f
		}
	}
	return all[:]
})

// movingFacts are the actions that lead from one place to another.
func movingFacts() [actions]fact {
	return [actions]fact{
		None:          {"none", "nothing", nil},
		Up:            {"up", "up", []string{"up", "k"}},
		Down:          {"down", "down", []string{"down", "j"}},
		Left:          {"left", "left", []string{"left", "h"}},
		Right:         {"right", "right", []string{"right", "l"}},
		PageUp:        {"page-up", "page up", []string{"pgup", "ctrl+b", "ctrl+u"}},
		PageDown:      {"page-down", "page down", []string{"pgdown", "ctrl+f", "ctrl+d"}},
		Top:           {"top", "first", []string{"home", "0"}},
		Bottom:        {"bottom", "last", []string{"end", "G", "shift+g"}},
		Open:          {"open", "open", []string{"enter"}},
		Back:          {"back", "back", []string{"esc", "backspace"}},
		Next:          {"next", "next that needs you", []string{"tab"}},
		Previous:      {"previous", "previous that needs you", []string{"shift+tab"}},
		NextAgent:     {"next-agent", "next agent", []string{"J", "shift+j", "]"}},
		PreviousAgent: {"previous-agent", "previous agent", []string{"K", "shift+k", "["}},
		PanLeft:       {"pan-left", "screen's left", []string{"<", "H", "shift+h"}},
		PanRight:      {"pan-right", "screen's right", []string{">", "L", "shift+l"}},
		Jump:          {"go-to-pane", "go to pane", []string{"g"}},
		Board:         {"board", "board", []string{"1", "b"}},
		Grid:          {"grid", "grid", []string{"2", "v"}},
		Focus:         {"focus", "agent alone", []string{"3"}},
		Timeline:      {"timeline", "timeline", []string{"4", "t"}},
		Engine:        {"engine", "engine", []string{"5", "p"}},
		Inbox:         {"inbox", "inbox", []string{"6", "i"}},
	}
}

// doingFacts are the actions that change something.
func doingFacts() [actions]fact {
	return [actions]fact{
		Filter:          {"filter", "filter", []string{"/"}},
		StateFilter:     {"state-filter", "only one state", []string{"f"}},
		StateFilterBack: {"state-filter-back", "only one state, backwards", []string{"F", "shift+f"}},
		Sort:            {"sort", "sort", []string{"o"}},
		Group:           {"group", "group", []string{"O", "shift+o"}},
		Mark:            {"mark", "mark", []string{"space"}},
		MarkAll:         {"mark-all", "mark all that are listed", []string{"ctrl+a"}},
		Unmark:          {"unmark", "take all marks off", []string{"u"}},
		Seen:            {"seen", "mark as seen", []string{"x"}},
		Snooze:          {"snooze", "snooze", []string{"z"}},
		GoOn:            {"go-on", "go on after limits", []string{"C", "shift+c"}},
		WhenIdle:        {"when-idle", "send it once it is idle", []string{"ctrl+o"}},
		Waiting:         {"waiting-texts", "texts that wait", []string{"w"}},
		Approve:         {"approve", "approve", []string{"y"}},
		Deny:            {"deny", "deny", []string{"d"}},
		Answer:          {"answer", "choose an answer", []string{"a"}},
		Reply:           {"reply", "reply", []string{"r"}},
		Interrupt:       {"interrupt", "interrupt", []string{"I", "shift+i"}},
		BringBack:       {"bring-back", "bring back", []string{"B", "shift+b"}},
		SendKeys:        {"send-keys", "send keys", []string{"ctrl+k"}},
		NewLine:         {"new-line", "new line", []string{"alt+enter", "ctrl+j"}},
		Diff:            {"diff", "what it has changed", []string{"D", "shift+d"}},
		DiffBase:        {"diff-base", "since the last commit, or since its branch began", []string{"b"}},
		SearchAll:       {"search-all", "search all agents", []string{"S", "shift+s"}},
		Search:          {"search", "search", []string{"/"}},
		SearchNext:      {"search-next", "next match", []string{"n"}},
		SearchPrevious:  {"search-previous", "match before", []string{"N", "shift+n"}},
		ZoomIn:          {"zoom-in", "zoom in", []string{"+", "="}},
		ZoomOut:         {"zoom-out", "zoom out", []string{"-"}},
		Now:             {"now", "follow the present", []string{"."}},
		Strategy:        {"strategy", "strategy", []string{"s"}},
		Theme:           {"theme", "theme", []string{"T", "shift+t"}},
		Explain:         {"explain", "explain", []string{"e"}},
		Refresh:         {"refresh", "look at everything anew", []string{"R", "shift+r", "ctrl+l"}},
		Mouse:           {"mouse", "free the mouse, to select text", []string{"m"}},
		Narrower:        {"narrower", "list narrower", []string{"{"}},
		Wider:           {"wider", "list wider", []string{"}"}},
		Figures:         {"figures", "hide or show the figures", []string{"c"}},
		Replay:          {"replay", "replay its screens", []string{"P", "shift+p"}},
		Play:            {"play", "play or pause", []string{"space"}},
		SkipBack:        {"skip-back", "10 seconds back", []string{"<"}},
		SkipOn:          {"skip-on", "10 seconds on", []string{">"}},
		NextChange:      {"next-change", "next change of state", []string{"n"}},
		PreviousChange:  {"previous-change", "change of state before", []string{"N", "shift+n"}},
		Notices:         {"notices", "all notices", []string{"!"}},
		Palette:         {"palette", "commands", []string{":", "ctrl+p"}},
		Help:            {"help", "help", []string{"?"}},
		Quit:            {"quit", "quit", []string{"q", "ctrl+c"}},
	}
}

// Name is what configuration calls the action.
func (a Action) Name() string { return a.fact().name }

// String returns the name.
func (a Action) String() string { return a.Name() }

// Does says what the action does, in a few words.
func (a Action) Does() string { return a.fact().does }

func (a Action) fact() fact {
	if a >= actions {
		return fact{name: fmt.Sprintf("action(%d)", uint8(a))}
	}
	return facts()[a]
}

// Actions lists all actions but None.
func Actions() []Action {
	all := make([]Action, 0, actions-1)
	for a := None + 1; a < actions; a++ {
		all = append(all, a)
	}
	return all
}

// Parse returns the action of that name.
func Parse(name string) (Action, bool) {
	for _, a := range Actions() {
		if a.Name() == name {
			return a, true
		}
	}
	return None, false
}
