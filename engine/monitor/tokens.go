package monitor

import (
	"context"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/tokens"
)

// account says whose files are to be read.
type account struct {
	kind   health.Kind
	pid    int
	folder string
}

// newTokens reads the session files of agents. others are the processes of agents of the
// same kind in the same folder.
func newTokens(reader *tokens.Reader, now func() time.Time, others func(account) []int) *beside[account, engine.Tokens] {
	read := func(ctx context.Context, a account) (*engine.Tokens, error) {
		return reader.Read(ctx, tokens.Agent{Kind: string(a.kind), PID: a.pid, Folder: a.folder}, others(a)...)
	}
	b := newBeside(tempo{least: repositoryPace, share: repositoryShare, within: repositoryTime}, now, read, (*engine.Tokens).Equal)
	return &b
}

// readTokens reads the session files of all agents until ctx ends.
func (s *Service) readTokens(ctx context.Context) error {
	return s.tokens.run(ctx, s.accounts, s.reread)
}

// accounts are those of all agents.
func (s *Service) accounts() (all []used[account]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.watchers {
		all = append(all, w.latest.accounts...)
	}
	return all
}

// others are the processes of other agents of the kind that work in the folder, too.
func (s *Service) others(a account) (pids []int) {
	for _, u := range s.accounts() {
		if other := u.key; other.kind == a.kind && other.folder == a.folder && other.pid != a.pid {
			pids = append(pids, other.pid)
		}
	}
	return pids
}

// SetPrices sets what tokens cost from now on.
func (s *Service) SetPrices(p engine.Prices) {
	if s.tokens == nil {
		return
	}
	s.prices.SetPrices(p.Models, p.Currency)
	s.tokens.forget()
}

// account is that of the pane's agent; the zero account when it has ended, runs
// elsewhere, or is of a kind whose files are not known.
func (p *pane) account() account {
	folder := p.folder()
	if folder == "" || p.kind == health.KindNone || p.kind != p.track.kind || !tokens.Knows(string(p.kind)) {
		return account{}
	}
	return account{p.kind, p.pid, folder}
}

// takeTokens gives each agent what its files tell, and reports whether that is news. One
// that has ended keeps what was told last.
func (w *watcher) takeTokens() (news bool) {
	if w.tokens == nil {
		return false
	}
	for _, p := range w.order {
		if !p.tracked {
			if p.tokens != nil {
				p.tokens, news = nil, true
			}
			continue
		}
		a := p.account()
		if a == (account{}) {
			continue
		}
		known, read := w.tokens.of(a)
		w.unread = w.unread || !read
		if read && known != p.tokens {
			p.tokens, news = known, true
			w.touch(p)
		}
		p.noteTurnsEnd()
	}
	return news
}

// repeating is what the agent does again and again in the turn that goes on; nil when
// that is nothing, or not known.
func (p *pane) repeating() *engine.Repetition {
	if p.tokens == nil || p.tokens.Repeating == nil || p.track.state != health.StateWorking {
		return nil
	}
	if p.repeated != nil && *p.repeated == *p.tokens.Repeating {
		return nil // in the turn before
	}
	return p.tokens.Repeating
}

// noteTurnsEnd makes what was repeated one of the turn before, once the agent neither
// works nor asks: its files tell of the next turn some seconds after that begins.
func (p *pane) noteTurnsEnd() {
	if state := p.track.state; p.tokens != nil && state != health.StateWorking && state != health.StateWaiting && state != health.StateUnknown {
		p.repeated = p.tokens.Repeating
	}
}

// accounts are those that are worth reading.
func (w *watcher) accounts() (all []used[account]) {
	if w.tokens == nil {
		return nil
	}
	for _, p := range w.order {
		if a := p.account(); a != (account{}) {
			all = append(all, used[account]{a, p.printedAt()})
		}
	}
	return all
}
