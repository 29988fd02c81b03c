package demo

import (
	"fmt"
	"strings"
	"time"
)

// The colours of Claude Code.
const (
	claudeClay   style = "38;2;215;119;87"
	claudeDim    style = "38;2;153;153;153"
	claudeRule   style = "38;2;136;136;136"
	claudeBlue   style = "38;2;177;185;249"
	claudeGreen  style = "38;2;78;186;101"
	claudeYellow style = "38;2;255;193;7"
	claudeTeal   style = "38;2;72;150;140"
	claudeWhite  style = "38;2;255;255;255"
	claudeSaid   style = "38;2;255;255;255;48;2;55;55;55"
	claudeBold   style = "1"
)

// claudeFrame draws a screen of Claude Code: welcome, transcript, and below it
// either a dialog or status line, composer and mode line.
func claudeFrame(s *scene, now time.Time, width, height int) frame {
	if s.stage == stageBoot {
		return frame{title: claudeTitle(s), primary: true}
	}
	if s.stage == stageTrust {
		rows, _ := compose(claudeTrust(s, width), nil, width, height)
		return frame{rows: rows, title: claudeTitle(s), primary: true}
	}
	history := claudeWelcome(s)
	for _, e := range s.entries {
		history = append(history, blank())
		history = append(history, claudeEntry(e, width)...)
	}
	if s.stage.asks() {
		rows, _ := compose(history, claudeDialog(s, width), width, height)
		return frame{rows: rows, title: claudeTitle(s), cursorRow: height - 1}
	}
	foot := append([]line{blank()}, claudeStatus(s, now)...)
	foot = append(foot, rightAligned(text(claudeDim, "◐ medium · /effort"), width))
	foot = append(foot, rule(claudeRule, "─", width))
	draft := s.draftRows(width - 4)
	foot = append(foot, claudeComposer(s, draft)...)
	last := len(foot) - 1
	foot = append(foot, rule(claudeRule, "─", width), claudeMode(s))
	rows, footRow := compose(history, foot, width, height)
	return frame{
		rows: rows, title: claudeTitle(s),
		cursorRow: max(footRow+last, 0), cursorCol: min(2+len([]rune(draft[len(draft)-1])), max(width-1, 0)),
	}
}

func claudeTitle(s *scene) string {
	topic := s.topic
	if topic == "" {
		topic = "Claude Code"
	}
	if s.stage == stageBoot {
		return ""
	}
	if s.stage != stageWorking {
		return "✳ " + topic
	}
	if s.tick/5%2 == 0 {
		return "◐ " + topic
	}
	return "◑ " + topic
}

func claudeWelcome(s *scene) []line {
	return []line{
		blank(),
		{{claudeClay, " ▐▛███▛█ "}, {"", "  "}, {claudeBold, "Claude Code"}, {claudeDim, " v2.1.330"}},
		{{claudeClay, "▝▜██████▀"}, {"", "  "}, {claudeDim, "Opus 5.5 · demo"}},
		{{claudeClay, " ▝▝   ▝▝ "}, {"", "  "}, {claudeDim, s.dir}},
		blank(),
	}
}

// claudeEntry draws one item of the transcript.
func claudeEntry(e entry, width int) []line {
	elbow := line{{claudeDim, "  ⎿  "}}
	switch e.kind {
	case entryPrompt:
		var rows []line
		for _, l := range hanging(text(claudeSaid, "❯ "), claudeSaid, e.text, width-1) {
			rows = append(rows, l.padded(claudeSaid, l.width()+1))
		}
		return rows
	case entrySay:
		return hanging(text(claudeWhite, "● "), "", e.text, width)
	case entryStep:
		return claudeStep(e, width)
	case entryAnswer:
		return append([]line{text("", "● User answered Claude's questions:")},
			hanging(elbow, claudeDim, "· "+e.text+" → "+e.detail, width)...)
	case entryPlan:
		rows := []line{{{claudeWhite, "● "}, {claudeBold, "Plan"}}}
		for i, p := range e.plan {
			rows = append(rows, hanging(text("", fmt.Sprintf("  %d. ", i+1)), "", p, width)...)
		}
		return rows
	case entryDone:
		return []line{{{claudeDim, "✻ " + e.text}}}
	case entryLimit, entryError:
		return hanging(text(claudeYellow, "● "), claudeYellow, e.text, width)
	default:
		return []line{append(elbow, span{claudeDim, "Interrupted · What should Claude do instead?"})}
	}
}

// claudeStep draws a tool call with its result.
func claudeStep(e entry, width int) []line {
	name, result := "Bash", []string(nil)
	switch e.step.action {
	case actRead:
		name, result = "Read", []string{fmt.Sprintf("Read %d lines", 60+len(e.step.subject)*7)}
	case actEdit:
		added, removed := diffCount(e.step.lines)
		name, result = "Update", []string{"Added " + count(added, "line") + ", removed " + count(removed, "line")}
	default:
		result = e.step.lines
	}
	dot := claudeGreen
	if e.running {
		dot, result = claudeDim, []string{"Running…"}
	}
	rows := []line{line{{dot, "● "}, {claudeBold, name}, {"", "(" + e.step.subject + ")"}}.clip(width)}
	for i, r := range result {
		lead := "     "
		if i == 0 {
			lead = "  ⎿  "
		}
		rows = append(rows, text(claudeDim, lead+expandTabs(r)))
	}
	if e.step.action == actEdit && !e.running {
		rows = append(rows, diffRows(e.step, "     ", claudeDiffStyle)...)
	}
	return rows
}

func claudeDiffStyle(sign byte) style {
	switch sign {
	case '+':
		return "38;2;80;200;80;48;2;2;40;0"
	case '-':
		return "38;2;220;90;90;48;2;61;1;0"
	default:
		return "2"
	}
}

// claudeStatus is the spinner line above the composer while a turn runs.
func claudeStatus(s *scene, now time.Time) []line {
	if s.stage != stageWorking {
		return nil
	}
	glyphs := []string{"·", "✢", "✳", "✶", "✻", "✽", "✻", "✶", "✳", "✢"}
	row := line{{claudeClay, glyphs[s.tick%len(glyphs)] + " " + s.verb.present + "… "}}
	if d := now.Sub(s.since); d >= 3*time.Second {
		row = append(row, span{claudeDim, fmt.Sprintf("(%s · ↓ %s tokens)", elapsed(d), shortCount(s.tokens))})
	}
	return []line{row, blank()}
}

// shortCount writes 2180 as "2.2k".
func shortCount(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%.1fk", float64(n)/1000)
}

func claudeComposer(s *scene, draft []string) []line {
	sign := text("", "❯\u00a0")
	if s.draft == "" && s.stage == stageError {
		const hint = "Resend your message to try again"
		return []line{append(sign, span{"2;7", hint[:1]}, span{"2", hint[1:]})}
	}
	var rows []line
	for _, d := range draft {
		rows, sign = append(rows, append(sign, span{"", d})), text("", "  ")
	}
	rows[len(rows)-1] = append(rows[len(rows)-1], span{"7", " "})
	return rows
}

func claudeMode(s *scene) line {
	row := line{{claudeDim, "  ⏸ manual mode on"}}
	if s.stage == stageWorking {
		return append(row, span{claudeDim, " · esc to interrupt"})
	}
	return append(row, span{claudeDim, " · ? for shortcuts"})
}

// claudeTrust is the first screen in a folder that the program does not know.
func claudeTrust(s *scene, width int) []line {
	rows := []line{
		blank(), rule(claudeYellow, "─", width), text(claudeYellow+";1", " Accessing workspace:"), blank(),
		text(claudeBold, " "+s.dir), blank(),
	}
	rows = append(rows, hanging(text("", " "), "", "Quick safety check: Is this a project you created or one you trust? "+
		"(Like your own code, a well-known open source project, or work from your team).", width)...)
	return append(rows, blank(),
		text("", " Claude Code'll be able to read, edit, and execute files here."), blank(),
		text(claudeDim, " Security guide"), blank(),
		claudeOption(s, " ", 0, false), claudeOption(s, " ", 1, false), blank(),
		text(claudeDim, " Enter to confirm · Esc to cancel"))
}

// claudeOffers are the options of the dialog that is shown.
func claudeOffers(s *scene) []offer {
	yes, no := offer{option: option{name: "Yes"}}, offer{option: option{name: "No"}, outcome: declines}
	switch s.stage {
	case stageTrust:
		no.name, yes.name = "No, exit", "Yes, I trust this folder"
		return []offer{no, yes}
	case stageQuestion:
		return s.questionOffers(offer{option: option{name: "Type something."}, outcome: writes},
			offer{option: option{name: "Chat about this"}, outcome: declines})
	case stagePlan:
		yes.name = "Yes, and switch to default (ask each time) for this session"
		return []offer{yes, no}
	}
	always := "Yes, allow all edits during this session (shift+tab)"
	if s.pending.action != actEdit {
		program, _, _ := strings.Cut(s.pending.subject, " ")
		always = "Yes, and don’t ask again for: " + program + " *"
	}
	return []offer{yes, {option: option{name: always}}, no}
}

// claudeOption is an option with its number and the cursor before it.
func claudeOption(s *scene, indent string, i int, numbered bool) line {
	mark, name := "  ", style("")
	if i == s.cursor {
		mark, name = "❯ ", claudeBlue
	}
	row := line{{claudeBlue, indent + mark}}
	if numbered {
		row = append(row, span{claudeDim, fmt.Sprintf("%d. ", i+1)})
	}
	return append(row, span{name, s.offers()[i].name})
}

// claudeOptions are all of them, one a row.
func claudeOptions(s *scene, indent string) []line {
	var rows []line
	for i := range s.offers() {
		rows = append(rows, claudeOption(s, indent, i, true))
	}
	return rows
}

// claudeDialog draws the question of the stage.
func claudeDialog(s *scene, width int) []line {
	switch s.stage {
	case stageQuestion:
		return claudeQuestion(s, width)
	case stagePlan:
		return append([]line{
			blank(), rule(claudeBlue, "▔", width), blank(),
			append(text("", "  "), rule(claudeTeal, "─", width-4)...),
			text(claudeBlue+";1", "   Exit plan mode?"), blank(), text("", "    Claude wants to exit plan mode"), blank(),
		}, claudeOptions(s, "    ")...)
	default:
		return claudePermission(s, width)
	}
}

func claudePermission(s *scene, width int) []line {
	dashes := rule("38;2;80;80;80", "╌", width)
	rows := []line{blank(), rule(claudeBlue, "─", width)}
	if s.pending.action == actEdit {
		rows = append(rows, text(claudeBlue+";1", " Edit file"), text(claudeDim, " "+s.pending.subject), dashes)
		rows = append(rows, diffRows(s.pending, " ", claudeDiffStyle)...)
		name := s.pending.subject[strings.LastIndexByte(s.pending.subject, '/')+1:]
		rows = append(rows, dashes, text("", " Do you want to make this edit to "+name+"?"))
	} else {
		rows = append(rows, text(claudeBlue+";1", " Bash command"), text(claudeDim, " "+s.pending.about), dashes,
			text("", " "+s.pending.subject), dashes, text("", " This command requires approval"), blank(),
			text("", " Do you want to proceed?"))
	}
	return append(append(rows, claudeOptions(s, " ")...), blank(), text(claudeDim, " Esc to cancel · Tab to amend"))
}

func claudeQuestion(s *scene, width int) []line {
	rows := []line{
		rule(claudeDim, "─", width),
		{{"38;2;0;0;0;48;2;177;185;249", " ☐ " + s.question.header + " "}},
		blank(),
		text(claudeBold, s.question.text), blank(),
	}
	for i, o := range s.offers() {
		row := claudeOption(s, "", i, true)
		switch {
		case o.outcome == declines:
			rows = append(rows, rule(claudeDim, "─", width), row)
		case o.outcome == writes && s.note != "":
			rows = append(rows, hanging(row[:2], claudeBlue, s.note, width)...)
		case o.outcome == writes:
			rows = append(rows, row)
		default:
			rows = append(rows, row, text(claudeDim, "     "+o.detail))
		}
	}
	return append(rows, blank(), text(claudeDim, "Enter to select · ↑/↓ to navigate · Esc to cancel"))
}
