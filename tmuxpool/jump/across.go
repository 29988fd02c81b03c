package jump

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// How long a terminal may take to attach to another server, and how often to
// look for it.
const (
	arrival = 3 * time.Second
	poll    = 50 * time.Millisecond
)

// attach is the command by which a terminal attaches to what a link shows. It
// leaves the session's environment alone. In a zoomed window attach-session
// would show the pane at its unzoomed size, so that it is left to select-pane.
func (j Jumper) attach(s sight, to link) []string {
	command := append([]string{j.Tmux}, s.server.flags()...)
	if !to.zoomed {
		return append(command, "attach-session", "-E", "-t", to.String())
	}
	return append(command, "attach-session", "-E", "-t", to.session+":"+to.window, ";", "select-pane", "-Z", "-t", to.String())
}

// across takes a client to another server: tmux runs a command in place of the
// client that it detaches.
func (j Jumper) across(ctx context.Context, here sight, asker client, there sight, to Place) (Done, error) {
	if here.endsWithout(asker) {
		return Done{}, ErrWouldEnd
	}
	target := there.best(to.Pane, "")
	done := Done{Back: j.keys(ctx, there, target.session).hint(detach), Along: there.along(target, "")}
	if _, err := j.run(ctx, here.server, "detach", "-t", asker.name, "-E", j.errand(here, asker, there, target)); err != nil {
		return Done{}, err
	}
	err := j.await(ctx, there, asker.tty)
	if err == nil {
		// Clients are called by their terminals.
		j.tell(ctx, there.server, asker.tty, done.Back)
	}
	return done, err
}

// await waits until a terminal is a client of a server.
func (j Jumper) await(ctx context.Context, s sight, tty string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, arrival, ErrNotArrived)
	defer cancel()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		out, err := j.run(ctx, s.server, "lsc", "-F", "#{client_tty}")
		if err != nil {
			return err
		}
		if slices.Contains(strings.Split(out, "\n"), tty) {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// errandName is the name ($0) of the shell that waits for a client which is
// away, and brings it back.
const errandName = "agentwatch-jump"

// errand is the command that takes a terminal to another server, and afterwards
// back: to where it was, or else to any session of its server. It is run by the
// user's shell, whichever that is, so it is one in which all shells agree.
func (j Jumper) errand(here sight, asker client, there sight, target link) string {
	// TMUX stays: tmux itself refuses to attach in a pane of its own.
	base := append([]string{j.Tmux}, here.server.flags()...)
	away, back := j.attach(there, target), j.attach(here, here.link(asker.view))
	if asker.utf8 {
		base, away, back = slices.Insert(base, 1, "-u"), slices.Insert(away, 1, "-u"), slices.Insert(back, 1, "-u")
	}
	// A tmux without -N would start a server where there is none any more.
	lives := ""
	if !there.server.noStart {
		lives = words(append(append([]string{j.Tmux}, there.server.flags()...), "has-session")) + " && "
	}
	script := fmt.Sprintf("unset TMUX_PANE; %s%s; if %s has-session -t %s 2>/dev/null; then exec %s; fi; exec %s attach-session -E",
		lives, words(away), words(base), words([]string{asker.String()}), words(back), words(base))
	return "exec /bin/sh -c '" + script + "' " + errandName
}

// words writes words for a POSIX shell, in such a way that the whole can stand
// between single quotes in any shell: no single quote, backslash pair or
// exclamation mark is left.
func words(list []string) string {
	var b strings.Builder
	for i, word := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		if strings.Trim(word, safe) == "" && word != "" {
			b.WriteString(word)
			continue
		}
		b.WriteString(`"$(printf "`)
		for j := range len(word) {
			fmt.Fprintf(&b, `\%03o`, word[j])
		}
		b.WriteString(`")"`)
	}
	return b.String()
}

// safe are the characters that no shell gives a meaning.
const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-"
