package doctor

import (
	"context"
	"errors"
	"fmt"

	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/hearing"
)

// checkHearing tells how the panes' changes are noticed and whether the system's
// limits allow for all of them.
func checkHearing(ctx context.Context, s Surroundings) []Finding {
	listener, err := hearing.Listen()
	if err == nil {
		err = listener.Close()
	}
	all := []Finding{heardFinding(err)}
	limits := hearing.ReadLimits()
	if limits == (hearing.Limits{}) {
		return all
	}
	panes := 0
	found, _ := tmuxpool.Discover(ctx, s.Discover)
	for _, socket := range found {
		panes += countPanes(ctx, socket)
	}
	return append(all, limitFinding(limits, panes))
}

// countPanes counts the panes of a server; none when it does not answer, which
// another check tells.
func countPanes(ctx context.Context, socket tmuxpool.Socket) int {
	server := tmuxpool.NewServer(socket, tmuxpool.Options{Clients: tmuxpool.ClientsNever})
	defer server.Close()
	panes, _, err := server.ListPanes(ctx, tmuxpool.DetailFast)
	if err != nil {
		return 0
	}
	return len(panes)
}

// heardFinding says how panes are heard, given why the kernel does not tell.
func heardFinding(deaf error) Finding {
	const name = "heard by"
	switch {
	case deaf == nil:
		return Finding{name, OK, "the kernel, which reports what panes print", ""}
	case errors.Is(deaf, hearing.ErrLimit):
		return Finding{
			name, Warn, "activity, for which tmux is asked: " + deaf.Error(),
			"end a program that watches files, or: sudo sysctl fs.inotify.max_user_instances=1024",
		}
	default:
		return Finding{name, OK, "activity, for which tmux is asked: " + deaf.Error(), ""}
	}
}

// limitFinding judges what the system grants for that many panes.
func limitFinding(l hearing.Limits, panes int) Finding {
	finding := Finding{
		"fs.inotify limits", OK,
		fmt.Sprintf("max_user_watches %d, max_user_instances %d; the servers have %d panes", l.Watches, l.Instances, panes), "",
	}
	if panes > l.Watches {
		finding.Verdict = Warn
		finding.Found += ": those beyond the limit are heard by activity only"
		finding.Mend = fmt.Sprintf("sudo sysctl fs.inotify.max_user_watches=%d, and the same line in /etc/sysctl.d to keep it", max(8192, 2*panes))
	}
	return finding
}
