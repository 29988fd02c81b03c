package health

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// region is the part of a screen in which a marker may stand. A marker
// elsewhere is a quotation.
type region uint8

const (
	// regionLive: the rows right above the composer, up to the last item of the
	// transcript; without a composer the last rows of the screen.
	regionLive region = iota
	// regionChrome: the rows below the composer; without one the last rows.
	regionChrome
	// regionComposer: the rows of the composer.
	regionComposer
	// regionLast: the last row above the composer that is not blank.
	regionLast
	// regionBottom: the last rows of the screen, whatever they are.
	regionBottom
	// regionScreen: all rows, for what no transcript can hold.
	regionScreen
	// regionAbove: all rows above the composer or the dialog; none without either.
	regionAbove
)

func regionWords() [7]string {
	return [...]string{
		regionLive: "live", regionChrome: "chrome", regionComposer: "composer", regionLast: "last",
		regionBottom: "bottom", regionScreen: "screen", regionAbove: "above",
	}
}

// String returns the region's word in a profile.
func (r region) String() string {
	words := regionWords()
	if int(r) < len(words) {
		return words[r]
	}
	return fmt.Sprintf("region(%d)", uint8(r))
}

// UnmarshalText reads a region's word.
func (r *region) UnmarshalText(text []byte) error {
	words := regionWords()
	for i, word := range words {
		if word == string(text) {
			*r = region(i)
			return nil
		}
	}
	return fmt.Errorf("no region is called %q; there are %s", text, strings.Join(words[:], ", "))
}

// defaultMarkerRows is how many rows of a region are looked at when the marker
// does not say.
const defaultMarkerRows = 8

// markerRule judges one row of the screen by where it stands and what is in it.
// All conditions that are given must hold.
type markerRule struct {
	ID    string     `toml:"id"`
	State State      `toml:"state"`
	Wait  WaitReason `toml:"wait"`
	// Region is where to look, Rows how many rows that are not blank from its
	// lower end (regionChrome: its upper end).
	Region region `toml:"region"`
	Rows   int    `toml:"rows"`
	// Glyphs start the row; the word "braille" stands for all braille spinners.
	Glyphs string `toml:"glyphs"`
	// Prefixes start the row, behind the glyph when there is one; Any are
	// phrases of which one is in the row, All such that are all in it; Unless
	// are phrases that speak against it. Ends end the row.
	Prefixes []string `toml:"prefixes"`
	Any      []string `toml:"any"`
	All      []string `toml:"all"`
	Ends     []string `toml:"ends"`
	Unless   []string `toml:"unless"`
	// Also are phrases of which one must be in another row of the same region.
	Also []string `toml:"also"`
	// Paragraph asks that only rows of the same paragraph follow in the region:
	// the marker starts the last one.
	Paragraph bool `toml:"paragraph"`
	// Timeless asks for a row without a duration, Above for a nearest row with
	// text above that starts with one of these characters. Beyond asks that the
	// block of such rows is not the first thing on the screen, and that what stands
	// above it does not start with one of these.
	Timeless bool   `toml:"timeless"`
	Above    string `toml:"above"`
	Beyond   string `toml:"beyond"`
	// MaxIndent is the widest margin that the row may have; 0 stands for any.
	MaxIndent int `toml:"max_indent"`
	// Asks puts the marker before all that looks at a turn: a dialog on the
	// screen. Markers of waiting always ask.
	Asks bool `toml:"asks"`
	// Finished is set when the row says that a turn is over, Hold when the
	// state known before stays in force.
	Finished bool `toml:"finished"`
	Hold     bool `toml:"hold"`
	// Unframed is set for one that does not count beside a framed composer: below
	// that a user's own status line can say anything.
	Unframed bool `toml:"unframed"`
	// Weak is set for a marker that must yield to any other sign.
	Weak bool `toml:"weak"`
}

// markerStage is when in the order of precedence a marker is tried.
type markerStage uint8

const (
	stageDialog markerStage = iota
	stageLive
	stageOutcome
	stageRest
)

func (m markerRule) stage() markerStage {
	switch {
	case m.Weak:
		return stageRest
	case m.Asks || m.State == StateWaiting || m.Hold:
		return stageDialog
	case m.State == StateWorking:
		return stageLive
	case m.State == StateError || m.State == StateLimited:
		return stageOutcome
	}
	return stageRest
}

// readMarkers returns what the first marker of a stage says that is found. A
// composer is a better sign than a weak marker.
func (l look) readMarkers(at markerStage) (finding, bool) {
	for i := range l.p.Markers {
		m := &l.p.Markers[i]
		if m.stage() != at || (m.Weak && l.composed) || (m.Unframed && l.composed && l.composer.framed) {
			continue
		}
		if row, ok := l.findMarker(m); ok && !(m.State == StateWaiting && l.answeredAbove(row)) {
			return finding{
				state: m.State, wait: m.Wait, rule: m.ID, source: SourceScreen, row: row,
				confidence: m.confidence(), finished: m.Finished, hold: m.Hold,
				activity: l.markerActivity(m, row),
			}, true
		}
	}
	return finding{}, false
}

// answeredAbove tells whether a dialog in the row has been answered: the program has
// gone on below it, with a turn that runs between it and the place to type.
func (l look) answeredAbove(row int) bool {
	if !l.composed || row >= l.composer.top {
		return false
	}
	end := l.composer.top - 1
	if f, ok := l.p.readLive(l.s, end); ok {
		return f.row > row
	}
	f, ok := l.readMarkers(stageLive)
	return ok && f.row > row && f.row <= l.composer.bottom
}

func (m *markerRule) confidence() float64 {
	switch {
	case m.Weak || m.Hold:
		return confidenceWeak
	case m.Region == regionBottom || m.Region == regionScreen:
		return confidenceFair
	}
	return confidenceStrong
}

// markerActivity is what to show beside the agent: the words of the row and of
// those that go on with it.
func (l look) markerActivity(m *markerRule, row int) string {
	text := bare(l.s.rows[row].text)
	if m.Region != regionChrome {
		text = l.wrapped(row)
	}
	if m.Glyphs != "" && m.Region == regionChrome {
		// A spinner can run over the words.
		text = strings.TrimSpace(strings.Map(func(c rune) rune {
			if strings.ContainsRune(m.Glyphs, c) {
				return ' '
			}
			return c
		}, text))
	}
	switch {
	case m.State == StateWorking:
		if words := l.p.statusActivity(text); words != "" && m.Region != regionComposer {
			return words
		}
		return l.underway(row)
	case m.State == StateWaiting:
		return shorten(text)
	case m.Region == regionChrome:
		return message(firstColumn(text))
	}
	return message(text)
}

// span is a half-open range of rows.
type span struct{ from, to int }

// region returns the rows of a region.
func (l look) region(r region) span {
	n := len(l.s.rows)
	switch r {
	case regionLive, regionLast:
		if l.composed {
			return span{max(0, l.composer.top-maxLookBack), l.composer.top}
		}
		return span{max(0, n-maxLookBack), n}
	case regionChrome:
		if l.composed {
			return span{l.composer.bottom + 1, n}
		}
		return span{max(0, n-6), n}
	case regionAbove:
		switch {
		case l.composed:
			return span{0, l.composer.top}
		case l.asked:
			return span{0, l.dialog.top}
		}
		return span{0, 0}
	case regionComposer:
		if l.composed {
			return span{l.composer.top, l.composer.bottom + 1}
		}
		return span{n, n}
	}
	return span{0, n}
}

// findMarker looks for a marker in its region.
func (l look) findMarker(m *markerRule) (int, bool) {
	in := l.region(m.Region)
	rows := m.Rows
	if rows <= 0 {
		rows = defaultMarkerRows
	}
	switch m.Region {
	case regionLast:
		rows = 1
	case regionScreen, regionComposer:
		rows = in.to - in.from
	case regionChrome:
		for i := in.from; i < in.to && rows > 0; i++ {
			if !l.s.rows[i].blank() {
				rows--
				if m.matches(l.s.rows[i]) && l.also(m, in, i) {
					return i, true
				}
			}
		}
		return 0, false
	}
	for i := in.to - 1; i >= in.from && rows > 0; i-- {
		r := l.s.rows[i]
		if r.blank() || (m.Region == regionLast && rightAligned(r, l.s.width)) {
			continue
		}
		rows--
		if l.composed && l.composer.framed && m.stage() == stageDialog && m.Region == regionBottom && i < l.composer.top {
			// Above a composer there is only what has been.
			break
		}
		if (m.matches(r) || l.matchesWrapped(m, in, i)) && l.also(m, in, i) && l.stands(m, in, i) {
			return i, true
		}
		if m.Region == regionLive && (l.p.startsRun(r) || l.p.startsItem(r)) {
			// What is above is the transcript.
			break
		}
	}
	return 0, false
}

// matchesWrapped is matches for a status line that had no room in one row: what
// stands in parentheses, or its last words, are in the next.
func (l look) matchesWrapped(m *markerRule, in span, row int) bool {
	if m.Region != regionLive || m.Glyphs == "" || row+1 >= in.to {
		return false
	}
	r, next := l.s.rows[row], l.s.rows[row+1]
	if next.blank() || next.boxed || (next.text[0] != '(' && !goesOn(l.s, row)) {
		return false
	}
	r.text += " " + next.text
	return m.matches(r)
}

// stands tells whether the rows around a marker are as it asks.
func (l look) stands(m *markerRule, in span, row int) bool {
	if m.Paragraph && !l.lastParagraph(in, row) {
		return false
	}
	if m.Above == "" {
		return true
	}
	i := row - 1
	for i >= 0 && strings.Trim(l.s.rows[i].text, "│┃▏ ") == "" {
		i--
	}
	if i < 0 || !startsWithMark(l.s.rows[i].text, m.Above) {
		return false
	}
	if m.Beyond == "" {
		return true
	}
	for i >= 0 && startsWithMark(l.s.rows[i].text, m.Above) {
		i--
	}
	for i >= 0 && l.s.rows[i].blank() {
		i--
	}
	return i >= 0 && !startsWithMark(l.s.rows[i].text, m.Beyond)
}

// lastParagraph tells whether no blank row with text behind it follows the row
// in the region.
func (l look) lastParagraph(in span, row int) bool {
	gap := false
	for i := row + 1; i < in.to; i++ {
		r := l.s.rows[i]
		if r.blank() || rightAligned(r, l.s.width) || isRule(r) {
			gap = true
		} else if gap {
			return false
		}
	}
	return true
}

// also tells whether another row of the region has what the marker asks for.
func (l look) also(m *markerRule, in span, found int) bool {
	if len(m.Also) == 0 {
		return true
	}
	for i := in.from; i < in.to; i++ {
		if i != found && containsAnyFold(l.s.rows[i].text, m.Also) {
			return true
		}
	}
	return false
}

// matches tells whether the row fulfils the marker's conditions.
func (m *markerRule) matches(r row) bool {
	text := strings.TrimLeft(r.text, "│┃▏ ")
	if m.MaxIndent > 0 && r.indent > m.MaxIndent {
		return false
	}
	if m.State == StateWorking && m.Glyphs == "" && m.Region == regionLive && (r.boxed || strings.HasPrefix(r.text, "│")) {
		// A box shows a result or a menu; no status line is in one.
		return false
	}
	if m.Timeless && hasTime(text) {
		return false
	}
	if m.Glyphs != "" {
		first, size := utf8.DecodeRuneInString(text)
		if !hasGlyph(m.Glyphs, first) {
			return false
		}
		text = strings.TrimLeft(text[size:], " ")
		if m.State == StateWorking && loads(text) {
			return false
		}
	}
	if len(m.Prefixes) > 0 && !hasAnyPrefixFold(text, m.Prefixes) {
		return false
	}
	if len(m.Any) > 0 && !containsAnyFold(text, m.Any) {
		return false
	}
	for _, phrase := range m.All {
		if !containsFold(text, phrase) {
			return false
		}
	}
	if len(m.Ends) > 0 && !hasAnySuffixFold(text, m.Ends) {
		return false
	}
	return !containsAnyFold(text, m.Unless)
}

// hasTime tells whether a word of the text is a duration such as 557ms or 1.2s.
func hasTime(text string) bool {
	for _, word := range strings.Fields(text) {
		number := strings.TrimRight(word, "msh")
		if number != word && number != "" && strings.Trim(number, "0123456789.") == "" {
			return true
		}
	}
	return false
}

// hasGlyph tells whether c is one of the glyphs of a profile.
func hasGlyph(glyphs string, c rune) bool {
	if c == utf8.RuneError {
		return false
	}
	if rest, ok := strings.CutPrefix(glyphs, "braille"); ok {
		return isBraille(c) || strings.ContainsRune(rest, c)
	}
	return strings.ContainsRune(glyphs, c)
}

func hasAnySuffixFold(text string, phrases []string) bool {
	for _, phrase := range phrases {
		if at := len(text) - len(phrase); at >= 0 && matchFold(text[at:], phrase) {
			return true
		}
	}
	return false
}
