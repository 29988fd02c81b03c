package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// pairedMsg brings one.
type pairedMsg struct {
	pairing Pairing
	err     error
}

// pairingOverlay shows the address of the page as text and as a QR code.
type pairingOverlay struct {
	// pairing is nil until it has been made; err is why it cannot be.
	pairing  *Pairing
	err      string
	scroller scroller
}

func (o *pairingOverlay) place() keys.Place { return keys.InHelp }

func (o *pairingOverlay) live() bool { return false }

func (o *pairingOverlay) update(*engine.Snapshot) {}

func (o *pairingOverlay) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	o.scroller.move(a, len(o.lines(m.covered(), m.styles())), m.covered().H)
	return a == keys.Back, nil
}

func (o *pairingOverlay) click(int, *Model) (bool, tea.Cmd) { return true, nil }

func (o *pairingOverlay) lines(screen block.Size, s *style.Styles) []string {
	width := max(min(96, screen.W-6), 1)
	switch {
	case o.err != "":
		return paragraph("", "", o.err, width, s.Warning)
	case o.pairing == nil:
		return []string{s.Faint.Paint("making a code" + s.Glyphs.Ellipsis)}
	}
	lines := paragraph("", "", "Open this on the device within ten minutes. It works once.", width, s.Subtle)
	lines = append(append(lines, ""), paragraph("", "", sanitize.Text(o.pairing.Link), width, s.Text)...)
	lines = append(lines, "")
	for _, row := range o.pairing.QR {
		if block.Width(row) > width {
			return append(lines, s.Faint.Paint("the window is too narrow for the QR code"))
		}
		lines = append(lines, s.DarkOnLight().Paint(row))
	}
	return lines
}

func (o *pairingOverlay) draw(screen block.Size, l *look) block.Block {
	return boxed(box{title: "pair a device", lines: o.lines(screen, l.styles), offset: o.scroller.offset}, screen, l.styles)
}

// pair shows by which address a device can see the page.
func (m *Model) pair() tea.Cmd {
	m.push(&pairingOverlay{})
	var made Pairing
	return m.commands.calling(func(ctx context.Context) (err error) {
		made, err = m.options.Pair(ctx)
		return err
	}, func(err error) tea.Msg { return pairedMsg{made, err} })
}

// takePairing hands a pairing to the overlay that waits for it.
func (m *Model) takePairing(msg pairedMsg) {
	for _, o := range m.overlays {
		p, ok := o.(*pairingOverlay)
		switch {
		case !ok:
		case msg.err != nil:
			p.err = sanitize.Text(msg.err.Error())
		default:
			p.pairing = &msg.pairing
		}
	}
}
