package jump

import (
	"context"
	"fmt"
)

// openScript runs a command, and keeps what it has said on the screen when it fails.
const openScript = `"$@" && exit; code=$?; printf '\n%s ended with exit code %s; Enter closes this window. ' "$1" "$code"; read -r _; exit "$code"`

// Open shows the user's client a new window of its session in which a command runs,
// until that ends. Outside tmux nothing is opened: Attach is the command then.
func (j Jumper) Open(ctx context.Context, name string, command []string) (Done, error) {
	if j.Home.outside() {
		return Done{Attach: command}, nil
	}
	here, err := j.look(ctx, j.Home.Socket)
	if err != nil {
		return Done{}, fmt.Errorf("from %s: %w", j.Home, err)
	}
	asker, err := j.asker(ctx, here, j.Home)
	if err != nil {
		return Done{}, err
	}
	keys := j.keys(ctx, here, asker.session)
	window := append([]string{"neww", "-t", asker.session + ":", "-n", name, "--", "/bin/sh", "-c", openScript, "sh"}, command...)
	if _, err := j.run(ctx, here.server, window...); err != nil {
		return Done{}, err
	}
	done := Done{Back: keys.hint(lastWindow)}
	if keys.prefix != "" {
		done.Back += "; in it " + keys.prefix + " " + keys.prefix + " is the prefix of the tmux there"
	}
	return done, nil
}
