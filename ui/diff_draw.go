package ui

import (
	"strconv"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/patch"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// layout finds how much of the text has room on a screen, and how wide the list of
// files beside it is, 0 when there is no room for it.
func (v *diffView) layout(screen block.Size) (side int) {
	if !framedPane(screen) {
		v.size = screen
		return 0
	}
	v.size = block.Frame{}.Inner(screen)
	if v.shown() {
		if side = v.sideWidth(v.size.W); side > 0 {
			v.size.W -= side + 3
		}
	}
	v.scrollTo(v.top)
	return side
}

// draw draws the diff over the whole screen, with the list of files beside it where
// there is room for both.
func (v *diffView) draw(screen block.Size, l *look) block.Block {
	s := l.styles
	frame := block.Frame{Edges: s.Glyphs.Edges, Ellipsis: s.Glyphs.Ellipsis, Paint: s.Accent.Paint}
	frame.Title = s.Strong.Paint("diff: " + v.name)
	if v.read != nil {
		frame.Facts = v.facts(s)
	}
	side := v.layout(screen)
	if !framedPane(screen) {
		return block.Of(v.rows(s, screen.H), screen)
	}
	inner := frame.Inner(screen)
	frame.BottomTitle, frame.BottomFacts = v.bottom(s, l)
	switch {
	case v.err != "":
		lines := append(paragraph("", "", v.err, inner.W, s.Danger), s.Faint.Paint(l.keyTo(keys.InDiff, keys.Back, "closes this")))
		return frame.Around(block.Of(lines, inner), screen)
	case v.read == nil:
		return frame.Around(block.Centre([]string{s.Faint.Paint("asking git" + s.Glyphs.Ellipsis)}, inner), screen)
	case len(v.read.rows) == 0:
		lines := []string{s.Text.Paint("nothing has changed against " + v.against())}
		if v.read.Base != "" && !v.base {
			lines = append(lines, s.Faint.Paint(l.keyTo(keys.InDiff, keys.DiffBase, "compares with where the branch began")))
		}
		return frame.Around(block.Centre(lines, inner), screen)
	case v.picking:
		return frame.Around(v.list(inner, s), screen)
	}
	if side > 0 {
		v.choice.cursor = v.file()
		bar := make(block.Block, inner.H)
		for i := range bar {
			bar[i] = s.Chrome.Paint(s.Glyphs.Edges.Vertical)
		}
		text := block.Of(v.rows(s, inner.H), v.size)
		return frame.Around(block.Beside(1, v.list(block.Size{W: side, H: inner.H}, s), bar, text), screen)
	}
	return frame.Around(block.Of(v.rows(s, inner.H), inner), screen)
}

// against is what it is compared with.
func (v *diffView) against() string {
	text := sanitize.Text(v.read.Against)
	if v.read.Commit != "" {
		text += " (" + sanitize.Text(v.read.Commit) + ")"
	}
	return text
}

// facts are the sums, and what it is compared with.
func (v *diffView) facts(s *style.Styles) string {
	added, removed := v.read.Lines()
	return s.Text.Paint(format.Plural(len(v.read.Files)+v.read.Omitted, "file")) + " " + lineSums(added, removed, s) +
		s.Faint.Paint(" against "+v.against())
}

// lineSums are how many lines were added and removed.
func lineSums(added, removed int, s *style.Styles) string {
	return s.Good.Paint("+"+strconv.Itoa(added)) + " " + s.Danger.Paint("-"+strconv.Itoa(removed))
}

// bottom is what stands in the lower edge: what is searched for, or the file that is
// looked at, and how far it is to the end.
func (v *diffView) bottom(s *style.Styles, l *look) (title, facts string) {
	switch {
	case v.prompt != nil:
		title = s.Key.Paint("/") + v.prompt.draw(s)
		if v.search.text != "" {
			title += "  " + s.Faint.Paint(matches(len(v.search.found)))
		}
		return title, ""
	case !v.shown():
		return "", ""
	case v.picking:
		return s.Faint.Paint("the files"), ""
	}
	at := v.file()
	f := v.read.Files[at]
	title = s.Faint.Paint(strconv.Itoa(at+1)+" of "+strconv.Itoa(len(v.read.Files))+" ") + s.Text.Paint(sanitize.Text(f.Path)) + " " + lineSums(f.Added, f.Removed, s)
	if n := len(v.search.found); v.search.text != "" && n > 0 {
		title += s.Subtle.Paint("  match " + strconv.Itoa(v.search.at+1) + " of " + strconv.Itoa(n))
	}
	facts = "as of " + v.read.at.Format("15:04:05")
	if below := len(v.read.rows) - v.top - v.size.H; below > 0 {
		facts += ", " + format.Plural(below, "more row")
	}
	if v.loading {
		facts = "reading it anew" + s.Glyphs.Ellipsis
	}
	if v.read.Cut() {
		return title, s.Warning.Paint("cut off, ") + s.Faint.Paint(facts)
	}
	return title, s.Faint.Paint(facts)
}

// sideWidth is how wide the list of files beside the diff is, 0 when there is no room.
func (v *diffView) sideWidth(width int) int {
	const least, text = 24, 76
	widest := least
	for _, f := range v.read.Files {
		widest = max(widest, block.Width(sanitize.Text(f.Path))+18)
	}
	if side := min(widest, width/3, width-text-3); side >= least {
		return side
	}
	return 0
}

// list draws the files, the one at the cursor marked.
func (v *diffView) list(size block.Size, s *style.Styles) block.Block {
	from, to := v.choice.window(len(v.read.Files), size.H)
	var lines []string
	for i := from; i < to; i++ {
		f := v.read.Files[i]
		bar, ink := " ", s.Text
		if i == v.choice.cursor {
			bar, ink = s.Glyphs.Bar, s.Accent.Bold()
		}
		sums := lineSums(f.Added, f.Removed, s)
		if f.Binary {
			sums = s.Faint.Paint("binary")
		}
		if f.Cut {
			sums += s.Warning.Paint(" cut")
		}
		room := max(size.W-4-block.Width(sums)-1, 1)
		lines = append(lines, s.Accent.Paint(bar)+" "+changeSign(f.Change, s)+" "+ink.Paint(block.Fit(pathIn(sanitize.Text(f.Path), room, s), room, ""))+" "+sums)
	}
	return block.Of(lines, size)
}

// pathIn is a path in so many cells: its end says more than its beginning.
func pathIn(path string, room int, s *style.Styles) string {
	over := block.Width(path) - room
	if over <= 0 {
		return path
	}
	return s.Glyphs.Ellipsis + block.DropLeft(path, over+block.Width(s.Glyphs.Ellipsis))
}

// changeSign is the letter that git has for a change.
func changeSign(c engine.FileChange, s *style.Styles) string {
	switch c {
	case engine.FileAdded:
		return s.Good.Paint("A")
	case engine.FileUntracked:
		return s.Good.Paint("?")
	case engine.FileDeleted:
		return s.Danger.Paint("D")
	case engine.FileRenamed:
		return s.Info.Paint("R")
	case engine.FileCopied:
		return s.Info.Paint("C")
	case engine.FileRetyped:
		return s.Info.Paint("T")
	case engine.FileUnmerged:
		return s.Warning.Paint("U")
	default:
		return s.Info.Paint("M")
	}
}

// rows are those that are seen, coloured, with what the search has found in them.
func (v *diffView) rows(s *style.Styles, height int) []string {
	if !v.shown() {
		return nil
	}
	to := min(v.top+height, len(v.read.rows))
	rows := make([]string, 0, height)
	for _, row := range v.read.rows[v.top:to] {
		ink := s.Text
		switch row.Kind {
		case patch.File:
			ink = s.Strong
		case patch.Hunk:
			ink = s.Info
		case patch.Added:
			ink = s.Good
		case patch.Removed:
			ink = s.Danger
		case patch.Note:
			ink = s.Warning
		}
		rows = append(rows, ink.Paint(row.Text))
	}
	rows = v.search.highlight(rows, v.top, s)
	for i, row := range v.read.rows[v.top:to] {
		if row.Kind == patch.File {
			rows[i] += "  " + fileFacts(v.read.Files[row.File], s)
		}
	}
	return panned(rows, v.pan)
}

// fileFacts are what has happened to a file, and its lines.
func fileFacts(f engine.FileDiff, s *style.Styles) string {
	facts := ""
	if f.Change != engine.FileModified {
		facts = s.Faint.Paint(f.Change.String()) + " "
	}
	if f.Added+f.Removed > 0 {
		facts += lineSums(f.Added, f.Removed, s)
	}
	return facts
}

// widest is the width of the widest row that is seen.
func (v *diffView) widest() int {
	widest := 0
	for _, row := range v.read.rows[v.top:min(v.top+v.size.H, len(v.read.rows))] {
		widest = max(widest, block.Width(row.Text))
	}
	return widest
}
