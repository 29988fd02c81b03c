package monitor_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/health"
	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

// hearPatience stands for "for ever" on a busy machine.
const hearPatience = time.Minute

// heardService is a service on a private server with one pane of an agent.
type heardService struct {
	t         *testing.T
	server    *tmuxtest.Server
	service   *monitor.Service
	actor     string
	snapshots <-chan *engine.Snapshot
}

// newHearing starts a service that watches the server.
func newHearing(t *testing.T) *heardService {
	t.Helper()
	h := &heardService{t: t, server: tmuxtest.New(t), actor: filepath.Join(t.TempDir(), "claude")}
	if err := os.WriteFile(h.actor, []byte("#!/bin/sh\nwhile read -r line; do :; done\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.server.Run("new-session", "-d", "-x", "80", "-y", "24", h.actor)
	service, err := monitor.New(monitor.Options{
		Discover: tmuxpool.DiscoverOptions{Paths: []string{h.server.SocketPath()}, Env: func(string) string { return "" }},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	snapshots, unsubscribe := service.Subscribe()
	h.service, h.snapshots = service, snapshots
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		unsubscribe()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return h
}

func (h *heardService) await(what string, wanted func(*engine.Snapshot) bool) *engine.Snapshot {
	h.t.Helper()
	var last *engine.Snapshot
	for deadline := time.After(hearPatience); ; {
		select {
		case s := <-h.snapshots:
			last = s
			if wanted(s) {
				return s
			}
		case <-deadline:
			h.t.Fatalf("not seen: %s; last seen %d agents, %+v", what, len(last.Agents), last.Servers)
		}
	}
}

func TestTheKernelTellsWhatAPanePrintsAndWhichPanesThereAre(t *testing.T) {
	h := newHearing(t)
	first := h.await("the agent", func(s *engine.Snapshot) bool {
		return len(s.Agents) == 1 && len(s.Servers) == 1 && s.Servers[0].Hearing.Heard > 0
	})
	if by := first.Servers[0].Hearing; by.By != engine.HeardByKernel || by.Reason != "" {
		t.Fatalf("heard by %s: %+v", by.By, by)
	}
	tty := h.server.Run("display-message", "-p", "-t", string(first.Agents[0].Ref.Pane), "#{pane_tty}")
	for _, step := range []struct {
		screen string
		want   health.State
	}{
		{"\x1b[2J\x1b[H Do you want to proceed?\r\n ❯ 1. Yes\r\n   2. No\r\n\r\n Esc to cancel · Tab to amend", health.StateWaiting},
		{"\x1b[2J\x1b[H✽ Noodling… (12s · ↓ 21 tokens)\r\n\r\n────────────────────\r\n❯ \r\n────────────────────\r\n", health.StateWorking},
	} {
		if err := os.WriteFile(tty, []byte(step.screen), 0); err != nil {
			t.Fatal(err)
		}
		h.await(step.want.String(), func(s *engine.Snapshot) bool {
			return len(s.Agents) == 1 && s.Agents[0].State == step.want
		})
	}
	h.server.Run("new-window", "-d", h.actor)
	last := h.await("the new window's agent", func(s *engine.Snapshot) bool { return len(s.Agents) == 2 })
	if by := last.Servers[0].Hearing; by.Events < 2 {
		t.Errorf("%d events of two writes", by.Events)
	}
}

func TestWhatALikelyPanePrintsLastIsReadyInColourThoughNobodyShowsIt(t *testing.T) {
	h := newHearing(t)
	first := h.await("the agent", func(s *engine.Snapshot) bool {
		return len(s.Agents) == 1 && len(s.Servers) == 1 && s.Servers[0].Hearing.Heard > 0
	})
	ref := first.Agents[0].Ref
	if err := h.service.Follow(t.Context(), nil, []health.PaneRef{ref}); err != nil {
		t.Fatal(err)
	}
	tty := h.server.Run("display-message", "-p", "-t", ref.Pane, "#{pane_tty}")
	shows := func(want string) func(*engine.Snapshot) bool {
		return func(s *engine.Snapshot) bool {
			p := s.Previews[ref]
			return p != nil && strings.Contains(p.Text, want)
		}
	}
	began := time.Now()
	for n := range 12 {
		if err := os.WriteFile(tty, fmt.Appendf(nil, "\x1b[2J\x1b[H\x1b[31mstep %d\x1b[m", n), 0); err != nil {
			t.Fatal(err)
		}
		if n%4 == 3 {
			h.await("the last screen", shows(fmt.Sprintf("step %d", n)))
		}
	}
	last := h.await("the last screen", shows("\x1b[31mstep 11"))
	layers := last.Cache.Layers
	at := slices.IndexFunc(layers, func(l engine.LayerStats) bool { return l.Warmed > 0 })
	if most := uint64(2*time.Since(began).Seconds()) + 2; at < 0 || layers[at].Warmed > most || layers[at].WarmHits != 0 {
		t.Errorf("at most %d in colour: %+v", most, layers)
	}
}
