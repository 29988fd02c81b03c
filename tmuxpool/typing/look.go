package typing

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Look is a pane as it is in one moment of its server.
type Look struct {
	// Pane is its id, PID its own process, TTY the terminal of that.
	Pane string
	PID  int
	TTY  string
	// Dead is set when its process has ended, InMode while the user reads back
	// (copy mode), InputOff when its input is switched off, Synchronized when
	// keys go to its neighbours as well.
	Dead, InMode, InputOff, Synchronized bool
	// InUse is set while somebody at a terminal types in it: the program may have
	// read what its screen does not show yet.
	InUse bool
	// Alternate is set on the alternate screen.
	Alternate        bool
	Width, Height    int
	CursorX, CursorY int
	// Command is tmux's name of the program, Title the pane's title.
	Command, Title string
	// Screen is the visible text with colours, Rows are its rows without.
	Screen string
	Rows   []string

	// second is the server's clock, in seconds since 1970; inPopup is
	// Options.InPopup.
	second  int
	inPopup bool
}

// inUse is a format that says 1 when a client shows the pane as the one that its
// keys go to, and has sent one in the second since or later. tmux's clock of keys
// has whole seconds. They are compared as texts of one length: tmux compares
// numbers from 3.2 on only.
func inUse(since string) string {
	return "#{?#{&&:#{pane_active},#{&&:#{window_active_clients},#{>=:#{session_activity}," + since + "}}},1,0}"
}

// usedSince is how many seconds before a look count: keys of this second and of
// the one before.
const usedSince = 1

// lookFormat has the facts of a look; the texts, which may hold anything, last.
// tmux puts the time in for %s, as it does only where it prints. From 3.8 on a dead
// pane has no process id.
const lookFormat = "%s #{pane_id} #{?pane_pid,#{pane_pid},0} #{?pane_dead,1,0} #{?pane_in_mode,1,0} #{?pane_input_off,1,0} " +
	"#{?pane_synchronized,1,0} #{?alternate_on,1,0} #{pane_width} #{pane_height} #{cursor_x} #{cursor_y} " +
	"#{pane_tty} #{?#{&&:#{pane_active},#{window_active_clients}},#{session_activity},0} #{pane_current_command}"

// Look reads a pane's facts and its screen in one go of the server. ErrGone: the
// pane does not exist.
func (t *Typist) Look(ctx context.Context, pane string) (Look, error) {
	if !isPane(pane) {
		return Look{}, fmt.Errorf("typing: look: %w: %q is not a pane id", ErrGone, pane)
	}
	mark := rand.Text()
	out, err := t.run(ctx, nil,
		"capturep", "-p", "-t", pane, ";", "display", "-p", mark, ";", "capturep", "-p", "-e", "-t", pane, ";",
		"display", "-p", mark, ";", "display", "-p", "-t", pane, lookFormat, ";", "display", "-p", "-t", pane, "#{pane_title}")
	if err != nil {
		return Look{}, fmt.Errorf("typing: look at %s: %w", pane, err)
	}
	parts := strings.SplitN(out, mark+"\n", 3)
	if len(parts) != 3 {
		return Look{}, fmt.Errorf("typing: look at %s: %w: %d parts", pane, ErrTmux, len(parts))
	}
	l, err := parseFacts(parts[2])
	if err != nil {
		return Look{}, fmt.Errorf("typing: look at %s: %w", pane, err)
	}
	if l.Pane != pane {
		return Look{}, fmt.Errorf("typing: look at %s: %w", pane, ErrGone)
	}
	l.Rows = strings.Split(strings.TrimSuffix(parts[0], "\n"), "\n")
	l.Screen = strings.TrimSuffix(parts[1], "\n")
	if t.options.InPopup {
		l.inPopup, l.InUse = true, false
	}
	return l, nil
}

// parseFacts reads what lookFormat prints, and the title behind it.
func parseFacts(text string) (Look, error) {
	line, title, _ := strings.Cut(text, "\n")
	fields := strings.SplitN(line, " ", 15)
	if len(fields) < 15 {
		return Look{}, fmt.Errorf("%w: facts %q", ErrTmux, line)
	}
	texts := []int{1, 12, 14}
	numbers := make([]int, len(fields))
	for i, field := range fields {
		if slices.Contains(texts, i) {
			continue
		}
		n, err := strconv.Atoi(field)
		if err != nil {
			return Look{}, fmt.Errorf("%w: facts %q", ErrTmux, line)
		}
		numbers[i] = n
	}
	return Look{
		second: numbers[0], Pane: fields[1], PID: numbers[2], Dead: numbers[3] == 1, InMode: numbers[4] == 1,
		InputOff: numbers[5] == 1, Synchronized: numbers[6] == 1, Alternate: numbers[7] == 1, Width: numbers[8],
		Height: numbers[9], CursorX: numbers[10], CursorY: numbers[11], TTY: fields[12],
		InUse: numbers[13] >= numbers[0]-usedSince, Command: fields[14], Title: strings.TrimSuffix(title, "\n"),
	}, nil
}

// isPane tells whether the text is a pane's id.
func isPane(id string) bool {
	if len(id) < 2 || len(id) > 11 || id[0] != '%' {
		return false
	}
	for _, c := range id[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
