package ui

import (
	"testing"

	"agentwatch/engine"
)

func TestTheHelpExplainsTheSignsOfListsAndLanes(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		drive(t, Options{Settings: Settings{ASCII: ascii}}, 160, 80, scene(), func(d *driver) {
			d.press("4", "?")
			g := d.m.styles().Glyphs
			for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
				sign := g.State(u)
				if !ascii {
					sign += " " + g.Lane(u) + g.Lane(u)
				}
				d.expect(sign + " " + u.String())
			}
		})
	}
}
