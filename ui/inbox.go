package ui

import (
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/agentlist"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/roster"
)

// inbox is the view of what needs the user: most urgent and longest waiting
// first, with what each asks.
type inbox struct {
	*desk
	size   block.Size
	list   rect
	screen rect
	offset int
	// revealed is what was brought into view last.
	revealed revealed
	// waited is how long those that are listed have waited on this day.
	waited time.Duration
	// last is the place of the agent that was selected last.
	last    int
	preview block.Memo[previewVersion]
	letters map[health.PaneRef]letter
}

// revealed is an agent in a state, and the size for which it was brought into view.
type revealed struct {
	ref  health.PaneRef
	asks *health.Dialog
	size block.Size
}

func newInbox(d *desk) *inbox { return &inbox{desk: d} }

const (
	// inboxWidth is the width of the list from which there is room for a screen
	// beside it.
	inboxWidth = 56
	// headedHeight is the height from which there is room for headings.
	headedHeight = 16
	// letterRows is how many rows an agent takes that is not selected, about.
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
	sel, _ := b.selected()
	if now := (revealed{sel.Ref, sel.Dialog, size}); now.ref != b.revealed.ref || now.size != b.revealed.size || !now.asks.Equal(b.revealed.asks) {
		b.revealed = now
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

// likely implements shower.
func (b *inbox) likely() []health.PaneRef {
	urgent, i := b.fleet.roster().Urgent(), b.at()
	if i < 0 || i+1 >= len(urgent) || b.screen.empty() {
		return nil
	}
	return []health.PaneRef{urgent[i+1].Ref}
}

// perform implements view.
func (b *inbox) perform(a keys.Action) (tea.Cmd, bool) {
	urgent := b.fleet.roster().Urgent()
	if b.readOn(a) {
		return nil, true
	}
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
	if to != at {
		b.fleet.list.Select(urgent[to].Ref)
		b.reveal()
	}
	return nil, true
}

// readOn turns the page within a letter that is longer than the list is high, and
// tells whether there was more of it to read.
func (b *inbox) readOn(a keys.Action) bool {
	at := b.at()
	if at < 0 || a != keys.PageDown && a != keys.PageUp {
		return false
	}
	letters, begin := b.read(b.inside())
	before, room := b.offset, max(b.list.h-2, 1)
	last := begin[at] + len(letters[at].rows) - room
	switch page := max(room-1, 1); {
	case a == keys.PageDown && b.offset < last:
		b.offset = min(b.offset+page, last)
	case a == keys.PageUp && b.offset > begin[at]:
		b.offset = max(b.offset-page, begin[at])
	}
	return b.offset != before
}

// read returns the letters of all that need the user, written anew where
// something has changed, with the row in which each begins, and one more row:
// that behind the last.
func (b *inbox) read(width int) (letters []letter, begin []int) {
	urgent := b.fleet.roster().Urgent()
	midnight := engine.Midnight(b.now)
	kept := make(map[health.PaneRef]letter, len(urgent))
	begin = append(make([]int, 0, len(urgent)+1), 0)
	at := b.at()
	b.waited = 0
	before := roster.NeedExited
	for i, a := range urgent {
		v := letterVersion{
			styles: b.styles(), revision: a.Revision, name: b.fleet.name(a), width: width, marked: b.fleet.marked(a.Ref), age: agentlist.Age(a, b.now),
			open: i == at, full: i == at && b.screen.empty(),
		}
		if spent := engine.Spent(b.past(a), midnight, b.now).Blocked(); spent > 0 {
			v.waited = format.Long(spent)
			b.waited += spent
		}
		if need := roster.NeedOf(a.Urgency()); need != before && b.list.h >= headedHeight {
			v.heading, before = b.heading(need), need
		}
		l, known := b.letters[a.Ref]
		if !known || l.version != v {
			l = letter{v, v.write(a)}
		}
		kept[a.Ref] = l
		letters, begin = append(letters, l), append(begin, begin[len(begin)-1]+len(l.rows)+1)
	}
	b.letters = kept
	return letters, begin
}

// heading is that of a need, with how many have it.
func (b *inbox) heading(need roster.Need) string {
	n := 0
	for _, a := range b.fleet.roster().Urgent() {
		if roster.NeedOf(a.Urgency()) == need {
			n++
		}
	}
	return need.String() + " " + strconv.Itoa(n)
}

// height is how many rows letters take that begin so: between two of them is
// one, behind the last none.
func height(begin []int) int { return max(begin[len(begin)-1]-1, 0) }

// seen are the rows of the letters that are seen, with the bar of the selection.
func (b *inbox) seen(letters []letter, begin []int, rows int) []string {
	bar, at := b.styles().Accent.Paint(b.styles().Glyphs.Bar), b.at()
	out := make([]string, max(rows, 0))
	for i, letter := range letters {
		left := " "
		if i == at {
			left = bar
		}
		for j, row := range letter.rows {
			if y := begin[i] + j - b.offset; y >= 0 && y < rows && j >= letter.headed() {
				out[y] = left + row
			} else if y >= 0 && y < rows {
				out[y] = " " + row
			}
		}
		if head := letter.headed(); i == at && rows > 1 && begin[i]+head < b.offset && begin[i]+len(letter.rows) > b.offset {
			// Whose it is stays in sight.
			out[0] = bar + letter.rows[head]
		}
	}
	return out
}

// inside is the width of a letter.
func (b *inbox) inside() int { return max(b.list.w-2, 1) - 2 }

// reveal scrolls as little as needed to show the selected agent.
func (b *inbox) reveal() {
	room, at := max(b.list.h-2, 1), b.at()
	letters, begin := b.read(b.inside())
	if at >= 0 {
		end := begin[at] + len(letters[at].rows) - room
		// Of one that is longer, the answers count most.
		b.offset = max(min(b.offset, begin[at]), end)
	}
	b.offset = min(max(b.offset, 0), max(height(begin)-room, 0))
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
	letters, begin := b.read(b.inside())
	row := y - 1 + b.offset
	for i, letter := range letters {
		if y >= 1 && row >= begin[i] && row < begin[i]+len(letter.rows) {
			return hit{ref: urgent[i].Ref, agent: true}
		}
	}
	return hit{}
}

// wheel implements view.
func (b *inbox) wheel(_, _, by int) tea.Cmd {
	_, begin := b.read(b.inside())
	b.offset = min(max(b.offset-by, 0), max(height(begin)-max(b.list.h-2, 1), 0))
	return nil
}

// draw implements view.
func (b *inbox) draw() block.Block {
	s, size := b.styles(), b.list.size()
	f := block.Frame{Edges: s.Glyphs.Edges, Paint: s.Chrome.Paint, Ellipsis: s.Glyphs.Ellipsis, Tight: true}
	urgent, r := b.fleet.roster().Urgent(), b.fleet.roster()
	f.Title = s.Subtle.Bold().Paint("inbox")
	if b.snap != nil {
		f.Facts = s.Faint.Paint("waited for you today ") + s.Text.Paint(format.Long(b.today().Blocked()))
	}
	if n := r.Hidden(); n > 0 {
		f.BottomTitle = s.Warning.Paint("the filter hides " + hiddenWords(n))
	}
	if size.W < block.MinWidth || size.H < 3 {
		letters, begin := b.read(size.W - 2)
		return block.Of(b.seen(letters, begin, size.H), size)
	}
	inner := f.Inner(size)
	if len(urgent) == 0 {
		return f.Around(block.Centre(b.calm(inner.W), inner), size)
	}
	letters, begin := b.read(inner.W - 2)
	if b.waited > 0 {
		f.Facts += s.Faint.Paint(", these ") + s.Text.Paint(format.Long(b.waited))
	}
	if b.offset > 0 && f.BottomTitle == "" {
		f.BottomTitle = s.Faint.Paint("+ " + strconv.Itoa(b.offset) + " above")
	}
	if below := height(begin) - b.offset - inner.H; below > 0 {
		f.BottomFacts = s.Faint.Paint("+ " + format.Plural(below, "more row"))
	}
	drawn := f.Around(block.Of(b.seen(letters, begin, inner.H), inner), size)
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
		lines = append(lines, s.Warning.Paint("the filter hides "+hiddenWords(n)), s.Faint.Paint(b.allShown(ViewInbox, "")))
	}
	return lines
}
