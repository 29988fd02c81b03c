package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Monitor is what the page shows: *client.Monitor, or *fleet.Monitor for several
// machines. All methods are safe for concurrent use and honour ctx.
type Monitor interface {
	Subscribe() (snapshots <-chan *engine.Snapshot, cancel func())
	Follow(ctx context.Context, shown, likely []health.PaneRef) error
	MarkSeen(ctx context.Context, ref health.PaneRef) error
	Snooze(ctx context.Context, ref health.PaneRef, until time.Time) error
	Wake(ctx context.Context, ref health.PaneRef) error
	Search(ctx context.Context, ref health.PaneRef, q engine.SearchQuery) (engine.Found, error)
	Diff(ctx context.Context, ref health.PaneRef, base bool) (engine.Diff, error)
	History(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error)
	Explain(ctx context.Context, ref health.PaneRef) (engine.Explained, error)
	Phases(ctx context.Context, agents []engine.Agent, since time.Time) (map[health.PaneRef][]engine.Phase, error)
	Plan(r engine.Request) (engine.AnswerPlan, error)
	Answer(ctx context.Context, r engine.Request) (engine.Outcome, error)
}

const (
	// maxFollowed bounds the panes that one page follows, maxShown those of all
	// pages together: the engine follows 256.
	maxFollowed = 24
	maxShown    = 240
)

// hub has the board, and the pages that look at it.
type hub struct {
	monitor Monitor

	mu    sync.Mutex
	board *board
	pages map[*page]struct{}
	// refollow has a value when other panes are to be followed.
	refollow chan struct{}
}

func newHub(m Monitor) *hub {
	return &hub{monitor: m, board: newBoard(), pages: make(map[*page]struct{}), refollow: make(chan struct{}, 1)}
}

// run keeps the board up to date until ctx or the monitor ends.
func (h *hub) run(ctx context.Context) {
	snapshots, cancel := h.monitor.Subscribe()
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.refollow:
			// What cannot be followed now is followed with the next change.
			_ = h.monitor.Follow(ctx, h.followed(), nil)
		case s, open := <-snapshots:
			if !open {
				return
			}
			h.take(s)
		}
	}
}

func (h *hub) take(s *engine.Snapshot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.board.take(s) {
		return
	}
	for p := range h.pages {
		p.wake()
	}
}

// followed are the panes that any page follows; those of the page that came last
// are left out where they are too many.
func (h *hub) followed() []health.PaneRef {
	h.mu.Lock()
	defer h.mu.Unlock()
	var ids []string
	for p := range h.pages {
		for _, id := range p.following {
			if !slices.Contains(ids, id) && len(ids) < maxShown {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	h.board.keepScreens(ids)
	return h.board.refs(ids)
}

// enter adds a page; false when there are too many.
func (h *hub) enter(p *page) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.pages) >= maxPages {
		return false
	}
	h.pages[p] = struct{}{}
	return true
}

func (h *hub) leave(p *page) {
	h.mu.Lock()
	delete(h.pages, p)
	h.mu.Unlock()
	h.changeFollowed()
}

func (h *hub) changeFollowed() {
	select {
	case h.refollow <- struct{}{}:
	default:
	}
}

// follow makes these agents those whose screens a page is sent.
func (h *hub) follow(p *page, ids []string, figures bool) {
	h.mu.Lock()
	for _, id := range ids {
		if !slices.Contains(p.following, id) {
			delete(p.screens, id)
		}
	}
	p.following = ids
	p.wantFigures(figures)
	h.mu.Unlock()
	h.changeFollowed()
	p.wake()
}

// next is what a page lacks; nil for nothing. Screens are left out unless they are
// due.
func (h *hub) next(p *page, screens bool) *update {
	h.mu.Lock()
	defer h.mu.Unlock()
	var u update
	c, whole := h.board.since(p.have, p.figures)
	if p.figuresDue && !whole {
		c = h.board.withFigures(c)
	}
	p.figuresDue = false
	if whole {
		u.Snap = c
	} else {
		u.Patch = c
	}
	p.have = h.board.version
	if screens {
		for _, id := range p.following {
			s := h.board.screens[id]
			if s == nil {
				continue
			}
			if patch, news := s.since(p.screens[id]); news {
				if u.Screens == nil {
					u.Screens = make(map[string]screenPatch)
				}
				u.Screens[id], p.screens[id] = patch, h.board.version
			}
		}
	}
	if c == nil && u.Screens == nil {
		return nil
	}
	p.sent++
	u.N = p.sent
	return &u
}

// agent is an agent by the name that pages know it by.
func (h *hub) agent(id string) (engine.Agent, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.board.entries[id]
	if e == nil {
		return engine.Agent{}, false
	}
	return e.agent, true
}

func (h *hub) agents() map[string]engine.Agent {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.board.agents()
}

// seen is an agent, and whether a page that has acknowledged an update shows all
// that an answer to it depends on.
func (h *hub) seen(id string, have uint64) (engine.Agent, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.board.sawOf(id, have)
}
