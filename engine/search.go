package engine

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// SearchQuery says what is searched for on an agent's screen and in its scroll-back.
type SearchQuery struct {
	// Pattern is a regular expression (RE2), with Fixed a text as it stands. It is
	// matched against each row for itself, without colours and spaces at the end.
	Pattern    string
	Fixed      bool
	IgnoreCase bool
	// Rows is how many rows of the scroll-back are searched beside the screen.
	Rows int
	// Context is how many rows are returned before and after each match.
	Context int
	// Most is how many matches are returned, the newest; 0 for all.
	Most int
	// Recorded asks for its stored screens, too, where there are some.
	Recorded bool
}

// Found is what a search has found in one pane.
type Found struct {
	// Rows are the matches and the rows around them, oldest first. They are untrusted.
	Rows []FoundRow `json:"rows"`
	// Matches counts all that match, Searched the rows that were searched.
	Matches  int `json:"matches"`
	Searched int `json:"searched"`
	// Cut is set when not all stored screens could be searched in time.
	Cut bool `json:"cut,omitempty"`
}

// FoundRow is a row of a pane.
type FoundRow struct {
	// Row counts from the bottom of the screen: -1 is the last.
	Row  int    `json:"row"`
	Text string `json:"text"`
	// Match is unset for a row that is only near one.
	Match bool `json:"match,omitempty"`
	// At is when the screen was stored that the row was on; zero for one that is there
	// now. Row counts from the bottom of that screen.
	At time.Time `json:"at,omitzero"`
}

// longestPattern bounds a pattern in bytes.
const longestPattern = 4096

// Compile checks the query and returns what tells whether a row matches.
func (q SearchQuery) Compile() (matches func(row string) bool, err error) {
	switch {
	case len(q.Pattern) > longestPattern:
		return nil, fmt.Errorf("a pattern of more than %d bytes", longestPattern)
	case q.Rows < 0 || q.Context < 0 || q.Most < 0:
		return nil, fmt.Errorf("a number below zero: %d rows, %d around them, %d matches", q.Rows, q.Context, q.Most)
	case q.Fixed && !q.IgnoreCase:
		return func(row string) bool { return strings.Contains(row, q.Pattern) }, nil
	case q.Fixed:
		// A regular expression that ignores case takes ten times as long.
		wanted := strings.ToLower(q.Pattern)
		return func(row string) bool { return strings.Contains(strings.ToLower(row), wanted) }, nil
	}
	text := q.Pattern
	if q.IgnoreCase {
		text = "(?i)" + text
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return pattern.MatchString, nil
}

// In finds the rows of a text that match.
func (q SearchQuery) In(text string) (Found, error) {
	matches, err := q.Compile()
	if err != nil {
		return Found{}, err
	}
	rows := strings.Split(text, "\n")
	var at []int
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
		if matches(rows[i]) {
			at = append(at, i)
		}
	}
	found := Found{Rows: []FoundRow{}, Matches: len(at), Searched: len(rows)}
	if q.Most > 0 && len(at) > q.Most {
		at = at[len(at)-q.Most:]
	}
	next := 0
	for n, i := range at {
		end := min(i+q.Context+1, len(rows))
		if n+1 < len(at) {
			end = min(end, at[n+1])
		}
		for next = max(next, i-q.Context); next < end; next++ {
			// What is returned must not keep all of the text in memory.
			found.Rows = append(found.Rows, FoundRow{Row: next - len(rows), Text: strings.Clone(rows[next]), Match: next == i})
		}
	}
	return found, nil
}
