package health

import "strings"

// wanted is the activity of an agent that asks for permission: the command, the
// tool or the file that it is about; empty when the dialog does not tell.
func (d dialog) wanted(s screen) string {
	if command := d.command(s); command != "" {
		return wantsToRun(command)
	}
	for i := d.top; i < d.options; i++ {
		if tool, ok := calledTool(s.rows[i]); ok {
			return shorten(tool + " ?")
		}
		if i > d.top && matchFold(unframed(s.rows[d.top].text), "tool use") && bare(s.rows[i].text) != "" {
			return shorten(bare(s.rows[i].text) + " ?")
		}
		if file, ok := labelled(s, d, i, "destination:"); ok {
			return shorten("edit " + file + " ?")
		}
	}
	return ""
}

// wantsToRun is the activity of an agent that asks for leave to run a command.
func wantsToRun(command string) string { return shorten("run " + command + " ?") }

// calledTool returns the tool and its subject from the row that heads a call
// which waits for leave: behind a question mark, "? Edit main.go".
func calledTool(r row) (string, bool) {
	call, ok := cutMark(unframed(r.text), "?")
	if !ok || call == "" {
		return "", false
	}
	call = strings.TrimRight(call, "← ")
	if what, change, ok := strings.Cut(call, ": "); ok && strings.Contains(change, " => ") {
		call = what
	}
	return call, true
}

// labelled returns what stands behind a label, which may have had no room beside
// it.
func labelled(s screen, d dialog, row int, label string) (string, bool) {
	if !hasPrefixFold(unframed(s.rows[row].text), label) {
		return "", false
	}
	text := strings.TrimSpace(d.paragraph(s, row)[len(label):])
	return text, text != ""
}

// command returns the shell command that a permission dialog quotes, or that
// stands below the heading of a command's dialog.
func (d dialog) command(s screen) string {
	if command := d.quoted(s); command != "" || d.top >= d.options || !d.ofShell(s) {
		return command
	}
	asks, ok := d.question(s)
	if !ok {
		asks = d.options
	}
	return d.belowHeading(s, asks)
}

// quoted returns the shell command behind a dollar or a label, or in a command's
// dialog between two dashed rules or in a box.
func (d dialog) quoted(s screen) string {
	asks, isAsked := d.question(s)
	boxed := isAsked && (containsFold(s.rows[asks].text, "[shell]") || containsFold(s.rows[asks].text, "command"))
	for i := d.top; i < d.options; i++ {
		text := bare(s.rows[i].text)
		if command, ok := strings.CutPrefix(text, "$ "); ok {
			return command
		}
		if command, ok := labelled(s, d, i, "command:"); ok {
			return command
		}
		if _, heads := calledTool(s.rows[i]); heads || i == d.top || text == "" || isAsked && i == asks {
			continue
		}
		if isDashed(s.rows[i-1]) && d.ofShell(s) || boxed && isBoxTop(s.rows[i-1]) && (s.rows[i-1].boxed || !d.hasInnerBox(s)) {
			return text
		}
	}
	return ""
}

// hasInnerBox tells whether the dialog quotes something in a box of its own.
func (d dialog) hasInnerBox(s screen) bool {
	for i := d.top; i < d.options; i++ {
		if s.rows[i].boxed && isBoxTop(s.rows[i]) {
			return true
		}
	}
	return false
}

// ofShell tells whether the dialog is headed as one of a command.
func (d dialog) ofShell(s screen) bool {
	return containsFold(s.rows[d.top].text, "command") || d.callsShell(s)
}

// callsShell tells whether the dialog is headed by a call of the shell.
func (d dialog) callsShell(s screen) bool {
	tool, ok := calledTool(s.rows[d.top])
	return ok && hasAnyPrefixFold(tool, []string{"shell ", "bash "})
}

// belowHeading is the first row below the paragraph that heads the dialog, above
// its question; a tip is none of it.
func (d dialog) belowHeading(s screen, question int) string {
	i := d.top
	for {
		for i < question && bare(s.rows[i].text) != "" && !isLine(s.rows[i]) {
			i++
		}
		for i < question && (bare(s.rows[i].text) == "" || isLine(s.rows[i])) {
			i++
		}
		if i >= question {
			return ""
		}
		if text := bare(s.rows[i].text); !hasPrefixFold(text, "tip: ") {
			return text
		}
	}
}
