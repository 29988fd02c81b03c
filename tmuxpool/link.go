package tmuxpool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"agentwatch/tmuxpool/hearing"
)

// The supervisor's paces.
const (
	// healthEvery is how often a link is made sure of.
	healthEvery = time.Second
	// Retries begin soon and then take their time: a lost server costs a dial,
	// a failing control client a session made and removed.
	retryFirst       = 250 * time.Millisecond
	retryLostMost    = 4 * time.Second
	retryControlMost = 2 * time.Minute
	// After leaving our session to the user we stay away for a while: whatever
	// they did that met it, doing it again then meets theirs.
	retryAwayFirst = 5 * time.Second
	retryBatch     = 30 * time.Second
	// retryOtherRelease is how often it is looked whether a server that our tmux
	// cannot talk to has made room for another.
	retryOtherRelease = 4 * time.Second
	// steadyAfter is when a link counts as good again.
	steadyAfter = 10 * time.Second
	// undisturbedAfter is when our session counts as being in nobody's way.
	undisturbedAfter = 10 * time.Minute
	// leaveTimeout bounds the removal of our session.
	leaveTimeout = 1500 * time.Millisecond
	// detachPatience bounds the wait for those who attach when clients are closed.
	detachPatience = 300 * time.Millisecond
)

// route is the way a call takes.
type route struct {
	link     Link
	commands *client
	version  Version
}

// ready returns the link in force; while connecting it waits for what comes.
func (s *Server) ready(ctx context.Context) (route, error) {
	for {
		s.mu.Lock()
		r := route{s.status.Link, s.commands, s.version}
		settled, lost := s.settled, s.lost
		s.mu.Unlock()
		switch {
		case s.ctx.Err() != nil:
			return r, ErrPoolClosed
		case r.link == LinkLost:
			return r, lost
		case r.link != LinkConnecting:
			return r, nil
		}
		select {
		case <-settled:
		case <-s.ctx.Done():
		case <-ctx.Done():
			return r, ctx.Err()
		}
	}
}

// suspect takes note of an error on a route. What speaks against the link ends
// it at once, so that other calls need not find out for themselves, and wakes
// the supervisor.
func (s *Server) suspect(r route, err error) {
	if r.link == LinkLost || r.link == LinkConnecting || !linkFailure(err) || s.ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status.Link != r.link || s.commands != r.commands {
		return // it has been replaced already
	}
	if s.commands != nil {
		s.retired = append(s.retired, s.commands)
		s.commands = nil
	}
	switch {
	case errors.Is(err, ErrServerHung):
		s.setLocked(LinkLost, s.hungWords(), time.Time{}, ErrServerHung)
	case errors.Is(err, ErrNoServer):
		s.setLocked(LinkLost, goneWords, time.Time{}, ErrServerLost)
	default:
		s.setLocked(LinkConnecting, "", time.Time{}, nil)
	}
	s.nudge()
}

// nudge wakes the supervisor.
func (s *Server) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// setLocked changes the status; Since only moves when the link does.
func (s *Server) setLocked(link Link, reason string, retryAt time.Time, lost error) {
	was := s.status
	if was.Link == LinkConnecting && link != LinkConnecting {
		close(s.settled)
	}
	if was.Link != LinkConnecting && link == LinkConnecting {
		s.settled = make(chan struct{})
	}
	s.status.Link, s.status.Reason, s.status.RetryAt, s.lost = link, reason, retryAt, lost
	s.status.Degraded = link == LinkProcess || link == LinkLost ||
		link == LinkBatch && (s.opts.Clients == ClientsAlways || !retryAt.IsZero())
	if was.Link != link {
		s.status.Since = time.Now()
	}
	if was.Link != link || was.Reason != reason {
		s.hint(EventLink)
	}
}

func (s *Server) set(link Link, reason string, retryAt time.Time, lost error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setLocked(link, reason, retryAt, lost)
}

// supervise connects, makes sure of the link, and connects again, until Close.
func (s *Server) supervise() {
	defer close(s.ended)
	defer s.finish()
	r := retries{
		lost:    backoff{first: retryFirst, most: retryLostMost},
		control: backoff{first: retryFirst, most: retryControlMost},
		away:    backoff{first: retryAwayFirst, most: s.opts.StayAway},
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-timer.C:
		case <-s.wake:
		}
		timer.Reset(s.attend(&r))
	}
}

// attend does what the link needs now and returns when to look again.
func (s *Server) attend(r *retries) time.Duration {
	st := s.Status()
	if st.Link == LinkControl {
		if s.healthy(r) {
			r.steady(time.Since(st.Since))
			return healthEvery
		}
		st = s.Status()
	}
	if st.Link == LinkBatch || st.Link == LinkProcess {
		// Without a time to try a better link, calls tell when this one fails.
		if st.RetryAt.IsZero() {
			return time.Hour
		}
		if left := time.Until(st.RetryAt); left > 0 {
			return left
		}
	}
	s.connect(r)
	if st = s.Status(); !st.RetryAt.IsZero() {
		return max(time.Until(st.RetryAt), time.Millisecond)
	}
	return healthEvery
}

// connect looks at the server anew and takes the best link there is.
func (s *Server) connect(r *retries) {
	s.dropClients()
	if r.unreadable.still(s) {
		s.set(LinkLost, s.words(ErrOtherRelease), time.Now().Add(retryOtherRelease), ErrOtherRelease)
		return
	}
	found, err := s.probe(s.ctx)
	if errors.Is(err, ErrOtherRelease) {
		r.unreadable = pairing{s.tmux.file(), hearing.ServerProcess(s.socket.Path)}
	}
	version := found.version
	if err == nil && !version.usable() {
		err = ErrTmuxTooOld
	}
	if err != nil {
		if s.ctx.Err() == nil {
			s.set(LinkLost, s.words(err), time.Now().Add(r.lost.next()), err)
		}
		return
	}
	r.lost.reset()
	s.mu.Lock()
	same := s.status.PID == found.pid
	ended := s.hasOwn && same && len(found.keepers) == 0
	s.hasOwn = s.hasOwn && same
	s.version, s.status.Version, s.status.PID = version, version.String(), found.pid
	s.mu.Unlock()
	switch link, reason := s.opts.Clients.Link(version); {
	case link == LinkBatch:
		s.fallBack(reason, time.Time{})
	case !found.hosts:
		// Attaching would make ours the session that keeps the server alive.
		s.fallBack(aloneWords, time.Now().Add(r.lost.most))
	case ended:
		s.fallBack(endedWords, time.Now().Add(r.away.next()))
	case found.objection != "":
		s.fallBack(found.objection, time.Now().Add(r.away.next()))
	default:
		if err := s.takeControl(len(found.keepers) > 0); err != nil && s.ctx.Err() == nil {
			s.fallBack("control client: "+s.words(err), time.Now().Add(r.control.next()))
		}
	}
}

// fallBack takes the best link that needs no clients. Whether batches work is
// found out by the first.
func (s *Server) fallBack(reason string, retryAt time.Time) {
	s.removeSession()
	s.set(LinkBatch, reason, retryAt, nil)
}

// probed is what a probe finds out: what the server is, its process, and who is
// in it.
type probed struct {
	census
	version Version
	pid     int
}

// probe asks processes what the server is.
func (s *Server) probe(ctx context.Context) (found probed, err error) {
	if err := dial(ctx, s.socket.Path, s.opts.HangTimeout); err != nil {
		return found, dialError(err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 2*s.opts.HangTimeout, ErrServerHung)
	defer cancel()
	output, err := s.tmux.run(ctx, script{printFormat("#{version} #{pid}")})
	if err = keptOutput(err); err != nil {
		return found, err
	}
	version, pid, _ := strings.Cut(strings.TrimSpace(output), " ")
	if found.version, err = ParseVersion(version); err != nil {
		return found, fmt.Errorf("%w: %w", errNotTmux, err)
	}
	// A server that does not tell its process is watched all the same.
	found.pid, _ = strconv.Atoi(pid)
	inhabitants, err := s.tmux.run(ctx, script{listInhabitants(s.ownSession())})
	if err != nil && !errors.Is(err, ErrCommand) {
		return found, err
	}
	if found.census = takeCensus(inhabitants, "", s.maker, s.ownSession()); len(found.keepers) == 0 {
		return found, nil
	}
	visitors, err := s.tmux.run(ctx, script{listVisitors()})
	if err != nil {
		return found, err
	}
	found.census = takeCensus(inhabitants, visitors, s.maker, s.ownSession())
	return found, nil
}

// takeControl makes our session, unless it is there, and attaches the client for
// commands.
func (s *Server) takeControl(there bool) error {
	unlock := lockSocket(s.ctx, s.socket.Path)
	defer unlock()
	ctx, cancel := context.WithTimeoutCause(s.ctx, 2*s.opts.HangTimeout, ErrServerHung)
	defer cancel()
	if !there {
		if err := s.makeSession(ctx); err != nil {
			return err
		}
	}
	session := s.ownSession()
	c, err := openClient(ctx, s.tmux, session, s.clientIDs.Add(1), s.notice)
	if err != nil {
		return err
	}
	if err := c.ping(ctx); err != nil {
		c.close()
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands, s.recheck = c, true
	s.setLocked(LinkControl, "", time.Time{}, nil)
	return nil
}

// openWorker opens a worker for captures: a client while there is one for commands
// (without it our session is being left, or is no more), else a slot for batches.
func (s *Server) openWorker(ctx context.Context) (worker, error) {
	for {
		r, err := s.ready(ctx)
		if err != nil {
			return nil, err
		}
		if r.link != LinkControl {
			// One that is made while clients are being attached outlives the link.
			return &batchSlot{func() bool { return s.Status().Link == LinkControl }}, nil
		}
		// The link may end while we wait for the lock.
		if c, err := s.attachHelper(ctx); c != nil || err != nil {
			return c, err
		}
	}
}

// attachHelper attaches a client for captures, or returns none when the link has
// just ended.
func (s *Server) attachHelper(ctx context.Context) (*client, error) {
	unlock := lockSocket(ctx, s.socket.Path)
	defer unlock()
	s.mu.Lock()
	link, session := s.status.Link, s.session
	s.mu.Unlock()
	if link != LinkControl {
		return nil, nil
	}
	return openClient(ctx, s.tmux, session, s.clientIDs.Add(1), func(c *client, m Message) {
		if movedFrom(session, m) {
			c.end(errMoved)
		}
	})
}

// retries are the delays before a lost server is looked for again, before a
// control client that failed is tried again, and before we make a session again
// after leaving one.
type retries struct {
	lost, control, away backoff
	// unreadable is the last pairing of a server and a program that cannot talk.
	unreadable pairing
}

// pairing is a tmux program and the process of a server.
type pairing struct {
	program os.FileInfo
	server  int
}

// still reports whether a server and the program are what they were. Where the
// system does not tell, they may have changed.
func (p pairing) still(s *Server) bool {
	if p.program == nil || p.server == 0 {
		return false
	}
	now := s.tmux.file()
	return now != nil && os.SameFile(p.program, now) && hearing.ServerProcess(s.socket.Path) == p.server
}

// steady takes note of how long control clients have worked.
func (r *retries) steady(since time.Duration) {
	if since > steadyAfter {
		r.lost.reset()
		r.control.reset()
	}
	if since > undisturbedAfter {
		r.away.reset()
	}
}

// backoff doubles a delay, from its first up to its most.
type backoff struct {
	delay, first, most time.Duration
}

func (b *backoff) next() time.Duration {
	b.delay = min(max(2*b.delay, b.first), b.most)
	return b.delay
}

func (b *backoff) reset() { b.delay = 0 }

// Reasons as the user reads them: also between brackets, after "does not
// answer".
const (
	aloneWords   = "there is no session but ours"
	goneWords    = "no server is running there"
	noBatchWords = "batches fail, so one process per capture"
)

func (s *Server) hungWords() string {
	return fmt.Sprintf("no answer for %g s", s.opts.HangTimeout.Seconds())
}

// words says an error in the user's words.
func (s *Server) words(err error) string {
	switch {
	case errors.Is(err, ErrServerHung):
		return s.hungWords()
	case errors.Is(err, errNotTmux):
		return errNotTmux.Error()
	case errors.Is(err, ErrPermission):
		return "no permission to use its socket"
	case errors.Is(err, ErrTmuxMissing):
		return ErrTmuxMissing.Error()
	case errors.Is(err, ErrTmuxTooOld):
		return ErrTmuxTooOld.Error()
	case errors.Is(err, ErrOtherRelease):
		return fmt.Sprintf("%v; its agents live on: do not end it, reach them with %s", ErrOtherRelease, OldClient(s.socket.Path))
	case errors.Is(err, ErrNoServer), errors.Is(err, ErrServerLost):
		return goneWords
	case errors.Is(err, ErrClientExited):
		return "the server ends it at once"
	case errors.Is(err, errManualSize):
		return errManualSize.Error()
	default:
		return strings.TrimPrefix(err.Error(), "tmuxpool: ")
	}
}
