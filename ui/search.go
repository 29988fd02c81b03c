package ui

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/fold"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// search finds text in an agent's history.
type search struct {
	text    string
	pattern fold.Pattern
	// found are the matches, oldest first; at is the place in them of the one
	// that is shown.
	found []match
	at    int
	// wanted is set while the history in which to search has not come.
	wanted bool
	// problem says why the text is no pattern.
	problem error
}

// match is a place in the history: the row, the how manyth match of that row it
// is, and its first column and that behind its last.
type match struct{ row, nth, from, to int }

// searchFor searches for a text, or for what a regular expression between slashes
// matches; one that is none, or not yet, finds nothing.
func searchFor(text string) search {
	pattern, err := fold.Seek(text)
	return search{text: text, pattern: pattern, problem: err}
}

// run searches the history anew.
func (s *search) run(history []string) {
	s.found = nil
	if s.pattern.Empty() {
		return
	}
	for i, row := range history {
		plain := ansi.Strip(row)
		for nth, span := range s.pattern.Spans(plain) {
			from := block.Width(plain[:span.From])
			s.found = append(s.found, match{i, nth, from, from + block.Width(plain[span.From:span.To])})
		}
	}
	s.at = min(s.at, max(len(s.found)-1, 0))
}

// highlight paints the matches in rows, the first of which is that row of the
// history.
func (s *search) highlight(rows []string, first int, styles *style.Styles) []string {
	if s.pattern.Empty() {
		return rows
	}
	out := make([]string, len(rows))
	for i, row := range rows {
		shown := -1
		if len(s.found) > 0 && s.found[s.at].row == first+i {
			shown = s.found[s.at].nth
		}
		out[i] = painted(row, s.pattern.Spans(ansi.Strip(row)), func(nth int) style.Ink {
			if nth == shown {
				return styles.Found
			}
			return styles.Match
		})
	}
	return out
}

// painted writes parts of a coloured row with other inks.
func painted(row string, parts []fold.Span, ink func(nth int) style.Ink) string {
	if len(parts) == 0 {
		return row
	}
	plain := ansi.Strip(row)
	var out strings.Builder
	column := 0
	for nth, p := range parts {
		from := block.Width(plain[:p.From])
		text := plain[p.From:p.To]
		out.WriteString(block.Between(row, column, from))
		out.WriteString(ansi.ResetStyle + ink(nth).Paint(text))
		column = from + block.Width(text)
	}
	out.WriteString(block.DropLeft(row, column))
	return out.String()
}

// position says which match is shown.
func (s *search) position(styles *style.Styles) string {
	switch {
	case s.text == "":
		return ""
	case len(s.found) == 0:
		return styles.Warning.Paint("  no " + sanitize.Text(s.text))
	default:
		return styles.Subtle.Paint("  match " + strconv.Itoa(len(s.found)-s.at) + " of " + strconv.Itoa(len(s.found)))
	}
}

// searchEntry is the line in which a search is written. What is found is shown
// while it is written; esc leads back to where the user was.
func (f *focusView) searchEntry() *entry {
	before, up, pan := f.search, f.up, f.pan
	find := func(text string) tea.Cmd {
		f.search = searchFor(text)
		f.search.run(f.history)
		f.search.at = max(len(f.search.found)-1, 0)
		if f.history == nil {
			f.search.wanted = text != ""
			return nil
		}
		f.showMatch()
		return nil
	}
	return &entry{
		place:  keys.InText,
		prompt: newPrompt(""), sign: "/", changed: find,
		kept: func(text string) tea.Cmd {
			if text == "" {
				f.search = search{}
				return nil
			}
			if len(f.search.found) == 0 && f.history != nil {
				f.tell(sanitize.Text(text) + " is nowhere in its last " + format.Plural(len(f.history), "row"))
			}
			return nil
		},
		dropped: func() { f.search, f.up, f.pan = before, up, pan },
		hint: func() string {
			if f.search.text == "" {
				return "search its history; /…/ is a regular expression"
			}
			if f.search.problem != nil {
				return sanitize.Text(f.search.problem.Error())
			}
			return matches(len(f.search.found))
		},
	}
}

// step goes to the next match, which is the one before in time, or back.
func (f *focusView) step(a keys.Action) {
	s := &f.search
	switch {
	case s.text == "":
		f.tell(f.look.orKey("nothing is searched for", keys.OnFocus, keys.Search, "searches"))
		return
	case len(s.found) == 0:
		f.tell(sanitize.Text(s.text) + " is nowhere in its history")
		return
	}
	next := s.at - 1
	if a == keys.SearchPrevious {
		next = s.at + 1
	}
	if next < 0 || next >= len(s.found) {
		f.tell("there is no other match; going round")
		next = (next + len(s.found)) % len(s.found)
	}
	s.at = next
	f.showMatch()
}

// matches counts them.
func matches(n int) string {
	if n == 1 {
		return "1 match"
	}
	return strconv.Itoa(n) + " matches"
}

// showMatch scrolls so that the match stands in the middle, and moves sideways
// when it would not be seen.
func (f *focusView) showMatch() {
	if len(f.search.found) == 0 {
		return
	}
	found := f.search.found[f.search.at]
	f.scrollTo(max(len(f.history)-found.row-1-f.page()/2, 1))
	f.pan = panTo(f.pan, found.from, found.to, f.columns())
}

// panTo is by how much to move sideways so that the columns from one to another
// are seen: as little as now, not at all, or so that they stand in the middle.
func panTo(now, from, to, width int) int {
	switch {
	case from >= now && to <= now+width:
		return now
	case to <= width:
		return 0
	case to-from >= width:
		return from
	default:
		return from - (width-(to-from))/2
	}
}

// soughtRow is a row of the history that is to be shown once that has been read.
type soughtRow struct {
	text string
	row  engine.FoundRow
}
