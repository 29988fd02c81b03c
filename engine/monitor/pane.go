package monitor

import (
	"time"

	"agentwatch/cache"
	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// pane is what a watcher knows of one pane.
type pane struct {
	ref  health.PaneRef
	meta tmuxpool.Pane
	// foundAt is when it was first listed.
	foundAt time.Time
	details details
	// printing is what the kernel says about its output.
	printing
	// warmth is how far its coloured screen is ready.
	warmth warmth
	// print is the fingerprint as of the last scan, or as of seenAt, a second of the
	// server's clock, when only this pane was read since. captured that of the last
	// capture, identified that of the last reading of its processes.
	print    fingerprint
	seenAt   int64
	captured sighting
	// changedAt is when the fingerprint last showed a change.
	changedAt time.Time
	// dirtySince is when it was first seen that it may have changed since its
	// last capture; zero while it has not.
	dirtySince time.Time
	// unchanged is when a change that is not captured yet had not been there, as the
	// lists of panes tell; zero when there is none.
	unchanged  time.Time
	identified sighting
	// generation is the watcher-wide version under which the next capture is cached.
	generation cache.Version
	// processes are those of the foreground, as of the last identification.
	processes []health.Process
	// raw is set when the terminal is known to be in raw mode.
	raw bool
	// resident is the process that was last identified as an agent's.
	resident health.Resident
	// candidate is a program that nobody knows and that may be an agent; lookAt is
	// when its screen is worth another look, and wait the time until the next.
	candidate health.Resident
	lookAt    time.Time
	wait      time.Duration
	// kind is the agent that runs here now; before is the one that ran here.
	kind   health.Kind
	before health.Kind
	// foreground is what the processes say; ProcessUnknown means that only the
	// screen can tell (ssh, containers).
	foreground health.ProcessState
	// pid is the agent's own process where it is known, else the pane's.
	pid int
	// direct is set when the foreground group's leader is the agent itself or
	// the user's shell, so that the fingerprint tells all.
	direct bool
	// looked is set when the screen has been looked at under these processes.
	looked bool

	// preexisting is set while an agent found here must have been here before the
	// service watched: until the pane has been read once without one.
	preexisting bool

	tracked bool
	track   track
	verdict health.Verdict
	// input is the screen that verdict was made from.
	input   string
	resized bool
	// fresh is set when verdict was made in this round.
	fresh bool
	// dismissed is set when an agent has been gone for long enough: what is
	// left of it on the screen does not bring it back.
	dismissed bool
	agent     engine.Agent
	// past is what the agent has been, oldest first.
	past     []engine.Phase
	revision uint64
	checked  time.Time
	// repository is the one that the agent works in; nil when that is not known.
	repository *engine.Repository
	// pull is the pull request of the agent's branch; nil when there is none, or when that
	// is not known.
	pull *engine.PullRequest
	// tokens are what the agent's session files tell; nil when that is not known.
	tokens *engine.Tokens
	// repeated is what the agent did again and again in a turn that has ended.
	repeated *engine.Repetition
	// forecast is what is foreseen of it; nil for nothing. silent is since when it has
	// printed nothing while it works; zero when that is not long.
	forecast *engine.Forecast
	silent   time.Time
	stale    bool
	// snooze is set while the user does not want to hear of what the agent needs;
	// leftNeed is when it has seemed to need nothing meanwhile, zero while it does.
	snooze   *engine.Snooze
	leftNeed time.Time
	// texts are those that wait for the agent. The slice is never changed.
	texts []engine.WaitingText
	// goOn is set when the agent goes on by itself after a limit.
	goOn bool
	// saidBy is who says what the agent does.
	saidBy saidBy
}

// see takes over new facts of the scan.
func (p *pane) see(meta tmuxpool.Pane) {
	if p.meta.ID != "" && (p.meta.Width != meta.Width || p.meta.Height != meta.Height) {
		p.resized = true
	}
	p.meta = meta
	p.print = fingerprintOf(meta)
}

// seeAlone takes over the facts of this pane alone, read at a second of the
// server's clock. Of the sessions of a window that is in several only a list of all
// tells the first.
func (p *pane) seeAlone(meta tmuxpool.Pane, second int64) {
	if meta.SessionID != p.meta.SessionID && meta.WindowID == p.meta.WindowID {
		was := p.meta
		meta.SessionID, meta.Session, meta.WindowIndex = was.SessionID, was.Session, was.WindowIndex
		meta.WindowActive, meta.SessionAttached = was.WindowActive, was.SessionAttached
	}
	p.see(meta)
	p.seenAt = second
}

// isDue tells whether the pane is worth a look.
func (p *pane) isDue(now time.Time) bool { return p.hears && !p.dueAt.IsZero() && !p.dueAt.After(now) }

// change tells what is known of the pane since its last capture.
func (p *pane) change() engine.Change { return p.captured.change(p.print) }

// observation is all that is known of the pane but its screen.
func (p *pane) observation() health.Observation {
	command := p.meta.CurrentCommand
	if command == "" {
		command = p.details.command
	}
	return health.Observation{
		Before: p.before, Title: p.meta.Title, CurrentCommand: command,
		AlternateOn: p.meta.AlternateOn, InMode: p.meta.InMode, Dead: p.meta.Dead,
		Width: p.meta.Width, Height: p.meta.Height, Processes: p.processes,
		Raw: p.raw, Resident: p.resident, LastOutput: p.lastOutput(),
	}
}

// lastOutput is when the kernel last told that the pane printed; zero when it
// does not tell, or has not yet.
func (p *pane) lastOutput() time.Time {
	if !p.hears {
		return time.Time{}
	}
	return p.at
}

// changedSince is when the change that a look has just found may have come: the last
// output before the look where the kernel tells of it, else the last list in which
// nothing had been printed. Zero when neither is known.
func (p *pane) changedSince() time.Time {
	if p.hears && !p.at.IsZero() {
		return latest(p.at, p.captured.at)
	}
	return p.unchanged
}

// visible tells whether one of the user's own clients shows the pane.
func (p *pane) visible() bool {
	return p.meta.SessionAttached > 0 && p.meta.WindowActive
}

// agentNow is the pane's agent as a snapshot shows it.
func (p *pane) agentNow(server string) engine.Agent {
	t := p.track
	active := time.Time{}
	if p.print.activity > 0 {
		active = time.Unix(p.print.activity, 0)
	}
	var forecast *engine.Forecast
	if t.state == health.StateWorking {
		forecast = p.forecast
	}
	return engine.Agent{
		Forecast: forecast, SilentSince: p.silent,
		Ref: p.ref, Server: server, Session: p.meta.Session, Window: p.meta.Window,
		WindowIndex: p.meta.WindowIndex, PaneIndex: p.meta.PaneIndex,
		Kind: t.kind, State: t.state, Wait: t.verdict.Wait, Since: t.since, Unseen: t.unseen,
		Confidence: t.verdict.Confidence, Evidence: t.verdict.Evidence, Activity: t.verdict.Activity,
		Title: p.meta.Title, CWD: p.details.path, Command: p.details.command,
		PID: p.pid, PanePID: p.meta.PID, Width: p.meta.Width, Height: p.meta.Height,
		Dialog: t.verdict.Dialog, Facts: t.verdict.Facts, Past: p.past,
		Composer: t.verdict.Composer, Resume: t.verdict.Resume, ActiveAt: active, Repo: p.repository, Tokens: p.tokens, Repeating: p.repeating(), Pull: p.pull, Snooze: p.snooze, Texts: p.texts, GoOn: p.goOn, LimitUntil: t.limitUntil(),
		Stale: p.stale, CheckedAt: p.checked, Revision: p.revision,
	}
}
