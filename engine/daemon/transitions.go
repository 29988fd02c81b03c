package daemon

import (
	"context"
	"net/http"
	"sync"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/health"
)

// keptTransitions is how many transitions can be read again.
const keptTransitions = 4096

// transitions keeps the last transitions with their numbers, for readers that come
// and go. Its goroutine ends with close.
type transitions struct {
	engine string
	stop   context.CancelFunc
	ended  chan struct{}

	mu sync.Mutex
	// kept are the last ones, the last of them with the number last.
	kept []engine.Transition
	last uint64
	// more is closed when there is one more, or no more to come.
	more   chan struct{}
	closed bool
}

func newTransitions(id string, stream *engine.TransitionStream) *transitions {
	ctx, stop := context.WithCancel(context.Background())
	t := &transitions{engine: id, stop: stop, ended: make(chan struct{}), more: make(chan struct{})}
	go t.receive(ctx, stream)
	return t
}

func (t *transitions) receive(ctx context.Context, stream *engine.TransitionStream) {
	defer close(t.ended)
	defer stream.Close()
	for {
		next, err := stream.Next(ctx)
		t.mu.Lock()
		close(t.more)
		if err != nil {
			t.closed = true
			t.mu.Unlock()
			return
		}
		t.more = make(chan struct{})
		t.last++
		t.kept = append(t.kept, next)
		if len(t.kept) > keptTransitions {
			// Copied in large steps, so that what is dropped can be freed.
			t.kept = append([]engine.Transition(nil), t.kept[keptTransitions/4:]...)
		}
		t.mu.Unlock()
	}
}

func (t *transitions) close() {
	t.stop()
	<-t.ended
}

func (t *transitions) newest() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// batch is a run of transitions.
type batch struct {
	all []engine.Transition
	// first is the number of the first of them, or of the next to come.
	first uint64
	// lost is set when some before it are not kept any more.
	lost bool
	// more is closed when there is news; closed is set when there will be none.
	more   <-chan struct{}
	closed bool
}

// after returns what follows a number.
func (t *transitions) after(seq uint64) batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := batch{more: t.more, closed: t.closed}
	oldest := t.last - uint64(len(t.kept)) + 1
	if seq > t.last {
		// It was another process's.
		seq, b.lost = 0, true
	}
	if seq+1 < oldest {
		seq, b.lost = oldest-1, true
	}
	b.all, b.first = t.kept[seq+1-oldest:len(t.kept):len(t.kept)], seq+1
	return b
}

// streamTransitions sends all transitions from now on, or those after a number. It says
// so when some are lost. With agents=1 it begins with one that is First for each agent
// that is there, also after a loss.
func (s *Server) streamTransitions(ctx context.Context, r *http.Request, send line) error {
	t, wanted := s.transitions, selection(r)
	seq, err := number(r, "after", t.newest())
	id, listed := r.URL.Query().Get("engine"), r.URL.Query().Get("agents") == "1"
	fresh := err != nil || id != "" && id != t.engine
	if fresh {
		seq = t.newest()
		if err := send(api.TransitionLine{Seq: seq, Engine: t.engine, Lost: true}); err != nil {
			return err
		}
	}
	list := listing{server: s, request: r, send: send}
	defer list.close()
	if listed && (fresh || id == "") {
		if err := list.begin(seq); err != nil {
			return err
		}
	}
	for {
		b := t.after(seq)
		if seq = b.first - 1; b.lost {
			if err := send(api.TransitionLine{Seq: seq, Engine: t.engine, Lost: true}); err != nil {
				return err
			}
			if listed {
				if err := list.begin(seq); err != nil {
					return err
				}
			}
		}
		for i := range b.all {
			seq++
			next := b.all[i]
			if !wanted.Has(next.Agent.Server, next.Agent.Ref.Server) || list.has(next) {
				continue
			}
			if err := send(api.TransitionLine{Seq: seq, Engine: t.engine, Transition: withoutPast(next)}); err != nil {
				return err
			}
		}
		if b.closed {
			return engine.ErrStopped
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case snap, open := <-list.unready:
			if !open {
				return engine.ErrStopped
			}
			if !snap.Ready {
				continue
			}
			if err := list.end(wanted.Narrow(snap, s.faces.ignored()), seq); err != nil {
				return err
			}
		case <-b.more:
		}
	}
}

// listing is the list of all agents with which a reader of transitions begins.
type listing struct {
	server  *Server
	request *http.Request
	send    line
	// sent are agents as they were sent as first ones, unless a transition came since.
	// told are all that the reader knows of while the list is not complete.
	sent map[health.PaneRef]engine.Agent
	told map[health.PaneRef]bool
	// unready has the snapshots that follow while not every server has been looked at.
	unready     <-chan *engine.Snapshot
	unsubscribe func()
}

// begin sends the agents that are known, and says that these are all if every server
// has been looked at; if not, end does so later.
func (l *listing) begin(seq uint64) error {
	l.close()
	l.sent, l.told = make(map[health.PaneRef]engine.Agent), make(map[health.PaneRef]bool)
	snap, err := l.server.ready(l.request)
	if err != nil {
		return err
	}
	if !snap.Ready {
		l.unready, l.unsubscribe = l.server.options.Engine.Subscribe()
	}
	return l.add(snap, seq)
}

// end sends the agents that have come meanwhile, and that these are all.
func (l *listing) end(snap *engine.Snapshot, seq uint64) error {
	l.close()
	return l.add(snap, seq)
}

func (l *listing) add(snap *engine.Snapshot, seq uint64) error {
	id := l.server.transitions.engine
	for _, a := range snap.Agents {
		if l.told[a.Ref] {
			continue
		}
		l.sent[a.Ref], l.told[a.Ref] = a, true
		first := engine.Transition{At: a.Since, Agent: a, To: a.State, First: true, Evidence: a.Evidence}
		if err := l.send(api.TransitionLine{Seq: seq, Engine: id, Transition: withoutPast(first)}); err != nil {
			return err
		}
	}
	if !snap.Ready {
		return nil
	}
	l.told = nil
	return l.send(api.TransitionLine{Seq: seq, Engine: id, Listed: true})
}

// has reports whether what a transition says has been sent with the list.
func (l *listing) has(t engine.Transition) bool {
	if known(l.sent, t) {
		return true
	}
	if l.told != nil {
		l.told[t.Agent.Ref] = !t.Gone
	}
	return false
}

func (l *listing) close() {
	if l.unsubscribe != nil {
		l.unsubscribe()
		l.unready, l.unsubscribe = nil, nil
	}
}

// known reports whether an agent that has been sent as a first one was sent as it
// is after the transition. A transition carries the revision from before it.
func known(sent map[health.PaneRef]engine.Agent, t engine.Transition) bool {
	a, there := sent[t.Agent.Ref]
	if there && !t.Gone && (t.First || a.Revision > t.Agent.Revision) {
		return true
	}
	delete(sent, t.Agent.Ref)
	return false
}

// withoutPast is a transition whose agent keeps of its past the last two phases,
// from which Urgencies reads what it was.
func withoutPast(t engine.Transition) *engine.Transition {
	if n := len(t.Agent.Past); n > 2 {
		t.Agent.Past = t.Agent.Past[n-2:]
	}
	return &t
}
