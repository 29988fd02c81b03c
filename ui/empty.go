package ui

import (
	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/style"
)

// emptyLines say why there is no agent, and what to do about it.
func emptyLines(snap *engine.Snapshot, s *style.Styles, width int) []string {
	var head string
	var rest [][2]string
	switch {
	case snap == nil || !snap.Ready:
		head = "looking for tmux servers" + s.Glyphs.Ellipsis
	case len(snap.Servers) == 0:
		head = "no tmux server is running"
		rest = [][2]string{
			{"start one:", "tmux new -s work"},
			{"then an agent:", "claude"},
			{"", ""},
			{"it will show up here by itself", ""},
		}
	default:
		head = "no agent in " + format.Plural(snap.Panes, "pane") + " of " + format.Plural(len(snap.Servers), "tmux server")
		rest = [][2]string{
			{"start one in any pane:", "claude"},
			{"or:", "codex"},
			{"", ""},
			{"it will show up here by itself", ""},
		}
	}
	lines := []string{s.Strong.Paint(block.Cut(head, width, s.Glyphs.Ellipsis))}
	if len(rest) > 0 {
		lines = append(lines, "")
	}
	for _, pair := range rest {
		line := s.Subtle.Paint(pair[0])
		if pair[1] != "" {
			line += " " + s.Key.Paint(pair[1])
		}
		lines = append(lines, block.Cut(line, width, s.Glyphs.Ellipsis))
	}
	return lines
}
