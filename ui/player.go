package ui

import (
	"sort"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
)

// playerView shows what is stored of an agent's screens, at a time that the user
// moves or lets go on. It lies in the view of the agent.
type playerView struct {
	*desk
	size block.Size
	// agent is as it was when the player was opened.
	agent engine.Agent
	// recording is nil until it has been read; problem is why it cannot be.
	recording *Recording
	problem   string
	// begin is the time that is to be shown first; zero for the last.
	begin time.Time
	// at is the time that is shown, index the place of its screen in the
	// recording's times, up how many rows are scrolled up.
	at    time.Time
	index int
	up    int
	// shown is the screen that has come last. asking is set while one is being
	// read, so that one is read at a time and the last one wanted comes.
	shown  *playedScreen
	asking bool

	playing bool
	// speed is a place in speeds.
	speed int
	// run is the run of ticks in force, ticked when the last one came.
	run    uint64
	ticked time.Time
}

// playedScreen is a stored screen, made safe to draw.
type playedScreen struct {
	index int
	rows  []string
	// problem is why there is none.
	problem string
}

const (
	playTick = 100 * time.Millisecond
	// playGap is the longest wait for the next screen while it plays: what lies
	// further ahead is skipped to.
	playGap = 2 * time.Second
	// playStall is the longest time that a tick counts: more is a terminal or a
	// machine that stood still.
	playStall = time.Second
	skipTime  = 10 * time.Second
	// changeShown is within what time the screen of a change has been stored.
	changeShown = time.Second
)

// speeds are how fast it can play.
func speeds() []float64 { return []float64{0.5, 1, 2, 4, 8, 16, 32, 64} }

const usualSpeed = 1 // a place in speeds

// startReplay opens the player on the agent that is shown.
func (f *focusView) startReplay() tea.Cmd {
	if f.options.Recordings == nil {
		f.tell("no screens are stored; set history.screens = true in the configuration")
		return nil
	}
	return f.replayFrom(time.Time{})
}

// replayFrom opens the player at a time; the zero time is that of the last screen.
func (f *focusView) replayFrom(at time.Time) tea.Cmd {
	f.replay = &playerView{desk: f.desk, size: f.size, agent: f.agent, speed: usualSpeed, begin: at}
	return f.replay.readRecording()
}

// performReplay does what an action means while screens are played.
func (f *focusView) performReplay(a keys.Action) (tea.Cmd, bool) {
	switch a {
	case keys.Back:
		f.replay = nil
		return nil, true
	case keys.Search, keys.SearchNext, keys.SearchPrevious, keys.Refresh, keys.PanLeft, keys.PanRight, keys.Replay:
		f.tell(f.look.orKey("not while old screens are shown", keys.InPlayer, keys.Back, "leads to the live one"))
		return nil, true
	default:
		return f.replay.perform(a)
	}
}

// resize implements view.
func (p *playerView) resize(size block.Size) { p.size = size }

// hit implements view.
func (p *playerView) hit(int, int) hit { return hit{} }

// wheel implements view: it scrolls the screen.
func (p *playerView) wheel(_, _, by int) tea.Cmd {
	p.scroll(by)
	return nil
}

// perform implements view.
func (p *playerView) perform(a keys.Action) (tea.Cmd, bool) {
	if !p.handles(a) {
		return nil, false
	}
	if p.recording == nil {
		p.tell("what is stored is still being read")
		return nil, true
	}
	switch a {
	case keys.Up:
		p.scroll(1)
	case keys.Down:
		p.scroll(-1)
	case keys.Play:
		return p.playOrPause(), true
	case keys.ZoomIn:
		p.accelerate(1)
	case keys.ZoomOut:
		p.accelerate(-1)
	default:
		p.goTo(a)
	}
	return p.want(), true
}

// handles tells whether an action is the player's own.
func (p *playerView) handles(a keys.Action) bool {
	switch a {
	case keys.Up, keys.Down, keys.Left, keys.Right, keys.PageUp, keys.PageDown, keys.Top, keys.Bottom, keys.Play, keys.ZoomIn,
		keys.ZoomOut, keys.SkipBack, keys.SkipOn, keys.NextChange, keys.PreviousChange:
		return true
	default:
		return false
	}
}

// goTo moves to another time.
func (p *playerView) goTo(a keys.Action) {
	tenth := p.last().Sub(p.first()) / 10
	switch a {
	case keys.Left:
		p.step(-1)
	case keys.Right:
		p.step(1)
	case keys.Top:
		p.moveTo(p.first())
	case keys.Bottom:
		p.moveTo(p.last())
	case keys.SkipBack:
		p.skip(-skipTime)
	case keys.SkipOn:
		p.skip(skipTime)
	case keys.PageUp:
		p.skip(-tenth)
	case keys.PageDown:
		p.skip(tenth)
	case keys.NextChange:
		p.nextChange()
	case keys.PreviousChange:
		p.previousChange()
	}
}

func (p *playerView) first() time.Time { return p.recording.Times[0] }
func (p *playerView) last() time.Time  { return p.recording.Times[len(p.recording.Times)-1] }

// indexAt is the place of the last screen from a time or before, else the first.
func (p *playerView) indexAt(at time.Time) int {
	times := p.recording.Times
	return max(sort.Search(len(times), func(i int) bool { return times[i].After(at) })-1, 0)
}

// moveTo goes to a time between the first screen and the last.
func (p *playerView) moveTo(at time.Time) {
	switch {
	case at.Before(p.first()):
		at = p.first()
	case at.After(p.last()):
		at = p.last()
	}
	p.at, p.index = at, p.indexAt(at)
}

// skip moves by a time; at the ends it says so.
func (p *playerView) skip(by time.Duration) {
	before := p.at
	p.moveTo(p.at.Add(by))
	if p.at.Equal(before) {
		p.sayEnd(by > 0)
	}
}

// step moves by so many screens.
func (p *playerView) step(by int) {
	to := min(max(p.index+by, 0), len(p.recording.Times)-1)
	if to == p.index && (by > 0 || !p.at.After(p.recording.Times[to])) {
		p.sayEnd(by > 0)
	}
	p.index, p.at = to, p.recording.Times[to]
	p.playing = false
}

func (p *playerView) sayEnd(newest bool) {
	if newest {
		p.tell("this is the newest screen that is stored")
		return
	}
	p.tell("this is the oldest screen that is stored")
}

// nextChange goes to the next change of state of which there is a screen.
func (p *playerView) nextChange() {
	for _, phase := range p.recording.Past {
		if phase.At.After(p.at) && !phase.At.After(p.last()) && !phase.Gap {
			p.showChange(phase.At)
			return
		}
	}
	p.tell("there is no later change of state")
}

// previousChange goes to the change of state before the one whose screen is shown.
func (p *playerView) previousChange() {
	past, before := p.recording.Past, p.at.Add(-changeShown)
	for i := len(past) - 1; i >= 0; i-- {
		if past[i].At.Before(before) && !past[i].At.Before(p.first()) && !past[i].Gap {
			p.showChange(past[i].At)
			return
		}
	}
	p.tell("there is no earlier change of state")
}

// showChange goes to a change of state, and shows the screen that was stored for
// it: at most one a second is.
func (p *playerView) showChange(at time.Time) {
	p.moveTo(at)
	p.index = p.indexAt(at.Add(changeShown))
}

// accelerate plays faster or slower.
func (p *playerView) accelerate(by int) {
	to := p.speed + by
	if to < 0 || to >= len(speeds()) {
		p.tell("that is as far as it goes: " + p.speedWords())
		return
	}
	p.speed = to
}

// page is how many rows of the screen are seen.
func (p *playerView) page() int { return p.areas().screen.inner().H }

func (p *playerView) scroll(by int) {
	rows := 0
	if p.shown != nil {
		rows = len(p.shown.rows)
	}
	p.up = min(max(p.up+by, 0), max(rows-p.page(), 0))
}

// playOrPause lets time go on, from the beginning when it has come to its end.
func (p *playerView) playOrPause() tea.Cmd {
	if p.playing {
		p.playing = false
		return nil
	}
	if !p.at.Before(p.last()) {
		p.moveTo(p.first())
	}
	p.playing, p.ticked = true, p.options.Now()
	p.run++
	return tea.Batch(p.tick(), p.want())
}

// advance lets the time pass that has gone by since the last tick.
func (p *playerView) advance(now time.Time) {
	speed := speeds()[p.speed]
	passed := min(max(now.Sub(p.ticked), 0), playStall)
	p.ticked = now
	if next := p.index + 1; next < len(p.recording.Times) {
		soon := p.recording.Times[next].Add(-time.Duration(float64(playGap) * speed))
		if p.at.Before(soon) {
			p.at = soon
		}
	}
	before := p.index
	p.moveTo(p.at.Add(time.Duration(float64(passed) * speed)))
	// The screen of a change was stored a little after it: there is no way back.
	p.index = max(p.index, before)
	if !p.at.Before(p.last()) {
		p.playing = false
		p.tell(p.look.orKey("that was the newest screen that is stored", keys.InPlayer, keys.Play, "plays from the oldest"))
	}
}

// judgedWithin is how long after a screen was captured the change may come that
// it shows: some are confirmed by a second look.
const judgedWithin = 2 * time.Second

// state is what the agent was at the time that is shown.
func (p *playerView) state() (engine.Urgency, bool) {
	past, until := p.recording.Past, p.at.Add(judgedWithin)
	if next := p.index + 1; next < len(p.recording.Times) && p.recording.Times[next].Before(until) {
		until = p.recording.Times[next]
	}
	i := sort.Search(len(past), func(i int) bool { return past[i].At.After(until) }) - 1
	if i < 0 || past[i].Gap {
		return engine.UrgencyUnknown, false
	}
	return past[i].Urgency, true
}

// count says which screen is shown, of how many.
func (p *playerView) count() string {
	return "screen " + format.Count(uint64(p.index+1), p.styles().Glyphs.Thousands) + " of " +
		format.Count(uint64(len(p.recording.Times)), p.styles().Glyphs.Thousands)
}
