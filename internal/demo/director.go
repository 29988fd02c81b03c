package demo

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"time"
)

// director brings agents back that crashed or left: it looks which panes show a
// bare shell again, and after a while types the agent's name there, as a user
// would.
type director struct {
	server *server
	rng    *rand.Rand
	speed  float64
	// shell is how tmux names the shell of a pane.
	shell string
	// seen has the panes whose agent has run; due says when a fallen one is
	// restarted.
	seen map[string]bool
	due  map[string]time.Time
}

func newDirector(s *server, seed int64) *director {
	return &director{
		server: s, rng: rand.New(rand.NewPCG(uint64(seed), 1)), speed: s.speed,
		shell: filepath.Base(s.box.shell()[0]),
		seen:  make(map[string]bool), due: make(map[string]time.Time),
	}
}

// run directs until ctx is done. Asking for the programs of all panes costs the
// server some 40 us each, so a large fleet is looked at less often.
func (d *director) run(ctx context.Context, agents int) {
	every := time.Second + time.Duration(agents)*5*time.Millisecond
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		// A failed look is made good by the next one: without a server there is
		// nothing to direct, and Close finds out.
		panes, err := d.server.panes(ctx)
		if err != nil {
			continue
		}
		if fallen := d.fallen(panes, time.Now()); len(fallen) > 0 {
			_ = d.server.restart(ctx, fallen)
		}
	}
}

// fallen returns the panes whose agent is to be restarted now.
func (d *director) fallen(panes []pane, now time.Time) []pane {
	var ready []pane
	for _, p := range panes {
		due, waits := d.due[p.id]
		switch {
		case p.command == p.kind:
			d.seen[p.id] = true
			delete(d.due, p.id)
		case p.command != d.shell || !d.seen[p.id]:
			// The shell has not come to it yet, or the user runs something.
		case !waits:
			seconds := (15 + 30*d.rng.Float64()) / d.speed
			d.due[p.id] = now.Add(time.Duration(seconds * float64(time.Second)))
		case !now.Before(due):
			delete(d.due, p.id)
			delete(d.seen, p.id)
			ready = append(ready, p)
		}
	}
	return ready
}
