package fleet

import (
	"context"
	"slices"

	"agentwatch/engine"
)

// Read gives take what a host's engine shows, by this machine's clock, until ctx ends.
// A host that cannot be reached is tried again; dialled is told of each try, nil for
// nobody.
func Read(ctx context.Context, h Host, take func(*engine.Snapshot), dialled func(Dial)) {
	l := newLink(h, make(chan struct{}, 1), func() {})
	l.dialled = dialled
	l.want()
	l.open(ctx, true)
	defer l.close()
	snapshots, cancel := l.monitor.Subscribe()
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case s, open := <-snapshots:
			if !open {
				return
			}
			l.take(s)
			skew := l.ahead()
			here := *s
			here.Agents = slices.Clone(s.Agents[:min(len(s.Agents), maxAgents)])
			for i := range here.Agents {
				here.Agents[i] = ours("", here.Agents[i], skew)
			}
			take(&here)
		}
	}
}
