package ui

import (
	"reflect"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// frameTime is the shortest time between two frames.
const frameTime = time.Second / 60

// pacer makes Bubble Tea's renderer run when there may be something to draw, and
// sleep otherwise. By itself the renderer wakes up sixty times a second for as
// long as the program runs, which was most of what an idle dashboard cost.
//
// Every Update is followed by a drawnMsg. The program receives it after it has
// handed the new view to the renderer, so a frame asked for then can neither be
// missed nor come too early. Its methods are safe for concurrent use.
type pacer struct {
	frames chan time.Time
	mu     sync.Mutex
	last   time.Time
	// later is set while a frame waits for its turn.
	later *time.Timer
	ended bool
}

// drawnMsg says that the view of an Update is with the renderer.
type drawnMsg struct{}

// paced is a model whose Updates ask for frames.
type paced struct{ tea.Model }

// Update implements tea.Model.
func (m paced) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	next, cmd := m.Model.Update(msg)
	return paced{next}, tea.Batch(cmd, func() tea.Msg { return drawnMsg{} })
}

// pace makes a program that draws on demand. The pacer must be closed when the
// program has ended.
func pace(model tea.Model, options ...tea.ProgramOption) (*tea.Program, *pacer) {
	p := &pacer{frames: make(chan time.Time, 1)}
	program := tea.NewProgram(paced{model}, append(options, tea.WithFilter(p.filter))...)
	p.drive(program)
	return program, p
}

// drive puts our frames in the place of the program's ticks, and tells whether it
// could. Bubble Tea has no option for it yet (its pull requests 1776 and 1796
// would draw on demand by themselves), so this reaches for a private field: a
// version that has no such field any more runs as it does by default.
func (p *pacer) drive(program *tea.Program) bool {
	field := reflect.ValueOf(program).Elem().FieldByName("ticker")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*time.Ticker]() {
		return false
	}
	// The program resets and stops this ticker. Nobody receives from its own
	// channel, and the runtime runs only tickers that somebody waits for.
	ticker := time.NewTicker(time.Hour)
	ticker.C = p.frames
	*(**time.Ticker)(field.Addr().UnsafePointer()) = ticker
	return true
}

// filter takes drawnMsg out of what the model gets.
func (p *pacer) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	if _, drawn := msg.(drawnMsg); drawn {
		p.frame()
		return nil
	}
	return msg
}

// frame asks for a frame: now, or when the one before is frameTime ago.
func (p *pacer) frame() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.later != nil || p.ended {
		return
	}
	now := time.Now()
	if wait := p.last.Add(frameTime).Sub(now); wait > 0 {
		p.later = time.AfterFunc(wait, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.later = nil
			p.send(time.Now())
		})
		return
	}
	p.send(now)
}

// send wakes the renderer. One wake-up that it has not taken yet is enough.
func (p *pacer) send(now time.Time) {
	p.last = now
	select {
	case p.frames <- now:
	default:
	}
}

// close ends what is under way; there will be no more frames.
func (p *pacer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.later != nil {
		p.later.Stop()
	}
}
