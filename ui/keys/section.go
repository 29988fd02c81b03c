package keys

import "fmt"

// Section is what actions are about: the headings of the help.
type Section uint8

// The sections, in the order of the help.
const (
	Moving Section = iota
	Agents
	Listing
	Replaying
	Views
	Program
	sections
)

// String returns the heading.
func (s Section) String() string {
	words := [...]string{"moving", "agents", "list", "replay", "views", "agentwatch"}
	if int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("section(%d)", uint8(s))
}

// Sections lists all sections.
func Sections() []Section {
	all := make([]Section, sections)
	for i := range all {
		all[i] = Section(i)
	}
	return all
}

// Section is what the action is about.
func (a Action) Section() Section {
	switch a {
	case Jump, Seen, Snooze, WhenIdle, Waiting, GoOn, Approve, Deny, Answer, Reply, Interrupt, BringBack, SendKeys, NewLine, Explain, Replay, Diff, DiffBase:
		return Agents
	case SearchAll, Filter, StateFilter, StateFilterBack, Sort, Group, Mark, MarkAll, Unmark, Narrower, Wider, Figures:
		return Listing
	case Play, SkipBack, SkipOn, NextChange, PreviousChange:
		return Replaying
	case Board, Grid, Focus, Timeline, Engine, Inbox:
		return Views
	case Strategy, Theme, Refresh, Mouse, Notices, Palette, Help, Quit:
		return Program
	default:
		return Moving
	}
}
