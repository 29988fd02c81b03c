package engine

import (
	"context"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// refreshPreview brings the focused pane's coloured screen up to date, from the
// cache where it stands there, and tells whether it has changed.
func (w *watcher) refreshPreview(ctx context.Context, focus health.PaneRef) bool {
	if _, here := w.panes[focus.Pane]; !here || focus.Server != w.socket.Path {
		gone := w.preview != nil
		w.preview = nil
		return gone
	}
	next := Preview{Ref: focus}
	if w.preview != nil && w.preview.Ref == focus {
		next = *w.preview
	}
	before := next
	w.source.orders.Store(w.newOrders([]*pane{w.panes[focus.Pane]}, tmuxpool.MethodPipelined, focus))
	w.source.Screens(ctx, []health.PaneRef{focus}, 1, false, func(_ int, s health.Screen, err error) {
		next.Err = err
		if err == nil {
			next.Text, next.At = s.Text, s.At
		}
	})
	changed := w.preview == nil || w.preview.Ref != focus ||
		next.Text != before.Text || (next.Err == nil) != (before.Err == nil)
	if !changed {
		return false
	}
	w.revision++
	next.Revision = w.revision
	w.preview = &next
	return true
}

// previewTimeout bounds the capture for another preview.
const previewTimeout = 3 * time.Second

// preparePreview follows the focus between two rounds.
func (w *watcher) preparePreview(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, previewTimeout)
	defer cancel()
	if w.refreshPreview(ctx, w.settings().focus) {
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
