package ui

import (
	"strconv"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// search finds text in an agent's history. Letters match in either case unless
// one of them is large.
type search struct {
	text string
	// rows are those with a match, oldest first; at is the place in them of the
	// one that is shown.
	rows []int
	at   int
	// wanted is set while the history in which to search has not come.
	wanted bool
}

// run searches the history anew.
func (s *search) run(history []string) {
	s.rows = nil
	if s.text == "" {
		return
	}
	for i, row := range history {
		if len(s.matches(ansi.Strip(row))) > 0 {
			s.rows = append(s.rows, i)
		}
	}
	s.at = min(s.at, max(len(s.rows)-1, 0))
}

// span is a match: its first and last byte but one.
type span struct{ from, to int }

// matches are where the text stands in a row without colours.
func (s *search) matches(row string) []span {
	if s.text == "" {
		return nil
	}
	text := s.text
	if strings.IndexFunc(text, unicode.IsUpper) < 0 {
		// Lower case can be of another length; then only exact letters match.
		if lower := strings.ToLower(row); len(lower) == len(row) {
			row = lower
		}
	}
	var found []span
	for from := 0; ; {
		i := strings.Index(row[from:], text)
		if i < 0 {
			return found
		}
		found = append(found, span{from + i, from + i + len(text)})
		from += i + len(text)
	}
}

// highlight paints the matches in rows, the first of which is that row of the
// history.
func (s *search) highlight(rows []string, first int, styles *style.Styles) []string {
	if s.text == "" {
		return rows
	}
	out := make([]string, len(rows))
	for i, row := range rows {
		ink := styles.Match
		if len(s.rows) > 0 && s.rows[s.at] == first+i {
			ink = styles.Found
		}
		out[i] = painted(row, s.matches(ansi.Strip(row)), ink)
	}
	return out
}

// painted writes parts of a coloured row with another ink.
func painted(row string, parts []span, ink style.Ink) string {
	if len(parts) == 0 {
		return row
	}
	plain := ansi.Strip(row)
	var out strings.Builder
	column := 0
	for _, p := range parts {
		from := ansi.StringWidth(plain[:p.from])
		match := plain[p.from:p.to]
		out.WriteString(ansi.Cut(row, column, from))
		out.WriteString(ansi.ResetStyle + ink.Paint(match))
		column = from + ansi.StringWidth(match)
	}
	out.WriteString(ansi.TruncateLeft(row, column, ""))
	return out.String()
}

// position says which match is shown.
func (s *search) position(styles *style.Styles) string {
	switch {
	case s.text == "":
		return ""
	case len(s.rows) == 0:
		return styles.Warning.Paint("  no " + sanitize.Text(s.text))
	default:
		return styles.Subtle.Paint("  match " + strconv.Itoa(len(s.rows)-s.at) + " of " + strconv.Itoa(len(s.rows)))
	}
}

// searchEntry is the line in which a search is written. What is found is shown
// while it is written; esc leads back to where the user was.
func (f *focusView) searchEntry() *entry {
	before, up := f.search, f.up
	find := func(text string) tea.Cmd {
		f.search = search{text: text}
		f.search.run(f.history)
		f.search.at = max(len(f.search.rows)-1, 0)
		if f.history == nil {
			f.search.wanted = text != ""
			return nil
		}
		f.showMatch()
		return nil
	}
	return &entry{
		prompt: newPrompt(""), sign: "/", changed: find,
		kept: func(text string) tea.Cmd {
			if text == "" {
				f.search = search{}
				return nil
			}
			if len(f.search.rows) == 0 && f.history != nil {
				f.tell(sanitize.Text(text) + " is nowhere in its last " + format.Plural(len(f.history), "row"))
			}
			return nil
		},
		dropped: func() { f.search, f.up = before, up },
		hint: func() string {
			if f.search.text == "" {
				return "search its history"
			}
			return format.Plural(len(f.search.rows), "row")
		},
	}
}

// step goes to the next match, which is the one before in time, or back.
func (f *focusView) step(a keys.Action) {
	s := &f.search
	switch {
	case s.text == "":
		f.tell("nothing is searched for; " + f.look.keys.KeyOf(keys.OnFocus, keys.Search) + " searches")
		return
	case len(s.rows) == 0:
		f.tell(sanitize.Text(s.text) + " is nowhere in its history")
		return
	}
	next := s.at - 1
	if a == keys.SearchPrevious {
		next = s.at + 1
	}
	if next < 0 || next >= len(s.rows) {
		f.tell("there is no other match; going round")
		next = (next + len(s.rows)) % len(s.rows)
	}
	s.at = next
	f.showMatch()
}

// showMatch scrolls so that the match stands in the middle.
func (f *focusView) showMatch() {
	if len(f.search.rows) == 0 {
		return
	}
	row := f.search.rows[f.search.at]
	f.scrollTo(max(len(f.history)-row-1-f.page()/2, 1))
}
