package style

import (
	"agentwatch/engine"
	"agentwatch/ui/block"
)

// Glyphs are the characters that the dashboard draws with beside text. Each is
// one cell wide.
type Glyphs struct {
	states urgencyGlyphs
	Edges  block.Edges
	// Bar marks the selected row, Mark a row that the user has marked, Cursor
	// where typed text goes.
	Bar, Mark, Cursor string
	// Snoozed stands for an agent that the user does not want to hear of.
	Snoozed string
	// Full and Empty draw bars, Steps sparklines.
	Full, Empty string
	Steps       []string
	// Ellipsis ends what was cut, Dot parts facts.
	Ellipsis, Dot string
	// Thousands parts the digits of large numbers.
	Thousands string
	// Up, Down, Left, Right, Enter and Tab name keys.
	Up, Down, Left, Right, Enter, Tab string
	// lane are the characters of a timeline's lanes.
	lane urgencyGlyphs
}

// urgencyGlyphs are characters by urgency.
type urgencyGlyphs [engine.UrgencyExited + 1]string

// LanesDiffer tells whether lanes are drawn with other characters than lists.
func (g Glyphs) LanesDiffer() bool { return g.lane != g.states }

// State is the glyph of an urgency; that of unknown for a value out of range.
func (g Glyphs) State(u engine.Urgency) string {
	if int(u) >= len(g.states) {
		u = engine.UrgencyUnknown
	}
	return g.states[u]
}

// Lane is the character of an urgency in a timeline; that of unknown for a value
// out of range.
func (g Glyphs) Lane(u engine.Urgency) string {
	if int(u) >= len(g.lane) {
		u = engine.UrgencyUnknown
	}
	return g.lane[u]
}

func unicodeGlyphs() Glyphs {
	return Glyphs{
		states: urgencyGlyphs{
			engine.UrgencyWaiting: "▲", engine.UrgencyCrashed: "✖", engine.UrgencyError: "!", engine.UrgencyLimited: "◆",
			engine.UrgencyDone: "✓", engine.UrgencyUnknown: "?", engine.UrgencyStarting: "◌", engine.UrgencyWorking: "●",
			engine.UrgencyIdle: "○", engine.UrgencyExited: "·",
		},
		Edges: block.Edges{TopLeft: "╭", TopRight: "╮", BottomLeft: "╰", BottomRight: "╯", Horizontal: "─", Vertical: "│"},
		Bar:   "▌", Snoozed: "z", Mark: "*", Cursor: "▏", Full: "━", Empty: "─", Steps: []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇"},
		Ellipsis: "…", Dot: "·", Thousands: "\u2009", Up: "↑", Down: "↓", Left: "←", Right: "→", Enter: "⏎", Tab: "⇥",
		lane: urgencyGlyphs{
			engine.UrgencyWaiting: "█", engine.UrgencyCrashed: "✖", engine.UrgencyError: "!", engine.UrgencyLimited: "▒",
			engine.UrgencyDone: "━", engine.UrgencyUnknown: "?", engine.UrgencyStarting: "▂", engine.UrgencyWorking: "▅",
			engine.UrgencyIdle: "─", engine.UrgencyExited: "·",
		},
	}
}

// asciiGlyphs have one set for lists and lanes: there are too few shapes for two
// that could be told apart.
func asciiGlyphs() Glyphs {
	states := urgencyGlyphs{
		engine.UrgencyWaiting: "^", engine.UrgencyCrashed: "x", engine.UrgencyError: "!", engine.UrgencyLimited: "#",
		engine.UrgencyDone: "v", engine.UrgencyUnknown: "?", engine.UrgencyStarting: "~", engine.UrgencyWorking: "*",
		engine.UrgencyIdle: "o", engine.UrgencyExited: ".",
	}
	return Glyphs{
		states: states,
		Edges:  block.Edges{TopLeft: "+", TopRight: "+", BottomLeft: "+", BottomRight: "+", Horizontal: "-", Vertical: "|"},
		Bar:    ">", Snoozed: "z", Mark: "+", Cursor: "_", Full: "=", Empty: "-", Steps: []string{"_", ".", ":", "-", "=", "+", "*", "#"},
		Ellipsis: "~", Dot: "-", Thousands: " ", Up: "^", Down: "v", Left: "left", Right: "right", Enter: "enter", Tab: "tab",
		lane: states,
	}
}
