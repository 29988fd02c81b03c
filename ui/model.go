package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/agentlist"
	"agentwatch/ui/block"
	"agentwatch/ui/roster"
)

// Model is the dashboard as a Bubble Tea model. It belongs to the program that
// runs it; Close may be called from anywhere.
type Model struct {
	options  Options
	commands commands
	cancel   context.CancelFunc

	feed feed

	now    time.Time
	size   block.Size
	layout layout
	look   look
	clock  clock
	glow   glow
	toast  toast

	list   *agentlist.List
	order  roster.Order
	filter filter
	screen screen
	// previewUp is how many rows the preview is scrolled back.
	previewUp int
	detail    *detail
	overlays  []overlay
	focus     focus

	frame frame
}

// feed is where the snapshots come from, and the latest.
type feed struct {
	snapshots <-chan *engine.Snapshot
	cancel    func()
	snap      *engine.Snapshot
	// ended is set when there will be no more snapshots.
	ended bool
}

// frame is what was drawn last.
type frame struct {
	memo    memos
	content string
	// stale is set when content must be drawn again; unchanged by an Update
	// that has nothing to show.
	stale, unchanged bool
}

// memos keep what the parts drew last.
type memos struct {
	header  block.Memo[header]
	notice  block.Memo[notice]
	list    block.Memo[agentlist.Version]
	preview block.Memo[previewVersion]
	detail  block.Memo[detailVersion]
	panels  block.Memo[panelsVersion]
	footer  block.Memo[footer]
}

// focus keeps the monitor's focus on what is shown, one call at a time, so that
// the last one made is the last one meant.
type focus struct {
	asked health.PaneRef
	busy  bool
	// seen is the last agent that was reported as looked at, and the state it
	// was in.
	seen  health.PaneRef
	since time.Time
}

// New returns a dashboard for a monitor. It subscribes at once; Close ends that.
func New(m Monitor, o Options) *Model {
	if o.Now == nil {
		o.Now = time.Now
	}
	ctx, cancel := context.WithCancel(context.Background())
	model := &Model{
		options: o, commands: commands{ctx, m}, cancel: cancel, now: o.Now(), look: newLook(o),
		list: agentlist.New(), frame: frame{stale: true},
		glow: glow{since: map[health.PaneRef]time.Time{}, urgency: map[health.PaneRef]engine.Urgency{}},
	}
	model.feed.snapshots, model.feed.cancel = m.Subscribe()
	return model
}

// Close ends the subscription and all commands that are still under way.
func (m *Model) Close() {
	m.feed.cancel()
	m.cancel()
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(tea.RequestBackgroundColor, m.commands.next(m.feed.snapshots), m.clock.start(m.options.Now(), m.commands))
}

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.frame.unchanged = false
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		cmd = m.key(msg)
	case tea.PasteMsg:
		cmd = m.paste(msg)
	case tea.MouseClickMsg:
		cmd = m.click(msg.Mouse())
	case tea.MouseWheelMsg:
		cmd = m.wheel(msg.Mouse())
	case snapshotMsg:
		cmd = m.takeSnapshot(msg.snap)
	default:
		cmd = m.event(msg)
	}
	m.frame.stale = m.frame.stale || !m.frame.unchanged
	m.arrange()
	return m, tea.Batch(cmd, m.syncFocus(), m.syncSeen())
}

// event handles what neither the user nor the engine has done.
func (m *Model) event(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.size = block.Size{W: max(msg.Width, 0), H: max(msg.Height, 0)}
	case tea.FocusMsg:
		m.now = m.options.Now()
		return m.clock.start(m.now, m.commands)
	case tea.BlurMsg:
		m.clock.stop()
	case tea.BackgroundColorMsg:
		m.look.background(msg.IsDark())
	case tea.EnvMsg:
		if dark, known := backgroundOf(msg.Getenv("COLORFGBG")); known {
			m.look.background(dark)
		}
	case clockMsg:
		return m.tick(msg)
	case glowMsg:
		m.glow.ticking = false
		m.now = m.options.Now()
		m.glow.fade(m.now)
		return m.glow.tick(m.commands)
	default:
		return m.answer(msg)
	}
	return nil
}

// tick moves the clock on.
func (m *Model) tick(msg clockMsg) tea.Cmd {
	if msg.run != m.clock.run {
		m.frame.unchanged = true
		return nil
	}
	m.now = m.options.Now()
	m.toast.expire(m.now)
	return m.clock.tick(m.now, m.commands)
}

// takeSnapshot shows a snapshot and waits for the next.
func (m *Model) takeSnapshot(snap *engine.Snapshot) tea.Cmd {
	m.now = m.options.Now()
	m.toast.expire(m.now)
	m.feed.snap = snap
	m.glow.see(snap.Agents, m.now)
	m.screen.update(snap.Previews)
	m.relist()
	for _, o := range m.overlays {
		o.update(snap)
	}
	if m.detail != nil {
		m.detail.gone = true
		for _, a := range snap.Agents {
			if a.Ref == m.detail.agent.Ref {
				m.detail.agent, m.detail.gone = a, false
			}
		}
	}
	return tea.Batch(m.commands.next(m.feed.snapshots), m.glow.tick(m.commands))
}

// answer takes what a command came to.
func (m *Model) answer(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case endedMsg:
		m.feed.ended = true
	case focusedMsg:
		m.focus.busy = false
		m.complain("this pane cannot be followed", msg.err)
	case historyMsg:
		m.takeHistory(msg)
	case explainedMsg:
		m.takeExplained(msg)
	case switchedMsg:
		m.takeSwitch(msg)
	case refreshedMsg:
		if msg.err == nil {
			m.say(engine.SeverityInfo, "every pane has been looked at anew")
		}
		m.complain("refresh failed", msg.err)
	case seenMsg:
		m.complain("cannot mark it as seen", msg.err)
	default:
		m.frame.unchanged = true
	}
	return nil
}

func (m *Model) takeHistory(msg historyMsg) {
	if m.detail == nil || m.detail.agent.Ref != msg.ref {
		return
	}
	m.detail.loading = false
	m.complain("its history cannot be read", msg.err)
	if msg.err == nil {
		m.detail.setHistory(msg.rows, msg.at)
	}
}

func (m *Model) takeSwitch(msg switchedMsg) {
	if msg.err == nil {
		m.say(engine.SeverityInfo, "strategy is now "+string(msg.name))
	}
	for i, o := range m.overlays {
		if p, ok := o.(*picker); ok && p.answered(msg) {
			m.overlays = append(m.overlays[:i:i], m.overlays[i+1:]...)
			return
		}
	}
	m.complain("strategy unchanged", msg.err)
}

// say shows a short answer in the last line for a moment.
func (m *Model) say(severity engine.Severity, text string) {
	m.toast = toast{text, severity, m.now.Add(toastTime)}
}

// complain says that something failed, when it did.
func (m *Model) complain(what string, err error) {
	if err != nil && m.commands.ctx.Err() == nil {
		m.say(engine.SeverityError, what+": "+err.Error())
	}
}

// relist puts the agents in order anew.
func (m *Model) relist() {
	if m.feed.snap == nil {
		return
	}
	before, _ := m.list.Selected()
	m.list.SetRoster(roster.Build(m.feed.snap.Agents, m.order, m.filter.text))
	if after, _ := m.list.Selected(); after.Ref != before.Ref {
		m.previewUp = 0
	}
}

// arrange lays the screen out for what there is to show.
func (m *Model) arrange() {
	m.layout = layoutFor(m.size, len(m.notices()) > 0)
	m.list.Resize(m.layout.listRows().h)
	if m.detail != nil {
		m.detail.resize(m.layout.body.size())
	}
}

// notices are those of the engine, and our own.
func (m *Model) notices() []engine.Notice {
	var all []engine.Notice
	if m.feed.ended {
		all = append(all, engine.Notice{
			Severity: engine.SeverityError,
			Text:     "The monitor has stopped: what is shown is as last seen. Quit with q and start agentwatch again.",
		})
	}
	if m.feed.snap != nil {
		all = append(all, m.feed.snap.Notices...)
	}
	return all
}

// shown is the agent whose screen is to be seen.
func (m *Model) shown() (engine.Agent, bool) {
	if m.detail != nil {
		return m.detail.agent, !m.detail.gone
	}
	return m.list.Selected()
}

// syncFocus tells the monitor which pane to follow, when that has changed.
func (m *Model) syncFocus() tea.Cmd {
	a, ok := m.shown()
	if !ok || m.focus.busy || a.Ref == m.focus.asked {
		return nil
	}
	m.focus.asked, m.focus.busy = a.Ref, true
	return m.commands.focus(a.Ref)
}

// syncSeen tells the monitor that the user has looked at a finished agent: when
// it is open and the terminal has the focus.
func (m *Model) syncSeen() tea.Cmd {
	if m.detail == nil || m.clock.stopped {
		return nil
	}
	a := m.detail.agent
	if !a.Unseen || m.focus.seen == a.Ref && m.focus.since.Equal(a.Since) {
		return nil
	}
	m.focus.seen, m.focus.since = a.Ref, a.Since
	return m.commands.markSeen(a.Ref)
}
