package ui

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/keys"
	"agentwatch/ui/roster"
)

// remembered is what the dashboard keeps between two runs. Enumerations are kept
// by their words, so that a newer version reads what an older one wrote.
type remembered struct {
	View     string `json:"view"`
	Sort     string `json:"sort"`
	Grouping string `json:"grouping"`
	Only     string `json:"only"`
	Text     string `json:"filter,omitempty"`
	Theme    string `json:"theme,omitempty"`

	Split   int          `json:"split,omitempty"`
	Bare    bool         `json:"no_figures,omitempty"`
	Minutes int          `json:"minutes,omitempty"`
	Marks   []markedPane `json:"marks,omitempty"`
	Replies []string     `json:"replies,omitempty"`
}

// markedPane is a pane with an agent that was marked.
type markedPane struct {
	Host    string `json:"host,omitempty"`
	Server  string `json:"server"`
	Pane    string `json:"pane"`
	PanePID int    `json:"pane_pid"`
	PID     int    `json:"pid"`
	Kind    string `json:"kind"`
	Ended   bool   `json:"ended,omitempty"`
}

// memory keeps what is to be remembered, and saves it when it has changed.
type memory struct {
	saved memoryVersion
	// marks are those of the run before, until their agents have been seen.
	marks []markedPane
	// timing is set while a save is due, busy while one is under way.
	timing, busy bool
}

// saveDelay is how long a change waits for others before it is saved.
const saveDelay = time.Second

// recall takes up what the run before has left; what makes no sense is left out.
func (m *Model) recall() {
	var r remembered
	if len(m.options.Remembered) > 0 && json.Unmarshal(m.options.Remembered, &r) == nil {
		q := &m.fleet.query
		q.Sort, _ = roster.ParseSort(r.Sort)
		q.Grouping, _ = roster.ParseGrouping(r.Grouping)
		q.Only, _ = roster.ParseOnly(r.Only)
		q.Text = r.Text
		m.board().split, m.board().bare = r.Split, r.Bare
		m.timeline().span = spanOf(time.Duration(r.Minutes) * time.Minute)
		m.memory.marks = r.Marks
		m.replies.sent = r.Replies[max(len(r.Replies)-maxReplies, 0):]
		if m.options.Theme == nil && r.Theme != "" {
			// A theme that is gone is no reason to complain: the usual one stands.
			_ = m.look.choose(r.Theme)
		}
		m.at, _ = ParseView(r.View)
	}
	if name, known := ParseView(m.options.View); known {
		m.at = name
	}
	if m.at == ViewFocus {
		m.at = ViewBoard
	}
	m.memory.saved = m.memoryVersion()
}

// board and timeline are the views that have something to remember.
func (m *Model) board() *board {
	b, _ := m.views[ViewBoard].(*board)
	return b
}

func (m *Model) timeline() *timeline {
	t, _ := m.views[ViewTimeline].(*timeline)
	return t
}

// mark marks the agents again that were marked in the run before, once.
func (y *memory) mark(d *desk) {
	if len(y.marks) == 0 || !d.snap.Ready {
		return
	}
	marks := make(roster.Marks, len(y.marks))
	for _, p := range y.marks {
		marks[health.PaneRef{Host: p.Host, Server: p.Server, Pane: p.Pane}] = engine.Identity{PanePID: p.PanePID, PID: p.PID, Kind: health.Kind(p.Kind), Ended: p.Ended}
	}
	y.marks = nil
	marks, _ = marks.On(d.snap.Agents)
	for i := range d.snap.Agents {
		if a := &d.snap.Agents[i]; !d.fleet.marked(a.Ref) {
			if _, marked := marks[a.Ref]; marked {
				d.fleet.mark(a)
			}
		}
	}
}

// remember writes down what is to be remembered.
func (m *Model) remember() []byte {
	q := m.fleet.query
	at := m.at
	if at == ViewFocus {
		at = m.came
	}
	r := remembered{
		View: at.String(), Sort: q.Sort.String(), Grouping: q.Grouping.String(), Only: q.Only.String(), Text: q.Text,
		Split: m.board().split, Bare: m.board().bare, Minutes: m.timeline().minutes(), Replies: m.replies.sent,
	}
	if m.look.fixed && m.options.Theme == nil {
		r.Theme = m.look.theme.Name
	}
	r.Marks = slices.Clone(m.memory.marks)
	for ref, mark := range q.Marked {
		r.Marks = append(r.Marks, markedPane{ref.Host, ref.Server, ref.Pane, mark.PanePID, mark.PID, string(mark.Kind), mark.Ended})
	}
	slices.SortFunc(r.Marks, func(a, b markedPane) int {
		return strings.Compare(a.Host+":"+a.Server+" "+a.Pane, b.Host+":"+b.Server+" "+b.Pane)
	})
	data, err := json.Marshal(r)
	if err != nil {
		return nil // text and numbers always have a JSON form
	}
	return data
}

// memoryVersion changes with what is to be remembered.
type memoryVersion struct {
	at          ViewName
	sort        roster.Sort
	grouping    roster.Grouping
	only        roster.Only
	text, theme string
	marks       uint64
	split, span int
	bare        bool
	lastReply   string
}

func (m *Model) memoryVersion() memoryVersion {
	q := m.fleet.query
	v := memoryVersion{m.at, q.Sort, q.Grouping, q.Only, q.Text, "", m.fleet.marks, m.board().split, m.timeline().span, m.board().bare, ""}
	if n := len(m.replies.sent); n > 0 {
		v.lastReply = m.replies.sent[n-1]
	}
	if m.look.fixed {
		v.theme = m.look.theme.Name
	}
	return v
}

// syncMemory asks for a save a moment after something has changed.
func (m *Model) syncMemory() tea.Cmd {
	if m.options.Save == nil || m.memory.timing || m.memory.busy || m.choosing() || m.memoryVersion() == m.memory.saved {
		return nil
	}
	m.memory.timing = true
	return m.commands.after(saveDelay, saveMsg{})
}

// choosing is set while something is tried and not chosen yet.
func (m *Model) choosing() bool {
	return m.entry != nil || slices.ContainsFunc(m.overlays, func(o overlay) bool { return o.live() })
}

// abandon goes back to what was there before something was tried.
func (m *Model) abandon() {
	if m.entry != nil {
		m.entry.dropped()
		m.entry = nil
	}
	for _, o := range m.overlays {
		if p, ok := o.(*themePicker); ok {
			p.perform(keys.Back, m)
		}
	}
}

// save saves what is to be remembered, unless something is being tried: then it
// waits for the next change.
func (m *Model) save() tea.Cmd {
	m.frame.unchanged = true
	m.memory.timing = false
	if m.choosing() {
		return nil
	}
	m.memory.busy = true
	m.memory.saved = m.memoryVersion()
	return m.commands.save(m.options.Save, m.remember())
}

// takeSaved takes that it was saved, or not.
func (m *Model) takeSaved(msg savedMsg) {
	m.memory.busy = false
	m.frame.unchanged = msg.err == nil
	m.complain("what you have set will not be remembered", msg.err)
}

// SaveNow saves what has not been saved yet. It is called when the program has
// ended, and waits for the disk.
func (m *Model) SaveNow() error {
	m.abandon()
	if m.options.Save == nil || m.memoryVersion() == m.memory.saved {
		return nil
	}
	return m.options.Save(m.remember())
}
