package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"agentwatch/ui/sanitize"
)

// replayMsg is a message for the player that asked for it. When that has been
// closed, it is for nobody.
type replayMsg interface {
	player() *playerView
	take() tea.Cmd
}

type (
	// recordingMsg says what is stored of an agent's screens.
	recordingMsg struct {
		of        *playerView
		recording Recording
		err       error
	}
	// playedMsg brings a stored screen.
	playedMsg struct {
		of     *playerView
		screen playedScreen
	}
	// playMsg is a tick while it plays; one of an old run is ignored.
	playMsg struct {
		of  *playerView
		run uint64
	}
)

func (m recordingMsg) player() *playerView { return m.of }
func (m playedMsg) player() *playerView    { return m.of }
func (m playMsg) player() *playerView      { return m.of }

// takeReplay hands a message to the player that it is for.
func (m *Model) takeReplay(msg replayMsg) tea.Cmd {
	f := m.focus()
	if m.at != ViewFocus {
		// The user has gone elsewhere: nothing is to play on unseen.
		f.replay = nil
	}
	if f.replay == nil || msg.player() != f.replay {
		m.frame.unchanged = true
		return nil
	}
	m.now = m.options.Now()
	m.toast.expire(m.now)
	cmd := msg.take()
	if f.replay.recording == nil && f.replay.problem != "" {
		m.tell(f.replay.problem)
		f.replay = nil
	}
	return cmd
}

// take begins with the newest screen.
func (m recordingMsg) take() tea.Cmd {
	p := m.of
	switch {
	case m.err != nil:
		p.problem = "what is stored of its screens cannot be read: " + m.err.Error()
		return nil
	case len(m.recording.Times) == 0:
		p.problem = "no screen of " + p.fleet.name(&p.agent) + " is stored yet"
		return nil
	}
	p.recording = &m.recording
	if p.moveTo(p.last()); !p.begin.IsZero() {
		p.moveTo(p.begin)
	}
	return p.want()
}

func (m playedMsg) take() tea.Cmd {
	m.of.asking, m.of.shown = false, &m.screen
	m.of.scroll(0)
	return m.of.want()
}

func (m playMsg) take() tea.Cmd {
	p := m.of
	if m.run != p.run || !p.playing || p.recording == nil {
		return nil
	}
	p.advance(p.now)
	if !p.playing {
		return p.want()
	}
	return tea.Batch(p.tick(), p.want())
}

// tick asks for the next tick of the run.
func (p *playerView) tick() tea.Cmd { return p.commands.after(playTick, playMsg{p, p.run}) }

// want asks for the screen that is to be shown, unless it is there or another
// one is still on its way.
func (p *playerView) want() tea.Cmd {
	if p.recording == nil || p.asking || p.shown != nil && p.shown.index == p.index {
		return nil
	}
	p.asking = true
	by, agent, index, profile := p.options.Recordings, p.agent, p.index, p.screens.profile
	at := p.recording.Times[index]
	var stored StoredScreen
	return p.commands.calling(func(ctx context.Context) (err error) {
		stored, err = by.Screen(ctx, agent, at)
		return err
	}, func(err error) tea.Msg {
		screen := playedScreen{index: index}
		if err != nil {
			screen.problem = sanitize.Text(err.Error())
		} else {
			screen.rows = trimTail(sanitize.ScreenIn(stored.Text, profile))
		}
		return playedMsg{p, screen}
	})
}

// readRecording asks what is stored.
func (p *playerView) readRecording() tea.Cmd {
	by, agent := p.options.Recordings, p.agent
	var recording Recording
	return p.commands.calling(func(ctx context.Context) (err error) {
		recording, err = by.Recording(ctx, agent)
		return err
	}, func(err error) tea.Msg { return recordingMsg{p, recording, err} })
}
