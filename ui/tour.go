package ui

import (
	"strings"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/keys"
	"agentwatch/ui/style"
)

// tourStep is one thing that the tour lets the user try.
type tourStep uint8

const (
	tourNeeds tourStep = iota
	tourApprove
	tourReply
	tourLook
	tourDiff
	tourSearch
	tourHelp
	// tourQuit is the last; it has nothing to tick.
	tourQuit
	tourSteps
)

// The keys of the tour. They are not in the tables of keys, because nobody meets
// them but in the demo; a key that the user has bound remains the user's.
const (
	tourSkipKey = "ctrl+t"
	tourEndKey  = "ctrl+x"
)

// tour is a line above the footer that leads through the dashboard, a step at a
// time. A step is ticked when the user has done it, in whatever order. It refuses
// no key and covers nothing. The zero value is no tour.
type tour struct {
	on   bool
	past [tourSteps]bool
}

// newTour begins a tour, when there is to be one. Steps that cannot be done are
// left out.
func newTour(o Options) tour {
	t := tour{on: o.Tour}
	t.past[tourApprove], t.past[tourReply] = o.ReadOnly, o.ReadOnly
	return t
}

// step is the first that has not been done.
func (t *tour) step() tourStep {
	for s := range tourQuit {
		if !t.past[s] {
			return s
		}
	}
	return tourQuit
}

// did ticks a step.
func (t *tour) did(s tourStep) { t.past[s] = true }

// key takes a key of the tour's own, and tells whether it was one.
func (t *tour) key(name string) bool {
	switch {
	case !t.on:
		return false
	case name == tourSkipKey && t.step() < tourQuit:
		t.did(t.step())
	case name == tourSkipKey, name == tourEndKey:
		t.on = false
	default:
		return false
	}
	return true
}

// answered ticks what an answer that was typed has shown.
func (t *tour) answered(msg answeredMsg) {
	if msg.err != nil && !msg.outcome.Uncertain {
		return
	}
	switch msg.request.Action {
	case engine.ActionApprove, engine.ActionDeny, engine.ActionChoose:
		t.did(tourApprove)
	case engine.ActionReply:
		t.did(tourReply)
	}
}

// watchTour ticks the steps that can be seen to be done.
func (m *Model) watchTour() {
	if !m.tour.on {
		return
	}
	if m.at == ViewFocus {
		m.tour.did(tourLook)
	}
	for _, o := range m.overlays {
		switch o := o.(type) {
		case *diffView:
			if o.read != nil {
				m.tour.did(tourDiff)
			}
		case *findView:
			if o.run != nil && o.run.matches > 0 {
				m.tour.did(tourSearch)
			}
		case *helpOverlay:
			m.tour.did(tourHelp)
		}
	}
}

// tourLine is the tour's line: its ticks, what to press now, what that is good
// for, and how to be rid of it.
type tourLine struct {
	styles *style.Styles
	tour   tour
	// press is one or more keys, does what they do, why is left out where there is
	// no room for it.
	press, does, why string
	margin           int
}

// newTourLine says what to do where the user is now.
func (m *Model) newTourLine() tourLine {
	l := tourLine{styles: m.styles(), tour: m.tour, margin: m.margin}
	if !l.within(m) {
		l.ahead(m)
	}
	return l
}

// within says how to end what the user is in the middle of, and tells whether it
// is anything of the tour's.
func (l *tourLine) within(m *Model) bool {
	place, fits := m.place(), m.fits()
	end := func(a keys.Action, does, why string) bool {
		l.press, l.does, l.why = symbolsOf(l.styles).Show(m.look.keys.KeyOf(place, a)), does, why
		return true
	}
	switch {
	case place == keys.InAnswer && fits.begun:
		return end(keys.Open, "closes this", "what came of it is read from the screen")
	case place == keys.InAnswer && fits.refused:
		return end(keys.Back, "closes this", "it is not as you saw it any more")
	case place == keys.InAnswer:
		return end(keys.Open, "sends it", "after a last look at the pane")
	case place == keys.InReply:
		return end(keys.Open, "goes on, once you have written", "you see once more what is typed")
	case place == keys.InFind && !m.tour.past[tourSearch]:
		return end(keys.Open, "searches: write a word, as test", "screens and scroll-back of all")
	default:
		return false
	}
}

// ahead says how to do the step that is to be done.
func (l *tourLine) ahead(m *Model) {
	// What fits an agent is not asked while something lies over the view.
	fits, over := m.fits(), len(m.overlays) > 0
	switch m.tour.step() {
	case tourNeeds:
		l.to(m, keys.Next, "shows who needs you, one after another", "the most urgent first")
	case tourApprove:
		if l.to(m, keys.Approve, "approves what it asks", "you see what is typed before it is sent"); !fits.approve && !over {
			l.to(m, keys.Next, "goes on to one that asks to be approved", "")
		}
	case tourReply:
		if l.to(m, keys.Reply, "writes to it", "at its prompt, or as the answer of a question"); !over && (!fits.reply || fits.interrupt) {
			l.to(m, keys.Down, "go on to one that is at its prompt", "")
			l.press = symbolsOf(l.styles).Show(m.look.keys.KeyOf(m.ground(), keys.Up)) + l.press
		}
	case tourLook:
		l.to(m, keys.Open, "shows one agent alone", "its history, and why it is judged as it is")
	case tourDiff:
		l.to(m, keys.Diff, "shows what it has changed", "in the repository that it works in")
	case tourSearch:
		l.to(m, keys.SearchAll, "searches all agents", "screens and scroll-back")
	case tourHelp:
		l.to(m, keys.Help, "lists all keys", "six views, filters, themes, snooze, replay")
	default:
		l.to(m, keys.Quit, "quits. More: demo --hosts 5, web for a phone", "without demo it shows your own agents")
	}
}

// to makes the line tell of an action. Where it does not work from here, the key
// that leads back comes first.
func (l *tourLine) to(m *Model, a keys.Action, does, why string) {
	symbols := symbolsOf(l.styles)
	l.press, l.does, l.why = "", does, why
	place, ground := m.place(), m.ground()
	key := m.look.keys.KeyOf(place, a)
	if place != ground && (place >= keys.InPicker || key == "") {
		l.press = symbols.Show(m.look.keys.KeyOf(place, keys.Back)) + " "
		key = m.look.keys.KeyOf(ground, a)
	}
	if key == "" {
		key = m.look.keys.KeyOf(keys.OnBoard, a)
	}
	l.press += symbols.Show(key)
}

// draw draws it on one line.
func (l tourLine) draw(size block.Size) block.Block {
	s := l.styles
	room := size.W - 2*l.margin
	line := s.Strong.Paint("tour ") + l.ticks() + "  " + s.Key.Paint(l.press) + " " + l.does
	ends := []string{
		s.Key.Paint(tourSkipKey) + " " + s.Faint.Paint("skips this") + "  " + s.Key.Paint(tourEndKey) + " " + s.Faint.Paint("ends the tour"),
		s.Key.Paint(tourSkipKey) + " " + s.Faint.Paint("skip"),
		"",
	}
	if l.tour.step() == tourQuit {
		ends = []string{s.Key.Paint(tourEndKey) + " " + s.Faint.Paint("ends the tour"), ""}
	}
	end := ""
	for _, end = range ends {
		if block.Width(line)+2+block.Width(end) <= room {
			break
		}
	}
	if why := s.Faint.Paint(": " + l.why); l.why != "" && block.Width(line+why)+2+block.Width(end) <= room {
		line += why
	}
	line = block.Fit(line, room-block.Width(end), s.Glyphs.Ellipsis) + end
	return block.Of([]string{block.Spaces(l.margin) + line}, size)
}

// ticks is a glyph for each step: done, next, to come.
func (l tourLine) ticks() string {
	s := l.styles
	var b strings.Builder
	for step := range tourQuit {
		switch {
		case l.tour.past[step]:
			b.WriteString(s.Info.Paint(s.Glyphs.State(engine.UrgencyDone)))
		case step == l.tour.step():
			b.WriteString(s.Key.Paint(s.Glyphs.State(engine.UrgencyWorking)))
		default:
			b.WriteString(s.Faint.Paint(s.Glyphs.State(engine.UrgencyIdle)))
		}
	}
	return b.String()
}
