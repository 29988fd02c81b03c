package answer

import (
	"context"
	"fmt"
	"strings"

	"agentwatch/health"
	"agentwatch/tmuxpool/typing"
)

// planResume decides what brings an agent back: the command that the user was shown.
func planResume(seen Seen) (Plan, error) {
	switch {
	case seen.State != health.StateCrashed && seen.State != health.StateExited:
		return Plan{}, Cannot("it has not ended")
	case seen.Resume == "":
		return Plan{}, Cannot("no command is known that brings %s back", seen.Kind)
	}
	return Plan{
		Words: fmt.Sprintf("types %q at the shell's prompt and presses Enter", seen.Resume), Option: -1, Keys: []Key{typing.KeyEnter}, Text: seen.Resume,
	}, nil
}

// resume types the command at the prompt of the shell, sees it there, sends it, and
// sees a program in the shell's place.
func (a *Attempt) resume(ctx context.Context, v view) error {
	prompt := v
	paste := typed{text: a.plan.Text, guard: cursorGuard, ready: func(v view) error {
		if err := atShellPrompt(v); err != nil {
			return err
		}
		if v.verdict.Resume != a.request.Seen.Resume {
			return Changed(AspectAnswer, a.request.Seen.Resume, v.verdict.Resume)
		}
		prompt = v
		return nil
	}}
	if err := a.send(ctx, v, paste); err != nil {
		return err
	}
	there := func(v view) bool { return v.shell && commandThere(prompt.look, v.look, a.plan.Text) }
	v, err := a.confirmed(ctx, there)
	if err != nil {
		return fmt.Errorf("the command is not seen at the prompt, it was not sent on: %w", err)
	}
	// What stands at its prompt now can make the screen say something else of how the
	// agent ended.
	a.request.Seen.State = v.verdict.State
	submit := typed{keys: a.plan.Keys, guard: cursorGuard, ready: func(v view) error {
		if !there(v) {
			return Changed(AspectPane, "", "the command does not stand at the prompt any more")
		}
		return nil
	}}
	if err := a.send(ctx, v, submit); err != nil {
		return fmt.Errorf("the command is at the prompt, it was not sent on: %w", err)
	}
	_, err = a.confirmed(ctx, func(v view) bool { return v.local && v.verdict.Kind == a.request.Seen.Kind })
	return err
}

// atShellPrompt refuses to type where no shell is seen that waits for a command.
func atShellPrompt(v view) error {
	switch {
	case !v.shell:
		return Changed(AspectProcess, "", "no shell has the terminal")
	case !health.AtShellPrompt(v.look.Rows, v.look.CursorX, v.look.CursorY):
		return Changed(AspectScreen, "", "no empty prompt of a shell is seen where the cursor is")
	}
	return nil
}

// cursorGuard guards the row of the cursor and the one above, and where the cursor is.
func cursorGuard(v view) typing.Guard {
	row := v.look.CursorY + 1
	return v.look.Guard(row, row-1).AtCursor(v.look)
}

// commandThere tells whether a command, and nothing else, stands behind the prompt at
// which the cursor was, be it wrapped. What the shell shows at the right edge of its
// prompt goes away, or stays.
func commandThere(before, now typing.Look, command string) bool {
	if before.CursorY >= len(before.Rows) || now.CursorY >= len(now.Rows) {
		return false
	}
	row := []rune(before.Rows[before.CursorY])
	at := min(before.CursorX, len(row))
	prompt, right := strings.TrimRight(string(row[:at]), " "), strings.TrimSpace(string(row[at:]))
	// The screen scrolls when the command takes more rows than there are below.
	for from := now.CursorY; from >= 0 && from >= now.CursorY-len(command)/max(now.Width, 1)-1; from-- {
		rest, ok := strings.CutPrefix(strings.Join(now.Rows[from:now.CursorY+1], ""), prompt)
		if !ok {
			continue
		}
		stays, shown := strings.CutPrefix(strings.Join(strings.Fields(rest), ""), strings.Join(strings.Fields(command), ""))
		return shown && strings.HasSuffix(strings.Join(strings.Fields(right), ""), stays)
	}
	return false
}
