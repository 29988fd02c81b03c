package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"slices"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/health"
)

// Figures alone are worth a line every figuresEvery at most, along with other
// changes once in figuresBeside. A reader may ask for them more often.
const (
	figuresEvery  = 10 * time.Second
	figuresBeside = time.Second
)

// silent drops what the HTTP server logs: readers that are gone.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }

// line writes one line of a stream. It fails when the reader does not take it in
// time.
type line func(any) error

// stream serves a stream of lines until its reader or the server leaves.
func (s *Server) stream(pattern string, send func(context.Context, *http.Request, line) error) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(s.leaving, cancel)()
		one, err := faceOf(r)
		if err != nil {
			writeError(w, err)
			return
		}
		defer s.faces.join(ctx, one)()
		out := newLines(w)
		out.flush = true
		// The reader knows from here on that it is a face.
		out.begin()
		// An error ends the stream: its reader comes again.
		_ = send(ctx, r, out.write)
	})
}

// lines serves an answer of many lines, which has an end. Its reader is not a face.
func (s *Server) lines(pattern string, send func(context.Context, *http.Request, line) error) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), linesTime)
		defer cancel()
		out := newLines(w)
		switch err := send(ctx, r, out.write); {
		case err != nil && !out.begun:
			writeError(w, err)
		case err != nil:
			e, _ := api.ErrorOf(err)
			_ = out.write(errorBody{e})
		case !out.begun:
			out.begin()
		}
	})
}

// lineWriter writes lines to one reader.
type lineWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	out     *json.Encoder
	begun   bool
	// flush sends each line at once.
	flush bool
}

func newLines(w http.ResponseWriter) *lineWriter {
	return &lineWriter{w: w, control: http.NewResponseController(w), out: encoder(w)}
}

// begin sends the head of the answer.
func (l *lineWriter) begin() {
	l.begun = true
	_ = l.control.SetReadDeadline(time.Time{})
	l.w.Header().Set("Content-Type", "application/x-ndjson")
	_ = l.control.SetWriteDeadline(time.Now().Add(lineTime))
	_ = l.control.Flush()
}

// write writes one line, and fails when the reader does not take it in time.
func (l *lineWriter) write(value any) error {
	if !l.begun {
		l.begin()
	}
	_ = l.control.SetWriteDeadline(time.Now().Add(lineTime))
	if err := l.out.Encode(value); err != nil || !l.flush {
		return err
	}
	return l.control.Flush()
}

// faceOf reads who reads a stream: what it narrows to, where it runs, what it
// follows.
func faceOf(r *http.Request) (*face, error) {
	q := r.URL.Query()
	one := &face{selection: selection(r)}
	if own := q.Get("own_pane"); own != "" {
		one.pane = parseRef(own)
	}
	if n := max(len(q["follow"]), len(q["likely"])); n > maxFollowed {
		return nil, fmt.Errorf("%w: %d panes, and %d can be followed", api.ErrLimit, n, maxFollowed)
	}
	for _, text := range q["follow"] {
		one.follows = append(one.follows, parseRef(text))
	}
	for _, text := range q["likely"] {
		if ref := parseRef(text); !slices.Contains(one.follows, ref) {
			one.likely = append(one.likely, ref)
		}
	}
	return one, nil
}

// parseRef reads "socket %3", as PaneRef.String writes it.
func parseRef(text string) health.PaneRef {
	at := strings.LastIndexByte(text, ' ')
	return health.PaneRef{Server: text[:max(at, 0)], Pane: text[at+1:]}
}

// receive calls take with every snapshot that is not overtaken by a newer one, and
// with the last one again when info has changed, until ctx ends, the engine stops,
// or take fails.
func (s *Server) receive(ctx context.Context, take func(*engine.Snapshot) error) error {
	snapshots, unsubscribe := s.options.Engine.Subscribe()
	defer unsubscribe()
	var last *engine.Snapshot
	for {
		updated := *s.updated.Load()
		if last != nil {
			if err := take(last); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-updated:
		case snap, open := <-snapshots:
			if !open {
				return engine.ErrStopped
			}
			last = snap
		}
	}
}

// streamSnapshots sends what changes of the snapshots, first all of it, or what has
// changed since the one that the reader has.
func (s *Server) streamSnapshots(ctx context.Context, r *http.Request, send line) error {
	v := view{selection: selection(r), server: s, every: figuresEvery}
	if since, err := number(r, "since", 0); err == nil && r.URL.Query().Get("engine") == s.info.Load().ID {
		if known, ok := s.recent.find(since); ok {
			v.last = v.selection.Narrow(known.snapshot, known.hidden)
		}
	}
	if seconds, err := number(r, "figures", 0); err == nil && seconds > 0 {
		v.every = time.Duration(seconds) * time.Second
	}
	return s.receive(ctx, func(snap *engine.Snapshot) error {
		if patch := v.next(snap); patch != nil {
			return send(patch)
		}
		return nil
	})
}

// view is what one reader of snapshots knows.
type view struct {
	server    *Server
	selection api.Selection
	// every is how often figures alone are sent.
	every time.Duration
	// last is the snapshot known, figures the one whose figures are, since
	// figuresAt.
	last, figures *engine.Snapshot
	figuresAt     time.Time
	info          *api.Engine
}

// next returns the line for a snapshot; nil for none.
func (v *view) next(snap *engine.Snapshot) *api.Patch {
	hidden := v.server.faces.ignored()
	v.server.recent.add(snap, hidden)
	snap = v.selection.Narrow(snap, hidden)
	if !snap.Ready && v.last != nil && v.last.Ready {
		// Another reader has added servers.
		held := *snap
		held.Ready = true
		snap = &held
	}
	patch, news := api.Diff(v.last, snap)
	if info := v.server.info.Load(); info != v.info {
		v.info, patch.Engine, news = info, info, true
	}
	age := snap.At.Sub(v.figuresAt)
	if news && age >= figuresBeside || age >= v.every || v.last == nil {
		patch.Figures = api.FiguresOf(v.figures, snap)
		patch.Figures.TrendWhole = v.figures == nil
		v.figures, v.figuresAt, news = snap, snap.At, true
	}
	if !news {
		return nil
	}
	v.last = snap
	return &patch
}

// streamNotices sends all notices whenever they change.
func (s *Server) streamNotices(ctx context.Context, _ *http.Request, send line) error {
	var last *engine.Snapshot
	return s.receive(ctx, func(snap *engine.Snapshot) error {
		if last != nil && slices.Equal(snap.Notices, last.Notices) {
			return nil
		}
		last = snap
		return send(api.Notices{Notices: append([]engine.Notice{}, snap.Notices...)})
	})
}

// streamScreens sends what changes on the screens of the panes that the reader
// shows, and on those that it is likely to show next.
func (s *Server) streamScreens(ctx context.Context, r *http.Request, send line) error {
	one, err := faceOf(r)
	if err != nil {
		return err
	}
	known, wanted := make(map[health.PaneRef]*engine.Preview), slices.Concat(one.follows, one.likely)
	return s.receive(ctx, func(snap *engine.Snapshot) error {
		for _, ref := range wanted {
			before, next := known[ref], snap.Previews[ref]
			if next == before {
				continue
			}
			patch := api.ScreenPatch{Ref: ref, Closed: true}
			if known[ref] = next; next != nil {
				patch = api.ScreenDiff(before, next)
			}
			if err := send(patch); err != nil {
				return err
			}
		}
		return nil
	})
}
