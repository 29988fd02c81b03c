package typing

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a guard: tmux takes no command of more than 16 kB.
const (
	maxCondition = 10 << 10
	// maxRowText is how much of a row is compared, in characters.
	maxRowText = 160
)

// Guard is what must hold in the moment of typing. Look.Guard makes it; the zero
// value holds nowhere.
type Guard struct {
	// terms are formats that say 1 where something holds, one behind the other,
	// n in number.
	terms string
	n     int
	rows  int
}

// condition is the format that says 1 when all terms do. They are compared as
// one word: tmux does not expand formats that are nested deep.
func (g Guard) condition() string {
	if g.n == 0 {
		return "0"
	}
	return "#{==:" + g.terms + "," + strings.Repeat("1", g.n) + "}"
}

// Rows is how many rows of the screen the guard compares.
func (g Guard) Rows() int { return g.rows }

// Guard returns what must still hold for typing: the pane's process, that it is
// alive, its size, its modes, that nobody types in it, and that the given rows of the screen (from 1)
// read as they did. Where there are more rows than tmux can take, the first
// named count.
func (l Look) Guard(rows ...int) Guard {
	terms := []string{
		fmt.Sprintf("#{==:#{pane_pid},%d}", l.PID), "#{?pane_dead,0,1}", "#{?pane_in_mode,0,1}", "#{?pane_input_off,0,1}",
		"#{?pane_synchronized,0,1}", fmt.Sprintf("#{==:#{pane_width}x#{pane_height},%dx%d}", l.Width, l.Height),
		fmt.Sprintf("#{==:#{?alternate_on,1,0},%d}", number(l.Alternate)),
	}
	if !l.inPopup {
		terms = append(terms, "#{==:"+inUse(strconv.Itoa(l.second-usedSince))+",0}")
	}
	return Guard{}.with(terms...).rowsOf(l, rows)
}

// AtCursor adds that the cursor must stand where it stood: whatever anybody has
// typed moves it.
func (g Guard) AtCursor(l Look) Guard {
	return g.with(fmt.Sprintf("#{==:#{cursor_x} #{cursor_y},%d %d}", l.CursorX, l.CursorY))
}

// rowsOf adds rows of a screen.
func (g Guard) rowsOf(l Look, rows []int) Guard {
	said := make(map[string]bool, len(rows))
	for _, row := range rows {
		if row < 1 || row > len(l.Rows) {
			continue
		}
		pattern := rowPattern(l.Rows[row-1])
		if pattern == "" || said[pattern] {
			continue
		}
		said[pattern] = true
		term := fmt.Sprintf("#{==:#{C/r:%s},%d}", pattern, firstMatch(l.Rows, pattern))
		if len(g.terms)+len(term) > maxCondition {
			break
		}
		g = g.with(term)
		g.rows++
	}
	return g
}

// with adds terms.
func (g Guard) with(terms ...string) Guard {
	g.terms += strings.Join(terms, "")
	g.n += len(terms)
	return g
}

// firstMatch returns the first row, from 1, that matches.
func firstMatch(rows []string, pattern string) int {
	expression := regexp.MustCompile(pattern)
	for i, row := range rows {
		if expression.MatchString(row) {
			return i + 1
		}
	}
	return 0
}

// rowPattern is the regular expression for a row's text, in what POSIX and Go
// have in common, without any character that tmux's formats give a meaning.
// Empty for a blank row.
func rowPattern(text string) string {
	text = strings.TrimRight(text, " ")
	if text == "" {
		return ""
	}
	var b strings.Builder
	b.WriteByte('^')
	n := 0
	loose := false
	for _, r := range text {
		if n++; n > maxRowText {
			return b.String()
		}
		spinner := r > 0x2800 && r <= 0x28ff
		if !spinner {
			loose = false
		}
		switch {
		case spinner, r == utf8.RuneError:
			if !loose {
				b.WriteString(".+")
			}
			loose = true
		case strings.ContainsRune("*+?.|()$", r):
			b.WriteString("[" + string(r) + "]")
		case strings.ContainsRune("#,{}%[]\\^'\"`", r), r < ' ', r == 0x7f:
			b.WriteByte('.')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteString(" *$")
	return b.String()
}

func number(set bool) int {
	if set {
		return 1
	}
	return 0
}
