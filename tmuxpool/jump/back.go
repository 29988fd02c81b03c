package jump

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// Back brings the user home from a place: the client that asks there, which is
// the one with the newest key (of all on that server, when the place has no
// pane). A client that a jump took to another server is detached there, which
// brings it back; in tmux within tmux, the outer client shows the pane of the
// inner one again. Any other client is taken to Home like any jump.
func (j Jumper) Back(ctx context.Context, from Place) (Done, error) {
	done, err := j.back(ctx, from)
	if err != nil {
		return Done{}, fmt.Errorf("jump: back from %s: %w", from, err)
	}
	return done, nil
}

func (j Jumper) back(ctx context.Context, from Place) (Done, error) {
	reverse := Jumper{Tmux: j.Tmux, Home: from}
	if from.outside() || sameFile(from.Socket, j.Home.Socket) {
		return reverse.To(ctx, j.Home)
	}
	there, err := j.look(ctx, from.Socket)
	if err != nil {
		return Done{}, err
	}
	asker, err := j.asker(ctx, there, from)
	if err != nil {
		return Done{}, err
	}
	if j.isAway(ctx, asker) {
		_, err := j.run(ctx, there.server, "detach", "-t", asker.name)
		return Done{}, err
	}
	here, err := j.look(ctx, j.Home.Socket)
	if err != nil {
		return Done{}, err
	}
	if !here.has(j.Home.Pane) {
		return reverse.To(ctx, j.Home)
	}
	for _, inner := range here.clients {
		outer := there.paneOf(inner.tty)
		if outer != "" && inner.window == here.best(j.Home.Pane, inner.session).window {
			return j.within(ctx, there, from, Place{Socket: from.Socket, Pane: outer})
		}
	}
	return reverse.To(ctx, j.Home)
}

// isAway tells whether a client comes back when it detaches: whether the shell
// that runs it is that of an errand.
func (j Jumper) isAway(ctx context.Context, c client) bool {
	parent, err := ps(ctx, "ppid=", c.pid)
	if err != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(parent))
	if err != nil {
		return false
	}
	command, err := ps(ctx, "args=", pid)
	return err == nil && strings.HasSuffix(strings.TrimSpace(command), " "+errandName)
}

// ps asks for one column of one process.
func ps(ctx context.Context, column string, pid int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ps", "-ww", "-o", column, "-p", strconv.Itoa(pid))
	cmd.WaitDelay = reapTimeout
	out, err := cmd.Output()
	return string(out), err
}
