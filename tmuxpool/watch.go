package tmuxpool

import (
	"context"
	"strings"
	"time"
)

// notice hears the notifications of the client for commands, on its reader.
func (s *Server) notice(m Message) {
	switch m.Name {
	case "session-changed":
		// We have been moved into a session of the user's: leave it.
		s.mu.Lock()
		c := s.commands
		s.mu.Unlock()
		if c != nil && !strings.HasSuffix(m.Text, " "+s.session) {
			c.end(ErrClientExited)
			s.suspect(route{link: LinkControl, commands: c}, ErrClientExited)
		}
	case "sessions-changed", "client-session-changed":
		s.mu.Lock()
		s.recheck = true
		s.mu.Unlock()
		s.nudge()
		if m.Name == "sessions-changed" {
			s.hint(EventChanged)
		}
	case "window-add", "window-close", "window-renamed", "unlinked-window-add",
		"unlinked-window-close", "unlinked-window-renamed", "window-pane-changed",
		"session-window-changed", "session-renamed", "pane-mode-changed", "layout-change":
		s.hint(EventChanged)
	}
}

// healthy makes sure of the client for commands, and that our session may stay.
func (s *Server) healthy() bool {
	s.mu.Lock()
	c, recheck := s.commands, s.recheck
	s.recheck = false
	s.mu.Unlock()
	if c == nil {
		return false
	}
	ctx, cancel := context.WithTimeoutCause(s.ctx, 2*s.opts.HangTimeout, ErrServerHung)
	defer cancel()
	var err error
	welcome := true
	switch {
	case recheck:
		welcome, err = s.welcome(ctx, c)
	case c.quiet() > healthEvery/2 || !c.alive():
		err = c.ping(ctx)
	}
	if err != nil {
		s.suspect(route{link: LinkControl, commands: c}, err)
		return false
	}
	if !welcome {
		s.leave()
	}
	return welcome
}

// welcome tells whether our session may stay: some session of the user's keeps
// the server alive, and nobody but us is in ours.
func (s *Server) welcome(ctx context.Context, c *client) (bool, error) {
	sessions, err := c.do(ctx, script{listSessions("#{session_name}")})
	if err != nil {
		return false, err
	}
	hosts := false
	for name := range strings.Lines(string(sessions[0].Body)) {
		hosts = hosts || !isOwnSession(name)
	}
	clients, err := c.do(ctx, script{listClients("#{session_name} #{client_flags}")})
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(clients[0].Body)) {
		// Ours are known by a flag that nobody else would want.
		flags, inOurs := strings.CutPrefix(line, s.session+" ")
		if inOurs && !strings.Contains(flags, "no-output") {
			return false, nil
		}
	}
	return hosts, nil
}

// leave ends all our clients and removes our session. What tmux then does with
// a client of the user's that was in it is what it would have done without us.
func (s *Server) leave() {
	s.set(LinkConnecting, "", time.Time{}, nil)
	s.dropClients()
	s.removeSession()
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
	for _, c := range all {
		c.close()
	}
	s.pool.kill()
}

// removeSession removes our session, if there may be one. If the server does
// not answer now, the session's own program removes it after us.
func (s *Server) removeSession() {
	s.mu.Lock()
	has := s.hasOwn
	s.hasOwn = false
	s.mu.Unlock()
	if !has {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), leaveTimeout)
	defer cancel()
	unlock := lockSocket(ctx, s.socket.Path)
	defer unlock()
	// Whether it was there is not worth knowing.
	_, _ = s.tmux.run(ctx, script{killSession(s.session)})
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
