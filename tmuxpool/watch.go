package tmuxpool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// recheckEvery is how often we make sure that our session may stay although
// nothing was heard that speaks against it.
const recheckEvery = 10 * time.Second

// notice hears the notifications of the client for commands, on its reader.
func (s *Server) notice(c *client, m Message) {
	switch m.Name {
	case "session-changed":
		if movedFrom(s.ownSession(), m) {
			c.end(errMoved)
			s.suspect(route{link: LinkControl, commands: c}, ErrClientExited)
		}
	case "window-add", "layout-change", "session-renamed":
		// The first two are told of windows in our own session only.
		s.lookAgain()
		s.hint(EventChanged)
	case "sessions-changed", "client-session-changed":
		s.lookAgain()
		if m.Name == "sessions-changed" {
			s.hint(EventChanged)
		}
	case "window-close", "window-renamed", "unlinked-window-add",
		"unlinked-window-close", "unlinked-window-renamed", "window-pane-changed",
		"session-window-changed", "pane-mode-changed":
		s.hint(EventChanged)
	}
}

// movedFrom tells whether a notification says that our client has been moved out
// of our session. It must not stay where it is: among the user's.
func movedFrom(session string, m Message) bool {
	return m.Name == "session-changed" && !strings.HasSuffix(m.Text, " "+session)
}

// lookAgain has the supervisor make sure at once that our session may stay.
func (s *Server) lookAgain() {
	s.mu.Lock()
	s.recheck = true
	s.mu.Unlock()
	s.nudge()
}

// healthy makes sure of the client for commands, and that our session may stay;
// if it may not, it is left.
func (s *Server) healthy(r *retries) bool {
	s.mu.Lock()
	c, recheck := s.commands, s.recheck || time.Since(s.checked) > recheckEvery
	s.recheck = false
	s.mu.Unlock()
	if c == nil {
		return false
	}
	ctx, cancel := context.WithTimeoutCause(s.ctx, 2*s.opts.HangTimeout, ErrServerHung)
	defer cancel()
	var err error
	var now census
	switch {
	case recheck:
		now, err = s.lookAround(ctx, c)
	case c.quiet() > healthEvery/2 || !c.alive():
		err = c.ping(ctx)
	}
	if err != nil {
		s.suspect(route{link: LinkControl, commands: c}, err)
		return false
	}
	if !recheck || now.hosts && now.objection == "" {
		return true
	}
	s.leave(now, r)
	return false
}

// lookAround takes a census over a client.
func (s *Server) lookAround(ctx context.Context, c *client) (census, error) {
	session := s.ownSession()
	inhabitants, err := c.do(ctx, script{listInhabitants(session)})
	if err != nil {
		return census{}, err
	}
	visitors, err := c.do(ctx, script{listVisitors()})
	if err != nil {
		return census{}, err
	}
	s.mu.Lock()
	s.checked = time.Now()
	s.mu.Unlock()
	now := takeCensus(string(inhabitants[0].Body), string(visitors[0].Body), s.maker, session)
	if len(now.keepers) == 0 && now.objection == "" {
		// Something of the user's may run in its place.
		now.objection = endedWords
	}
	return now, nil
}

// leave ends all our clients and removes our keeper. A client of the user's that
// was in our session is moved on to one of theirs by tmux, for that is how we
// have set its detach-on-destroy; windows and panes of the user's in it stay, and
// with them the session, which is the user's from then on.
func (s *Server) leave(now census, r *retries) {
	s.set(LinkConnecting, "", time.Time{}, nil)
	s.dropClients()
	if !now.hosts {
		// Without our session the server may end: that has to be seen.
		s.removeSession()
		return
	}
	away := r.away.next()
	if now.objection == sharedWords {
		// A hook of the user's may do it every time, and leave a session behind.
		away = s.opts.StayAway
	}
	s.fallBack(now.objection, time.Now().Add(away))
}

// dropClients ends all our clients and waits until they are reaped.
func (s *Server) dropClients() {
	s.mu.Lock()
	all := s.retired
	if s.commands != nil {
		all = append(all, s.commands)
	}
	s.commands, s.retired = nil, nil
	s.mu.Unlock()
	s.closeClients(all)
	s.pool.kill()
}

func (s *Server) closeClients(all []*client) {
	if slices.ContainsFunc(all, (*client).alive) {
		defer s.lockDetach()()
	}
	for _, c := range all {
		c.close()
	}
}

// lockDetach takes the lock under which clients are attached, since one that goes
// crashes tmux as well while another identifies itself. It waits shortly.
func (s *Server) lockDetach() (unlock func()) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), detachPatience)
	defer cancel()
	return lockSocket(ctx, s.socket.Path)
}

// ownSession is the name of our session, or of the last that was ours.
func (s *Server) ownSession() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session
}

// makeSession makes a session for our clients. None has the name of another that
// we made: that may have become the user's.
func (s *Server) makeSession(ctx context.Context) error {
	size, err := s.tmux.run(ctx, script{showWindowSize()})
	if err != nil {
		return err
	}
	if strings.TrimSpace(size) == "manual" {
		return errManualSize
	}
	s.mu.Lock()
	s.sessions++
	s.session = fmt.Sprintf("%s-%d", s.maker, s.sessions)
	s.hasOwn = true
	session := s.session
	s.mu.Unlock()
	// -N: should the server have gone just now, this must not start another.
	_, err = s.tmux.run(ctx, newSession(session, os.Getpid()), "-N")
	return err
}

// removeSession removes our keeper, wherever it is, and with it our session if
// there is nothing else in it. If the server does not answer now, the keeper ends
// by itself after us.
func (s *Server) removeSession() {
	s.mu.Lock()
	has := s.hasOwn
	s.mu.Unlock()
	if !has {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), leaveTimeout)
	defer cancel()
	unlock := lockSocket(ctx, s.socket.Path)
	defer unlock()
	session := s.ownSession()
	inhabitants, err := s.tmux.run(ctx, script{listInhabitants(session)})
	for _, pane := range takeCensus(inhabitants, "", s.maker, session).keepers {
		// That it has gone meanwhile is as good.
		if _, e := s.tmux.run(ctx, script{removeKeeper(pane, s.maker)}); linkFailure(e) {
			err = e
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hasOwn = linkFailure(err) && !errors.Is(err, ErrNoServer)
}

// finish undoes all that the server has done.
func (s *Server) finish() {
	s.dropClients()
	_ = s.pool.Close()
	s.removeSession()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setLocked(LinkLost, "closed", time.Time{}, ErrPoolClosed)
}
