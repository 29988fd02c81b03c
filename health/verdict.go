package health

import "time"

// Kind names an agent program. It is a string and no enum, because users can
// add kinds of their own; the zero value is KindNone.
type Kind string

// The kinds that this package can identify.
const (
	// KindNone: no agent runs here.
	KindNone   Kind = ""
	KindClaude Kind = "claude"
	KindCodex  Kind = "codex"
)

// PaneRef names one pane of one tmux server. It is comparable and so usable as
// a map key.
type PaneRef struct {
	// Host is the machine, by the name that the user's fleet gives it; empty for
	// this one.
	Host string `json:"host,omitempty"`
	// Server is the path of the server's socket.
	Server string `json:"server"`
	// Pane is tmux's pane id, such as "%3".
	Pane string `json:"pane"`
}

// PaneName is the pane as commands name it: "%3", and "host:%3" on another machine.
func (r PaneRef) PaneName() string {
	if r.Host != "" {
		return r.Host + ":" + r.Pane
	}
	return r.Pane
}

// String returns "socket %3", and "host:socket %3" on another machine.
func (r PaneRef) String() string {
	if r.Host != "" {
		return r.Host + ":" + r.Server + " " + r.Pane
	}
	return r.Server + " " + r.Pane
}

// Evidence is what decided a verdict: which rule, on which line, and what spoke
// against it.
type Evidence struct {
	// Source says where the deciding fact was found.
	Source Source `json:"source"`
	// Rule is the stable id of the rule, such as "claude.dialog.permission".
	Rule string `json:"rule,omitempty"`
	// Line is the row of the screen that matched, counted from 1; 0 when the
	// fact is not on the screen.
	Line int `json:"line,omitempty"`
	// Text is that row (or title, or process) without control sequences.
	Text string `json:"text,omitempty"`
	// Against lists what spoke for another verdict and was outweighed.
	Against []string `json:"against,omitempty"`
}

// Verdict is what one look at a pane says. It is a plain value: the same
// observation always gives the same verdict.
type Verdict struct {
	// Kind is the agent program; KindNone means that no agent was found.
	Kind Kind `json:"kind,omitempty"`
	// State is what it is doing.
	State State `json:"state"`
	// Wait refines StateWaiting (and StateLimited under a limit menu).
	Wait WaitReason `json:"wait,omitempty"`
	// Confidence is between 0 and 1.
	Confidence float64 `json:"confidence,omitempty"`
	// Evidence says why.
	Evidence Evidence `json:"evidence"`
	// Finished is set when the screen itself shows that a turn has completed
	// (a completion footer), so that idle needs no settling time.
	Finished bool `json:"finished,omitempty"`
	// Wordless is set when the shell is back and nothing tells how the agent
	// ended: what it did last decides.
	Wordless bool `json:"wordless,omitempty"`
	// Limit is the announcement of the limit as it stands on the screen, for
	// ResetReader; empty unless State is StateLimited.
	Limit string `json:"limit,omitempty"`
	// Hold is set when a viewer or picker covers the agent, so that the state
	// known before stays in force.
	Hold bool `json:"hold,omitempty"`
	// Activity is the one line worth showing beside the agent: the question it
	// asks, its spinner line, the limit's text. Empty when nothing is known.
	Activity string `json:"activity,omitempty"`
	// Digest identifies the normalised text above the composer, for telling
	// motion between two looks. 0 when there is none.
	Digest uint64 `json:"digest,omitempty"`
	// Draft identifies what stands in the place to type, a placeholder included. 0
	// when there is none. Command is set when a command is typed there, so that a
	// menu of completions may hide what stood above.
	Draft   uint64 `json:"draft,omitempty"`
	Command bool   `json:"command,omitempty"`
	// Composer is the row in which the frame of the place to type begins, counted
	// from 1: what the agent says stands above it. 0 when none is on the screen.
	Composer int `json:"composer,omitempty"`
	// Resume is the command that brings back an agent which has ended, to be typed into
	// its shell; empty where none is known.
	Resume string `json:"resume,omitempty"`
	// Dialog is what it asks, as data; nil unless Wait is set. It is shared and
	// must not be changed.
	Dialog *Dialog `json:"dialog,omitempty"`
	// Facts is what the screen tells beside the state; often empty.
	Facts []Fact `json:"facts,omitempty"`
}

// Process is one process of a pane, as health needs to know it.
type Process struct {
	PID  int `json:"pid,omitempty"`
	PPID int `json:"ppid,omitempty"`
	// Comm is the kernel's short name of the program.
	Comm string `json:"comm,omitempty"`
	// Args is its command line, args[0] included.
	Args []string `json:"args,omitempty"`
	// Foreground is set for members of the terminal's foreground group.
	Foreground bool `json:"foreground,omitempty"`
}

// Resident is a process that is known to be an agent's. Its zero value stands
// for none.
type Resident struct {
	PID  int  `json:"pid,omitempty"`
	Kind Kind `json:"kind,omitempty"`
}

// Observation is everything that a detector may look at. All fields but Screen
// are optional.
type Observation struct {
	// Kind is the agent program when the caller knows it already.
	Kind Kind `json:"kind,omitempty"`
	// Before is the agent program that was seen in this pane earlier, so that a
	// shell left behind can be told from a pane that never had an agent.
	Before Kind `json:"before,omitempty"`
	// Title, CurrentCommand, AlternateOn, InMode, Dead, Width and Height are
	// tmux's facts about the pane.
	Title          string `json:"title,omitempty"`
	CurrentCommand string `json:"current_command,omitempty"`
	AlternateOn    bool   `json:"alternate_on,omitempty"`
	InMode         bool   `json:"in_mode,omitempty"`
	Dead           bool   `json:"dead,omitempty"`
	Width          int    `json:"width,omitempty"`
	Height         int    `json:"height,omitempty"`
	// Processes are those of the pane: at least its foreground group. nil means
	// that nothing is known about processes; an empty, non-nil slice means that
	// there are none.
	Processes []Process `json:"processes,omitempty"`
	// Raw is set when the terminal is known to be in raw mode, as programs have it
	// that draw a place to type. Only then can a program that nobody knows turn
	// out to be an agent.
	Raw bool `json:"raw,omitempty"`
	// Resident is the process that was identified as an agent's earlier: as long
	// as it stays it is that agent's, whatever it calls itself by now.
	Resident Resident `json:"resident"`
	// LastOutput is when the pane last printed, as the kernel told; zero where it
	// does not tell, or has told nothing yet. A pane that goes on printing is told
	// of once per look, so that it can be older by the time between two looks.
	LastOutput time.Time `json:"last_output,omitzero"`
	// Said is what the agent says itself, nil when it says nothing.
	Said *Said `json:"said,omitempty"`
	// Session is what the agent's own files say, nil when nothing is known.
	Session *SessionNote `json:"session,omitempty"`
	// Screen is the visible text, rows separated by "\n", as capture-pane gives
	// it; SGR sequences are allowed and read as attributes.
	Screen string `json:"screen,omitempty"`
}
