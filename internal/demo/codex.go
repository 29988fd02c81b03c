package demo

import (
	"fmt"
	"path"
	"strings"
	"time"
)

// The colours of Codex.
const (
	codexBlue   style = "38;2;137;180;250"
	codexCream  style = "38;2;246;226;183"
	codexGreen  style = "38;2;171;223;167"
	codexRose   style = "38;2;243;139;168"
	codexGrey   style = "1;38;2;128;128;128"
	codexSaid   style = "38;2;238;238;238;48;2;68;68;68"
	codexRed    style = "31"
	codexOK     style = "1;32"
	codexDim    style = "2"
	codexBold   style = "1"
	codexChosen style = "1;7"
)

// codexFrame draws a screen of Codex: header, transcript, and below it either a
// dialog or status line, composer and model row.
func codexFrame(s *scene, now time.Time, width, height int) frame {
	history := []line{
		blank(),
		{{"38;2;99;168;248", "  >_ "}, {codexBold, "OpenAI Codex"}, {codexDim, " (v0.169.0)"}},
		text(codexDim, "     "+s.dir), blank(),
	}
	if s.stage == stageTrust {
		history = history[:1]
	}
	for _, e := range s.entries {
		history = append(history, blank())
		history = append(history, codexEntry(e, width)...)
	}
	if s.stage.asks() {
		foot := append([]line{blank()}, codexDialog(s, width)...)
		rows, _ := compose(history, foot, width, height)
		return frame{rows: rows, title: codexTitle(s), cursorRow: height - 1}
	}
	foot := []line{blank()}
	if s.stage == stageWorking {
		foot = append(foot, line{
			{codexGrey, "•"}, {codexDim, " Working (" + elapsed(now.Sub(s.since)) + " • "}, {codexBold, "esc"}, {codexDim, " to interrupt)"},
		}, blank())
	}
	foot = append(foot, blank())
	draft := s.draftRows(width - 4)
	if s.draft == "" {
		foot = append(foot, line{{codexBold, "› "}, {codexDim, "Ask Codex to do anything"}})
	} else {
		sign := text(codexBold, "› ")
		for _, d := range draft {
			foot, sign = append(foot, append(sign, span{"", d})), text("", "  ")
		}
	}
	last := len(foot) - 1
	foot = append(foot, blank())
	foot = append(foot, codexModelRows(s, width)...)
	rows, footRow := compose(history, foot, width, height)
	return frame{
		rows: rows, title: codexTitle(s),
		cursorRow: max(footRow+last, 0), cursorCol: min(2+len([]rune(draft[len(draft)-1])), max(width-1, 0)),
	}
}

// codexModelRows are the rows under the composer.
func codexModelRows(s *scene, width int) []line {
	if s.stage == stageBoot {
		return []line{text(codexDim, "  ? for shortcuts")}
	}
	model := line{{codexCream, "  gpt-5-codex default"}, {"", " · "}, {codexGreen, s.dir}}
	if s.topic != "" {
		model = append(model, span{"", " · "}, span{codexRose, s.topic})
	}
	keys := line{{codexBold, "  ←"}, {"", " for agents · "}, {codexBold, "?"}, {"", " for shortcuts"}}
	return []line{model.clip(width), keys}
}

func codexTitle(s *scene) string {
	title := path.Base(s.dir)
	if s.topic != "" {
		title = s.topic + " | " + title
	}
	switch s.stage {
	case stageWorking:
		frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
		return string(frames[s.tick%len(frames)]) + " " + title
	case stagePermission, stageQuestion:
		return "[ ! ] Action Required | " + title
	default:
		return title
	}
}

// codexEntry draws one item of the transcript.
func codexEntry(e entry, width int) []line {
	bullet := text(codexDim, "• ")
	switch e.kind {
	case entryPrompt:
		rows := []line{blank().padded(codexSaid, width)}
		for _, l := range hanging(text("2;"+codexSaid, "› "), codexSaid, e.text, width) {
			rows = append(rows, l.padded(codexSaid, width))
		}
		return append(rows, blank().padded(codexSaid, width))
	case entrySay:
		return hanging(bullet, "", e.text, width)
	case entryStep:
		return codexStep(e)
	case entryAnswer:
		return append(hanging(bullet, "", e.text, width), text(codexDim, "  └ "+e.detail))
	case entryPlan:
		rows := []line{append(bullet, span{codexBold, "Proposed Plan"}), blank()}
		for i, p := range e.plan {
			rows = append(rows, hanging(text("", fmt.Sprintf("  %d. ", i+1)), "", p, width)...)
		}
		return rows
	case entryDone:
		return []line{text(codexDim, "  "+e.text)}
	case entryLimit, entryError:
		return hanging(text(codexRed, "■ "), codexRed, e.text, width)
	default:
		return hanging(text("", "■ "), "", "Conversation interrupted - use /feedback if something went wrong", width)
	}
}

// codexStep draws a tool call with its result.
func codexStep(e entry) []line {
	switch e.step.action {
	case actRead:
		return []line{
			{{codexDim, "• "}, {codexBold, "Explored"}},
			{{codexDim, "  └ "}, {codexBlue, "Read "}, {"", path.Base(e.step.subject)}},
		}
	case actEdit:
		added, removed := diffCount(e.step.lines)
		rows := []line{{
			{codexDim, "• "},
			{codexBold, "Edited"},
			{"", fmt.Sprintf(" %s (", e.step.subject)},
			{"32", fmt.Sprintf("+%d", added)},
			{codexRed, fmt.Sprintf(" -%d", removed)},
			{"", ")"},
		}}
		return append(rows, diffRows(e.step, "  ", codexDiffStyle)...)
	}
	if e.running {
		return []line{{{codexGrey, "• "}, {codexBold, "Running "}, {codexBlue, e.step.subject}}}
	}
	rows := []line{{{codexOK, "• "}, {codexBold, "Ran "}, {codexBlue, e.step.subject}}}
	for i, out := range e.step.lines {
		lead := "    "
		if i == 0 {
			lead = "  └ "
		}
		rows = append(rows, text(codexDim, lead+expandTabs(out)))
	}
	return rows
}

func codexDiffStyle(sign byte) style {
	switch sign {
	case '+':
		return "38;2;205;214;244;48;2;33;58;43"
	case '-':
		return "38;2;205;214;244;48;2;74;34;29"
	default:
		return "2"
	}
}

// codexDialog draws the question of the stage.
func codexDialog(s *scene, width int) []line {
	switch s.stage {
	case stageTrust:
		rows := []line{{{codexBold, "> You are in "}, {"", s.dir}}, blank()}
		rows = append(rows, hanging(text("", "  "), "", "Do you trust the contents of this directory? Working with "+
			"untrusted contents comes with higher risk of prompt injection.", width)...)
		rows = append(rows, blank())
		return append(rows, codexOptions(s, "Press enter to continue")...)
	case stageQuestion:
		return codexQuestion(s, width)
	case stagePlan:
		return append([]line{text(codexBold, "  Implement this plan?"), blank()},
			codexOptions(s, "Press enter to confirm or esc to go back")...)
	}
	if s.pending.action == actEdit {
		return append([]line{
			text(codexBold, "  Would you like to make the following edits?"), blank(),
			{{"", "  Description: "}, {"3", "Apply proposed file edits"}},
			{{"", "  Destination: "}, {codexBold, s.dir + "/" + s.pending.subject}},
			blank(),
		}, codexOptions(s, "Press enter to confirm or esc to cancel")...)
	}
	return append([]line{
		text(codexBold, "  Would you like to run the following command?"), blank(),
		text("", "  Environment: local"), blank(),
		{{"", "  Reason: "}, {"3", s.pending.about + " outside the sandbox?"}},
		blank(),
		{{"", "  $ "}, {codexBlue, s.pending.subject}},
		blank(),
	}, codexOptions(s, "Press enter to confirm or esc to cancel")...)
}

// codexOffers are the options of the dialog that is shown.
func codexOffers(s *scene) []offer {
	yes, no := offer{option: option{name: "Yes, proceed (y)"}, letter: 'y'},
		offer{option: option{name: "No, and tell Codex what to do differently (esc)"}, outcome: declines}
	switch s.stage {
	case stageTrust:
		yes.name, no.name = "Yes, continue", "No, quit"
		return []offer{yes, no}
	case stageQuestion:
		return s.questionOffers(offer{option: option{"None of the above", "Optionally, add details in notes (tab)."}, outcome: writes})
	case stagePlan:
		yes.name = "Yes, implement this plan  Switch to Default and start coding."
		no.name = "No, stay in Plan mode     Continue planning with the model."
		return []offer{yes, no}
	}
	always := offer{option: option{name: "Yes, and don't ask again for these files (a)"}, letter: 'a'}
	if s.pending.action != actEdit {
		program, _, _ := strings.Cut(s.pending.subject, " ")
		always = offer{option: option{name: "Yes, and don't ask again for commands that start with `" + program + "` (p)"}, letter: 'p'}
	}
	return []offer{yes, always, no}
}

// codexOptions is a menu with its footer.
func codexOptions(s *scene, footer string) []line {
	var rows []line
	for i, o := range s.offers() {
		if i == s.cursor {
			rows = append(rows, text(codexChosen, fmt.Sprintf("› %d. %s", i+1, o.name)))
			continue
		}
		rows = append(rows, text("", fmt.Sprintf("  %d. %s", i+1, o.name)))
	}
	return append(rows, blank(), text(codexDim, "  "+footer))
}

func codexQuestion(s *scene, width int) []line {
	rows := []line{text(codexBold, "  Question 1/1 (1 unanswered)"), text("", "  "+s.question.text), blank()}
	for i, o := range s.offers() {
		label := fmt.Sprintf("%d. %-20s", i+1, o.name)
		if i == s.cursor {
			rows = append(rows, line{{codexBlue, "  › " + label}, {codexDim, o.detail}})
			continue
		}
		rows = append(rows, line{{"", "    " + label}, {codexDim, o.detail}})
	}
	foot := "  tab to add notes | enter to submit answer | esc to interrupt"
	if s.noting {
		foot = "  tab or esc to clear notes | enter to submit answer"
		note, ink := s.note, style("")
		if note == "" {
			note, ink = "Add notes", codexDim
		}
		rows = append(append(rows, blank()), hanging(text(codexBlue, "  › "), ink, note, width)...)
	}
	return append(rows, blank(), text(codexDim, foot))
}
