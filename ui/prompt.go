package ui

import (
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// maxPrompt bounds the length of a line that is written, in characters.
const maxPrompt = 120

// prompt is one line of text that the user writes.
type prompt struct{ input textinput.Model }

func newPrompt(text string) prompt {
	input := textinput.New()
	input.CharLimit = maxPrompt
	input.SetVirtualCursor(false)
	// The clipboard is the terminal's business: a paste comes as a message.
	input.KeyMap.Paste = key.NewBinding()
	input.Focus()
	input.SetValue(text)
	input.CursorEnd()
	return prompt{input}
}

// text is what has been written.
func (p *prompt) text() string { return p.input.Value() }

// key edits the line and tells whether the key did anything.
func (p *prompt) key(msg tea.KeyPressMsg) bool {
	before, at := p.input.Value(), p.input.Position()
	if clean := sanitize.Text(msg.Text); msg.Text != "" && clean != msg.Text {
		return false
	}
	p.input, _ = p.input.Update(msg)
	return p.input.Value() != before || p.input.Position() != at
}

// paste inserts text, made safe to draw.
func (p *prompt) paste(text string) {
	p.input, _ = p.input.Update(tea.PasteMsg{Content: sanitize.Text(text)})
}

// draw writes the line with its cursor.
func (p *prompt) draw(s *style.Styles) string {
	runes := []rune(p.input.Value())
	at := min(p.input.Position(), len(runes))
	return s.Strong.Paint(string(runes[:at])) + s.Accent.Paint(s.Glyphs.Cursor) + s.Strong.Paint(string(runes[at:]))
}
