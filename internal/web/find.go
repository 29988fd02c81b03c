package web

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"agentwatch/engine"
	"agentwatch/ui/fold"
	"agentwatch/ui/patch"
	"agentwatch/ui/sanitize"
)

const (
	// searchedRows is how many rows of an agent's scroll-back are searched, maxMatches
	// how many matches of it are sent, the newest, and maxMatch how many bytes of each.
	searchedRows = 10_000
	maxMatches   = 200
	maxMatch     = 1000
	// maxPatches bounds the patches that come with a diff in bytes. Those of further
	// files are asked for one by one: a phone has what it shows soon.
	maxPatches = 96 << 10
)

var errBlank = errors.New("write what is to be found")

// found is what a search has found on an agent's screen and in its scroll-back.
type found struct {
	// Rows are the matches, newest first.
	Rows []match `json:"rows"`
	// Matches counts all of them. Cut is set when not all stored screens were searched.
	Matches int  `json:"matches"`
	Cut     bool `json:"cut,omitempty"`
}

// match is a row that matches.
type match struct {
	// Row counts from the bottom of the screen, -1 is the last. At is when a stored
	// screen showed it; 0 for what is there now.
	Row int   `json:"row"`
	At  int64 `json:"at,omitempty"`
	// Text is the row in pieces, of which every second one is what was found.
	Text []string `json:"text"`
}

// search searches one agent for a text, or what a regular expression between slashes
// matches. Without an agent it only says whether the text can be searched for.
func (p *page) search(ctx context.Context, id, text string) (any, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errBlank
	}
	pattern, err := fold.Seek(text)
	if err != nil || id == "" {
		return err == nil, err
	}
	a, known := p.server.hub.agent(id)
	if !known {
		return nil, errGone
	}
	query := engine.SearchQuery{Pattern: text, Fixed: true, IgnoreCase: true, Rows: searchedRows, Most: maxMatches, Recorded: true}
	if expression, ok := fold.Expression(text); ok {
		query.Pattern, query.Fixed = expression, false
	}
	got, err := p.server.options.Monitor.Search(ctx, a.Ref, query)
	if err != nil {
		return nil, err
	}
	all := found{Rows: make([]match, 0, len(got.Rows)), Matches: got.Matches, Cut: got.Cut}
	for i := len(got.Rows) - 1; i >= 0; i-- {
		row := got.Rows[i]
		all.Rows = append(all.Rows, match{row.Row, millis(row.At), pieces(pattern, row.Text)})
	}
	return all, nil
}

// pieces are a row in parts, of which every second one is what a pattern finds.
func pieces(pattern fold.Pattern, row string) []string {
	text := sanitize.Text(row)
	if len(text) > maxMatch {
		text = strings.ToValidUTF8(text[:maxMatch], "")
	}
	all, at := []string{}, 0
	for _, span := range pattern.Spans(text) {
		all = append(all, text[at:span.From], text[span.From:span.To])
		at = span.To
	}
	return append(all, text[at:])
}

// changed is what an agent has changed in the folder that it works in.
type changed struct {
	Name    string `json:"name"`
	Branch  string `json:"branch,omitempty"`
	Against string `json:"against"`
	Commit  string `json:"commit,omitempty"`
	Base    string `json:"base,omitempty"`
	Added   int    `json:"added"`
	Removed int    `json:"removed"`
	// Files are those that have changed, Omitted how many more there are.
	Files   []changedFile `json:"files"`
	Omitted int           `json:"omitted,omitempty"`
	At      int64         `json:"at"`
}

// changedFile is one file of a diff.
type changedFile struct {
	Path    string `json:"path"`
	From    string `json:"from,omitempty"`
	Change  string `json:"change"`
	Added   int    `json:"added"`
	Removed int    `json:"removed"`
	Binary  bool   `json:"binary,omitempty"`
	Cut     bool   `json:"cut,omitempty"`
	// Rows are its diff: a letter for what the row is, and its text. They are absent
	// where they have to be asked for.
	Rows [][2]string `json:"rows,omitempty"`
}

// diff is what an agent has changed since the last commit, or, with base, since its
// branch began. The rows of the file of a number are sent whatever their size, those of
// the others as long as there is room; none for -1.
func (p *page) diff(ctx context.Context, id string, base bool, file int) (changed, error) {
	a, known := p.server.hub.agent(id)
	if !known {
		return changed{}, errGone
	}
	d, err := p.server.options.Monitor.Diff(ctx, a.Ref, base)
	if err != nil {
		return changed{}, err
	}
	all := changed{
		Name: sanitize.Text(d.Name), Branch: sanitize.Text(d.Branch), Against: sanitize.Text(d.Against), Commit: sanitize.Text(d.Commit),
		Base: sanitize.Text(d.Base), Files: make([]changedFile, 0, len(d.Files)), Omitted: d.Omitted, At: millis(p.server.options.Now()),
	}
	all.Added, all.Removed = d.Lines()
	room := maxPatches
	for i, f := range d.Files {
		sent := changedFile{
			Path: sanitize.Text(f.Path), From: sanitize.Text(f.From), Change: f.Change.String(), Added: f.Added, Removed: f.Removed, Binary: f.Binary, Cut: f.Cut,
		}
		if room -= len(f.Patch); i == file || file < 0 && room >= 0 {
			sent.Rows = rowsOf(f)
		}
		all.Files = append(all.Files, sent)
	}
	return all, nil
}

// rowsOf are the rows of a file's diff; never nil, which would mean that they are to be
// asked for.
func rowsOf(f engine.FileDiff) [][2]string {
	letters := map[patch.Kind]string{patch.Hunk: "@", patch.Added: "+", patch.Removed: "-", patch.Note: "!"}
	rows := [][2]string{}
	for _, row := range patch.Of(f) {
		rows = append(rows, [2]string{letters[row.Kind], row.Text})
	}
	return rows
}

// spent is what an agent has used, as its session files tell, on its way to a page.
type spent struct {
	Today   *engine.TokenTotals `json:"today,omitempty"`
	Session *engine.TokenTotals `json:"session,omitempty"`
	// Context are the tokens of the last request, Window how many the model takes.
	Context  int64       `json:"context,omitempty"`
	Window   int64       `json:"window,omitempty"`
	Limits   []planLimit `json:"limits,omitempty"`
	Currency string      `json:"currency,omitempty"`
	Problem  string      `json:"problem,omitempty"`
}

// planLimit is a limit of the plan: the share that is used in per cent, of a time in
// milliseconds, and when it begins anew.
type planLimit struct {
	Used   float64 `json:"used"`
	Window int64   `json:"window,omitempty"`
	Resets int64   `json:"resets,omitempty"`
}

// spentOf is what an agent has used; nil for nothing that is known.
func spentOf(t *engine.Tokens) json.RawMessage {
	if t == nil {
		return nil
	}
	s := spent{Context: t.Context, Window: t.Window, Currency: sanitize.Text(t.Currency), Problem: sanitize.Text(t.Problem)}
	if t.Today.Total() > 0 {
		s.Today = &t.Today
	}
	if t.Session.Total() > 0 && t.Session != t.Today {
		s.Session = &t.Session
	}
	for _, l := range t.Limits {
		s.Limits = append(s.Limits, planLimit{l.Used, l.Window.Milliseconds(), millis(l.Resets)})
	}
	if data := encoded(s); string(data) != "{}" {
		return data
	}
	return nil
}
