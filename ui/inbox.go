package ui

import (
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/agentlist"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/roster"
	"agentwatch/ui/sanitize"
)

// inbox is the view of what needs the user: most urgent and longest waiting
// first, with what each asks.
type inbox struct {
	*desk
	size   block.Size
	list   rect
	screen rect
	offset int
	// revealed is the agent that was brought into view last, before the size it
	// was done for.
	revealed health.PaneRef
	before   block.Size
	// last is the place of the agent that was selected last.
	last    int
	preview block.Memo[previewVersion]
}

func newInbox(d *desk) *inbox { return &inbox{desk: d} }

const (
	// inboxWidth is the width of the list from which there is room for a screen
	// beside it.
	inboxWidth = 56
	// letterRows is how many rows an agent takes at most.
	letterRows = 8
)

// resize implements view.
func (b *inbox) resize(size block.Size) {
	b.size, b.list, b.screen = size, rect{0, 0, size.W, size.H}, rect{}
	if size.W >= 2*inboxWidth && len(b.fleet.roster().Urgent()) > 0 {
		b.list.w = max(size.W*45/100, inboxWidth)
		b.screen = rect{b.list.w, 0, size.W - b.list.w, size.H}
	}
	// The selection is brought into view when it changes, not while the user
	// scrolls.
	if sel, _ := b.selected(); sel.Ref != b.revealed || size != b.before {
		b.revealed, b.before = sel.Ref, size
		b.reveal()
	}
}

// at is the place of the selected agent among those that need the user, -1 when
// it needs nobody.
func (b *inbox) at() int {
	sel, _ := b.selected()
	return slices.IndexFunc(b.fleet.roster().Urgent(), func(a *engine.Agent) bool { return a.Ref == sel.Ref })
}

// settle selects an agent that needs the user, where there is one: the inbox
// selects nothing else.
func (b *inbox) settle() {
	urgent := b.fleet.roster().Urgent()
	if i := b.at(); i >= 0 {
		b.last = i
	} else if len(urgent) > 0 {
		b.last = min(b.last, len(urgent)-1)
		b.fleet.list.Select(urgent[b.last].Ref)
		b.reveal()
	}
}

// shows implements shower.
func (b *inbox) shows() []health.PaneRef {
	if i := b.at(); i >= 0 && !b.screen.empty() {
		return []health.PaneRef{b.fleet.roster().Urgent()[i].Ref}
	}
	return nil
}

// perform implements view.
func (b *inbox) perform(a keys.Action) (tea.Cmd, bool) {
	urgent := b.fleet.roster().Urgent()
	by, moves := b.steps(a, max(b.list.h/letterRows, 1))
	if !moves {
		if a == keys.Open && b.at() < 0 {
			b.tell("nobody here needs you")
			return nil, true
		}
		return nil, false
	}
	if len(urgent) == 0 {
		b.tell("nobody needs you")
		return nil, true
	}
	at := b.at()
	to := min(max(at+by, 0), len(urgent)-1)
	switch {
	case at < 0:
		to = 0
	case to == at && by < 0:
		b.tell("this is the most urgent one")
	case to == at:
		b.tell("this is the last one")
	}
	b.fleet.list.Select(urgent[to].Ref)
	b.reveal()
	return nil, true
}

// letter is what one agent has to say: its rows, without the selection.
func (b *inbox) letter(a *engine.Agent, width int) []string {
	s := b.styles()
	urgency := a.Urgency()
	state := s.State(urgency)
	mark := " "
	if b.fleet.marked(a.Ref) {
		mark = s.Glyphs.Mark
	}
	age := agentlist.Age(a, b.now)
	head := state.Bold().Paint(s.Glyphs.State(urgency)+mark+roster.Label(a)) + "  " + s.Subtle.Paint(stateWords(*a)) + "  " +
		s.Faint.Paint(sanitize.Text(string(a.Kind))+" "+s.Glyphs.Dot+" "+where(*a))
	lines := []string{block.Fit(head, width-block.Width(age)-1, s.Glyphs.Ellipsis) + " " + state.Paint(age)}
	text := sanitize.Text(strings.TrimSpace(a.Activity))
	if a.Dialog != nil && a.Dialog.Question != "" {
		text = sanitize.Text(a.Dialog.Question)
		if extra := sanitize.Text(strings.TrimSpace(a.Activity)); extra != "" && extra != text {
			lines = append(lines, "   "+s.Subtle.Paint(block.Cut(extra, width-3, s.Glyphs.Ellipsis)))
		}
	}
	if text != "" {
		rows := strings.Split(wrapped(text, max(width-3, 8)), "\n")
		for _, row := range rows[:min(len(rows), 2)] {
			lines = append(lines, "   "+s.Text.Paint(row))
		}
	}
	if a.Dialog != nil {
		for _, option := range a.Dialog.Options[:min(len(a.Dialog.Options), 4)] {
			ink, bar := s.Faint, " "
			if option.Selected {
				ink, bar = s.Accent, s.Glyphs.Bar
			}
			lines = append(lines, "  "+s.Accent.Paint(bar)+ink.Paint(block.Cut(sanitize.Text(optionText(option)), width-4, s.Glyphs.Ellipsis)))
		}
	}
	spent := engine.Spent(b.past(a), engine.Midnight(b.now), b.now).Blocked()
	if spent > 0 && urgency <= engine.UrgencyError {
		lines = append(lines, s.Faint.Paint("   waited today "+format.Long(spent)))
	}
	return lines[:min(len(lines), letterRows)]
}

// lines are all letters, with the agent that each row belongs to.
func (b *inbox) lines(width int) (lines []string, owner []int) {
	s := b.styles()
	at := b.at()
	for i, a := range b.fleet.roster().Urgent() {
		if i > 0 {
			lines, owner = append(lines, ""), append(owner, -1)
		}
		for _, line := range b.letter(a, width-2) {
			bar := " "
			if i == at {
				bar = s.Accent.Paint(s.Glyphs.Bar)
			}
			lines, owner = append(lines, bar+line), append(owner, i)
		}
	}
	return lines, owner
}

// reveal scrolls as little as needed to show the selected agent.
func (b *inbox) reveal() {
	height, at := max(b.list.h-2, 1), b.at()
	lines, owner := b.lines(max(b.list.w-2, 1))
	if first := slices.Index(owner, at); at >= 0 && first >= 0 {
		last := first
		for last+1 < len(owner) && owner[last+1] == at {
			last++
		}
		b.offset = min(max(b.offset, last-height+1), first)
	}
	b.offset = min(max(b.offset, 0), max(len(lines)-height, 0))
}

// hit implements view.
func (b *inbox) hit(x, y int) hit {
	urgent := b.fleet.roster().Urgent()
	if b.screen.contains(x, y) {
		if i := b.at(); i >= 0 {
			return hit{ref: urgent[i].Ref, agent: true}
		}
		return hit{}
	}
	_, owner := b.lines(max(b.list.w-2, 1))
	row := y - 1 + b.offset
	if y < 1 || row < 0 || row >= len(owner) || owner[row] < 0 {
		return hit{}
	}
	return hit{ref: urgent[owner[row]].Ref, agent: true}
}

// wheel implements view.
func (b *inbox) wheel(_, _, by int) tea.Cmd {
	lines, _ := b.lines(max(b.list.w-2, 1))
	b.offset = min(max(b.offset-by, 0), max(len(lines)-max(b.list.h-2, 1), 0))
	return nil
}

// draw implements view.
func (b *inbox) draw() block.Block {
	s, size := b.styles(), b.list.size()
	f := block.Frame{Edges: s.Glyphs.Edges, Paint: s.Chrome.Paint, Ellipsis: s.Glyphs.Ellipsis, Tight: true}
	urgent, r := b.fleet.roster().Urgent(), b.fleet.roster()
	f.Title = s.Subtle.Bold().Paint("inbox") + " " + s.Faint.Paint(strconv.Itoa(len(urgent)))
	if b.snap != nil {
		f.Facts = s.Faint.Paint("waited for you today ") + s.Text.Paint(format.Long(b.today().Blocked()))
	}
	if n := r.Hidden(); n > 0 {
		f.BottomTitle = s.Warning.Paint("the filter hides " + hiddenWords(n))
	}
	if size.W < block.MinWidth || size.H < 3 {
		lines, _ := b.lines(size.W)
		return block.Of(lines[min(b.offset, len(lines)):], size)
	}
	inner := f.Inner(size)
	if len(urgent) == 0 {
		return f.Around(block.Centre(b.calm(inner.W), inner), size)
	}
	lines, _ := b.lines(inner.W)
	if below := len(lines) - b.offset - inner.H; below > 0 {
		f.BottomFacts = s.Faint.Paint("+ " + format.Plural(below, "more row"))
	}
	drawn := f.Around(block.Of(lines[min(b.offset, len(lines)):], inner), size)
	if b.screen.empty() {
		return drawn
	}
	part := preview{styles: s, now: b.now}
	if i := b.at(); i >= 0 {
		part.agent, part.found, part.screen = *urgent[i], true, b.screens.of(urgent[i].Ref)
		part.glow = b.glow.strength(urgent[i].Ref, b.now)
	}
	return block.Beside(0, drawn, b.preview.Draw(part, b.screen.size()))
}

// calm says that there is nothing to do, and what the others are at.
func (b *inbox) calm(width int) []string {
	s := b.styles()
	if b.snap == nil || len(b.snap.Agents) == 0 {
		return emptyLines(b.snap, s, width)
	}
	working := b.snap.Counts.Of(engine.UrgencyWorking)
	lines := []string{s.Strong.Paint("nobody needs you"), ""}
	lines = append(lines, s.Subtle.Paint(block.Cut(format.Plural(len(b.snap.Agents), "agent")+", "+strconv.Itoa(working)+" working", width, "")))
	if n := b.fleet.roster().Hidden(); n > 0 {
		lines[0] = s.Strong.Paint("nobody that is listed needs you")
		lines = append(lines, s.Warning.Paint("the filter hides "+hiddenWords(n)+"; esc on the board shows all"))
	}
	return lines
}
