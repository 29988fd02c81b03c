package tmuxpool

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// listTries is how often a list of panes is asked for that comes cut short.
const listTries = 3

// Options tune a Server; the zero value is good.
type Options struct {
	// TmuxPath is the tmux program; "tmux" in PATH when empty.
	TmuxPath string
	// MaxWorkers bounds the pool for captures, between 1 and 20; 20 when zero.
	MaxWorkers int
	// AcquireTimeout bounds the wait for a worker of the pool, CallTimeout a call;
	// 5 s each when zero.
	AcquireTimeout time.Duration
	CallTimeout    time.Duration
	// MaxAge is when a client is replaced; 6 h when zero. Long, since every
	// client that attaches makes our session the one that was active last (see
	// the package's documentation), and an old client is as good as a new one:
	// those that fail are replaced for that.
	MaxAge time.Duration
	// HangTimeout is how long a server may be silent while it owes an answer;
	// 3 s when zero.
	HangTimeout time.Duration
	// StayAway is how long at most we stay without a session after the user has
	// met ours; 10 min when zero.
	StayAway time.Duration
	// Clients says which servers get control clients; the others are watched by
	// batched processes and keep no trace of us.
	Clients Clients
	// Waited is told how long each call has waited for a worker of the pool, and why
	// it got none. It must not wait; nil for nobody.
	Waited func(wait time.Duration, err error)
}

// withDefaults fills in what is zero and bounds what is not.
func (o Options) withDefaults() Options {
	if o.TmuxPath == "" {
		o.TmuxPath = "tmux"
	}
	if o.MaxWorkers <= 0 {
		o.MaxWorkers = mostWorkers
	}
	o.MaxWorkers = min(o.MaxWorkers, mostWorkers)
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&o.AcquireTimeout, 5 * time.Second},
		{&o.CallTimeout, 5 * time.Second},
		{&o.MaxAge, 6 * time.Hour},
		{&o.HangTimeout, 3 * time.Second},
		{&o.StayAway, 10 * time.Minute},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	return o
}

// Server watches one tmux server. It is safe for concurrent use.
type Server struct {
	socket Socket
	opts   Options
	tmux   program
	maker  string // begins the names of all that is ours in the server
	mark   string // separates the chunks of listed panes from all that they can hold
	note   string // begins lines that tell where an output is, likewise
	pool   *pool
	events chan Event
	wake   chan struct{}
	ctx    context.Context // ends the supervisor and its work
	cancel context.CancelFunc
	ended  chan struct{}

	clientIDs atomic.Uint64
	captures  atomic.Uint64
	bytes     atomic.Uint64

	mu       sync.Mutex
	status   Status
	settled  chan struct{} // closed while the link is not LinkConnecting
	lost     error         // why, while the link is LinkLost
	commands *client       // while the link is LinkControl
	retired  []*client     // commands that failed and are yet to be reaped
	version  Version
	session  string    // the session of our clients, or the last that was
	sessions int       // how many we have made
	hasOwn   bool      // our session may exist
	recheck  bool      // somebody came or went in our session, or a session did
	checked  time.Time // when our session was last found in order
}

// NewServer returns a Server for the socket and begins to connect, on a
// goroutine that Close ends. It does not block.
func NewServer(socket Socket, opts Options) *Server {
	opts = opts.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	mark := strings.ToLower(rand.Text())
	s := &Server{
		socket: socket, opts: opts,
		tmux:   program{path: opts.TmuxPath, socket: socket.Path, hang: opts.HangTimeout},
		maker:  fmt.Sprintf("%s-%d-%s", ownPrefix, os.Getpid(), mark[:6]),
		mark:   mark[6:16],
		note:   mark[16:26],
		events: make(chan Event, 4), wake: make(chan struct{}, 1),
		ctx: ctx, cancel: cancel, ended: make(chan struct{}),
		status:  Status{Link: LinkConnecting, Since: time.Now()},
		settled: make(chan struct{}),
	}
	s.pool = newPool(poolConfig{
		Max: opts.MaxWorkers, AcquireTimeout: opts.AcquireTimeout, MaxAge: opts.MaxAge,
		PingTimeout: opts.HangTimeout, Closing: s.lockDetach, Waited: opts.Waited,
	}, s.openWorker)
	go s.supervise()
	return s
}

// Close ends everything: calls under way over clients get ErrPoolClosed,
// processes end with the calls that started them, clients are ended and reaped,
// our session is removed. It may be called many times, also
// concurrently, and returns when all is done: at once, or within two seconds
// when the server hangs.
func (s *Server) Close() error {
	s.cancel()
	<-s.ended
	return nil
}

// Socket returns the socket of the server.
func (s *Server) Socket() Socket { return s.socket }

// Events returns hints to look again: coalesced, and lost when nobody reads
// them. The channel is never closed.
func (s *Server) Events() <-chan Event { return s.events }

// Status tells how the server is being watched.
func (s *Server) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Stats returns the figures of the pool and of the captures.
func (s *Server) Stats() Stats {
	stats := s.pool.Stats()
	stats.Captures, stats.Bytes = s.captures.Load(), s.bytes.Load()
	return stats
}

// Version returns the server's version, as soon as it is known.
func (s *Server) Version(ctx context.Context) (Version, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.CallTimeout)
	defer cancel()
	if _, err := s.ready(ctx); err != nil {
		return Version{}, s.wrap("version", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version, nil
}

// ListPanes lists the panes of all sessions, but for those that keep the sessions
// of agentwatches, in the order of tmux.
// serverSecond is the server's clock when it did so, in seconds since 1970.
func (s *Server) ListPanes(ctx context.Context, d Detail) (panes []Pane, serverSecond int64, err error) {
	panes, serverSecond, err = s.list(ctx, listPanes(d, s.mark), d)
	if err != nil {
		return nil, 0, s.wrap("list panes", err)
	}
	return panes, serverSecond, nil
}

// list lists panes by a command. A list that tmux has cut short is asked for again.
func (s *Server) list(ctx context.Context, cmd command, d Detail) (panes []Pane, second int64, err error) {
	for range listTries {
		var output string
		if output, second, err = s.query(ctx, cmd); err != nil {
			return nil, 0, err
		}
		if panes, err = parsePanes(output, d, s.mark); err == nil {
			break
		}
	}
	return panes, second, err
}

// PaneIDs is a text that changes whenever a pane comes, goes or is respawned. It
// costs the server a fraction of a list.
func (s *Server) PaneIDs(ctx context.Context) (string, error) {
	output, _, err := s.query(ctx, listPaneIDs())
	if err != nil {
		return "", s.wrap("list panes", err)
	}
	return output, nil
}

// ActiveSince lists, as with DetailFast, the panes whose window had output in
// the server's second epoch or later. Output is not all that changes a pane:
// resizing, death, respawning and moving leave no activity.
func (s *Server) ActiveSince(ctx context.Context, epoch int64) (panes []Pane, serverSecond int64, err error) {
	version, err := s.Version(ctx)
	if err != nil {
		return nil, 0, err
	}
	cmd := listPanes(DetailFast, s.mark)
	if version.canFilter() {
		cmd = listActivePanes(s.mark, epoch)
	}
	panes, serverSecond, err = s.list(ctx, cmd, DetailFast)
	if err != nil {
		return nil, 0, s.wrap("list active panes", err)
	}
	active := panes[:0]
	for _, p := range panes {
		if p.WindowActivity >= epoch {
			active = append(active, p)
		}
	}
	return active, serverSecond, nil
}

// query runs a command by the link in force and returns its output. When our
// client ends in the middle, the command is sent again over the next link.
func (s *Server) query(ctx context.Context, cmd command) (output string, second int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.CallTimeout)
	defer cancel()
	for range 2 {
		var route route
		if route, err = s.ready(ctx); err != nil {
			return "", 0, err
		}
		if route.link == LinkControl {
			var blocks []Block
			blocks, err = route.commands.do(ctx, script{cmd})
			if err == nil {
				return string(blocks[0].Body), blocks[0].Second, nil
			}
		} else {
			second = time.Now().Unix()
			if output, err = s.tmux.run(ctx, script{cmd}); err == nil {
				return output, second, nil
			}
		}
		if s.suspect(route, err); !clientFailure(err) {
			break
		}
	}
	return "", 0, s.unlessClosed(err)
}

// unlessClosed says of a client that failed because all is being closed that it
// is so.
func (s *Server) unlessClosed(err error) error {
	if clientFailure(err) && s.ctx.Err() != nil {
		return ErrPoolClosed
	}
	return err
}

// wrap adds the operation and the socket to an error.
func (s *Server) wrap(operation string, err error) error {
	return fmt.Errorf("tmuxpool: %s on %s: %w", operation, s.socket.Name, err)
}

// hint sends an event, if anybody has room for it.
func (s *Server) hint(kind EventKind) {
	select {
	case s.events <- Event{Kind: kind}:
	default:
	}
}
