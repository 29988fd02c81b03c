package health

import (
	"slices"
	"strings"
)

// maxFarewell is how many rows at the end of a screen can belong to what a
// program and its shell print when it has ended.
const maxFarewell = 40

// readShell looks for an agent that has ended. What the process list says goes
// first; without it, only a remnant with a shell prompt behind it counts.
func (l look) readShell() (finding, bool) {
	if l.o.Dead {
		return l.readDead(), true
	}
	if l.id.Process == ProcessOther || l.id.Process == ProcessBackground {
		return finding{}, false
	}
	shell := l.id.Process == ProcessShell
	_, prompt := endsInPrompt(l.s)
	f, _, found := l.p.findRemnant(l.s, shell || (prompt && l.id.Process == ProcessUnknown))
	if l.startedAnew(f.row, shell) {
		found = false
	}
	switch {
	case found && shell:
		f.confidence = confidenceSure
	case found && l.id.Process == ProcessAlive:
		f.confidence = confidenceWeak
	case found:
		f.confidence = confidenceStrong
	case shell && l.commanded():
		f = finding{
			rule: string(l.p.Kind) + ".shell.command", source: SourceScreen, row: len(l.s.rows) - 1, hold: true, confidence: confidenceWeak,
		}
	case shell:
		f = l.readBareShell()
	case l.id.Process == ProcessUnknown && l.atPrompt():
		f, found = l.readBareShell(), true
		f.source, f.row, f.confidence = SourceScreen, len(l.s.rows)-1, confidenceWeak
	}
	if at, ok := stoppedJob(l.s); ok && l.o.Processes == nil && (found || shell) {
		return finding{
			rule: string(l.p.Kind) + ".shell.suspended", source: SourceScreen, row: at, confidence: confidenceWeak,
			activity: suspended,
		}, true
	}
	return f, found || shell
}

// startedAnew tells whether the program's screen stands below the row with its
// end. What looks like a composer can be the sign of a shell prompt, or the rest
// of the dead program's frame, into which the shell has printed its prompt.
func (l look) startedAnew(row int, shell bool) bool {
	if l.asked {
		return l.dialog.top > row
	}
	if !l.composed || l.composer.top <= row {
		return false
	}
	if l.composer.framed {
		above := l.s.rows[l.composer.top-1]
		above.text = strings.TrimRight(above.text, "┃│ ")
		return !emptyPrompt(above)
	}
	return !shell && !wideAt(l.s, l.composer.prompt-1, false)
}

// suspended is what is said of an agent that the user has stopped.
const suspended = "suspended, the shell has the terminal"

// stoppedJob tells whether the last thing that a shell says is that it has
// stopped a job: "[1]+  Stopped  claude".
func stoppedJob(s screen) (int, bool) {
	from, ok := endsInPrompt(s)
	for from--; ok && from >= 0 && s.rows[from].blank(); {
		from--
	}
	if !ok || from < 0 {
		return 0, false
	}
	text := s.rows[from].text
	job, rest, closed := strings.Cut(text, "]")
	if closed && len(job) > 1 && job[0] == '[' && strings.Trim(job[1:], "0123456789") == "" {
		return from, containsAnyFold(rest, []string{" stopped ", " suspended "})
	}
	return from, strings.HasPrefix(text, "fish: Job") && strings.HasSuffix(text, "has stopped")
}

// atPrompt tells whether the screen ends in an empty shell prompt that has come
// after the agent: the last command was the agent's, or the caller is sure that
// one ran here and its screen is still there.
func (l look) atPrompt() bool {
	from, ok := endsInPrompt(l.s)
	if !ok {
		return false
	}
	for i := from - 1; i >= 0; i-- {
		if r := l.s.rows[i]; r.indent == 0 && startsWithPrompt(r.text) && !emptyPrompt(r) {
			if l.p.startedAt(r.text) {
				return true
			}
			break
		}
	}
	if l.o.Kind == KindNone {
		return false
	}
	_, signed := l.p.hasSign(l.s, 0, from)
	return signed || l.composed || l.asked
}

// justStarted tells whether the last thing on the screen is the command that
// starts the program.
func (l look) justStarted() (int, bool) {
	last := len(l.s.rows) - 1
	if last < 0 || !startsWithPrompt(l.s.rows[last].text) {
		return 0, false
	}
	return last, l.p.startedAt(l.s.rows[last].text)
}

// commanded tells whether the command that starts the program stands at the prompt
// of a shell that has the terminal: it is being typed, or about to run.
func (l look) commanded() bool {
	_, ok := l.justStarted()
	return ok
}

// readBareShell judges a shell that is back without the word of anyone.
func (l look) readBareShell() finding {
	if at, ok := findFailure(l.s, l.frameEnd()); ok {
		return finding{
			state: StateCrashed, rule: string(l.p.Kind) + ".shell.failed", source: SourceScreen, row: at,
			confidence: confidenceWeak, activity: shorten(l.s.rows[at].text),
		}
	}
	if (l.composed || l.asked) && !l.o.AlternateOn && l.p.readTitle(l.o.Title) != titleWorking {
		// A shell says how its child has died. Without a word of it, and with no
		// turn that the title still tells of, the program has left by itself.
		return finding{
			state: StateExited, rule: string(l.p.Kind) + ".shell.frame.left", source: SourceScreen, row: l.frameRow(),
			confidence: confidenceFair, activity: "exited, shell is back", wordless: true,
		}
	}
	if l.composed || l.asked {
		return finding{
			state: StateCrashed, rule: string(l.p.Kind) + ".shell.frame", source: SourceScreen, row: l.frameRow(),
			confidence: confidenceFair, activity: "ended, its last screen still stands", wordless: true,
		}
	}
	return finding{
		state: StateExited, rule: string(l.p.Kind) + ".shell.back", source: SourceProcess,
		confidence: confidenceFair, activity: "exited, shell is back", wordless: true,
	}
}

// frameEnd is the last row of the frame that still stands; -1 without one.
func (l look) frameEnd() int {
	if l.composed {
		return l.composer.bottom
	}
	return -1
}

func (l look) frameRow() int {
	if l.composed {
		return l.composer.prompt
	}
	return l.dialog.cursor
}

// readDead judges a pane that tmux keeps after its program has ended: exited
// with a status of 0 or a farewell, crashed otherwise.
func (l look) readDead() finding {
	f := finding{
		state: StateCrashed, rule: string(l.p.Kind) + ".pane.dead", source: SourceProcess,
		confidence: confidenceStrong, activity: "the pane is dead",
	}
	for i := len(l.s.rows) - 1; i >= 0 && len(l.s.rows)-i <= maxFarewell; i-- {
		text := l.s.rows[i].text
		if containsFold(text, "pane is dead (status 0") || containsAnyFold(text, l.p.Shell.Farewells) || containsAnyFold(text, l.p.Shell.Endings) {
			f.state, f.source, f.row, f.activity = StateExited, SourceScreen, i, "exited, the pane is dead"
			return f
		}
		if hasPrefixFold(text, "pane is dead") {
			f.source, f.row = SourceScreen, i
		}
	}
	return f
}

// findRemnant looks for what an ended program leaves: the shell's word for its
// death, or words of its own, each with a shell prompt behind. shell is set
// when the last row is known to be a prompt, however it looks. named is set
// when the words are this program's and no other's.
func (p *profile) findRemnant(s screen, shell bool) (f finding, named, ok bool) {
	prompts := 0
	last := len(s.rows) - 1
	for i := last; i >= 0 && last-i < maxFarewell; i-- {
		text := s.rows[i].text
		if (shell && i == last) || (s.rows[i].indent == 0 && startsWithPrompt(text)) || (i > 0 && wideAt(s, i-1, shell)) {
			prompts++
			if p.startedAt(text) {
				break
			}
			continue
		}
		if prompts == 0 {
			continue
		}
		f.source, f.row = SourceScreen, i
		word := p.deathWord(text)
		if word == "" && shell {
			word = gluedDeathWord(text)
		}
		if word != "" && ((shell && i+1 == last) || startsWithPrompt(s.rows[i+1].text) || wideAt(s, i+1, shell) || wideAt(s, i+2, shell)) {
			f.state, f.rule = StateCrashed, string(p.Kind)+".shell.killed"
			f.activity = word + ", shell is back"
			return f, false, true
		}
		if prompts > 1 && !(prompts <= maxSince+1 && p.startedAbove(s, i)) {
			// The user has worked on since.
			continue
		}
		switch {
		case containsAnyFold(text, p.Shell.Failures):
			f.state, f.rule = StateCrashed, string(p.Kind)+".shell.failed"
			f.activity = shorten(text)
			return f, true, true
		case containsAnyFold(text, p.Shell.Farewells), containsAnyFold(text, p.Shell.Endings):
			f.state, f.rule = StateExited, string(p.Kind)+".shell.farewell"
			f.activity = "exited, shell is back"
			return f, containsAnyFold(text, p.Shell.Farewells), true
		}
	}
	return finding{}, false, false
}

// maxSince is how many commands the user can have given since a program has ended
// whose beginning and farewell are still on the screen.
const maxSince = 3

// wideAt tells whether a shell prompt of two rows begins at the row. Where no
// shell is known to be back it must name a place: a sign alone is an agent's.
func wideAt(s screen, at int, shell bool) bool {
	return at >= 0 && at+1 < len(s.rows) && widePrompt(s, at) && (shell || namesPlace(s.rows[at]))
}

// startedAbove tells whether the program was the last command given above the row.
func (p *profile) startedAbove(s screen, at int) bool {
	for i := at - 1; i >= 0; i-- {
		if r := s.rows[i]; r.indent == 0 && startsWithPrompt(r.text) {
			return p.startedAt(r.text)
		}
	}
	return false
}

// startedAt tells whether the row is a shell prompt at which the program was
// started: whatever is above belongs to an earlier run.
func (p *profile) startedAt(text string) bool {
	return slices.Contains(p.Command.Programs, startedProgram(text))
}

// startedProgram is the program that the command at a shell prompt starts.
func startedProgram(text string) string {
	i := strings.IndexAny(text, "$#%➜❯")
	if i < 0 {
		return ""
	}
	_, command, _ := strings.Cut(text[i:], " ")
	name, _, _ := strings.Cut(strings.TrimLeft(command, " "), " ")
	// It may stand on a frame that a dead program has left.
	return programName(strings.TrimRight(name, "▀▄█─━═╯╰│┃"))
}

// findFailure looks for the output of a program that failed, between the last
// shell prompt and the one before, below the row above.
func findFailure(s screen, above int) (int, bool) {
	for i := len(s.rows) - 2; i > above && len(s.rows)-i <= maxFarewell; i-- {
		text := s.rows[i].text
		if startsWithPrompt(text) || isRule(s.rows[i]) || isBoxBottom(s.rows[i]) {
			// Above a frame stands what the program has shown, and not its last words.
			break
		}
		for _, opening := range [...]string{
			"error:", "fatal", "panic", "thread '", "traceback (most recent", "uncaught", "node:internal", "out of memory",
		} {
			if hasPrefixFold(text, opening) {
				return i, true
			}
		}
	}
	return 0, false
}

// deathWord returns the word with which a shell reports how its child died,
// when the row is such a report, be it inside the dead program's composer.
func (p *profile) deathWord(text string) string {
	text = strings.TrimLeft(text, "│┃▏ ")
	if rest, ok := cutMark(text, p.Layout.Prompts); ok {
		text = rest
	}
	text = strings.TrimPrefix(text, "zsh: ")
	if _, rest, ok := strings.Cut(text, ": line "); ok {
		// A wrapper script: "/x/claude: line 3: 4711 Killed    node ...".
		_, rest, _ = strings.Cut(rest, ": ")
		text = strings.TrimLeft(rest, " 0123456789")
	}
	if strings.HasPrefix(text, "fish: Job") && strings.Contains(text, "terminated by signal") {
		return "killed"
	}
	for _, word := range [...]string{
		"Killed", "Terminated", "Segmentation fault", "Aborted", "Bus error", "Illegal instruction",
		"Floating point exception", "Trace/breakpoint trap", "Hangup",
		"killed ", "terminated ", "segmentation fault ", "abort ",
	} {
		if strings.HasPrefix(text, word) {
			return strings.ToLower(strings.TrimSpace(word))
		}
	}
	return ""
}

// gluedDeathWord is deathWord for a report that the shell has printed where the
// dead program's cursor stood, behind what was there.
func gluedDeathWord(text string) string {
	for _, word := range [...]string{"Killed", "Terminated", "Segmentation fault", "Aborted"} {
		if before, ok := strings.CutSuffix(text, word); ok && before != "" && before[len(before)-1] != ' ' {
			return strings.ToLower(word)
		}
	}
	return ""
}
