package ui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
)

// diffRowKind is what a row of a diff is.
type diffRowKind uint8

const (
	diffContext diffRowKind = iota
	diffFile
	diffHunk
	diffAdded
	diffRemoved
	diffNote
)

// diffRow is a row of a diff, made safe to draw.
type diffRow struct {
	kind diffRowKind
	text string
	// file is the place of its file.
	file int
}

// diffRead is a diff as it is shown: one text of all files, each of which begins at
// its row in starts.
type diffRead struct {
	engine.Diff
	rows   []diffRow
	starts []int
	at     time.Time
}

// diffMsg brings what has changed in the folder of an agent.
type diffMsg struct {
	ref  health.PaneRef
	base bool
	read diffRead
	err  error
}

// diff reads what has changed in the folder of an agent.
func (c commands) diff(ref health.PaneRef, base bool) tea.Cmd {
	var read diffRead
	return c.calling(func(ctx context.Context) error {
		d, err := c.monitor.Diff(ctx, ref, base)
		if err == nil {
			read = readDiff(d)
		}
		return err
	}, func(err error) tea.Msg { return diffMsg{ref, base, read, err} })
}

// readDiff makes a diff fit to be shown.
func readDiff(d engine.Diff) diffRead {
	read := diffRead{Diff: d}
	add := func(kind diffRowKind, text string, file int) {
		read.rows = append(read.rows, diffRow{kind, text, file})
	}
	for i, f := range d.Files {
		if i > 0 {
			add(diffContext, "", i-1)
		}
		read.starts = append(read.starts, len(read.rows))
		name := sanitize.Text(f.Path)
		if f.From != "" {
			name = sanitize.Text(f.From) + " => " + name
		}
		add(diffFile, name, i)
		header := true
		for line := range strings.Lines(f.Patch) {
			header = (header || strings.HasPrefix(line, "diff --git ")) && !strings.HasPrefix(line, "@@")
			kind, text := diffLine(strings.TrimSuffix(line, "\n"), header)
			if text != "" || !header {
				add(kind, text, i)
			}
		}
		switch {
		case f.Cut:
			add(diffNote, "cut off: the rest of this file's diff is too large", i)
		case f.Patch == "" && f.Change == engine.FileUntracked:
			add(diffNote, "a repository of its own, or gone", i)
		case f.Patch != "" && f.Added+f.Removed == 0 && f.Change == engine.FileUntracked && !f.Binary:
			add(diffNote, "empty", i)
		}
	}
	if d.Omitted > 0 {
		last := max(len(d.Files)-1, 0)
		add(diffContext, "", last)
		add(diffNote, "cut off: "+format.Plural(d.Omitted, "further file")+" not listed", last)
	}
	return read
}

// diffLine is a line of a patch as it is shown. Of the headers only those say
// anything that the file's own row does not.
func diffLine(line string, header bool) (diffRowKind, string) {
	if header {
		for _, telling := range []string{"old mode ", "new mode ", "Binary files "} {
			if strings.HasPrefix(line, telling) {
				return diffNote, sanitize.Text(line)
			}
		}
		return diffNote, ""
	}
	if line == "" {
		return diffContext, ""
	}
	kind := map[byte]diffRowKind{'+': diffAdded, '-': diffRemoved, '@': diffHunk, '\\': diffNote}[line[0]]
	return kind, line[:1] + sanitize.Text(untabbed(line[1:]))
}

// untabbed writes tabs as spaces, up to each fourth column.
func untabbed(text string) string {
	const stop = 4
	if !strings.Contains(text, "\t") {
		return text
	}
	var out strings.Builder
	column := 0
	for i, part := range strings.Split(text, "\t") {
		if i > 0 {
			gap := stop - column%stop
			out.WriteString(block.Spaces(gap))
			column += gap
		}
		out.WriteString(part)
		column += block.Width(sanitize.Text(part))
	}
	return out.String()
}

// diffView shows what an agent has changed in its folder.
type diffView struct {
	ref  health.PaneRef
	name string
	// base is set when it is compared with where the branch began.
	base bool
	// read is nil until the first diff has come; err is why the last could not be read.
	read    *diffRead
	err     string
	loading bool
	// top is the first row that is seen, pan by how many columns it is moved.
	top, pan int
	// size is how many rows and columns of the text were seen when it was drawn last.
	size   block.Size
	search search
	// plain are the rows as the search goes through them.
	plain []string
	// prompt is where the search is written, nil when it is not; before is where to go
	// back to.
	prompt *prompt
	before struct {
		search   search
		top, pan int
	}
	// picking is set while a file is chosen from the list.
	picking bool
	choice  choice
}

// showDiff opens the diff of the agent that is shown.
func (m *Model) showDiff() tea.Cmd {
	a, ok := m.shown()
	if !ok {
		m.tell("there is no agent whose changes could be shown")
		return nil
	}
	v := &diffView{ref: a.Ref, name: m.fleet.name(&a), loading: true}
	m.push(v)
	return m.commands.diff(v.ref, v.base)
}

// takeDiff hands a diff to the view that waits for it.
func (m *Model) takeDiff(msg diffMsg) {
	m.now = m.options.Now()
	for _, o := range m.overlays {
		if v, ok := o.(*diffView); ok && v.ref == msg.ref && v.base == msg.base {
			msg.read.at = m.now
			v.take(msg)
		}
	}
}

func (v *diffView) take(msg diffMsg) {
	v.loading, v.err = false, ""
	if msg.err != nil {
		v.err = sanitize.Text(msg.err.Error())
		return
	}
	v.read = &msg.read
	v.plain = make([]string, len(msg.read.rows))
	for i, row := range msg.read.rows {
		v.plain[i] = row.text
	}
	v.scrollTo(v.top)
	v.search.run(v.plain)
	v.choice.move(keys.None, len(v.read.Files))
}

func (v *diffView) place() keys.Place {
	switch {
	case v.prompt != nil:
		return keys.InText
	case v.picking:
		return keys.InFiles
	default:
		return keys.InDiff
	}
}

func (v *diffView) live() bool { return false }

func (v *diffView) update(*engine.Snapshot) {}

// shown tells whether there is a diff to move through.
func (v *diffView) shown() bool { return v.read != nil && v.err == "" && len(v.read.rows) > 0 }

// scrollTo scrolls to a row. The last file can always be brought to the top.
func (v *diffView) scrollTo(top int) {
	if v.read != nil && len(v.read.starts) > 0 {
		last := v.read.starts[len(v.read.starts)-1]
		v.top = min(max(top, 0), max(len(v.read.rows)-v.size.H, last))
	}
}

func (v *diffView) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	v.layout(m.covered())
	switch {
	case v.prompt != nil:
		v.performSearch(a, m)
		return false, nil
	case v.picking:
		v.pick(a)
		return false, nil
	}
	const panStep = 8
	switch a {
	case keys.Back:
		return true, nil
	case keys.Help:
		m.push(newHelp(keys.InDiff, m.look.keys, sanitize.Text(m.options.Version)))
	case keys.DiffBase:
		v.base, v.loading, v.err = !v.base, true, ""
		return false, m.commands.diff(v.ref, v.base)
	case keys.Refresh:
		v.loading, v.err = true, ""
		return false, m.commands.diff(v.ref, v.base)
	}
	if !v.shown() {
		return false, nil
	}
	page := max(v.size.H-1, 1)
	switch a {
	case keys.Up:
		v.scrollTo(v.top - 1)
	case keys.Down:
		v.scrollTo(v.top + 1)
	case keys.PageUp:
		v.scrollTo(v.top - page)
	case keys.PageDown:
		v.scrollTo(v.top + page)
	case keys.Top:
		v.scrollTo(0)
	case keys.Bottom:
		v.scrollTo(len(v.read.rows) - v.size.H)
	case keys.PanLeft:
		v.pan = m.sideways(v.pan, -panStep, v.widest()-v.size.W)
	case keys.PanRight:
		v.pan = m.sideways(v.pan, panStep, v.widest()-v.size.W)
	case keys.Next:
		v.toFile(1, m)
	case keys.Previous:
		v.toFile(-1, m)
	case keys.Open:
		v.picking, v.choice.cursor = true, v.file()
	case keys.Search:
		v.startSearch()
	case keys.SearchNext, keys.SearchPrevious:
		v.step(a, m)
	}
	return false, nil
}

// file is the place of the file that is looked at: that of the first row that is
// seen, where a gap belongs to the next.
func (v *diffView) file() int {
	row := min(v.top, len(v.read.rows)-1)
	if row+1 < len(v.read.rows) && v.read.rows[row].text == "" && v.read.rows[row+1].kind == diffFile {
		row++
	}
	return v.read.rows[row].file
}

// toFile moves on by so many files.
func (v *diffView) toFile(by int, m *Model) {
	to := v.file() + by
	if by < 0 && v.top > v.read.starts[v.file()] {
		to++
	}
	switch {
	case to < 0:
		m.tell("this is the first file")
	case to >= len(v.read.starts):
		m.tell("this is the last file")
	default:
		v.scrollTo(v.read.starts[to])
	}
}

// pick moves through the list of files.
func (v *diffView) pick(a keys.Action) {
	switch a {
	case keys.Open:
		v.scrollTo(v.read.starts[v.choice.cursor])
		v.picking = false
	case keys.Back:
		v.picking = false
	default:
		v.choice.move(a, len(v.read.Files))
	}
}

func (v *diffView) click(y int, _ *Model) (bool, tea.Cmd) {
	if i := v.choice.offset + y; v.picking && y >= 0 && i < len(v.read.Files) {
		v.choice.cursor = i
		v.pick(keys.Open)
	}
	return false, nil
}

func (v *diffView) startSearch() {
	p := newPrompt("")
	v.prompt = &p
	v.before.search, v.before.top, v.before.pan = v.search, v.top, v.pan
}

// write implements writer.
func (v *diffView) write(msg tea.KeyPressMsg, m *Model) (bool, tea.Cmd) {
	if v.prompt == nil {
		return false, nil
	}
	v.layout(m.covered())
	before := v.prompt.text()
	did := v.prompt.key(msg)
	if v.prompt.text() != before {
		v.find()
	}
	return did, nil
}

// paste implements writer.
func (v *diffView) paste(text string, m *Model) {
	if v.prompt == nil {
		m.tell(m.look.orKey("there is nothing to paste into", keys.InDiff, keys.Search, "searches"))
		return
	}
	v.prompt.paste(text)
	v.find()
}

// find shows the first match from where the search began.
func (v *diffView) find() {
	v.search = searchFor(v.prompt.text())
	v.search.run(v.plain)
	for i, found := range v.search.found {
		if v.search.at = i; found.row >= v.before.top {
			break
		}
	}
	v.showMatch()
}

// performSearch ends the line of the search.
func (v *diffView) performSearch(a keys.Action, m *Model) {
	switch a {
	case keys.Open:
		if v.prompt = nil; v.search.text != "" && len(v.search.found) == 0 {
			m.tell(sanitize.Text(v.search.text) + " is nowhere in this diff")
		}
	case keys.Back:
		v.prompt = nil
		v.search, v.top, v.pan = v.before.search, v.before.top, v.before.pan
	}
}

// step goes to the next match, or to the one before.
func (v *diffView) step(a keys.Action, m *Model) {
	s := &v.search
	switch {
	case s.text == "":
		m.tell(m.look.orKey("nothing is searched for", keys.InDiff, keys.Search, "searches"))
		return
	case len(s.found) == 0:
		m.tell(sanitize.Text(s.text) + " is nowhere in this diff")
		return
	}
	next := s.at + 1
	if a == keys.SearchPrevious {
		next = s.at - 1
	}
	if next < 0 || next >= len(s.found) {
		m.tell("there is no other match; going round")
		next = (next + len(s.found)) % len(s.found)
	}
	s.at = next
	v.showMatch()
}

func (v *diffView) showMatch() {
	if len(v.search.found) == 0 {
		return
	}
	found := v.search.found[v.search.at]
	if found.row < v.top || found.row >= v.top+v.size.H {
		v.scrollTo(found.row - v.size.H/2)
	}
	v.pan = panTo(v.pan, found.from, found.to, v.size.W)
}
