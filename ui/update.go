package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"agentwatch/ui/block"
)

// New returns a dashboard for a monitor. It subscribes at once; Close ends that.
func New(m Monitor, o Options) *Model {
	if o.Now == nil {
		o.Now = time.Now
	}
	ctx, cancel := context.WithCancel(context.Background())
	d := newDesk(o, commands{ctx, m})
	model := &Model{desk: d, cancel: cancel, tour: newTour(o), frame: frame{stale: true}}
	board := newBoard(d)
	model.views = [...]view{
		ViewBoard: board, ViewGrid: newGrid(d), ViewFocus: newFocus(d), ViewTimeline: newTimeline(d),
		ViewEngine: newEngineView(d), ViewInbox: newInbox(d),
	}
	model.recall()
	model.feed.snapshots, model.feed.cancel = m.Subscribe()
	return model
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(
		tea.RequestBackgroundColor, m.commands.next(m.feed.snapshots), m.commands.changes(m.options.Changes),
		m.commands.sequences(m.options.Sequences),
		m.clock.start(m.options.Now(), false, m.commands),
	)
}

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.frame.unchanged = false
	cmd := m.take(msg)
	m.frame.stale = m.frame.stale || !m.frame.unchanged
	m.arrange()
	return m, tea.Batch(cmd, m.syncFollow(), m.syncSeen(), m.syncPasts(), m.syncSpent(), m.syncMemory())
}

// take takes a message, whoever sends it: the user, the terminal, the engine, or a
// command that has come to its end.
func (m *Model) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.PasteMsg:
		return m.paste(msg)
	case tea.MouseMsg:
		return m.mouse(msg)
	case tea.WindowSizeMsg:
		m.size = block.Size{W: max(msg.Width, 0), H: max(msg.Height, 0)}
	case tea.FocusMsg:
		return m.attend(true)
	case tea.BlurMsg:
		return m.attend(false)
	case tea.BackgroundColorMsg:
		m.look.background(msg.IsDark())
	case tea.ColorProfileMsg:
		m.colours(msg.Profile)
	case tea.EnvMsg:
		if dark, known := backgroundOf(msg.Getenv("COLORFGBG")); known {
			m.look.background(dark)
		}
	case clockMsg:
		return m.tick(msg)
	case glowMsg:
		m.now = m.options.Now()
		return m.glow.next(m.now, m.commands)
	case snapshotMsg:
		return m.takeSnapshot(msg.snap)
	case endedMsg:
		m.ended = true
	case settingsMsg:
		return m.configure(msg.settings)
	default:
		return m.takeResult(msg)
	}
	return nil
}

// takeResult takes what a command has come to.
func (m *Model) takeResult(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case followedMsg:
		m.takeFollowed(msg)
	case historyMsg:
		m.complain("its history cannot be read", msg.err)
		m.focus().takeHistory(msg)
	case plannedMsg:
		m.takePlan(msg)
	case answeredMsg:
		m.takeAnswer(msg)
	case pairedMsg:
		m.takePairing(msg)
	case findMsg:
		return m.takeFound(msg)
	case diffMsg:
		m.takeDiff(msg)
	case explainedMsg:
		m.takeExplained(msg)
	case switchedMsg:
		return m.takeSwitch(msg)
	case refreshedMsg:
		m.takeRefreshed(msg)
	case replayMsg:
		return m.takeReplay(msg)
	case seenMsg:
		m.complain("cannot mark it as seen", msg.err)
	case queuedMsg:
		m.takeQueued(msg)
	case takenBackMsg:
		m.takeTakenBack(msg)
	case snoozedMsg:
		m.takeSnoozed(msg)
	case goOnMsg:
		m.takeGoOn(msg)
	case jumpedMsg:
		return m.takeJump(msg)
	case pastsMsg:
		m.takePasts(msg)
	case spentMsg:
		m.takeSpent(msg)
	case sequenceMsg:
		m.frame.unchanged = true
		return tea.Batch(tea.Raw(msg.text), m.commands.sequences(m.options.Sequences))
	case attachedMsg:
		m.complain("tmux could not attach", msg.err)
	case saveMsg:
		return m.save()
	case savedMsg:
		m.takeSaved(msg)
	default:
		m.frame.unchanged = true
	}
	return nil
}

// attend takes whether the terminal has the focus: without it, nothing glows and
// the clock goes slower.
func (m *Model) attend(here bool) tea.Cmd {
	m.now = m.options.Now()
	if here {
		m.glow.resume()
	} else {
		m.glow.pause()
	}
	return m.clock.start(m.now, !here, m.commands)
}

// colours takes how many colours the terminal has.
func (m *Model) colours(profile colorprofile.Profile) {
	m.look.colours(profile)
	m.screens.colours(profile)
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

// arrange lays the screen out for what there is to show.
func (m *Model) arrange() {
	notices := m.notices()
	m.journal.see(m.now, notices)
	m.watchTour()
	m.layout = layoutFor(m.size, len(notices) > 0, m.tour.on)
	m.margin, m.line = m.layout.margin, m.size.W-2*m.layout.margin
	if b, ok := m.view().(*inbox); ok {
		b.settle()
	}
	m.view().resize(m.layout.body.size())
}
