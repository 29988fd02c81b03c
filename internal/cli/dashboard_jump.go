package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/jump"
	"agentwatch/ui"
)

// paneJumper takes the terminal of the dashboard's user to a pane. It finds out
// once where the dashboard runs.
type paneJumper struct {
	jumper jump.Jumper
	// err is why that could not be found out.
	err error
}

// hereTime bounds the look at where the dashboard runs.
const hereTime = 3 * time.Second

func newPaneJumper(ctx context.Context, p Process) *paneJumper {
	tmux, err := tmuxpool.FindTmux()
	if err != nil {
		return &paneJumper{err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, hereTime)
	defer cancel()
	terminal, ok := p.Stdin.(*os.File)
	if !ok {
		terminal = os.Stdin
	}
	home, err := jump.Here(ctx, tmux, p.Getenv, terminal)
	return &paneJumper{jumper: jump.Jumper{Tmux: tmux, Home: home}, err: err}
}

// Jump implements ui.Jumper.
func (j *paneJumper) Jump(ctx context.Context, to health.PaneRef) (ui.Jumped, error) {
	if to.Host != "" {
		return ui.Jumped{}, fmt.Errorf("its pane is on another machine: log in to %s and attach to its tmux there (ssh -t %s tmux attach); answers and scroll-back work from here", to.Host, to.Host)
	}
	if j.err != nil {
		return ui.Jumped{}, j.err
	}
	done, err := j.jumper.To(ctx, jump.Place{Socket: to.Server, Pane: to.Pane})
	if err != nil {
		return ui.Jumped{}, err
	}
	home := j.jumper.Home
	jumped := ui.Jumped{
		Attach: done.Attach, Back: done.Back,
		// A popup lies over what was jumped to until its program ends.
		Leave: home.Socket != "" && home.Pane == "",
	}
	if len(done.Along) > 0 {
		jumped.Back += "; moved along: " + strings.Join(done.Along, ", ")
	}
	return jumped, nil
}
