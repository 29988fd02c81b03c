package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/fleet"
	"agentwatch/internal/hub"
	"agentwatch/ui/sanitize"
)

const (
	// hubTime bounds how long a command waits for the hub, hubLook is how often it looks
	// whether it has been read.
	hubTime = 10 * time.Second
	hubLook = 5 * time.Millisecond
)

// asksHub reports whether machines are meant that a hub may show: all, or one that is
// neither configured nor a destination of ssh.
func (m machines) asksHub(p Process) bool {
	configured := hostNames(configuredHosts(p))
	return slices.ContainsFunc(m.words, func(word string) bool {
		return word != wordHere && !strings.ContainsRune(word, '@') && !slices.Contains(configured, word)
	})
}

// withHub adds those machines that are meant and that the hub of the configuration shows.
// away says what of it cannot be, with the exit code for that.
func (m machines) withHub(ctx context.Context, p Process) (with machines, away, err error) {
	if !m.asksHub(p) {
		return m, nil, nil
	}
	viewer, err := openHub(p, hubFlags{}, nil)
	if viewer == nil {
		return m, nil, err
	}
	defer viewer.Close()
	if err := hubRead(ctx, viewer); err != nil {
		away = coded(errors.New(sanitize.Text("the hub cannot be read: "+err.Error())), exitAway)
		if !slices.Contains(m.words, "all") {
			return m, nil, away
		}
		return m, away, nil
	}
	m.ofHub = make(map[string]hub.Host)
	var silent []error
	for _, h := range viewer.Hosts(time.Now()) {
		name, state := h.Status.Name, h.Status.State
		named := slices.Contains(m.words, name)
		live := state == engine.HostLive || state == engine.HostLate
		switch {
		case live && (named || slices.Contains(m.words, "all")):
			m.ofHub[name] = h
		case named && !slices.Contains(hostNames(configuredHosts(p)), name):
			m.ofHub[name] = h
			silent = append(silent, fmt.Errorf("%s is %s at the hub; it was heard last at %s", name, state, h.Status.Heard.Format(time.DateTime)))
		}
	}
	if len(silent) > 0 {
		away = coded(errors.Join(silent...), exitAway)
	}
	return m, away, nil
}

// hubRead waits until a hub has been read once.
func hubRead(ctx context.Context, viewer *hub.Viewer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, hubTime, errors.New("it does not answer in time"))
	defer cancel()
	look := time.NewTicker(hubLook)
	defer look.Stop()
	for {
		if viewer.Figures().Whole {
			return nil
		}
		if _, problem := viewer.Problem(); problem != nil {
			return problem
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-look.C:
		}
	}
}

// addTo adds what the hub shows to the parts of a snapshot, and its names to their order.
func (m machines) addTo(parts map[string]*engine.Snapshot, order []string) []string {
	for _, name := range slices.Sorted(maps.Keys(m.ofHub)) {
		h := m.ofHub[name]
		part := &engine.Snapshot{Ready: true, Panes: h.Status.Panes, Agents: h.Agents}
		// Those that are not heard count for nothing.
		if h.Status.State == engine.HostLive || h.Status.State == engine.HostLate {
			part.Counts, part.Snoozed = engine.CountsOf(h.Agents)
		}
		for _, text := range h.Notices {
			part.Notices = append(part.Notices, engine.Notice{Severity: engine.SeverityWarning, Text: text})
		}
		parts[name], order = part, append(order, name)
	}
	return order
}

// awayOf are several errors of machines that are away, as one with the exit code for that.
func awayOf(all ...error) error {
	if err := errors.Join(all...); err != nil {
		return coded(err, exitAway)
	}
	return nil
}

// withoutHub leaves out those hosts that the hub shows.
func (m machines) withoutHub(hosts []fleet.Host) []fleet.Host {
	return slices.DeleteFunc(hosts, func(h fleet.Host) bool { _, shown := m.ofHub[h.Name]; return shown })
}
