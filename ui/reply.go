package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

const (
	// maxReply bounds a reply, in characters; maxReplies how many are kept.
	maxReply   = 16_000
	maxReplies = 50
)

// replies are those written before, newest last, and one that was begun.
type replies struct {
	sent  []string
	draft string
}

// keep remembers a reply.
func (r *replies) keep(text string) {
	r.sent = append(slices.DeleteFunc(slices.Clone(r.sent), func(s string) bool { return s == text }), text)
	r.sent = r.sent[max(len(r.sent)-maxReplies, 0):]
	r.draft = ""
}

// replyOverlay is where a text for agents is written.
type replyOverlay struct {
	agents []*engine.Agent
	fleet  *fleet
	area   textarea.Model
	// at is the place in the replies of the one that is shown; its length when
	// what is written is new, which is kept in fresh meanwhile.
	at    int
	fresh string
	// problem is why none of the agents takes a text; empty when one does, or
	// when it is not known yet. refusals counts those that take none.
	problem  string
	refusals int
}

func newReply(m *Model, agents []*engine.Agent) *replyOverlay {
	area := textarea.New()
	area.CharLimit = maxReply
	area.MaxHeight = 0
	area.ShowLineNumbers = false
	area.SetVirtualCursor(false)
	// The clipboard is the terminal's business: a paste comes as a message.
	area.KeyMap.Paste = key.NewBinding()
	area.Focus()
	area.SetValue(m.replies.draft)
	return &replyOverlay{agents: agents, fleet: &m.fleet, area: area, at: len(m.replies.sent)}
}

func (r *replyOverlay) place() keys.Place { return keys.InReply }

func (r *replyOverlay) live() bool { return false }

func (r *replyOverlay) update(*engine.Snapshot) {}

// plan asks whether the agents take a text at all, before the user writes one.
func (r *replyOverlay) plan(c commands) tea.Cmd {
	var all []tea.Cmd
	for _, a := range r.agents {
		all = append(all, c.plan(engine.Request{Target: a.Ref, Action: engine.ActionReply, Seen: engine.SeenOf(*a), Text: "text"}))
	}
	return tea.Batch(all...)
}

// takePlan takes whether one of the agents takes a text. Where nobody does, this
// stays open: what is being typed must not become commands.
func (r *replyOverlay) takePlan(msg plannedMsg, m *Model) {
	if msg.err == nil || msg.request.Action != engine.ActionReply {
		return
	}
	r.refusals++
	if r.refusals == len(r.agents) {
		r.problem = problemOf(msg.err)
		m.say(engine.SeverityWarning, r.problem)
	}
}

func (r *replyOverlay) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	switch a {
	case keys.Back:
		m.replies.draft = r.area.Value()
		return true, nil
	case keys.NewLine:
		r.area.InsertString("\n")
	case keys.Up:
		r.recall(m, -1)
	case keys.Down:
		r.recall(m, 1)
	case keys.Open:
		return r.done(m)
	case keys.WhenIdle:
		return r.later(m)
	}
	return false, nil
}

// done shows what will be sent.
func (r *replyOverlay) done(m *Model) (bool, tea.Cmd) {
	if r.problem != "" {
		m.say(engine.SeverityWarning, m.look.orKey(r.problem, keys.InReply, keys.Back, "closes this"))
		return false, nil
	}
	text := strings.TrimRight(r.area.Value(), "\n ")
	if text == "" {
		m.tell(m.look.orKey("nothing is written yet", keys.InReply, keys.Back, "closes this"))
		return false, nil
	}
	m.replies.keep(text)
	m.pop(r)
	return false, m.present(newAnswer(m.desk, engine.ActionReply, r.agents, func(q *engine.Request) { q.Text = text }))
}

// later lets the text wait until each of the agents is at its prompt. That it cannot be
// sent now is no hindrance.
func (r *replyOverlay) later(m *Model) (bool, tea.Cmd) {
	text := strings.TrimRight(r.area.Value(), "\n ")
	if text == "" {
		m.tell(m.look.orKey("nothing is written yet", keys.InReply, keys.Back, "closes this"))
		return false, nil
	}
	m.replies.keep(text)
	var all []tea.Cmd
	for _, a := range r.agents {
		all = append(all, m.commands.sendWhenIdle(r.fleet.name(a), engine.Request{
			Target: a.Ref, Action: engine.ActionReply, Text: text, Seen: engine.SeenOf(*a),
		}))
	}
	return true, tea.Sequence(all...)
}

// recall shows a reply that was written before.
func (r *replyOverlay) recall(m *Model, by int) {
	sent := m.replies.sent
	to := r.at + by
	switch {
	case to < 0:
		m.tell("there is no reply before this")
		return
	case to > len(sent):
		m.tell("this is the newest")
		return
	}
	if r.at == len(sent) {
		r.fresh = r.area.Value()
	}
	r.at = to
	if to == len(sent) {
		r.area.SetValue(r.fresh)
		return
	}
	r.area.SetValue(sent[to])
}

// write implements writer.
func (r *replyOverlay) write(msg tea.KeyPressMsg, _ *Model) (bool, tea.Cmd) {
	before, line, column := r.area.Value(), r.area.Line(), r.area.Column()
	if clean := sanitize.Text(msg.Text); msg.Text != "" && clean != msg.Text {
		return false, nil
	}
	r.area, _ = r.area.Update(msg)
	return r.area.Value() != before || r.area.Line() != line || r.area.Column() != column, nil
}

// paste implements writer. Lines are kept.
func (r *replyOverlay) paste(text string, _ *Model) {
	var rows []string
	for _, row := range strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		rows = append(rows, sanitize.Text(row))
	}
	r.area.InsertString(strings.Join(rows, "\n"))
}

func (r *replyOverlay) click(int, *Model) (bool, tea.Cmd) { return false, nil }

func (r *replyOverlay) draw(screen block.Size, l *look) block.Block {
	s := l.styles
	const least = 5
	width := max(min(screen.W-6, 88), 1)
	rows, cursor := r.rows(s, width)
	if asked := r.asked(width, s); len(asked) > 0 {
		rows, cursor = append(append(asked, ""), rows...), cursor+len(asked)+1
	}
	height := max(len(rows), least)
	room := max(min(screen.H-2, height), 1)
	lines := block.Of(rows, block.Size{W: width, H: height})
	facts := format.Plural(len([]rune(r.area.Value())), "character")
	return boxed(box{title: "reply to " + r.names(), facts: facts, lines: lines, offset: max(cursor-room+1, 0)}, screen, s)
}

// asked is what the agent asks, when there is one: its screen is covered while
// it is answered.
func (r *replyOverlay) asked(width int, s *style.Styles) []string {
	if len(r.agents) != 1 {
		return nil
	}
	return paragraph("", "", question(r.agents[0].Dialog), width, s.Subtle)
}

// rows are the lines as they are wrapped, and the row that the cursor is in.
func (r *replyOverlay) rows(s *style.Styles, width int) (rows []string, cursor int) {
	for i, line := range strings.Split(r.area.Value(), "\n") {
		if i == r.area.Line() {
			runes := []rune(line)
			at := min(r.area.Column(), len(runes))
			line = string(runes[:at]) + s.Accent.Paint(s.Glyphs.Cursor) + string(runes[at:])
			before := ansi.HardwrapWc(string(runes[:at]), width, true)
			cursor = len(rows) + strings.Count(before, "\n")
		}
		rows = append(rows, strings.Split(ansi.HardwrapWc(line, width, true), "\n")...)
	}
	return rows, cursor
}

// names say who gets it.
func (r *replyOverlay) names() string {
	const most = 3
	var names []string
	for _, a := range r.agents[:min(len(r.agents), most)] {
		names = append(names, r.fleet.name(a))
	}
	if n := len(r.agents) - most; n > 0 {
		names = append(names, format.Plural(n, "other"))
	}
	return strings.Join(names, ", ")
}

// keysEntry is the line in which keys are written that are to be sent.
func (m *Model) keysEntry(agents []*engine.Agent) *entry {
	parse := func(text string) (all []engine.Key, err error) {
		for _, name := range strings.Fields(text) {
			k, err := engine.ParseKey(name)
			if err != nil {
				return nil, err
			}
			all = append(all, k)
		}
		return all, nil
	}
	return &entry{
		place:  keys.InKeys,
		prompt: newPrompt(""), sign: "keys ", changed: func(string) tea.Cmd { return nil }, dropped: func() {},
		hint: func() string { return "like Escape C-c Down y" },
		kept: func(text string) tea.Cmd {
			all, err := parse(text)
			if err == nil && len(all) == 0 {
				return nil
			}
			if err != nil {
				m.say(engine.SeverityWarning, sanitize.Text(err.Error()))
				return nil
			}
			return m.present(newAnswer(m.desk, engine.ActionKeys, agents, func(q *engine.Request) { q.Keys = all }))
		},
	}
}
