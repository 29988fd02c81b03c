package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// diffTime bounds how long git may take for a diff.
const diffTime = 9 * time.Second

var errSlowGit = fmt.Errorf("%w: git has not answered within %s", engine.ErrNoDiff, diffTime)

// Diff reads what has changed in the folder that an agent works in: since the last
// commit, or, with base, since its branch began. It starts git when no other git of
// this service runs, changes nothing and starts no program that the repository
// names. It returns ErrNoDiff, with the reason, when there is none, and
// ErrUnknownPane when the pane is not watched.
func (s *Service) Diff(ctx context.Context, ref health.PaneRef, base bool) (engine.Diff, error) {
	if s.repositories == nil {
		return engine.Diff{}, fmt.Errorf("%w: the configuration says that git is not to be asked", engine.ErrNoDiff)
	}
	where := whereIs{ref: ref, at: new(string)}
	if err := s.toWatcher(ctx, ref, where); err != nil {
		return engine.Diff{}, err
	}
	if *where.at == "" {
		return engine.Diff{}, fmt.Errorf("%w: it is not known in which folder of this machine it works", engine.ErrNoDiff)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, diffTime, errSlowGit)
	defer cancel()
	d, err := s.repositories.diff(ctx, *where.at, base)
	switch {
	case err == nil, errors.Is(err, engine.ErrNoDiff):
		return d, err
	case ctx.Err() != nil:
		return d, context.Cause(ctx)
	}
	return d, fmt.Errorf("%w of %s: %w", engine.ErrNoDiff, *where.at, err)
}

// whereIs asks in which folder an agent works; at is written before it is answered.
type whereIs struct {
	ref health.PaneRef
	at  *string
}

func (c whereIs) apply(w *watcher) error {
	p, ok := w.panes[c.ref.Pane]
	if !ok || !p.tracked {
		return fmt.Errorf("%w: %s", engine.ErrUnknownPane, c.ref)
	}
	*c.at = p.folder()
	return nil
}
