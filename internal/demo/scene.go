package demo

import (
	"fmt"
	"strings"
	"time"
)

// stage is what the live area of a screen shows.
type stage uint8

const (
	// stageBoot: the program runs and has not drawn a prompt yet.
	stageBoot stage = iota
	// stageTrust asks whether the folder is trusted.
	stageTrust
	// stagePrompt waits at the composer, with nothing to do.
	stagePrompt
	// stageWorking runs a turn.
	stageWorking
	// stagePermission asks whether the pending step may run.
	stagePermission
	// stageQuestion asks the user to choose.
	stageQuestion
	// stagePlan asks whether to follow the plan.
	stagePlan
	// stageLimited is at the composer after a usage limit.
	stageLimited
	// stageError is at the composer after a failure.
	stageError
)

// asks says whether the stage is a dialog that waits for the user.
func (s stage) asks() bool {
	return s == stageTrust || s == stagePermission || s == stageQuestion || s == stagePlan
}

// entryKind is the sort of an entry of the transcript.
type entryKind uint8

const (
	entryPrompt entryKind = iota
	entrySay
	entryStep
	entryAnswer
	entryPlan
	entryDone
	entryLimit
	entryError
	entryInterrupted
)

// entry is one item of the transcript.
type entry struct {
	kind entryKind
	text string
	// detail is the answer of an entryAnswer.
	detail string
	// step is the step of an entryStep; running is set until it has ended.
	step    step
	running bool
	// plan holds the points of an entryPlan.
	plan []string
}

// maxEntries bounds the transcript: far more than any screen shows.
const maxEntries = 60

// scene is all that a simulated program knows; the drawing functions make a
// frame of it.
type scene struct {
	kind    Kind
	dir     string
	topic   string
	entries []entry
	stage   stage
	// pending is the step that stagePermission asks for.
	pending  step
	question choice
	// cursor is the option of the dialog that it stands on, note what has been
	// written into it. noting is set while Codex has its place for notes open.
	cursor int
	note   string
	noting bool
	// verb is what the spinner claims to do.
	verb verb
	// since is when the turn began, tokens what it has used so far.
	since  time.Time
	tokens int
	// tick counts the spinner's steps.
	tick int
	// draft is what the user has typed and not sent.
	draft string
}

// verb is a spinner's word for working, and its past tense.
type verb struct{ present, past string }

func verbs() []verb {
	return []verb{
		{"Baking", "Baked"},
		{"Brewing", "Brewed"},
		{"Churning", "Churned"},
		{"Cooking", "Cooked"},
		{"Crunching", "Crunched"},
		{"Kneading", "Kneaded"},
		{"Pondering", "Pondered"},
		{"Simmering", "Simmered"},
		{"Tinkering", "Tinkered"},
		{"Weaving", "Wove"},
	}
}

// add appends e to the transcript.
func (s *scene) add(e entry) {
	s.entries = append(s.entries, e)
	if over := len(s.entries) - maxEntries; over > 0 {
		s.entries = s.entries[over:]
	}
}

// finishStep marks the last entry's step as ended.
func (s *scene) finishStep() { s.entries[len(s.entries)-1].running = false }

// draftRows are the rows of the draft that the composer shows, its last ones; at
// least one, which may be empty.
func (s *scene) draftRows(width int) []string {
	const most = 5
	draft, room := []rune(s.draft), max(width, 1)
	var rows []string
	for len(draft) > room {
		rows, draft = append(rows, string(draft[:room])), draft[room:]
	}
	rows = append(rows, string(draft))
	return rows[max(len(rows)-most, 0):]
}

// frame draws the scene on a screen of the given size.
func (s *scene) frame(now time.Time, width, height int) frame {
	draw := claudeFrame
	switch s.kind {
	case Codex:
		draw = codexFrame
	case Gemini:
		draw = geminiFrame
	case OpenCode:
		draw = opencodeFrame
	}
	return draw(s, now, width, height)
}

// elapsed writes a duration as the programs do: "5s", "1m 12s".
func elapsed(d time.Duration) string {
	seconds := int(max(d, 0) / time.Second)
	if seconds < 60 {
		return fmt.Sprintf("%ds", seconds)
	}
	return fmt.Sprintf("%dm %02ds", seconds/60, seconds%60)
}

// diffCount counts the added and removed lines of a diff.
func diffCount(lines []string) (added, removed int) {
	for _, l := range lines {
		switch l[0] {
		case '+':
			added++
		case '-':
			removed++
		}
	}
	return added, removed
}

// diffRows lays out a diff: number, sign and code, in the styles given by sign.
// Removed lines have their old number, the others their new one.
func diffRows(s step, indent string, styleOf func(sign byte) style) []line {
	var rows []line
	before, after := s.at, s.at
	for _, l := range s.lines {
		sign, code := l[0], expandTabs(l[1:])
		number := after
		if sign == '-' {
			number = before
		}
		rows = append(rows, line{{"", indent}, {styleOf(sign), fmt.Sprintf("%3d %c%s", number, sign, code)}})
		if sign != '+' {
			before++
		}
		if sign != '-' {
			after++
		}
	}
	return rows
}

// count writes a number with its noun: "1 line", "2 lines".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// expandTabs replaces tabs by four cells, as a tab's width is the terminal's
// affair.
func expandTabs(t string) string { return strings.ReplaceAll(t, "\t", "    ") }
