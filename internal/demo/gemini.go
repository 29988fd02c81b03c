package demo

import (
	"fmt"
	"path"
	"strings"
	"time"
)

// The colours of Gemini CLI.
const (
	geminiText   style = "38;2;255;255;255"
	geminiGrey   style = "38;2;175;175;175"
	geminiEdge   style = "38;2;135;135;135"
	geminiPurple style = "38;2;215;175;255"
	geminiBlue   style = "38;2;135;175;255"
	geminiGreen  style = "38;2;215;255;215"
	geminiYellow style = "38;2;255;255;175"
	geminiRed    style = "38;2;255;135;175"
	geminiField  style = "48;2;95;95;95"
	geminiLip    style = "38;2;95;95;95"
	geminiChosen style = "38;2;215;255;215;48;2;0;95;0"
)

// geminiFrame draws a screen of Gemini CLI: banner, transcript, and below it
// either a dialog or status line, composer and the row of facts.
func geminiFrame(s *scene, now time.Time, width, height int) frame {
	title := geminiTitle(s)
	if s.stage == stageBoot {
		return frame{title: title, primary: true}
	}
	history := geminiBanner()
	for _, e := range s.entries {
		history = append(history, geminiEntry(e, width)...)
	}
	if s.stage.asks() {
		foot := append([]line{blank()}, boxed(geminiDialogEdge(s), geminiDialog(s, width-4), width)...)
		rows, _ := compose(history, foot, width, height)
		return frame{rows: rows, title: title, cursorRow: height - 1}
	}
	foot := append([]line{blank(), blank()}, geminiStatus(s, now, width),
		rule("2;"+geminiEdge, "─", width), text(geminiGrey, " Shift+Tab to accept edits"))
	draft := s.draftRows(width - 4)
	last := len(foot) + len(draft)
	foot = append(foot, geminiSaid(width, geminiDraft(s, draft)...)...)
	foot = append(foot,
		columns(width, span{geminiGrey, "workspace (/directory)"}, span{geminiGrey, "branch"}, span{geminiGrey, "sandbox"}, span{geminiGrey, "/model"}),
		columns(width, span{geminiText, s.dir}, span{geminiText, "main"}, span{geminiRed, "no sandbox"}, span{geminiText, "Auto"}))
	rows, footRow := compose(history, foot, width, height)
	return frame{
		rows: rows, title: title,
		cursorRow: max(footRow+last, 0), cursorCol: min(3+len([]rune(draft[len(draft)-1])), max(width-1, 0)),
	}
}

func geminiTitle(s *scene) string {
	folder := " (" + path.Base(s.dir) + ")"
	switch {
	case s.stage == stageBoot:
		return ""
	case s.stage == stageWorking:
		return "✦  Working…" + folder
	case s.stage.asks() && s.stage != stageTrust:
		return "✋  Action Required" + folder
	default:
		return "◇  Ready" + folder
	}
}

func geminiBanner() []line {
	return []line{
		blank(),
		{{"38;2;71;150;228", " ▝"}, {"38;2;102;136;217", "▜"}, {"38;2;132;122;206", "▄"}, {"", "     "}, {"1;" + geminiText, "Gemini CLI"}, {geminiGrey, " v0.61.0"}},
		{{"38;2;132;122;206", "   ▝"}, {"38;2;164;113;167", "▜"}, {"38;2;195;103;127", "▄"}},
		{{"38;2;102;136;217", "  ▗"}, {"38;2;132;122;206", "▟"}, {"38;2;164;113;167", "▀"}, {"", "    "}, {geminiText, "Authenticated with gemini-api-key"}, {geminiGrey, " /auth"}},
		{{"38;2;71;150;228", " ▝"}, {"38;2;102;136;217", "▀"}},
		blank(),
	}
}

// geminiEntry draws one item of the transcript.
func geminiEntry(e entry, width int) []line {
	star := text(geminiPurple, "✦ ")
	switch e.kind {
	case entryPrompt:
		return geminiSaid(width, line{{geminiText, e.text}})
	case entrySay:
		return append(hanging(star, geminiText, e.text, width), blank())
	case entryStep:
		return append(boxed(geminiEdge, geminiStep(e, width-4), width), blank())
	case entryAnswer:
		return []line{{{geminiPurple, "✦ "}, {geminiGrey, e.text + " "}, {geminiText, e.detail}}, blank()}
	case entryPlan:
		rows := []line{{{geminiPurple, "✦ "}, {"1;" + geminiBlue, "Plan"}}}
		for i, p := range e.plan {
			rows = append(rows, hanging(text(geminiText, fmt.Sprintf("   %d. ", i+1)), geminiText, p, width)...)
		}
		return rows
	case entryLimit, entryError:
		rows := hanging(text(geminiRed, "✕ "), geminiRed, e.text, width)
		return append(rows, blank(), line{{geminiYellow, "ℹ This request failed. Press F12 for diagnostics."}})
	case entryInterrupted:
		return []line{text(geminiYellow, "ℹ Request cancelled.")}
	default:
		return nil
	}
}

// geminiSaid draws text in the field that prompts and the composer share.
func geminiSaid(width int, words ...line) []line {
	rows, sign := []line{rule(geminiLip, "▄", width)}, span{geminiPurple + ";" + geminiField, " > "}
	for _, row := range words {
		said := line{sign}
		for _, w := range row {
			said = append(said, span{w.style + ";" + geminiField, w.text})
		}
		rows, sign = append(rows, said.clip(width).padded(geminiField, width)), span{geminiField, "   "}
	}
	return append(rows, rule(geminiLip, "▀", width))
}

func geminiDraft(s *scene, draft []string) []line {
	if s.draft == "" {
		return []line{{{geminiGrey, "  Type your message or @path/to/file"}}}
	}
	var rows []line
	for _, d := range draft {
		rows = append(rows, text(geminiText, d))
	}
	rows[len(rows)-1] = append(rows[len(rows)-1], span{"7", " "})
	return rows
}

// geminiStatus is the row above the composer.
func geminiStatus(s *scene, now time.Time, width int) line {
	hint := span{geminiGrey, "? for shortcuts "}
	var row line
	if s.stage == stageWorking {
		frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
		row = line{
			{"38;2;135;201;229", " " + string(frames[s.tick%len(frames)])},
			{"3;" + geminiText, " Thinking..."},
			{geminiGrey, " (esc to cancel, " + elapsed(now.Sub(s.since)) + ")"},
		}
	}
	return append(row.padded("", width-len(hint.text)), hint)
}

// columns spreads the cells of a row over the width, the last at the right.
func columns(width int, cells ...span) line {
	var row line
	for i, c := range cells {
		at := 1 + i*(width-2)/len(cells)
		if i == len(cells)-1 {
			at = width - len(c.text) - 1
		}
		row = append(row.padded("", max(at, row.width()+1)), c)
	}
	return row
}

// boxed draws a frame around rows.
func boxed(edge style, rows []line, width int) []line {
	inside := max(width-4, 0)
	bar := strings.Repeat("─", max(width-2, 0))
	out := []line{text(edge, "╭"+bar+"╮")}
	for _, r := range rows {
		row := line{{edge, "│"}, {"", " "}}
		row = append(row, r.clip(inside).padded("", inside)...)
		out = append(out, append(row, span{"", " "}, span{edge, "│"}))
	}
	return append(out, text(edge, "╰"+bar+"╯"))
}

// geminiStep draws a tool call with its result.
func geminiStep(e entry, width int) []line {
	mark, name := span{geminiGreen, "✓  "}, "Shell "
	if e.running {
		mark = span{geminiYellow, "⊷  "}
	}
	switch e.step.action {
	case actRead:
		name = "ReadFile "
	case actEdit:
		name = "Edit "
	}
	rows := []line{line{mark, {"1;" + geminiText, name}, {geminiGrey, e.step.subject}}.clip(width)}
	if e.running || e.step.action == actRead {
		return rows
	}
	rows = append(rows, blank())
	if e.step.action == actEdit {
		return append(rows, diffRows(e.step, "", claudeDiffStyle)...)
	}
	for _, l := range e.step.lines {
		rows = append(rows, text(geminiText, expandTabs(l)))
	}
	return rows
}

func geminiDialogEdge(s *scene) style {
	if s.stage == stagePermission || s.stage == stageTrust {
		return geminiYellow
	}
	return geminiPurple
}

// geminiDialog draws the question of the stage.
func geminiDialog(s *scene, width int) []line {
	switch s.stage {
	case stageTrust:
		rows := []line{blank(), text("1;"+geminiText, "Do you trust the files in this folder?"), blank()}
		rows = append(rows, hanging(nil, geminiText, "Trusting a folder allows Gemini CLI to load its local configurations, "+
			"including custom commands, hooks, MCP servers, agent skills, and settings.", width)...)
		rows = append(rows, blank())
		return append(rows, geminiOptions(s)...)
	case stageQuestion:
		rows := []line{text("1;"+geminiText, "Answer Questions"), blank(), text(geminiText, s.question.text), blank()}
		for i, o := range s.offers() {
			rows = append(rows, geminiOption(s, i), text(geminiGrey, "      "+o.detail))
		}
		return append(rows, blank(), text(geminiGrey, "Enter to select · ↑/↓ to navigate · Esc to cancel"))
	case stagePlan:
		rows := []line{text("1;"+geminiText, "Ready to start implementation?"), blank()}
		rows = append(rows, geminiOptions(s)...)
		return append(rows, blank(), text(geminiGrey, "Enter to select · ↑/↓ to navigate · Esc to cancel"))
	}
	if s.pending.action == actEdit {
		rows := []line{{{geminiYellow, "? "}, {"1;" + geminiText, "Edit "}, {geminiGrey, s.pending.subject}}}
		rows = append(rows, boxed(geminiEdge, diffRows(s.pending, "", claudeDiffStyle), width)...)
		rows = append(rows, text(geminiText, "Apply this change?"), blank())
		return append(rows, geminiOptions(s)...)
	}
	rows := []line{{{geminiYellow, "? "}, {"1;" + geminiText, "Shell "}, {geminiGrey, s.pending.subject + " (" + s.pending.about + ")"}}}
	rows = append(rows, boxed(geminiEdge, []line{text(geminiText, s.pending.subject)}, width)...)
	rows = append(rows, text(geminiText, "Allow execution of [Shell]?"), blank())
	return append(rows, geminiOptions(s)...)
}

// geminiOffers are the options of the dialog that is shown.
func geminiOffers(s *scene) []offer {
	called := func(names ...string) []offer {
		var all []offer
		for _, n := range names {
			all = append(all, offer{option: option{name: n}})
		}
		all[len(all)-1].outcome = declines
		return all
	}
	switch {
	case s.stage == stageTrust:
		return called("Trust folder ("+path.Base(s.dir)+")", "Trust parent folder (home)", "Don't trust")
	case s.stage == stageQuestion:
		return s.questionOffers()
	case s.stage == stagePlan:
		return called("Yes, automatically accept edits", "Yes, manually accept edits", "Type your feedback...")
	case s.pending.action == actEdit:
		return called("Allow once", "Allow for this session", "Modify with external editor", "No, suggest changes (esc)")
	default:
		return called("Allow once", "Allow for this session", "No, suggest changes (esc)")
	}
}

func geminiOptions(s *scene) []line {
	var rows []line
	for i := range s.offers() {
		rows = append(rows, geminiOption(s, i))
	}
	return rows
}

// geminiOption is one choice of a menu.
func geminiOption(s *scene, i int) line {
	name := fmt.Sprintf("%d. %s", i+1, s.offers()[i].name)
	if i == s.cursor {
		return line{{geminiChosen, "●"}, {"", " "}, {geminiGreen, name}}
	}
	return text(geminiText, "  "+name)
}
