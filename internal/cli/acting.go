package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/notify"
	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/jump"
)

// aboutActions is the topic of what has become of the actions of notifications.
const aboutActions engine.NoticeTopic = "actions of notifications"

// actTime bounds what an action of a notification may take.
const actTime = 30 * time.Second

// errNobodyAttached is returned where there is nobody to take to an agent.
var errNobodyAttached = errors.New("no terminal shows a tmux session: attach one with \"tmux attach\"")

// act does what the user has chosen on a notification. What goes wrong is a notice.
func (h *hosted) act(ctx context.Context, tmux notify.Tmux, a notify.Act) {
	ctx, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	var err error
	if a.Option < 0 {
		err = goFromDesktop(ctx, tmux, a.Agent)
	} else {
		err = h.chooseFromDesktop(ctx, a)
	}
	if err == nil {
		h.Tell(aboutActions)
		return
	}
	name := a.Agent.Name()
	h.Tell(aboutActions, engine.Notice{Severity: engine.SeverityWarning, Text: fmt.Sprintf("a notification's action on %s has failed at %s: %v", name, time.Now().Format("15:04"), err)})
}

// goFromDesktop takes a terminal to an agent's pane: of those at the agent's own server
// the one that was used last, else of all.
func goFromDesktop(ctx context.Context, tmux notify.Tmux, a engine.Agent) error {
	clients, err := tmux.Clients(ctx)
	if err != nil {
		return err
	}
	if len(clients) == 0 {
		return errNobodyAttached
	}
	near := func(c notify.Client) int {
		if c.Server == a.Ref.Server {
			return 1
		}
		return 0
	}
	last := slices.MaxFunc(clients, func(a, b notify.Client) int {
		return cmp.Or(cmp.Compare(near(a), near(b)), a.ActiveAt.Compare(b.ActiveAt))
	})
	path, err := tmuxpool.FindTmux()
	if err != nil {
		return err
	}
	_, err = jump.Jumper{Tmux: path, Home: jump.Place{Socket: last.Server}, Client: last.Name}.To(ctx, jump.Place{Socket: a.Ref.Server, Pane: a.Ref.Pane})
	return err
}

// chooseFromDesktop gives the answer that was chosen, if the pane is still as it was told.
func (h *hosted) chooseFromDesktop(ctx context.Context, a notify.Act) error {
	r := engine.Request{Target: a.Agent.Ref, Seen: engine.SeenOf(a.Agent), Action: engine.ActionChoose, Option: a.Option, By: "desktop"}
	plan, err := h.Plan(r)
	if err != nil {
		return err
	}
	r.Shown = plan.Words
	_, err = h.Answer(ctx, r)
	return err
}
