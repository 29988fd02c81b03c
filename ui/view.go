package ui

import (
	"slices"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"agentwatch/health"
	"agentwatch/ui/agentlist"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/roster"
)

// View implements tea.Model. It is drawn again only after an Update that has
// changed something.
func (m *Model) View() tea.View {
	if m.frame.stale {
		m.frame.content, m.frame.stale = m.draw().String(), false
	}
	v := tea.NewView(m.frame.content)
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.ReportFocus = true
	v.WindowTitle = m.title()
	return v
}

// title is the terminal's title: who needs the user, for the task bar.
func (m *Model) title() string {
	if m.feed.snap != nil {
		if n := roster.Blocked(m.feed.snap.Counts); n > 0 {
			return "agentwatch: " + strconv.Itoa(n) + " waiting for you"
		}
	}
	return "agentwatch"
}

// draw composes the screen from its parts.
func (m *Model) draw() block.Block {
	if m.size.W <= 0 || m.size.H <= 0 {
		return nil
	}
	l := m.layout
	var parts []block.Block
	parts = append(parts, m.frame.memo.header.Draw(newHeader(m), l.header.size()))
	if !l.notice.empty() {
		parts = append(parts, m.frame.memo.notice.Draw(newNotice(m), l.notice.size()))
	}
	if gap := l.body.y - l.header.h - l.notice.h; gap > 0 {
		parts = append(parts, block.Of(nil, block.Size{W: m.size.W, H: gap}))
	}
	parts = append(parts, m.drawBody()...)
	above := m.covered()
	screen := block.Of(block.Stack(parts...), above)
	for _, o := range m.overlays {
		top := o.draw(above, m.look.styles)
		at := centred(top, above)
		screen = block.Over(screen, top, at.x, at.y, m.look.styles.Behind.Paint)
	}
	if l.footer.empty() {
		return screen
	}
	foot := footerPart{footer{m.look.styles, m.context(), m.toast, l.margin}, m.look.keys.bindings(m.context())}
	return block.Stack(screen, m.frame.memo.footer.Draw(foot, l.footer.size()))
}

// covered is the part of the screen over which overlays lie: all but the footer.
func (m *Model) covered() block.Size {
	return block.Size{W: m.size.W, H: m.size.H - m.layout.footer.h}
}

// drawBody draws what is between header and footer.
func (m *Model) drawBody() []block.Block {
	l, s := m.layout, m.look.styles
	if l.body.empty() {
		return nil
	}
	if m.detail != nil {
		part := detailPart{m.detail, s, &m.screen, m.now}
		return []block.Block{m.frame.memo.detail.Draw(part, l.body.size())}
	}
	parts := []block.Block{m.drawBoard()}
	figures := panels{s, m.feed.snap, l.margin}
	if !l.panels.empty() {
		parts = append(parts, m.frame.memo.panels.Draw(figures, l.panels.size()))
	}
	if !l.figures.empty() {
		parts = append(parts, m.frame.memo.panels.Draw(figures, l.figures.size()))
	}
	return parts
}

// drawBoard draws list and preview, or what to do when there is no agent.
func (m *Model) drawBoard() block.Block {
	l, s := m.layout, m.look.styles
	list := m.drawList()
	if l.preview.empty() {
		return list
	}
	if m.feed.snap == nil || len(m.feed.snap.Agents) == 0 {
		size := l.list.size()
		if l.preview.y > l.list.y {
			size.H += l.preview.h
		} else {
			size.W += l.preview.w
		}
		return m.framedList(block.Centre(emptyLines(m.feed.snap, s, size.W-4), m.listFrame().Inner(size)), size)
	}
	a, found := m.list.Selected()
	part := preview{styles: s, agent: a, found: found, screen: &m.screen, up: m.previewUp, now: m.now}
	drawn := m.frame.memo.preview.Draw(part, l.preview.size())
	if l.preview.y > l.list.y {
		return block.Stack(list, drawn)
	}
	return block.Beside(0, list, drawn)
}

// drawList draws the list with its frame, when it has one.
func (m *Model) drawList() block.Block {
	l, s := m.layout, m.look.styles
	inner := l.listRows().size()
	body := block.Block(nil)
	if len(m.list.Roster().Agents()) > 0 {
		glow := func(ref health.PaneRef) float64 { return m.glow.strength(ref, m.now) }
		body = m.frame.memo.list.Draw(agentlist.View{
			List: m.list, Look: agentlist.Look{Styles: s, Now: m.now, Glow: glow, GlowStep: m.glow.step},
		}, inner)
	} else {
		body = block.Centre(m.emptyList(inner.W), inner)
	}
	if l.framed {
		return m.framedList(body, l.list.size())
	}
	more := ""
	if above, below := m.list.Hidden(); below > 0 {
		more = "   + " + strconv.Itoa(below) + " more"
	} else if above > 0 {
		more = "   + " + strconv.Itoa(above) + " above"
	}
	return block.Of(append(slices.Clone(body), s.Faint.Paint(more)), l.list.size())
}

// listFrame is the frame of the list with its texts.
func (m *Model) listFrame() block.Frame {
	s := m.look.styles
	f := block.Frame{Edges: s.Glyphs.Edges, Paint: s.Chrome.Paint, Ellipsis: s.Glyphs.Ellipsis, Tight: true}
	r := m.list.Roster()
	listed, total := len(r.Agents()), r.Total()
	f.Title = s.Subtle.Bold().Paint("agents") + " " + s.Faint.Paint(strconv.Itoa(total))
	f.Facts = s.Faint.Paint(m.order.String() + " " + s.Glyphs.Down)
	if value := m.filter.text; value != "" || m.filter.typing {
		cursor := ""
		if m.filter.typing {
			cursor = s.Glyphs.Cursor
		}
		f.Title = s.Key.Paint("/") + s.Strong.Paint(value) + s.Accent.Paint(cursor)
		f.Facts = s.Faint.Paint(strconv.Itoa(listed) + " of " + strconv.Itoa(total))
	}
	above, below := m.list.Hidden()
	if above > 0 {
		f.BottomTitle = s.Faint.Paint("+ " + strconv.Itoa(above) + " above")
	}
	if below > 0 {
		f.BottomFacts = s.Faint.Paint("+ " + strconv.Itoa(below) + " more")
	}
	return f
}

func (m *Model) framedList(body block.Block, size block.Size) block.Block {
	return m.listFrame().Around(body, size)
}

// emptyList says why the list is empty.
func (m *Model) emptyList(width int) []string {
	if m.feed.snap == nil || len(m.feed.snap.Agents) == 0 {
		return emptyLines(m.feed.snap, m.look.styles, width)
	}
	s := m.look.styles
	value := m.filter.text
	return []string{
		s.Text.Paint(block.Cut("no agent matches "+value, width, s.Glyphs.Ellipsis)),
		s.Faint.Paint("esc shows all " + format.Plural(len(m.feed.snap.Agents), "agent")),
	}
}
