package bench

import (
	"fmt"
	"strings"
)

// Size of every pane, in cells.
const (
	paneWidth  = 200
	paneHeight = 50
	// paneSize is both, in tmux's words.
	paneSize = "200x50"
)

// Rows of the screen, counted from 1.
const (
	spinnerRow  = paneHeight - 5
	composerRow = paneHeight - 2
)

// Colours of the screen, as SGR parameters.
const (
	sgrPlain   = "0"
	sgrDim     = "38;5;246"
	sgrAccent  = "38;2;215;119;87"
	sgrDone    = "38;2;78;186;101"
	sgrKeyword = "38;2;203;166;247"
	sgrString  = "38;2;166;227;161"
	sgrNumber  = "38;2;250;179;135"
	sgrAdded   = "48;2;34;92;43"
	sgrRemoved = "48;2;122;41;54"
	sgrPrompt  = "48;5;237"
)

// What a row of a test's output begins and goes on with; what stands between, the
// package's number and the time, is a pane's own.
const (
	packageOf  = "example.com/shop/internal/"
	coverageOf = "    coverage: "
)

// span is text in one colour.
type span struct{ sgr, text string }

// drawing collects a screen's bytes.
type drawing struct{ strings.Builder }

// row draws spans from the start of a row on, and fills the rest of it with
// the colour fill, if any.
func (d *drawing) row(n int, fill string, spans ...span) {
	fmt.Fprintf(d, "\x1b[%d;1H", n)
	used := 0
	for _, s := range spans {
		fmt.Fprintf(d, "\x1b[0;%sm", s.sgr)
		if fill != "" {
			fmt.Fprintf(d, "\x1b[%sm", fill)
		}
		d.WriteString(s.text)
		used += len([]rune(s.text))
	}
	if fill != "" {
		fmt.Fprintf(d, "\x1b[0;%sm%s", fill, strings.Repeat(" ", paneWidth-used))
	}
	d.WriteString("\x1b[0m")
}

// screenOf draws the whole screen of pane i: an agent in the middle of a turn,
// with an edit, a run of tests, a spinner and an empty composer. Every pane's
// differs in its words and numbers.
func screenOf(i int) string {
	var d drawing
	d.WriteString("\x1b[0m\x1b[2J")
	d.row(1, sgrPrompt, span{sgrDim, "❯ "}, span{sgrPlain, fmt.Sprintf("make the retry budget of worker %d follow the deadline, and test it", i)})
	d.row(3, "", span{sgrPlain, "● I'll bound the retries by the deadline of the call, and count what was given up."})
	d.row(5, "", span{sgrDone, "● "}, span{"1", "Update"}, span{sgrPlain, fmt.Sprintf("(internal/worker/retry_%d.go)", i)})
	d.row(6, "", span{sgrDim, "  ⎿  "}, span{sgrPlain, "Updated with 19 additions and 8 removals"})
	for n := 7; n < 34; n++ {
		d.diff(n, i)
	}
	d.row(35, "", span{sgrDone, "● "}, span{"1", "Bash"}, span{sgrPlain, "(go test -race ./internal/...)"})
	for n := 36; n < spinnerRow-1; n++ {
		d.row(n, "", span{sgrDim, "  ⎿  "}, span{sgrDone, "ok"}, span{sgrPlain, fmt.Sprintf("    %spart%02d", packageOf, (n*7+i)%90)},
			span{sgrNumber, fmt.Sprintf("    %d.%03ds", n%4, (n*131+i*17)%1000)}, span{sgrDim, coverageOf},
			span{sgrNumber, fmt.Sprintf("%d.%d%%", 60+(n+i)%39, n%10)}, span{sgrDim, " of statements"})
	}
	rule := strings.Repeat("─", paneWidth)
	d.row(composerRow-1, "", span{sgrDim, rule})
	d.row(composerRow, "", span{sgrPlain, "❯ "})
	d.row(composerRow+1, "", span{sgrDim, rule})
	d.row(composerRow+2, "", span{sgrDim, "  ⏸ manual mode on · ? for shortcuts"})
	return d.String() + tickOf(0)
}

// diff draws one row of the edit.
func (d *drawing) diff(n, i int) {
	number := span{sgrDim, fmt.Sprintf("      %3d ", 40+n)}
	code := []span{
		{sgrKeyword, "if "},
		{sgrPlain, fmt.Sprintf("left := time.Until(deadline) - reserve%d; left < ", (n*31+i)%97)},
		{sgrNumber, fmt.Sprint((n*53 + i*7) % 900)},
		{sgrPlain, " * time.Millisecond { "},
		{sgrKeyword, "return "},
		{sgrPlain, "fmt.Errorf("},
		{sgrString, fmt.Sprintf(`"worker %d: attempt %%d given up: %%w"`, i)},
		{sgrPlain, ", attempt, err) }"},
	}
	switch n % 3 {
	case 0:
		d.row(n, sgrAdded, append([]span{number, {sgrPlain, "+  "}}, code...)...)
	case 1:
		d.row(n, sgrRemoved, append([]span{number, {sgrPlain, "-  "}}, code...)...)
	default:
		d.row(n, "", append([]span{number, {sgrPlain, "   "}}, code...)...)
	}
}

// tickOf draws what one more step of the spinner changes: its glyph, seconds
// and tokens. Where it leaves the cursor tells which step it was (see ackOf).
func tickOf(step int) string {
	glyphs := [...]string{"✢", "✳", "✶", "✻", "✽", "✻", "✶", "✳"}
	return fmt.Sprintf("\x1b[%d;1H\x1b[0;%sm%s Noodling…\x1b[0;%sm (%ds · ↓ %d tokens · esc to interrupt)\x1b[0m\x1b[K\x1b[%d;%dH",
		spinnerRow, sgrAccent, glyphs[step%len(glyphs)], sgrDim, 12+step, 400+31*step, composerRow, 1+ackOf(step))
}

// ackOf is the cursor's column, from 0, by which a pane acknowledges a step:
// when tmux tells it, the server has read all that was written before.
func ackOf(step int) int { return 2 + step%(paneWidth-4) }
