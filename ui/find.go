package ui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/fold"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
)

const (
	// findRows is how many rows of each agent's scroll-back are searched.
	findRows = 10_000
	// findMost is how many matches of one agent are kept, the newest, findAll of all
	// agents together, and findWidth how many bytes of each.
	findMost  = 200
	findAll   = 5000
	findWidth = 1000
	// findAtOnce is how many agents are searched at once.
	findAtOnce = 3
)

// findMsg brings what was found in the pane of one agent of a search.
type findMsg struct {
	run   *findRun
	agent int
	found engine.Found
	err   error
}

// findRun is one search over all agents. Its context ends what is under way.
type findRun struct {
	ctx    context.Context
	cancel context.CancelFunc
	text   string
	// pattern is the text, or the regular expression that it stands for.
	pattern fold.Pattern
	agents  []engine.Agent
	// found are the matches of each agent, newest first.
	found [][]engine.FoundRow
	// next is the first agent that has not been asked yet, done how many have answered.
	next, done int
	// matches counts all matches, kept those in found; unread are the agents that
	// could not be searched, with the first reason.
	matches, kept, unread int
	reason                string
	stopped               bool
}

func (r *findRun) running() bool { return !r.stopped && r.done < len(r.agents) }

// ask asks the next agent.
func (r *findRun) ask(c commands) tea.Cmd {
	if r.stopped || r.next >= len(r.agents) {
		return nil
	}
	i := r.next
	r.next++
	query := engine.SearchQuery{Pattern: r.text, Fixed: true, IgnoreCase: true, Rows: findRows, Most: findMost, Recorded: true}
	if expression, ok := fold.Expression(r.text); ok {
		query.Pattern, query.Fixed = expression, false
	}
	ref := r.agents[i].Ref
	var found engine.Found
	return commands{r.ctx, c.monitor}.calling(func(ctx context.Context) (err error) {
		found, err = c.monitor.Search(ctx, ref, query)
		for n := range found.Rows {
			text := sanitize.Text(found.Rows[n].Text)
			if len(text) > findWidth {
				text = strings.ToValidUTF8(text[:findWidth], "")
			}
			found.Rows[n].Text = text
		}
		return err
	}, func(err error) tea.Msg { return findMsg{r, i, found, err} })
}

// take takes what was found in one agent.
func (r *findRun) take(msg findMsg) {
	r.done++
	if msg.err != nil {
		if r.unread++; r.reason == "" {
			r.reason = sanitize.Text(r.agents[msg.agent].Name() + ": " + msg.err.Error())
		}
		return
	}
	r.matches += msg.found.Matches
	for i := len(msg.found.Rows) - 1; i >= 0 && r.kept < findAll; i-- {
		r.found[msg.agent] = append(r.found[msg.agent], msg.found.Rows[i])
		r.kept++
	}
}

// findView searches the screens and the scroll-back of all agents.
type findView struct {
	prompt prompt
	// run is the search whose matches are shown; nil before the first.
	run    *findRun
	choice choice
}

// findEverywhere opens the search over all agents, with what was searched for last.
func (m *Model) findEverywhere() tea.Cmd {
	if m.snap == nil || len(m.snap.Agents) == 0 {
		m.tell("there is no agent to search")
		return nil
	}
	m.push(&findView{prompt: newPrompt(m.sought)})
	return nil
}

// takeFound hands what was found to the search that asked for it, which asks on.
func (m *Model) takeFound(msg findMsg) tea.Cmd {
	for _, o := range m.overlays {
		v, ok := o.(*findView)
		if !ok || v.run != msg.run || msg.run.stopped {
			continue
		}
		agent, _ := v.at()
		if msg.run.take(msg); agent >= 0 && msg.agent < agent && v.choice.cursor > 0 {
			// A match that was chosen stays chosen; else the first one is.
			v.choice.cursor += len(msg.run.found[msg.agent])
		}
		return msg.run.ask(m.commands)
	}
	return nil
}

// at is the match under the cursor: the place of its agent, and its own; -1 for none.
func (v *findView) at() (agent, row int) {
	if v.run == nil {
		return -1, -1
	}
	left := v.choice.cursor
	for i, found := range v.run.found {
		if left < len(found) {
			return i, left
		}
		left -= len(found)
	}
	return -1, -1
}

func (v *findView) place() keys.Place { return keys.InFind }

func (v *findView) live() bool { return false }

func (v *findView) update(*engine.Snapshot) {}

// write implements writer.
func (v *findView) write(msg tea.KeyPressMsg, _ *Model) (bool, tea.Cmd) {
	return v.prompt.key(msg), nil
}

// paste implements writer.
func (v *findView) paste(text string, _ *Model) { v.prompt.paste(text) }

// stop ends the search that runs.
func (v *findView) stop() {
	if v.run != nil {
		v.run.stopped = true
		v.run.cancel()
	}
}

// fresh tells whether what is written is what was searched for.
func (v *findView) fresh() bool { return v.run != nil && v.run.text == v.prompt.text() }

func (v *findView) perform(a keys.Action, m *Model) (bool, tea.Cmd) {
	switch {
	case a == keys.Back && v.run != nil && v.run.running():
		v.stop()
		return false, nil
	case a == keys.Back:
		v.stop()
		return true, nil
	case a == keys.Open && !v.fresh():
		return false, v.start(m)
	case a == keys.Open:
		return v.open(m)
	}
	if v.run != nil {
		v.choice.move(a, v.run.kept)
	}
	return false, nil
}

// start searches for what is written.
func (v *findView) start(m *Model) tea.Cmd {
	v.stop()
	text := v.prompt.text()
	if strings.TrimSpace(text) == "" {
		m.tell("write what is to be found")
		return nil
	}
	pattern, err := fold.Seek(text)
	if err != nil {
		m.tell(sanitize.Text(err.Error()))
		return nil
	}
	m.sought = text
	r := &findRun{text: text, pattern: pattern}
	r.ctx, r.cancel = context.WithCancel(m.commands.ctx)
	for i := range m.snap.Agents {
		if a := m.snap.Agents[i]; !a.Stale {
			r.agents = append(r.agents, a)
		}
	}
	r.found = make([][]engine.FoundRow, len(r.agents))
	v.run, v.choice = r, choice{}
	var asked []tea.Cmd
	for range findAtOnce {
		asked = append(asked, r.ask(m.commands))
	}
	return tea.Batch(asked...)
}

// open leads to the place of the match in its agent's scroll-back.
func (v *findView) open(m *Model) (bool, tea.Cmd) {
	agent, row := v.at()
	if agent < 0 {
		m.tell("nothing is found that could be opened")
		return false, nil
	}
	a, there := m.find(v.run.agents[agent].Ref)
	if !there {
		m.tell("it is gone")
		return false, nil
	}
	v.stop()
	m.fleet.list.Select(a.Ref)
	if at := v.run.found[agent][row].At; !at.IsZero() {
		shown := m.openAt(a, nil)
		return true, tea.Batch(shown, m.focus().replayFrom(at))
	}
	return true, m.openAt(a, &soughtRow{v.run.text, v.run.found[agent][row]})
}

func (v *findView) click(y int, m *Model) (bool, tea.Cmd) {
	i := v.choice.offset + y - findHead
	if y < findHead || v.run == nil || i >= v.run.kept || !v.fresh() {
		return false, nil
	}
	if i == v.choice.cursor {
		return v.open(m)
	}
	v.choice.cursor = i
	return false, nil
}

// showSought shows the row that was sought. The agent may have printed meanwhile, so
// that it is the nearest one with the same text, else the nearest match.
func (f *focusView) showSought() {
	if f.sought == nil {
		return
	}
	s := f.sought
	f.sought = nil
	f.search = searchFor(s.text)
	f.search.run(f.history)
	best, at := -1, len(f.history)+s.row.Row
	distance := func(i int) int {
		away := f.search.found[i].row - at
		if same := strings.TrimRight(sanitize.Text(f.history[f.search.found[i].row]), " ") == s.row.Text; !same {
			away = max(away, -away) + 2*len(f.history)
		}
		return max(away, -away)
	}
	for i := range f.search.found {
		if best < 0 || distance(i) < distance(best) {
			best = i
		}
	}
	if best < 0 {
		f.tell("it is no longer in its history")
		return
	}
	f.search.at = best
	f.showMatch()
}
