package jump

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Here is the place that a program runs in, by its environment and its terminal
// (its standard input, say). The terminal decides about the pane: a popup has
// none, but in its environment may stand that of the pane from which the server
// was once started.
func Here(ctx context.Context, tmux string, getenv func(string) string, terminal *os.File) (Place, error) {
	socket, _, inside := strings.Cut(getenv("TMUX"), ",")
	if !inside || socket == "" {
		return Place{}, nil
	}
	// Sockets are known by their resolved paths.
	if resolved, err := filepath.EvalSymlinks(socket); err == nil {
		socket = resolved
	}
	s, err := Jumper{Tmux: tmux}.look(ctx, socket)
	if err != nil {
		return Place{}, fmt.Errorf("jump: look where we are, at %s: %w", socket, err)
	}
	place := Place{Socket: socket}
	ours, err := terminal.Stat()
	if err != nil {
		return place, nil
	}
	i := slices.IndexFunc(s.links, func(l link) bool {
		tty, err := os.Stat(l.tty)
		return err == nil && os.SameFile(ours, tty)
	})
	if i >= 0 {
		place.Pane = s.links[i].pane
	}
	return place, nil
}
