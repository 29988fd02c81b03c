package monitor

import (
	"context"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// followed are the panes whose screens the user sees, and those that the user is
// likely to see next. It is never changed. The zero value is none.
type followed struct {
	panes map[health.PaneRef]bool
	// likely has none of panes.
	likely  map[health.PaneRef]bool
	servers map[string]bool
}

func newFollowed(shown, likely []health.PaneRef) followed {
	f := followed{
		panes: make(map[health.PaneRef]bool, len(shown)), likely: make(map[health.PaneRef]bool, len(likely)),
		servers: make(map[string]bool),
	}
	for _, ref := range shown {
		f.panes[ref] = true
		f.servers[ref.Server] = true
	}
	for _, ref := range likely {
		if !f.panes[ref] {
			f.likely[ref] = true
			f.servers[ref.Server] = true
		}
	}
	return f
}

// has tells whether the pane is shown.
func (f followed) has(ref health.PaneRef) bool { return f.panes[ref] }

// previews tells whether the pane's screen is wanted: it is shown, or is likely to
// be.
func (f followed) previews(ref health.PaneRef) bool { return f.panes[ref] || f.likely[ref] }

// on tells whether the screen of a pane of that server is wanted.
func (f followed) on(server string) bool { return f.servers[server] }

// refreshPreviews brings the coloured screens of the shown panes up to date, from
// the cache where they stand there, makes those of the likely ones ready, and tells
// whether any has changed.
func (w *watcher) refreshPreviews(ctx context.Context, follow followed) bool {
	changed := w.dropPreviews(follow)
	cold, ready := w.warm(follow)
	previewed := w.preview(ctx, append(w.shown(follow), cold...), follow)
	return changed || ready || previewed
}

// dropPreviews forgets the screens that nobody wants any more, and tells whether
// there was one.
func (w *watcher) dropPreviews(follow followed) bool {
	changed := false
	for id, kept := range w.previews {
		if _, here := w.panes[id]; !here || !follow.previews(kept.Ref) {
			delete(w.previews, id)
			changed = true
		}
	}
	for _, p := range w.order {
		if !follow.previews(p.ref) {
			p.warmth = warmth{}
		}
	}
	return changed
}

// shown are the panes that are shown.
func (w *watcher) shown(follow followed) []*pane {
	var panes []*pane
	for _, p := range w.order {
		if follow.has(p.ref) {
			panes = append(panes, p)
		}
	}
	return panes
}

// preview takes over the coloured screens of these panes, from the cache where they
// stand there, and tells whether any has changed.
func (w *watcher) preview(ctx context.Context, panes []*pane, follow followed) bool {
	if len(panes) == 0 {
		return false
	}
	refs := make([]health.PaneRef, len(panes))
	for i, p := range panes {
		refs[i] = p.ref
	}
	next := make([]engine.Preview, len(refs))
	o := w.newOrders(panes, tmuxpool.MethodPipelined, follow)
	o.ahead = true
	w.source.screens(ctx, o, refs, health.MaxChecks, func(i int, s health.Screen, err error) {
		next[i] = engine.Preview{Text: s.Text, At: s.At, Err: err}
	})
	changed, now := false, w.now()
	for i, p := range panes {
		if p.warmed(next[i].At); next[i].Err != nil {
			p.warmed(now)
		}
		if next[i].Err != nil && !follow.has(p.ref) {
			continue // it is captured when it is shown
		}
		if follow.likely[p.ref] {
			w.keepWarm(p, now)
		}
		changed = w.keepPreview(p.ref, next[i]) || changed
	}
	return changed
}

// keepPreview takes a pane's screen over and tells whether it is another.
func (w *watcher) keepPreview(ref health.PaneRef, got engine.Preview) bool {
	kept, known := w.previews[ref.Pane]
	if got.Err != nil && known {
		got.Text, got.At = kept.Text, kept.At
	}
	if known && kept.Text == got.Text && (kept.Err == nil) == (got.Err == nil) {
		return false
	}
	w.revision++
	got.Ref, got.Revision = ref, w.revision
	w.previews[ref.Pane] = &got
	return true
}

// previewTimeout bounds the captures for other previews.
const previewTimeout = 3 * time.Second

// preparePreviews follows what the user looks at between two rounds. Who waits for
// a screen does not wait for those that may be wanted next.
func (w *watcher) preparePreviews(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, previewTimeout)
	defer cancel()
	follow := w.settings().follow
	shown, changed := w.shown(follow), w.dropPreviews(follow)
	for _, p := range shown {
		p.hurry()
	}
	if w.preview(ctx, shown, follow) || changed {
		w.publish(true)
	}
	if len(w.refollow) > 0 {
		return // the user has moved on
	}
	cold, ready := w.warm(follow)
	if w.preview(ctx, cold, follow) || ready {
		w.publish(true)
	}
}

// historyTimeout bounds one reading of a pane's history.
const historyTimeout = 5 * time.Second

// readHistory captures a pane with rows of its scroll-back.
func readHistory(ctx context.Context, server paneServer, ref health.PaneRef, rows int, colours bool, now func() time.Time) (engine.History, error) {
	ctx, cancel := context.WithTimeout(ctx, historyTimeout)
	defer cancel()
	var h engine.History
	var failed error
	request := []tmuxpool.CaptureRequest{{Pane: ref.Pane, Colours: colours, History: rows}}
	server.CaptureAll(ctx, request, tmuxpool.MethodPipelined, 1, func(_ int, c tmuxpool.Capture, err error) {
		h, failed = engine.History{Ref: ref, Text: c.Text, At: now()}, err
	})
	return h, failed
}
