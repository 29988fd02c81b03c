package ui

import (
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// desk is what all views work on: what the engine says, how the user has it
// listed, and what it is drawn with. It belongs to the model.
type desk struct {
	options  Options
	commands commands
	now      time.Time
	// snap is the latest snapshot, nil before the first. ended is set when there
	// will be no more.
	snap  *engine.Snapshot
	ended bool
	// figures is the snapshot whose figures are shown.
	figures *engine.Snapshot
	fleet   fleet
	screens screens
	look    look
	glow    glow
	toast   toast
	journal journal
	pasts   pasts
	// margin is the space at the left and right of lines without a frame, line
	// how many cells are between.
	margin, line int
}

func newDesk(o Options, c commands) *desk {
	return &desk{
		options: o, commands: c, now: o.Now(), fleet: newFleet(), screens: newScreens(), look: newLook(o),
		pasts: pasts{earlier: map[health.PaneRef]earlier{}, joined: map[health.PaneRef]joined{}},
		glow:  glow{since: map[health.PaneRef]time.Time{}, urgency: map[health.PaneRef]engine.Urgency{}, still: o.ReducedMotion},
	}
}

func (d *desk) styles() *style.Styles { return d.look.styles }

// selected is the selected agent, which all views share.
func (d *desk) selected() (engine.Agent, bool) { return d.fleet.selected() }

// say shows a short answer in the last line for a moment. What went wrong, or has
// no room there, can be read afterwards, too.
func (d *desk) say(severity engine.Severity, text string) {
	if severity > engine.SeverityInfo || block.Width(sanitize.Text(text)) > toastRows*d.line {
		d.journal.note(d.now, severity, text)
	}
	d.toast = toast{text, severity, d.now.Add(toastTime)}
}

// The figures are followed by the second, and slower while nothing is captured:
// what only counts on and moves along draws a line of the screen each time.
const (
	figuresEvery  = time.Second
	figuresAtRest = 5 * time.Second
)

// refigure takes the figures of the latest snapshot when it is time to, or when
// they are those of another strategy or other servers.
func (d *desk) refigure() {
	old, now := d.figures, d.snap
	if old == nil || old.Strategy != now.Strategy || !slices.Equal(old.Servers, now.Servers) {
		d.figures = now
		return
	}
	every := figuresEvery
	if old.Round.Captured == now.Round.Captured {
		every = figuresAtRest
	}
	if !old.At.Truncate(every).Equal(now.At.Truncate(every)) {
		d.figures = now
	}
}

// tell says something that is neither good nor bad.
func (d *desk) tell(text string) { d.say(engine.SeverityInfo, text) }

// complain says that something failed, when it did.
func (d *desk) complain(what string, err error) {
	if err != nil && d.commands.ctx.Err() == nil {
		d.say(engine.SeverityError, what+": "+err.Error())
	}
}

// relist lists the agents anew and tells whether another one is selected.
func (d *desk) relist() bool {
	if d.snap == nil {
		return false
	}
	return d.fleet.rebuild(d.snap.Agents)
}

// find is an agent as the latest snapshot has it, listed or not.
func (d *desk) find(ref health.PaneRef) (engine.Agent, bool) {
	if d.snap != nil {
		for i := range d.snap.Agents {
			if d.snap.Agents[i].Ref == ref {
				return d.snap.Agents[i], true
			}
		}
	}
	return engine.Agent{}, false
}

// notices are those of the engine, and our own.
func (d *desk) notices() []engine.Notice {
	var all []engine.Notice
	if d.ended {
		all = append(all, engine.Notice{
			Severity: engine.SeverityError,
			Text:     "The monitor has stopped: what is shown is as last seen. Quit" + d.look.with(keys.OnBoard, keys.Quit) + " and start agentwatch again.",
		})
	}
	if d.snap != nil {
		all = append(all, d.snap.Notices...)
	}
	for _, problem := range d.options.Problems {
		all = append(all, engine.Notice{Severity: engine.SeverityWarning, Text: problem})
	}
	for _, problem := range d.look.problems {
		all = append(all, engine.Notice{Severity: engine.SeverityWarning, Text: problem})
	}
	return all
}

// move moves the selection by so many agents; at the ends of the list it says
// so. It tells whether another agent is selected.
func (d *desk) move(by int) bool {
	switch {
	case len(d.fleet.roster().Agents()) == 0:
		d.tell("there is no agent to select")
		return false
	case d.fleet.list.Move(by):
		return true
	case by < 0:
		d.tell("this is the first agent")
	default:
		d.tell("this is the last agent")
	}
	return false
}

// sideways is how far a screen is moved to the right after it was moved by so many
// columns more, of which there are most; at its edges it says so.
func (d *desk) sideways(pan, by, most int) int {
	next := min(max(pan+by, 0), max(most, 0))
	switch {
	case next != pan:
	case by > 0:
		d.tell("this is the screen's right edge")
	default:
		d.tell("this is the screen's left edge")
	}
	return next
}

// steps is by how many agents an action moves through a list of which so many
// are seen at once.
func (d *desk) steps(a keys.Action, page int) (by int, moves bool) {
	count := len(d.fleet.roster().Agents())
	switch a {
	case keys.Up:
		return -1, true
	case keys.Down:
		return 1, true
	case keys.PageUp:
		return -page, true
	case keys.PageDown:
		return page, true
	case keys.Top:
		return -count, true
	case keys.Bottom:
		return count, true
	default:
		return 0, false
	}
}

// toast is a short answer to a key, shown for a moment instead of the keys.
type toast struct {
	text     string
	severity engine.Severity
	until    time.Time
}

// toastTime is how long a toast is shown.
const toastTime = 4 * time.Second

// toastRows is how many lines a toast takes at most.
const toastRows = 3
