package daemon

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/health"
)

// Limits of requests.
const (
	// maxBody bounds a request in bytes: an answer with a text of a megabyte, of
	// which JSON can make six.
	maxBody = 8 << 20
	// maxHeader bounds the request's head.
	maxHeader = 64 << 10
	// requestTime bounds the reading of a request and the work on it; lineTime the
	// writing of one line.
	requestTime = 10 * time.Second
	lineTime    = 2 * time.Second
	// storedTime bounds the search in one agent's stored screens.
	storedTime = 6 * time.Second
	// linesTime bounds an answer of many lines that has an end.
	linesTime = time.Minute
	// idleTime is how long a connection stays open without a request.
	idleTime = 2 * time.Minute
	// maxFollowed bounds how many panes one stream follows.
	maxFollowed = 256
	// maxRows bounds the rows of scroll-back of one answer.
	maxRows = 50_000
	// firstRound bounds how long an answer waits for an engine that has only just
	// started.
	firstRound = 6 * time.Second
	// maxProfile is how many seconds a profile may take.
	maxProfile = 60
	// maxID bounds the id of an answer in bytes.
	maxID = 64
	// drainTime bounds how long answers that are being typed may take at the end.
	drainTime = 45 * time.Second
)

// Server serves an engine.
type Server struct {
	options     Options
	faces       *faces
	transitions *transitions
	answers     *answers
	terminals   terminals
	tells       *tells
	recent      recent
	info        atomic.Pointer[api.Engine]
	// updated is closed when info has changed, and replaced.
	updated atomic.Pointer[chan struct{}]
	mux     *http.ServeMux
	// leaving ends all streams.
	leaving context.Context
	leave   context.CancelFunc
}

// New returns a server that listens nowhere yet. It must be given to Serve, which
// ends what New has started.
func New(o Options) *Server {
	if o.Leave == nil {
		o.Leave = func() {}
	}
	o.Info.ID, o.Info.PID, o.Info.Started = rand.Text(), os.Getpid(), time.Now()
	s := &Server{options: o, answers: newAnswers(o.Engine), tells: newTells(o.PassOn), mux: http.NewServeMux()}
	s.faces = newFaces(&s.options)
	s.info.Store(&o.Info)
	updated := make(chan struct{})
	s.updated.Store(&updated)
	s.leaving, s.leave = context.WithCancel(context.Background())
	s.answer("GET /v1/health", func(*http.Request) (any, error) { return s.info.Load(), nil })
	s.stream("GET /v1/tells", s.streamTells)
	s.answer("POST /v1/told", s.noteTold)
	s.archiveRoutes()
	if o.Engine != nil {
		s.transitions = newTransitions(o.Info.ID, o.Engine.TransitionsAndSeen())
		s.routes()
	}
	return s
}

// Update changes what the process says about itself, and tells the faces. It must
// not be called by two at once.
func (s *Server) Update(change func(*api.Engine)) {
	next := *s.info.Load()
	change(&next)
	s.info.Store(&next)
	updated := make(chan struct{})
	close(*s.updated.Swap(&updated))
}

func (s *Server) routes() {
	s.stream("GET /v1/snapshots", s.streamSnapshots)
	s.stream("GET /v1/transitions", s.streamTransitions)
	s.stream("GET /v1/screens", s.streamScreens)
	s.stream("GET /v1/notices", s.streamNotices)

	s.answer("GET /v1/status", func(r *http.Request) (any, error) {
		snap, err := s.ready(r)
		if err != nil {
			return nil, err
		}
		return api.StatusOf(snap), nil
	})
	s.answer("GET /v1/snapshot", func(r *http.Request) (any, error) {
		snap, err := s.ready(r)
		if err != nil {
			return nil, err
		}
		return api.WithoutPasts(snap), nil
	})
	s.mux.HandleFunc("POST /v1/answers", s.giveAnswer)
	s.mux.HandleFunc("GET /v1/answers/{id}", s.recallAnswer)
	s.answer("POST /v1/answers/plan", s.planAnswer)
	s.answer("GET /v1/explain", func(r *http.Request) (any, error) {
		s.settled(r.Context(), paneOf(r))
		return s.options.Engine.Explain(r.Context(), paneOf(r))
	})
	s.answer("GET /v1/diff", func(r *http.Request) (any, error) {
		s.settled(r.Context(), paneOf(r))
		return s.options.Engine.Diff(r.Context(), paneOf(r), r.URL.Query().Has("base"))
	})
	s.answer("GET /v1/search", s.search)
	s.answer("GET /v1/scrollback", func(r *http.Request) (any, error) {
		rows, err := number(r, "rows", 0)
		if err != nil {
			return nil, err
		}
		s.settled(r.Context(), paneOf(r))
		if r.URL.Query().Has("plain") {
			return s.options.Engine.PlainHistory(r.Context(), paneOf(r), int(min(rows, maxRows)))
		}
		return s.options.Engine.History(r.Context(), paneOf(r), int(min(rows, maxRows)))
	})
	s.answer("GET /v1/strategy", s.strategy)
	s.answer("PUT /v1/strategy", s.switchStrategy)
	s.answer("POST /v1/seen", func(r *http.Request) (any, error) {
		ref, err := body[health.PaneRef](r)
		if err != nil {
			return nil, err
		}
		s.settled(r.Context(), ref)
		return struct{}{}, s.options.Engine.MarkSeen(r.Context(), ref)
	})
	s.wishRoutes()
	s.answer("POST /v1/rescan", func(r *http.Request) (any, error) { return struct{}{}, s.options.Engine.Refresh(r.Context()) })
	s.answer("POST /v1/leave", s.askedToLeave)
	s.stream("GET /v1/sequences", s.streamSequences)
	s.answer("GET /v1/metrics", s.metrics)
	s.profile("profile", http.HandlerFunc(pprof.Profile))
	s.profile("trace", http.HandlerFunc(pprof.Trace))
	for _, name := range []string{"allocs", "block", "goroutine", "heap", "mutex"} {
		s.profile(name, pprof.Handler(name))
	}
}

// localKey is where the context of a request says that it came over a unix socket.
type localKey struct{}

// profile serves one of Go's profiles, over the unix socket only: they tell about
// memory, and cost.
func (s *Server) profile(name string, handler http.Handler) {
	s.mux.HandleFunc("GET /v1/pprof/"+name, func(w http.ResponseWriter, r *http.Request) {
		if local, _ := r.Context().Value(localKey{}).(bool); !local {
			writeError(w, api.ErrLocal)
			return
		}
		if seconds, err := number(r, "seconds", 0); err != nil || seconds > maxProfile {
			writeError(w, fmt.Errorf("%w: seconds= is at most %d", api.ErrRequest, maxProfile))
			return
		}
		// By then the slowest of them has ended.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(maxProfile*time.Second + requestTime))
		handler.ServeHTTP(w, r)
	})
}

// metrics are the figures of what watching does and costs.
func (s *Server) metrics(r *http.Request) (any, error) {
	snap, err := s.awaited(r.Context(), captured)
	if err != nil {
		return nil, err
	}
	return api.Metrics{
		At: snap.At, Ready: snap.Ready, Counts: snap.Counts, Panes: snap.Panes, Strategy: snap.Strategy, Streams: s.faces.count(),
		Transitions: s.transitions.newest(), Answers: s.answers.counts(), Figures: *api.FiguresOf(nil, snap),
	}, nil
}

// errorBody is the answer to a request that failed.
type errorBody struct {
	Error *api.Error `json:"error"`
}

// answer serves a request that has one answer.
func (s *Server) answer(pattern string, handle func(*http.Request) (any, error)) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		limit(w, r)
		ctx, cancel := context.WithTimeout(r.Context(), requestTime)
		defer cancel()
		value, err := handle(r.WithContext(ctx))
		if err != nil {
			writeError(w, err)
			return
		}
		write(w, http.StatusOK, value)
	})
}

// limit bounds what a request may cost.
func limit(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(requestTime))
	_ = control.SetWriteDeadline(time.Now().Add(2 * requestTime))
}

// write writes one JSON value. A reader that is gone hears nothing.
func write(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = encoder(w).Encode(value)
}

func writeError(w http.ResponseWriter, err error) {
	e, status := api.ErrorOf(err)
	write(w, status, errorBody{e})
}

func encoder(w http.ResponseWriter) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// body reads the request's JSON value.
func body[T any](r *http.Request) (v T, err error) {
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		var long *http.MaxBytesError
		if errors.As(err, &long) {
			return v, fmt.Errorf("%w: more than %d bytes", api.ErrLimit, long.Limit)
		}
		return v, fmt.Errorf("%w: %w", api.ErrRequest, err)
	}
	return v, nil
}

// paneOf is the pane that a request is about.
func paneOf(r *http.Request) health.PaneRef {
	q := r.URL.Query()
	return health.PaneRef{Server: q.Get("server"), Pane: q.Get("pane")}
}

// number reads a parameter that is not negative.
func number(r *http.Request, name string, missing uint64) (uint64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return missing, fmt.Errorf("%w: %s=%q is not a number", api.ErrRequest, name, text)
	}
	return n, nil
}

// selection is what a request narrows to.
func selection(r *http.Request) api.Selection {
	q := r.URL.Query()
	return api.Selection{Names: q["name"], Sockets: q["socket"], Here: q.Get("here")}
}

// settled waits until the agent in a pane is known or every server was captured
// once: an engine that has only just started knows none.
func (s *Server) settled(ctx context.Context, ref health.PaneRef) {
	ctx, cancel := context.WithTimeout(ctx, firstRound)
	defer cancel()
	snapshots, unsubscribe := s.options.Engine.Subscribe()
	defer unsubscribe()
	for {
		select {
		case snap, open := <-snapshots:
			if !open || snap.Ready || slices.ContainsFunc(snap.Agents, func(a engine.Agent) bool { return a.Ref == ref }) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// awaited returns the first snapshot that is good enough, or the last one before
// the time was over.
func (s *Server) awaited(ctx context.Context, enough func(*engine.Snapshot) bool) (*engine.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, firstRound)
	defer cancel()
	snapshots, unsubscribe := s.options.Engine.Subscribe()
	defer unsubscribe()
	var last *engine.Snapshot
	for waiting := true; waiting && (last == nil || !enough(last)); {
		select {
		case snap, open := <-snapshots:
			if !open {
				return nil, engine.ErrStopped
			}
			last = snap
		case <-ctx.Done():
			waiting = false
		}
	}
	if last == nil {
		return nil, engine.ErrStopped
	}
	return last, nil
}

// captured tells whether every server has been captured once, read whether the
// agents' repositories have been read, too.
func captured(last *engine.Snapshot) bool { return last.Ready }
func read(last *engine.Snapshot) bool     { return last.Ready && !last.Unread }

// ready returns a snapshot from after every server was captured once, or the last
// one before the time was over, narrowed to what the request is about.
func (s *Server) ready(r *http.Request) (*engine.Snapshot, error) {
	enough := captured
	if r.URL.Query().Has("repositories") {
		enough = read
	}
	last, err := s.awaited(r.Context(), enough)
	switch wanted := selection(r); {
	case err != nil:
		return nil, err
	case !wanted.Covered(last), wanted.All() && s.faces.narrowed():
		return nil, api.ErrNotWatched
	default:
		return wanted.Narrow(last, s.faces.ignored()), nil
	}
}

// search searches one agent's screen and scroll-back.
func (s *Server) search(r *http.Request) (any, error) {
	q, err := api.ParseSearch(r.URL.Query())
	if err != nil {
		return nil, err
	}
	q.Rows = min(q.Rows, maxRows)
	s.settled(r.Context(), paneOf(r))
	found, err := s.options.Engine.Search(r.Context(), paneOf(r), q)
	if err != nil || !q.Recorded || s.options.Archive == nil {
		return found, err
	}
	agent, err := s.agent(paneOf(r))
	if err != nil {
		return found, nil //nolint:nilerr // it has gone meanwhile
	}
	ctx, cancel := context.WithTimeout(r.Context(), storedTime)
	defer cancel()
	stored, cut, err := q.InStored(ctx, s.options.Archive.Screens(ctx, agent), found)
	switch {
	case errors.Is(err, api.ErrNoHistory):
	case err != nil && ctx.Err() == nil:
		return found, err
	default:
		found.Rows = append(stored.Rows, found.Rows...)
		found.Matches, found.Searched, found.Cut = found.Matches+stored.Matches, found.Searched+stored.Searched, cut || err != nil
	}
	return found, nil
}

func (s *Server) strategy(r *http.Request) (any, error) {
	snap, err := s.awaited(r.Context(), captured)
	if err != nil {
		return nil, err
	}
	return api.Strategy{Name: snap.Strategy, All: snap.Strategies}, nil
}

func (s *Server) switchStrategy(r *http.Request) (any, error) {
	wanted, err := body[api.Strategy](r)
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.options.Engine.SwitchStrategy(r.Context(), wanted.Name)
}

// askedToLeave lets a process of a newer build, or one that is started in another
// way, take this one's place, unless somebody looks or an answer is being typed.
func (s *Server) askedToLeave(r *http.Request) (any, error) {
	asked, err := body[api.Leave](r)
	if err != nil {
		return nil, err
	}
	own := s.info.Load()
	wanted := asked.Force || s.faces.count() == 0 && !own.Held && (asked.Differs || asked.Newer(own.Build))
	if s.answers.busy() || !wanted {
		return api.Leaving{}, nil
	}
	// The answer goes out first.
	time.AfterFunc(10*time.Millisecond, s.options.Leave)
	return api.Leaving{Leaving: true}, nil
}

// fromSocket notes on a connection whether it came over a unix socket.
func fromSocket(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, localKey{}, c.LocalAddr().Network() == "unix")
}

// ServeHTTP implements http.Handler, for those who listen themselves.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Serve serves connections until ctx ends. Then streams end at once, answers that
// are being typed are typed to their end, and the listener is closed.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: s, ConnContext: fromSocket, ReadHeaderTimeout: requestTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader, ErrorLog: silent(),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	if s.transitions != nil {
		defer s.transitions.close()
	}
	defer s.faces.stop()
	defer s.leave()
	select {
	case err := <-ended:
		return errors.Join(err, server.Close())
	case <-ctx.Done():
	}
	s.leave()
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := errors.Join(server.Shutdown(late), server.Close())
	<-ended
	return err
}
