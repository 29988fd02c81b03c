package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/keys"
	"agentwatch/ui/patch"
	"agentwatch/ui/sanitize"
)

// diffRead is a diff as it is shown: one text of all files, each of which begins at
// its row in starts.
type diffRead struct {
	engine.Diff
	rows   []patch.Row
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
	rows, starts := patch.Read(d)
	return diffRead{Diff: d, rows: rows, starts: starts}
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
		v.plain[i] = row.Text
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
	if row+1 < len(v.read.rows) && v.read.rows[row].Text == "" && v.read.rows[row+1].Kind == patch.File {
		row++
	}
	return v.read.rows[row].File
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
