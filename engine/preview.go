package engine

import (
	"context"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// followed are the panes whose screens the user sees. It is never changed. The
// zero value is none.
type followed struct {
	panes   map[health.PaneRef]bool
	servers map[string]bool
}

func newFollowed(refs []health.PaneRef) followed {
	f := followed{panes: make(map[health.PaneRef]bool, len(refs)), servers: make(map[string]bool)}
	for _, ref := range refs {
		f.panes[ref] = true
		f.servers[ref.Server] = true
	}
	return f
}

func (f followed) has(ref health.PaneRef) bool { return f.panes[ref] }

// on tells whether a pane of that server is followed.
func (f followed) on(server string) bool { return f.servers[server] }

// refreshPreviews brings the coloured screens of the followed panes up to date,
// from the cache where they stand there, and tells whether any has changed.
func (w *watcher) refreshPreviews(ctx context.Context, follow followed) bool {
	var panes []*pane
	var refs []health.PaneRef
	for _, p := range w.order {
		if follow.has(p.ref) {
			panes, refs = append(panes, p), append(refs, p.ref)
		}
	}
	changed := false
	for id, kept := range w.previews {
		if _, here := w.panes[id]; !here || !follow.has(kept.Ref) {
			delete(w.previews, id)
			changed = true
		}
	}
	if len(refs) == 0 {
		return changed
	}
	next := make([]Preview, len(refs))
	w.source.orders.Store(w.newOrders(panes, tmuxpool.MethodPipelined, follow))
	w.source.Screens(ctx, refs, maxChecks, false, func(i int, s health.Screen, err error) {
		next[i] = Preview{Text: s.Text, At: s.At, Err: err}
	})
	for i, ref := range refs {
		changed = w.keepPreview(ref, next[i]) || changed
	}
	return changed
}

// keepPreview takes a pane's screen over and tells whether it is another.
func (w *watcher) keepPreview(ref health.PaneRef, got Preview) bool {
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

// preparePreviews follows what the user looks at between two rounds.
func (w *watcher) preparePreviews(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, previewTimeout)
	defer cancel()
	if w.refreshPreviews(ctx, w.settings().follow) {
		w.publish(true)
	}
}

// historyTimeout bounds one reading of a pane's history.
const historyTimeout = 5 * time.Second

// readHistory captures a pane with rows of its scroll-back.
func readHistory(ctx context.Context, server paneServer, ref health.PaneRef, rows int, now func() time.Time) (History, error) {
	ctx, cancel := context.WithTimeout(ctx, historyTimeout)
	defer cancel()
	var h History
	var failed error
	request := []tmuxpool.CaptureRequest{{Pane: ref.Pane, Colours: true, History: rows}}
	server.CaptureAll(ctx, request, tmuxpool.MethodPipelined, 1, func(_ int, c tmuxpool.Capture, err error) {
		h, failed = History{Ref: ref, Text: c.Text, At: now()}, err
	})
	return h, failed
}
