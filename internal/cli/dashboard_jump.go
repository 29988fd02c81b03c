package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"agentwatch/health"
	"agentwatch/internal/fleet"
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
	// hosts are the other machines.
	hosts []fleet.Host
}

// hereTime bounds the look at where the dashboard runs.
const hereTime = 3 * time.Second

func newPaneJumper(ctx context.Context, p Process, hosts []fleet.Host) *paneJumper {
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
	return &paneJumper{jumper: jump.Jumper{Tmux: tmux, Home: home}, err: err, hosts: hosts}
}

// Jump implements ui.Jumper.
func (j *paneJumper) Jump(ctx context.Context, to health.PaneRef) (ui.Jumped, error) {
	if j.err != nil {
		return ui.Jumped{}, j.err
	}
	done, err := j.to(ctx, to)
	if err != nil {
		return ui.Jumped{}, err
	}
	home := j.jumper.Home
	if to.Host != "" && len(done.Attach) > 0 {
		done.Back = "detach from the tmux of " + to.Host + " to come back"
	}
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

// to takes the terminal to a pane of this machine or of another.
func (j *paneJumper) to(ctx context.Context, ref health.PaneRef) (jump.Done, error) {
	if ref.Host == "" {
		return j.jumper.To(ctx, jump.Place{Socket: ref.Server, Pane: ref.Pane})
	}
	i := slices.IndexFunc(j.hosts, func(h fleet.Host) bool { return h.Name == ref.Host })
	if i < 0 {
		return jump.Done{}, fmt.Errorf("its pane is on %s, to which no way is configured", ref.Host)
	}
	return openHost(ctx, j.jumper, j.hosts[i], ref)
}
