package health

import (
	"slices"
	"strings"
)

// selectByStyle marks the option that the program shows as chosen by its background
// alone, where it draws no cursor. It needs the screen as captured with colours and
// marks nothing when they do not tell: without them, or when not exactly one option
// stands out.
func selectByStyle(options []Option, captured string) {
	if len(options) < 2 || !strings.Contains(captured, "\x1b[") {
		return
	}
	last := 0
	for _, o := range options {
		if last = max(last, o.Line); o.Selected || o.Line < 1 {
			return
		}
	}
	lines := grounds(captured, last)
	if len(lines) < last {
		return
	}
	stands := make(map[ground][]int)
	from := 0
	for i, o := range options {
		if i > 0 && o.Line != options[i-1].Line {
			from = 0
		}
		g, end, ok := groundOf(lines[o.Line-1], from, o)
		if !ok {
			return
		}
		from, stands[g] = end, append(stands[g], i)
	}
	if len(stands) != 2 {
		return
	}
	chosen := -1
	for g, all := range stands {
		// The one whose background is nowhere else.
		if len(all) == 1 && places(lines, options, g) == 1 {
			if chosen >= 0 {
				return
			}
			chosen = all[0]
		}
	}
	if chosen >= 0 {
		options[chosen].Selected = true
	}
}

// places counts the runs of a background in the lines of options and in the one
// above, which tells where options fill their lines.
func places(lines [][]run, options []Option, g ground) int {
	n, above := 0, options[0].Line-1
	for i, runs := range lines {
		if line := i + 1; line != above && !slices.ContainsFunc(options, func(o Option) bool { return o.Line == line }) {
			continue
		}
		for _, r := range runs {
			if r.ground == g {
				n++
			}
		}
	}
	return n
}

// ground is what a text stands on.
type ground struct {
	// color is in the parameters of SGR; empty for the terminal's own.
	color string
	// swapped is set when it is the colour that the text would have otherwise.
	swapped bool
}

// ground is what a text with these attributes stands on.
func (a attributes) ground() ground {
	if a.reverse {
		return ground{a.text, true}
	}
	return ground{color: a.back}
}

// run is a stretch of a line that stands on one background.
type run struct {
	ground
	content string
}

// groundOf returns the background of an option's first word, which is looked for in
// its line from a place on, and where that word ends.
func groundOf(line []run, from int, o Option) (g ground, end int, ok bool) {
	var text strings.Builder
	for _, r := range line {
		text.WriteString(r.content)
	}
	word, _, _ := strings.Cut(o.Label, " ")
	for _, part := range [...]string{o.Key, word} {
		i := strings.Index(text.String()[from:], part)
		if i < 0 || word == "" {
			return ground{}, 0, false
		}
		from, end = from+i, from+i+len(part)
		if part == o.Key {
			from = end
		}
	}
	for _, r := range line {
		if from < len(r.content) {
			return r.ground, end, true
		}
		from -= len(r.content)
	}
	return ground{}, 0, false
}

// grounds reads the backgrounds of the first lines of a screen as tmux captures
// it: what is set goes on in the next line. The end of a line counts as a blank on
// the terminal's own background, since tmux leaves trailing blanks out.
func grounds(captured string, lines int) [][]run {
	var all [][]run
	var now attributes
	for line := range strings.SplitSeq(captured, "\n") {
		if len(all) == lines {
			break
		}
		var runs []run
		for line != "" {
			end := strings.IndexByte(line, 0x1b)
			switch {
			case end == 0:
				end = escapeEnd(line, 0)
				now = now.after(line[:end])
			case end < 0:
				end = len(line)
				fallthrough
			default:
				runs = stretch(runs, now.ground(), clean(line[:end]))
			}
			line = line[end:]
		}
		all = append(all, stretch(runs, ground{}, " "))
	}
	return all
}

// stretch adds a text to the last run, or as a new one.
func stretch(runs []run, g ground, text string) []run {
	if text == "" {
		return runs
	}
	if n := len(runs); n > 0 && runs[n-1].ground == g {
		runs[n-1].content += text
		return runs
	}
	return append(runs, run{g, text})
}
