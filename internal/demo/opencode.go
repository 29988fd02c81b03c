package demo

import (
	"fmt"
	"strings"
	"time"
)

// The colours of opencode.
const (
	openText   style = "38;2;238;238;238"
	openGrey   style = "38;2;128;128;128"
	openBlue   style = "38;2;92;156;245"
	openAmber  style = "38;2;245;167;66"
	openRed    style = "38;2;224;108;117"
	openPanel  style = "48;2;36;36;40"
	openOption style = "38;2;92;156;245;48;2;30;30;30"
	openChosen style = "38;2;10;10;10;48;2;245;167;66"
)

// openMargin is the empty space left of the transcript's text.
const openMargin = "     "

// opencodeFrame draws a screen of opencode: transcript, and below it either a
// dialog or composer and status row.
func opencodeFrame(s *scene, _ time.Time, width, height int) frame {
	title := opencodeTitle(s)
	if s.stage == stageBoot {
		return frame{title: title, primary: true}
	}
	var history []line
	if len(s.entries) == 0 {
		history = opencodeLogo(width)
	}
	for i, e := range s.entries {
		if s.stage == stageLimited && i == len(s.entries)-1 {
			// It is announced in the status row while opencode waits for its end.
			break
		}
		history = append(history, blank())
		history = append(history, opencodeEntry(e, width)...)
	}
	if s.stage.asks() {
		foot := append([]line{blank()}, opencodeDialog(s, width)...)
		rows, _ := compose(history, foot, width, height)
		return frame{rows: rows, title: title, cursorRow: height - 1}
	}
	foot := []line{blank()}
	if s.stage == stageWorking || s.stage == stageLimited {
		foot = append(foot, opencodeTurn(openBlue, ""), blank())
	}
	draft := s.draftRows(width - 8)
	last := len(foot) + len(draft)
	field := []line{nil}
	for _, d := range draft {
		field = append(field, text(openText, d))
	}
	if s.draft == "" && len(s.entries) == 0 {
		field[1] = text(openGrey, `Ask anything… "What is the tech stack of this project?"`)
	}
	foot = append(foot, panel(openBlue, width, append(field, nil,
		line{{openBlue, "Build"}, {openGrey, " · "}, {openText, "GPT-5.5"}, {openGrey, " OpenAI"}})...)...)
	foot = append(foot, line{{openBlue, "  ╹"}, {"38;2;36;36;40", strings.Repeat("▀", max(width-5, 0))}}, opencodeStatus(s, width))
	rows, footRow := compose(history, foot, width, height)
	return frame{
		rows: rows, title: title,
		cursorRow: max(footRow+last, 0), cursorCol: min(5+len([]rune(draft[len(draft)-1])), max(width-1, 0)),
	}
}

func opencodeTitle(s *scene) string {
	if s.stage == stageBoot {
		return ""
	}
	if s.topic == "" {
		return "OpenCode"
	}
	return "OC | " + s.topic
}

func opencodeLogo(width int) []line {
	rows := []line{blank(), blank()}
	for _, half := range [][2]string{
		{"                   ", "             ▄     "},
		{"█▀▀█ █▀▀█ █▀▀█ █▀▀▄", "█▀▀▀ █▀▀█ █▀▀█ █▀▀█"},
		{"█  █ █  █ █▀▀▀ █  █", "█    █  █ █  █ █▀▀▀"},
		{"▀▀▀▀ █▀▀▀ ▀▀▀▀ ▀  ▀", "▀▀▀▀ ▀▀▀▀ ▀▀▀▀ ▀▀▀▀"},
	} {
		indent := strings.Repeat(" ", max((width-39)/2, 0))
		rows = append(rows, line{{"", indent}, {openGrey, half[0]}, {"", " "}, {"1;" + openText, half[1]}})
	}
	return rows
}

// panel draws rows on a raised ground behind a bar.
func panel(bar style, width int, rows ...line) []line {
	inside := max(width-5, 0)
	var out []line
	for _, r := range rows {
		row := line{{"", "  "}, {bar, "┃"}, {openPanel, "  "}}
		for _, s := range r.clip(inside - 2) {
			if !strings.Contains(string(s.style), "48;") {
				s.style = joinStyles(s.style, openPanel)
			}
			row = append(row, s)
		}
		out = append(out, row.padded(openPanel, inside+3))
	}
	return out
}

func joinStyles(a, b style) style {
	if a == "" {
		return b
	}
	return a + ";" + b
}

// opencodeTurn is the line below a turn: its mode and model, and how long it
// took once it has ended.
func opencodeTurn(mark style, took string) line {
	row := line{{"", openMargin}, {mark, "▣ "}, {openText, " Build"}, {openGrey, " · GPT-5.5"}}
	if took != "" {
		row = append(row, span{openGrey, " · " + took})
	}
	return row
}

// opencodeEntry draws one item of the transcript.
func opencodeEntry(e entry, width int) []line {
	margin := text("", openMargin)
	switch e.kind {
	case entryPrompt:
		rows := []line{nil}
		for _, part := range wrap(e.text, width-8) {
			rows = append(rows, text(openText, part))
		}
		return panel(openBlue, width, append(rows, nil)...)
	case entrySay:
		return hanging(margin, openText, e.text, width-2)
	case entryStep:
		return opencodeStep(e, width)
	case entryAnswer:
		return []line{{{"", openMargin}, {openGrey, "→ Asked 1 question: "}, {openText, e.detail}}}
	case entryPlan:
		rows := []line{{{"", openMargin}, {"1;" + openText, "Plan"}}}
		for i, p := range e.plan {
			rows = append(rows, hanging(text(openText, fmt.Sprintf("%s%d. ", openMargin, i+1)), openText, p, width-2)...)
		}
		return rows
	case entryDone:
		return []line{opencodeTurn(openBlue, e.text)}
	case entryError:
		rows := []line{nil}
		for _, part := range wrap(e.text, width-8) {
			rows = append(rows, text(openGrey, part))
		}
		return append(panel(openRed, width, append(rows, nil)...), blank(), opencodeTurn(openBlue, ""))
	default:
		return []line{opencodeTurn(openGrey, "interrupted")}
	}
}

// opencodeStep draws a tool call with its result.
func opencodeStep(e entry, width int) []line {
	switch e.step.action {
	case actRead:
		return []line{{{"", openMargin}, {openGrey, "→ Read " + e.step.subject}}}
	case actEdit:
		rows := []line{nil, text(openGrey, "← Edit "+e.step.subject), nil}
		rows = append(rows, diffRows(e.step, "", opencodeDiffStyle)...)
		return panel("38;2;10;10;10", width, append(rows, nil)...)
	}
	if e.running {
		return panel("38;2;10;10;10", width, nil, line{{openGrey, "⠸ " + e.step.subject}}, nil)
	}
	rows := []line{nil, text(openText, "$ "+e.step.subject), nil}
	for _, out := range e.step.lines {
		rows = append(rows, text(openGrey, expandTabs(out)))
	}
	return panel("38;2;10;10;10", width, append(rows, nil)...)
}

func opencodeDiffStyle(sign byte) style {
	switch sign {
	case '+':
		return openText + ";48;2;32;48;59"
	case '-':
		return openText + ";48;2;55;34;44"
	default:
		return openGrey
	}
}

// opencodeStatus is the last row.
func opencodeStatus(s *scene, width int) line {
	const cells = 8
	squares := []rune("   " + strings.Repeat("⬝", cells))
	for i := range 3 {
		squares[3+(s.tick+i)%cells] = '■'
	}
	row := line{{openGrey, "   " + s.dir}}
	switch s.stage {
	case stageWorking:
		row = line{{openBlue, string(squares)}, {openText, "  esc "}, {openGrey, "interrupt"}}
	case stageLimited:
		notice := s.entries[len(s.entries)-1].text
		return line{{openBlue, string(squares)}, {openRed, "  " + notice}}
	}
	used := 12 + s.tokens/100 + len(s.entries)*3
	keys := line{
		{openGrey, fmt.Sprintf("%d.%dK (%d%%)", used/10, used%10, 1+used/200)},
		{openText, "  ctrl+p "},
		{openGrey, "commands  "},
	}
	return append(row.clip(width-keys.width()).padded("", width-keys.width()), keys...)
}

// opencodeDialog draws the question of the stage.
func opencodeDialog(s *scene, width int) []line {
	switch s.stage {
	case stageQuestion:
		return opencodeMenu(s, width, s.question.text)
	case stagePlan:
		return opencodeMenu(s, width, "The plan is complete. Would you like to switch to the build agent and start implementing?")
	}
	rows := []line{nil, {{openAmber, "△ "}, {openText, "Permission required"}}}
	if s.pending.action == actEdit {
		rows = append(rows, line{{openGrey, "  → "}, {openText, "Edit " + s.pending.subject}}, nil)
		rows = append(rows, diffRows(s.pending, "", opencodeDiffStyle)...)
	} else {
		rows = append(rows, line{{openGrey, "  # "}, {openText, s.pending.about}}, nil, text(openText, "$ "+s.pending.subject))
	}
	var buttons line
	for i, o := range s.offers() {
		ink := openGrey
		if i == s.cursor {
			ink = openChosen
		}
		buttons = append(buttons, span{ink, " " + o.name + " "}, span{openGrey, " "})
	}
	return panel(openAmber, width, append(rows, nil, nil,
		append(buttons, span{openText, "       ⇆ "}, span{openGrey, "select  "}, span{openText, "enter "}, span{openGrey, "confirm"}),
		nil)...)
}

// opencodeOffers are the options of the dialog that is shown.
func opencodeOffers(s *scene) []offer {
	switch s.stage {
	case stageQuestion:
		return s.questionOffers(offer{option: option{name: "Type your own answer"}, outcome: writes})
	case stagePlan:
		return []offer{
			{option: option{"Yes", "Switch to build agent and start implementing the plan"}},
			{option: option{"No", "Stay with plan agent to continue refining the plan"}, outcome: declines},
		}
	default:
		return []offer{{option: option{name: "Allow once"}}, {option: option{name: "Allow always"}}, {option: option{name: "Reject"}, outcome: declines}}
	}
}

func opencodeMenu(s *scene, width int, question string) []line {
	rows := []line{nil}
	for _, part := range wrap(question, width-8) {
		rows = append(rows, text(openText, part))
	}
	rows = append(rows, nil)
	for i, o := range s.offers() {
		ink, name := openText, o.name
		if i == s.cursor {
			ink = openOption
		}
		if o.outcome == writes && s.note != "" {
			name = s.note
		}
		rows = append(rows, text(ink, fmt.Sprintf("%d. %s", i+1, name)))
		if o.detail != "" {
			rows = append(rows, text(openGrey, "   "+o.detail))
		}
	}
	return panel(openBlue, width, append(rows, nil,
		line{{openText, "↑↓ "}, {openGrey, "select  "}, {openText, "enter "}, {openGrey, "submit  "}, {openText, "esc "}, {openGrey, "dismiss"}}, nil)...)
}
