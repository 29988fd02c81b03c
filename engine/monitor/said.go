package monitor

import (
	"time"

	"agentwatch/health"
)

// saidBy is the process of which it is known when it was started.
type saidBy struct {
	pid     int
	started time.Time
}

// said is what the pane's agent says itself, weighed with its age; nil when it says
// nothing.
func (p *pane) said(now time.Time) *health.Said {
	if p.meta.Says == "" {
		return nil
	}
	if p.saidBy.pid != p.pid {
		p.saidBy = saidBy{pid: p.pid}
		if p.kind != health.KindNone {
			p.saidBy.started = health.StartedAt(p.pid)
		}
	}
	printed := p.lastOutput()
	if printed.IsZero() && p.print.activity > 0 {
		printed = time.Unix(p.print.activity, 0)
	}
	return health.ReadSaid(p.meta.Says, now, printed, p.saidBy.started)
}
