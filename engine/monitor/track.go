package monitor

import (
	"cmp"
	"time"

	"agentwatch/health"
)

// Times by which a track smooths what single looks say. They hold for looks that
// come in quick succession; with longer gaps the gap counts.
const (
	// settleIdle is how long the text above the composer must stand still
	// before a prompt without a completion footer counts as idle.
	settleIdle = 1500 * time.Millisecond
	// settleShown is settleIdle for a program that has shown its spinner throughout
	// the turn, and whose output the kernel tells of.
	settleShown = 700 * time.Millisecond
	// holdUnknown is how long an unreadable screen defers to the state known
	// before: half-drawn frames and redraws are shorter than this.
	holdUnknown = 3 * time.Second
	// unknownLooks is how many unreadable screens in a row it takes at least.
	unknownLooks = 2
	// redrawLasts is how long a program may draw its screen anew after a dialog.
	redrawLasts = 2 * time.Second
	// startLasts is how long one may do so that has not yet been given anything to do.
	startLasts = 8 * time.Second
	// motionLasts is how long a change of text counts as a sign of work.
	motionLasts = 1500 * time.Millisecond
	// endSettles is how long it may take until the shell has said how the agent
	// ended.
	endSettles = 3 * time.Second
	// startHolds is how long a start that cannot be read is still one.
	startHolds = 20 * time.Second
	// confidenceOfMotion is that of "working" told by motion alone.
	confidenceOfMotion = 0.6
)

// track is what is known of one agent over time: the layer that gives single
// verdicts their since, their unseen mark and their steadiness. It is a value;
// next returns the one that follows.
type track struct {
	kind    health.Kind
	state   health.State
	since   time.Time
	unseen  bool
	verdict health.Verdict
	// pid is the agent's process, 0 when it is not known; sameProcess is set when
	// the last look found the same one.
	pid         int
	sameProcess bool
	// busy is set from the moment a turn is seen running until it has ended.
	busy bool

	// looked is when the last look was, fresh or not, gap the time between the
	// last two.
	looked time.Time
	gap    time.Duration
	// asking is set when the last fresh look showed a dialog.
	asking bool
	// digest follows the text above the composer; moves are the last two
	// moments at which it changed, the newer first.
	digest uint64
	moves  [2]time.Time
	// done is set when the last fresh look showed a turn that had completed,
	// doneMoves are the last two changes between two such looks: an answer that is
	// written below an old line of completion.
	done      bool
	doneMoves [2]time.Time
	// dialogAt is when a dialog or a start was last on the screen: what is drawn
	// anew right after it is no motion.
	dialogAt time.Time
	// draft is what stood in the place to type at the last fresh look; begun is set
	// once this run of the program has worked, or something has been typed there.
	draft uint64
	begun bool
	// met is when this run of the program was first seen.
	met time.Time
	// command is set when a command of the program's stood there: what it does next,
	// such as to leave, is the user's wish.
	command bool
	// readable is when a look last gave a state, unread counts the fresh looks
	// since then that gave none, worked is when one last said that it works.
	readable time.Time
	unread   int
	worked   time.Time
	// failed is when a look last showed a failure or a limit.
	failed time.Time
	// shown is set while a turn runs that has shown a spinner; bare is set when the
	// last fresh look at it showed none, nor an end. hides is set once the turn has gone
	// on from there: this program streams without a spinner.
	shown, bare, hides bool
	// limit is the announcement of the limit last seen, resetAt when it says that
	// the limit ends; zero when it does not say.
	limit   string
	resetAt time.Time
}

// look is one moment's facts for a track.
type look struct {
	now time.Time
	// fresh is set when the verdict was made from a screen just read, and not
	// remembered.
	fresh bool
	// resized is set when the pane has another size than at the look before:
	// its text wraps anew, which is no motion.
	resized bool
	// visible is set while one of the user's own clients shows the pane.
	visible bool
	// heard is set when the kernel tells of the pane's output: between looks
	// nothing has then happened that no look was made for. lastOutput is when it
	// last did; zero for never.
	heard      bool
	lastOutput time.Time
	// pid is the agent's process, 0 when it is not known.
	pid int
	// quietSince is when the pane's window last printed, for the age of a state
	// that was there before we came; zero when unknown. Another pane of the
	// same window can make it too recent.
	quietSince time.Time
	// resets reads when a limit ends.
	resets *health.ResetReader
}

// startTrack begins a track with a first verdict.
func startTrack(v health.Verdict, l look) track {
	t := track{
		kind: v.Kind, state: v.State, since: l.now, verdict: v, pid: l.pid, busy: v.State == health.StateWorking,
		looked: l.now, asking: v.State == health.StateWaiting, digest: v.Digest, readable: l.now, worked: l.now,
		draft: v.Draft, begun: v.State != health.StateStarting && v.State != health.StateWaiting || hasBegun(v),
		shown: spins(v), met: l.now,
	}
	if !t.begun {
		t.dialogAt = l.now
	}
	if v.Hold {
		t.state = health.StateUnknown
	}
	t = t.readLimit(v, l)
	if t.limitOver(v, l.now) {
		t.verdict = afterLimit(v)
		t.state = t.verdict.State
	}
	if restful(t.state) && !l.quietSince.IsZero() && l.quietSince.Before(l.now) {
		t.since = l.quietSince
	}
	return t
}

// restful tells whether an agent in this state prints nothing by itself, so
// that its window's last output tells the state's age.
func restful(s health.State) bool {
	switch s {
	case health.StateIdle, health.StateWaiting, health.StateLimited, health.StateError,
		health.StateCrashed, health.StateExited:
		return true
	default:
		return false
	}
}

// next returns the track after a look that gave v.
func (t track) next(v health.Verdict, l look) track {
	t.gap, t.looked = l.now.Sub(t.looked), l.now
	if l.heard {
		t.gap = min(t.gap, unsettledPace)
	}
	if l.fresh {
		t = t.sample(v, l)
	}
	t.sameProcess = l.pid != 0 && l.pid == t.pid
	if l.pid != 0 && !t.sameProcess {
		// Started anew: the old one's screen says nothing.
		t.readable, t.begun, t.dialogAt, t.met = time.Time{}, false, l.now, l.now
	}
	t.pid = cmp.Or(l.pid, t.pid)
	t = t.readLimit(v, l)
	settled := t.settle(v, l)
	switch v.State {
	case health.StateWorking:
		t.worked = l.now
	case health.StateError, health.StateLimited:
		t.failed = l.now
	}
	t.verdict = settled
	if settled.State != t.state {
		t.state, t.since = settled.State, l.now
	}
	return t.mark(l.visible)
}

// sample takes over what a fresh look says about motion and readability.
func (t track) sample(v health.Verdict, l look) track {
	asked := t.asking
	t.asking = v.State == health.StateWaiting
	if asked || t.asking || v.State == health.StateStarting {
		t.dialogAt = l.now
	}
	calm := t.calm(v, l.now)
	t = t.watchSpinner(v, l)
	if v.Digest != 0 {
		// A dialog that opens or closes moves text, too, and is no work.
		if t.digest != 0 && v.Digest != t.digest && !l.resized && calm {
			t.moves = [2]time.Time{l.now, t.moves[0]}
			if t.done && v.Finished {
				t.doneMoves = [2]time.Time{l.now, t.doneMoves[0]}
			}
		}
		t.digest = v.Digest
	}
	if t.done = v.State == health.StateIdle && v.Finished; !t.done {
		t.doneMoves = [2]time.Time{}
	}
	if v.State != health.StateUnknown && v.State != health.StateStarting && !v.Hold {
		t.readable, t.unread = l.now, 0
	} else {
		t.unread++
	}
	return t
}

// calm tells whether a change of text since the last look can be a sign of work:
// not while the program draws itself after a dialog or its start, nor while the
// user types, who may have opened a menu of completions.
func (t *track) calm(v health.Verdict, now time.Time) bool {
	typed := v.Draft != 0 && t.draft != 0 && v.Draft != t.draft
	t.begun = t.begun || typed || hasBegun(v)
	if v.Draft != 0 {
		t.draft, t.command = v.Draft, v.Command
	}
	redraws := redrawLasts
	if !t.begun {
		redraws = startLasts
	}
	return now.Sub(t.dialogAt) > redraws && (t.state == health.StateWorking || !typed && !v.Command)
}

// hasBegun tells whether a verdict is that of a program that has been given something to
// do: it works, and not by its title only, or it asks about that.
func hasBegun(v health.Verdict) bool {
	switch v.Wait {
	case health.WaitPermission, health.WaitPlan, health.WaitLimitMenu:
		return true
	default:
		return v.State == health.StateWorking && v.Evidence.Source != health.SourceTitle
	}
}

// watchSpinner learns whether this program shows its spinner for as long as it works.
func (t track) watchSpinner(v health.Verdict, l look) track {
	if t.state != health.StateWorking {
		t.shown, t.bare = spins(v), false
		return t
	}
	bare := v.State == health.StateIdle && !v.Finished
	wentOn := v.State == health.StateWorking || bare && v.Digest != t.digest && !l.resized
	t.hides = t.hides || t.bare && wentOn
	t.shown, t.bare = t.shown || spins(v), bare
	return t
}

// spins tells whether a marker of work is on the screen itself, weak whether work follows
// only from what is missing there.
func spins(v health.Verdict) bool {
	return v.State == health.StateWorking && v.Evidence.Source == health.SourceScreen && v.Confidence > confidenceOfMotion
}

func weak(v health.Verdict) bool {
	return v.State == health.StateWorking && v.Confidence <= confidenceOfMotion
}

// settles is how long a prompt without a completion footer must stand still after
// work before it is believed.
func (t track) settles(heard bool) time.Duration {
	if heard && t.shown && !t.hides {
		return t.patience(settleShown)
	}
	return t.patience(settleIdle)
}

// mark keeps the unseen mark: set when a turn has ended at the prompt, and taken
// off when the user sees it, or when there is something newer to see.
func (t track) mark(visible bool) track {
	switch t.state {
	case health.StateWorking:
		t.busy, t.unseen = true, false
	case health.StateIdle:
		t.unseen = t.unseen || t.busy
		t.busy = false
	case health.StateError, health.StateLimited:
		t.busy = false
	case health.StateStarting, health.StateCrashed, health.StateExited:
		t.busy, t.unseen = false, false
	case health.StateUnknown, health.StateWaiting:
		// The turn may go on.
	}
	if visible {
		t.unseen = false
	}
	return t
}

// settle decides what a verdict means after what was known before.
func (t track) settle(v health.Verdict, l look) health.Verdict {
	now := l.now
	held := t.verdict
	held.Activity = pick(v.Activity, held.Activity)
	switch {
	case v.Hold:
		return held
	case t.state.Ended() && v.State.Ended() && now.Sub(t.since) > endSettles:
		// What the user does in the shell later says nothing of how it ended.
		return held
	case v.Wordless && v.State == health.StateExited && !t.state.Ended() && t.busy && !t.command:
		return brokenOff(v)
	case v.Wordless && v.State == health.StateCrashed && t.command && !t.state.Ended():
		// Its frame still stands, and the user has told it to leave.
		v.State, v.Activity = health.StateExited, "exited, shell is back"
		return v
	case v.Wordless && t.state == health.StateCrashed:
		// It was broken off, and still nothing tells more.
		return held
	case t.limitOver(v, now):
		return afterLimit(v)
	case (t.state == health.StateError || t.state == health.StateLimited) && (v.State == health.StateIdle && !v.Finished || weak(v)) &&
		(v.Command || now.Sub(t.failed) < settleShown):
		// A menu of completions hides the failure, which is still the last thing; and
		// who has sent something new sees it work in a moment.
		return held
	case v.State == health.StateWorking && !t.begun && t.state == health.StateIdle && now.Sub(t.met) < startLasts:
		return held
	case v.State == health.StateWorking && !t.begun && (t.state == health.StateStarting && now.Sub(t.met) < startLasts || t.state == health.StateWaiting):
		// Only the title spins, and nobody has given it anything to do: it gets ready.
		v.State, v.Activity = health.StateStarting, ""
		return v
	case v.State == health.StateStarting && !t.mayStart(now):
		// A blank or half-drawn frame; the program has long started.
		return held
	case v.State == health.StateUnknown && t.moving(now) && (t.unread >= unknownLooks || t.state == health.StateUnknown):
		return byMotion(v)
	case v.State == health.StateUnknown && t.state == health.StateStarting && !t.begun && t.sameProcess && now.Sub(t.since) < startHolds:
		return held
	case v.State == health.StateUnknown && t.state != health.StateUnknown:
		if now.Sub(t.readable) < holdUnknown || t.unread < unknownLooks {
			return held
		}
	case v.State == health.StateIdle && !v.Finished && t.state == health.StateWorking:
		// A prompt is on the screen while it streams, too.
		if now.Sub(t.lastWork()) < t.settles(l.heard) {
			return held
		}
	case v.State == health.StateIdle && !v.Finished && t.moving(now) && t.moves[1].After(t.since) && t.moves[1].After(t.failed), v.State == health.StateIdle && v.Finished && t.recent(t.doneMoves, now):
		return byMotion(v)
	}
	return v
}

// mayStart tells whether the agent can be starting: a program that has been seen
// at work or at its prompt cannot, as long as it is the same process. Where the
// process is not known (ssh), a while without a readable screen counts.
func (t track) mayStart(now time.Time) bool {
	switch t.state {
	case health.StateUnknown, health.StateStarting, health.StateCrashed, health.StateExited:
		return true
	}
	return !t.sameProcess && now.Sub(t.readable) >= holdUnknown
}

// lastWork is when anything last said that a turn runs.
func (t track) lastWork() time.Time {
	if t.moves[0].After(t.worked) {
		return t.moves[0]
	}
	return t.worked
}

// patience is a time of smoothing, stretched where looks are rare: a change can
// then be seen only at the next look.
func (t track) patience(d time.Duration) time.Duration { return max(d, t.gap+t.gap/4) }

// moving tells whether the text above the composer keeps changing: two changes
// in a short time, since a single one is no sign of work (a redraw, a command
// of the user's that printed something).
func (t track) moving(now time.Time) bool { return t.recent(t.moves, now) }

// recent tells whether two changes have just been, one soon after the other.
func (t track) recent(moves [2]time.Time, now time.Time) bool {
	lasts := t.patience(motionLasts)
	return !moves[1].IsZero() && now.Sub(moves[0]) < lasts && moves[0].Sub(moves[1]) < 2*lasts
}

// byMotion is the verdict for a screen whose markers do not tell, but whose
// text moves.
func byMotion(v health.Verdict) health.Verdict {
	against := v.Evidence
	v.State = health.StateWorking
	v.Confidence = confidenceOfMotion
	v.Evidence = health.Evidence{
		Source: health.SourceMotion, Rule: "motion.text",
		Text: "the text above the prompt keeps changing",
	}
	if against.Rule != "" {
		v.Evidence.Against = []string{against.Rule}
	}
	return v
}

// pick returns the first text that is not empty.
func pick(first, second string) string {
	if first != "" {
		return first
	}
	return second
}
