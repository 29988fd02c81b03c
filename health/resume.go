package health

import (
	"slices"
	"strings"
)

// resume is the command that brings an agent back which has ended: that of the very
// session where the program has printed its id on its way out, else that of the last
// session in its folder. Empty when none is known.
func (l look) resume(f finding) string {
	if f.state != StateCrashed && f.state != StateExited || l.o.Dead || l.id.Process == ProcessOther {
		return ""
	}
	if l.p.Shell.Session == "" || !strings.HasSuffix(f.rule, ".shell.farewell") {
		return l.p.Shell.Resume
	}
	// The farewell takes a few rows; what stands farther away can be quoted text.
	const near = 2
	for i := min(f.row+near, len(l.s.rows)-1); i >= max(f.row-near, 0); i-- {
		if id := sessionIn(l.s.rows[i], l.p.Shell.Session, l.s.width); id != "" {
			return l.p.Shell.Session + id
		}
	}
	return l.p.Shell.Resume
}

// sessionIn is the session that a row names as the command to come back to it does,
// be it with more flags. One that reaches the edge of the screen may go on below.
func sessionIn(r row, command string, width int) string {
	program, flag, _ := strings.Cut(command, " ")
	_, rest, ok := strings.Cut(r.text, program+" ")
	if !ok || r.width() >= width {
		return ""
	}
	if !strings.HasPrefix(rest, flag) {
		if _, rest, ok = strings.Cut(rest, " "+flag); !ok {
			return ""
		}
	} else {
		rest = rest[len(flag):]
	}
	id := rest[:len(rest)-len(strings.TrimLeft(rest, sessionLetters))]
	if len(id) < 8 || len(id) > 80 || id[0] == '-' || strings.Trim(rest[len(id):], " .'\"`") != "" {
		return ""
	}
	return id
}

// sessionLetters are what the id of a session is made of. Nothing that a shell gives
// a meaning is among them: the screen is not to be trusted.
const sessionLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// validateShell checks the commands that are typed into a shell.
func (p *profile) validateShell(fail func(at, format string, args ...any) error) error {
	for _, command := range [...]string{p.Shell.Resume, p.Shell.Session} {
		if strings.Trim(command, sessionLetters+" ./=") != "" {
			return fail(command, "shell: %q is typed into a shell: it may have letters, digits, spaces and _-./= only", command)
		}
	}
	return nil
}

// maxShellGap is how far from the cursor what a shell shows at the right edge of its
// prompt begins, at the least.
const maxShellGap = 8

// AtShellPrompt tells whether the cursor, which is in column x of row y of a screen,
// both from 0, stands at a shell's prompt at which nothing is typed, as far as the
// screen tells. What stands below is what another program has left.
func AtShellPrompt(rows []string, x, y int) bool {
	if y < 0 || y >= len(rows) {
		return false
	}
	runes := []rune(rows[y])
	at := max(min(x, len(runes)), 0)
	before, behind := string(runes[:at]), string(runes[at:])
	// A dead program's frame stays to the right of the prompt that is printed into it.
	left := strings.Trim(behind, "─━═╌│┃╮╯┐┘╭╰┌└ ")
	if gap := len(behind) - len(strings.TrimLeft(behind, " ")); left != "" && gap < maxShellGap {
		return false
	}
	s := parseScreen(strings.Join(append(slices.Clone(rows[:y]), before), "\n"), 0)
	if len(s.rows) == 0 || strings.TrimSpace(before) == "" {
		return false
	}
	_, ok := endsInPrompt(s)
	return ok
}
