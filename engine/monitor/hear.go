package monitor

import (
	"context"
	"slices"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
	"agentwatch/health"
	"agentwatch/tmuxpool/hearing"
)

// ear is what a watcher needs to hear its panes; *hearing.Ear is one.
type ear interface {
	Follow(panes []hearing.Pane)
	Arm(pane string) bool
	Hears(pane string) bool
	Woken() <-chan struct{}
	Children() string
	Take() hearing.Heard
	Status() hearing.Status
	Close()
}

// Paces of looking at panes that the kernel reports on.
const (
	// readAfter is how long tmux is given to read what a pane has printed.
	readAfter = 4 * time.Millisecond
	// lookAgainAfter is when a screen that did not show yet what was heard is
	// looked at again.
	lookAgainAfter = 15 * time.Millisecond
	// lastLookAfter is when a pane that prints no more is looked at for the last
	// time, and lastLookEarly how much earlier it may be when others are looked at.
	lastLookAfter = 250 * time.Millisecond
	lastLookEarly = 150 * time.Millisecond
	// The mean time between two looks at a pane that keeps printing: one that the
	// user looks at, one whose agent works (its spinner tells nothing new), and any
	// other. A pane that has been silent is owed burstLooks at once, burstPace apart:
	// what it prints first is the news, and a large redraw comes in pieces. While it
	// keeps printing it is the silence that is news: a spinner has stopped. After
	// quietAfter it is owed quietLooks more; to hear that, panes are armed again every
	// rearmPace without being looked at.
	followedPace = 100 * time.Millisecond
	workingPace  = time.Second
	printingPace = 250 * time.Millisecond
	burstLooks   = 4
	burstPace    = 25 * time.Millisecond
	quietAfter   = 200 * time.Millisecond
	quietLooks   = 2
	rearmPace    = 50 * time.Millisecond
	// gatherShare is the part of its pace by which a pane may be looked at early
	// when others are looked at: one exchange with the server serves them all.
	gatherShare = 2
	// unsettledPace is how often a pane is looked at whose screen says something
	// else than its track, and unsettledLasts for how long after it has printed.
	unsettledPace  = 500 * time.Millisecond
	unsettledLasts = 6 * time.Second
	// busyShare bounds the time that rounds take in the long run, to one part of so
	// many. Those that come after a rest are not kept waiting: busyBurst is how long
	// rounds may take in a row. A round that has waited for a stopped server says
	// nothing about the next one's cost: mostBusyWait bounds the wait. (The server is
	// at work for about a third of a round; the rest is the start of processes.)
	busyShare    = 2
	busyBurst    = 150 * time.Millisecond
	mostBusyWait = 500 * time.Millisecond
	// listAfter is how long a new terminal is given to become a pane (see
	// listsAgain for the lists after that), and listPace the least time between
	// two lists for new terminals.
	listAfter = 10 * time.Millisecond
	listPace  = 100 * time.Millisecond
	// mostListPace is the pace when lists for new terminals find none that is a
	// pane of this server: other programs open and close terminals, too.
	mostListPace = 2 * time.Second
	// fullLookAfter, or fullLookPerPane times the panes if that is longer, is how
	// long the verdict on a pane stands of which nothing is heard.
	fullLookAfter   = time.Minute
	fullLookPerPane = 240 * time.Millisecond
)

// printing is what the kernel says about a pane's output.
type printing struct {
	// hears is set while the kernel reports on the pane.
	hears bool
	// heard is set when it has printed since it was armed for its last look.
	heard bool
	// at is when it was last heard; zero for never.
	at time.Time
	// dueAt is when it is worth a look; zero when it is not.
	dueAt time.Time
	// lookedFor is set while a look is under way that was made because the pane
	// had printed.
	lookedFor bool
	// lookedAt is when the last look began.
	lookedAt time.Time
	// pacedAt is when it would be due if it did not fall silent.
	pacedAt time.Time
	// earned is until when it has had its share of looks: it grows by a pace with
	// each look that output has brought about and that told nothing of the agent.
	// charged is by how much the last look made it grow; repaid is until when it has
	// had its share of those that were free.
	earned  time.Time
	charged time.Duration
	repaid  time.Time
}

// dueBy makes the pane due at that time, if it is not due earlier.
func (p *printing) dueBy(at time.Time) {
	if p.dueAt.IsZero() || at.Before(p.dueAt) {
		p.dueAt = at
	}
}

// listen takes what was heard and makes the panes due that it concerns.
func (w *watcher) listen() {
	heard, now := w.ear.Take(), w.now()
	if heard.Closed {
		// The pane's process may live on.
		w.children = ""
	}
	if heard.Terminals || heard.Closed {
		first := now.Add(listAfter)
		if next := w.listedAt.Add(max(w.listWait, listPace)); next.After(first) {
			first = next
		}
		if w.listDue.IsZero() || first.Before(w.listDue) {
			w.listDue = first
		}
		w.listsMade = 0
	}
	follow := w.settings().follow
	for _, print := range heard.Printed {
		if p, ok := w.panes[print.Pane]; ok {
			p.hear(print.At, follow.has(p.ref))
			if w.rearmDue.IsZero() && p.dueAt.Sub(print.At) >= rearmPace {
				w.rearmDue = print.At.Add(rearmPace)
			}
		}
	}
	if heard.Everything {
		w.rescan()
		for _, p := range w.order {
			p.hear(now, follow.has(p.ref))
		}
	}
}

// hear takes note of a print.
func (p *pane) hear(at time.Time, followed bool) {
	p.heard, p.at = true, at
	pace := p.pace(followed)
	p.pacedAt = latest(at.Add(readAfter), p.captured.at.Add(burstPace), p.earned.Add(-(burstLooks-1)*pace))
	quiet := latest(at.Add(quietAfter), p.earned.Add(-(burstLooks-1+quietLooks)*pace))
	// What was due is an extra look, which this one replaces.
	p.dueAt = p.pacedAt
	if quiet.Before(p.dueAt) {
		p.dueAt = quiet
	}
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// rearm arms the panes that have printed and wait for their look, when it is time
// to.
func (w *watcher) rearm(now time.Time) {
	if w.rearmDue.IsZero() || now.Before(w.rearmDue) {
		return
	}
	w.rearmDue = time.Time{}
	for _, p := range w.order {
		if p.heard && p.hears && !p.isDue(now) {
			p.hears = w.ear.Arm(p.ref.Pane)
		}
	}
}

// hurry makes a pane that has printed, and that the user looks at from now on, due
// as early as that allows.
func (p *pane) hurry() {
	if p.heard {
		p.dueBy(p.captured.at.Add(followedPace))
	}
}

// pace is the least time between two looks while the pane keeps printing.
func (p *pane) pace(followed bool) time.Duration {
	switch {
	case followed:
		return followedPace
	case p.tracked && p.track.state == health.StateWorking:
		return workingPace
	default:
		return printingPace
	}
}

// gather makes the panes due now that are soon, when there are others to be looked
// at.
func (w *watcher) gather(now time.Time, follow followed) {
	if !slices.ContainsFunc(w.order, func(p *pane) bool { return p.heard && p.isDue(now) }) {
		return
	}
	for _, p := range w.order {
		soon := p.pacedAt.Sub(now) <= p.pace(follow.has(p.ref))/gatherShare
		if !p.heard {
			soon = p.dueAt.Sub(now) <= lastLookEarly
		}
		if p.hears && !p.dueAt.IsZero() && soon {
			p.dueBy(now)
		}
	}
}

// noteLook takes note that what was heard of the pane is being looked at.
func (p *pane) noteLook(now time.Time, pace time.Duration) {
	p.charged = 0
	if p.heard {
		if p.earned.Before(now) {
			p.earned = now
		}
		p.earned, p.charged = p.earned.Add(pace), pace
	}
	// One that is made because the look before came too early is still for that print.
	p.lookedFor = p.lookedFor || p.heard
	p.heard, p.dueAt = false, time.Time{}
}

// repay takes note that the last look has found the agent in another state. It is not
// charged: an agent whose state changes is not looked at late because it has just
// changed before. A stream of output gets no more looks by that than one a printingPace,
// and burstLooks at once.
func (p *pane) repay(now time.Time) {
	if p.charged == 0 || p.repaid.Sub(now) > (burstLooks-1)*printingPace {
		return
	}
	p.earned, p.charged = p.earned.Add(-p.charged), 0
	p.repaid = latest(p.repaid, now).Add(printingPace)
}

// comparison is what a look at a screen says of the one before.
type comparison uint8

const (
	// screenDiffers and screenSame: it is another one, or it is not.
	screenDiffers comparison = iota
	screenSame
	// screenUntold: only one of the two was captured in colour.
	screenUntold
)

// compare compares two captures of a pane.
func compare(before, next string) comparison {
	switch {
	case before == next:
		return screenSame
	case strings.Contains(before, "\x1b") != strings.Contains(next, "\x1b"):
		return screenUntold
	default:
		return screenDiffers
	}
}

// looksAgain decides when a pane is worth another look after one that found the
// screen as it was before, or not.
func (w *watcher) looksAgain(p *pane, seen comparison) {
	if !p.hears || !p.lookedFor {
		return
	}
	p.lookedFor = false
	if seen == screenSame {
		w.meter.inVain()
	}
	if seen != screenDiffers && p.lookedAt.Sub(p.at) < lookAgainAfter {
		// It may not have got there yet, however long the look took. This look, too, is followed by a last one.
		p.lookedFor = true
		p.dueBy(p.captured.at.Add(lookAgainAfter))
		return
	}
	p.dueBy(p.captured.at.Add(lastLookAfter))
}

// follow listens to the panes that were just listed.
func (w *watcher) follow() {
	if w.ear == nil {
		return
	}
	panes := make([]hearing.Pane, 0, len(w.order))
	for _, p := range w.order {
		panes = append(panes, hearing.Pane{ID: p.ref.Pane, TTY: p.meta.TTY, PID: p.meta.PID})
	}
	w.ear.Follow(panes)
	for _, p := range w.order {
		p.hears = w.ear.Hears(p.ref.Pane)
	}
}

// unsettled makes a pane due again whose track does not say yet what its screen
// says: time alone may bring it there.
func (p *pane) unsettled(now time.Time) {
	if !p.hears || now.Sub(p.at) > unsettledLasts {
		return
	}
	if p.track.state != p.verdict.State || p.verdict.Hold {
		pace := unsettledPace
		if ends := p.track.lastWork().Add(p.track.settles(true)).Sub(now); ends > 0 {
			pace = min(pace, ends)
		}
		p.dueBy(now.Add(pace))
	}
}

// wakesAt is when the watcher has something to do: the next round, when the plan says
// so, or earlier when a pane is due, panes are to be listed or a likely pane's screen
// is to be made ready; or before that to arm panes again.
func (w *watcher) wakesAt(planned time.Time) time.Time {
	if w.ear == nil || !strategies.Heeds(w.settings().strategy) {
		return planned
	}
	at := planned
	for _, p := range w.order {
		if p.hears && !p.dueAt.IsZero() && p.dueAt.Before(at) {
			at = p.dueAt
		}
	}
	for _, due := range []time.Time{w.listDue, w.warmDue} {
		if !due.IsZero() && due.Before(at) {
			at = due
		}
	}
	if earliest := w.roundEarned.Add(-busyShare * busyBurst); at.Before(earliest) {
		at = earliest
	}
	if !w.rearmDue.IsZero() && w.rearmDue.Before(at) {
		at = w.rearmDue
	}
	return at
}

// earn takes note of a round's duration, which the rounds to come make up for.
func (w *watcher) earn(began time.Time, took time.Duration) {
	if w.roundEarned.Before(began) {
		w.roundEarned = began
	}
	w.roundEarned = w.roundEarned.Add(busyShare * took)
	if most := began.Add(took + mostBusyWait + busyShare*busyBurst); w.roundEarned.After(most) {
		w.roundEarned = most
	}
}

// listsAgain are the times after a list for new terminals at which panes are listed
// once more: a server that is slow, or has just been stopped, needs longer until a
// terminal is a pane.
func listsAgain() [3]time.Duration {
	return [...]time.Duration{60 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second}
}

// relist makes this round list all panes when there are new terminals and one of
// them is a pane. With many panes that they are the same is told far sooner than
// what they are.
func (w *watcher) relist(ctx context.Context, now time.Time) {
	if w.listDue.IsZero() || now.Before(w.listDue) {
		return
	}
	children := w.ear.Children()
	ids, err := w.server.PaneIDs(ctx)
	if same := err == nil && ids == w.paneIDs; same {
		w.listWait = min(2*max(w.listWait, listPace), mostListPace)
	} else {
		w.paneIDs, w.listWait, w.panesDiffer = ids, listPace, true
		w.rescan()
	}
	if w.children = children; err != nil {
		w.children = ""
	}
	w.listAgain(now)
}

// disregard makes no list for new terminals, when it is time for one, where the server
// has the processes that it had when its panes were last listed: the terminals are
// those of other programs.
func (w *watcher) disregard(now time.Time) {
	if w.listDue.IsZero() || now.Before(w.listDue) || w.children == "" || w.children != w.ear.Children() {
		return
	}
	w.listAgain(now)
}

// listAgain takes note of a list for new terminals and says when the next is due.
func (w *watcher) listAgain(now time.Time) {
	w.listDue, w.listedAt = time.Time{}, now
	if again := listsAgain(); w.listsMade < len(again) {
		// Where terminals come and go all the time and none is a pane, no list is made
		// for each of them.
		w.listDue = now.Add(max(again[w.listsMade], w.listWait/2))
		w.listsMade++
	}
}

// postpone puts off the panes that were due and that the plan has left out.
func (w *watcher) postpone(candidates []*pane, now time.Time, by time.Duration) {
	for _, p := range candidates {
		if !p.dueAt.IsZero() && !p.dueAt.After(now) {
			p.dueAt = now.Add(max(by, readAfter))
		}
	}
}

// passOver arms the panes that have printed and whose screens nobody reads: where
// no agent is, reading the processes was all that was due.
func (w *watcher) passOver(candidates []*pane, now time.Time) {
	if w.ear == nil {
		return
	}
	matter := make(map[*pane]struct{}, len(candidates))
	for _, p := range candidates {
		matter[p] = struct{}{}
	}
	for _, p := range w.order {
		if _, is := matter[p]; !is && p.isDue(now) {
			p.noteLook(now, p.pace(false))
			p.lookedFor = false
			p.hears = w.ear.Arm(p.ref.Pane)
		}
	}
}

// stands tells whether the verdict on a pane is still good although its time in
// the cache is running out: the kernel has reported nothing since, and tmux has
// nothing to say against it. All are looked at anew in the end; with many panes
// that takes longer, so that it costs no more.
func (w *watcher) stands(p *pane, now time.Time) bool {
	return p.hears && !p.heard && now.Sub(p.captured.at) < w.fullLookPace()
}

// fullLookPace is the time between two full looks at a pane of which nothing is heard.
func (w *watcher) fullLookPace() time.Duration {
	return max(fullLookAfter, time.Duration(len(w.order))*fullLookPerPane)
}

// hearing describes how the server is heard.
func (w *watcher) hearing() engine.Hearing {
	if w.ear == nil {
		h := engine.Hearing{Unheard: len(w.order)}
		if w.deaf != nil {
			h.Reason = w.deaf.Error()
		}
		return h
	}
	s := w.ear.Status()
	h := engine.Hearing{Heard: s.Heard, Unheard: s.Unheard, Events: s.Events, Merged: s.Merged, Lost: s.Lost}
	if s.Heard > 0 || s.Unheard == 0 && s.Reason == nil {
		h.By = engine.HeardByKernel
	}
	if s.Reason != nil {
		h.Reason = s.Reason.Error()
	}
	return h
}
