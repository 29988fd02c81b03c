package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
)

// textsOverlay lists the texts that wait for an agent; the one under the cursor can be
// taken back.
type textsOverlay struct {
	agent  engine.Agent
	name   string
	choice choice
}

// showTexts lists what waits for the agent that is shown.
func (m *Model) showTexts() tea.Cmd {
	a, ok := m.shown()
	switch {
	case !ok:
		m.tell("there is no agent")
	case len(a.Texts) == 0:
		m.tell("no text waits for " + m.fleet.name(&a) + "; a reply can be sent once it is idle")
	default:
		m.push(&textsOverlay{agent: a, name: m.fleet.name(&a)})
	}
	return nil
}

func (o *textsOverlay) place() keys.Place { return keys.InTexts }

func (o *textsOverlay) live() bool { return false }

// update takes what waits now.
func (o *textsOverlay) update(snap *engine.Snapshot) {
	at := slices.IndexFunc(snap.Agents, func(a engine.Agent) bool { return a.Ref == o.agent.Ref })
	if at >= 0 {
		o.agent = snap.Agents[at]
	} else {
		o.agent.Texts = nil
	}
	o.choice.move(keys.None, len(o.agent.Texts))
}

func (o *textsOverlay) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	texts := o.agent.Texts
	switch {
	case a == keys.Back:
		return true, nil
	case a == keys.Open && o.choice.cursor < len(texts):
		return len(texts) == 1, m.commands.takeBack(o.agent.Ref, texts[o.choice.cursor].ID)
	case a == keys.Open:
		return true, nil
	}
	o.choice.move(a, len(texts))
	return false, nil
}

func (o *textsOverlay) click(y int, _ *Model) (bool, tea.Cmd) {
	if i := o.choice.offset + y; y >= 0 && i < len(o.agent.Texts) {
		o.choice.cursor = i
	}
	return false, nil
}

func (o *textsOverlay) draw(screen block.Size, l *look) block.Block {
	s := l.styles
	texts, width := o.agent.Texts, max(min(screen.W-6, 88), 1)
	from, to := o.choice.window(len(texts), max(screen.H-3, 1))
	var lines []string
	for i := from; i < to; i++ {
		bar, ink := " ", s.Text
		if i == o.choice.cursor {
			bar, ink = s.Glyphs.Bar, s.Accent
		}
		line := s.Accent.Paint(bar) + " "
		if word := textState(texts[i]); word != "" {
			line += s.Warning.Paint(word) + " "
		}
		line += ink.Paint(sanitize.Text(texts[i].Text)) + "  " + s.Faint.Paint(texts[i].At.Format("15:04"))
		lines = append(lines, block.Cut(line, width, s.Glyphs.Ellipsis))
	}
	if len(texts) == 0 {
		lines = []string{s.Faint.Paint("nothing waits any more")}
	}
	return boxed(box{title: "waits for " + o.name, facts: "first to last", lines: lines, above: from, below: len(texts) - to}, screen, s)
}

// textState says what is particular to a text that waits; empty for nothing.
func textState(t engine.WaitingText) string {
	switch {
	case t.Uncertain:
		return "uncertain whether it was sent, look:"
	case t.Begun:
		return "being sent:"
	default:
		return ""
	}
}

// takeQueued says that a text waits.
func (m *Model) takeQueued(msg queuedMsg) {
	m.now = m.options.Now()
	if msg.err != nil {
		m.complain("it cannot wait for "+msg.name, msg.err)
		return
	}
	m.tell(m.look.orKey("it waits until "+msg.name+" is at its prompt", keys.OnBoard, keys.Waiting, "takes it back"))
}

// takeTakenBack keeps a text that was taken back as the draft of a reply.
func (m *Model) takeTakenBack(msg takenBackMsg) {
	m.now = m.options.Now()
	if msg.err != nil {
		m.complain("it cannot be taken back", msg.err)
		return
	}
	m.replies.draft = msg.text.Text
	m.tell(m.look.orKey("taken back", keys.OnBoard, keys.Reply, "begins with it"))
}
