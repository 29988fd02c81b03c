package engine

import (
	"context"
	"time"
)

// Observer is told what the engine measures, at the moment when it does: for
// whoever exports it. Its methods are called from the engine's goroutines. They
// must be safe for concurrent use and must not wait.
type Observer interface {
	// Round is told of each round of a server.
	Round(RoundTrace)
	// Capture is told of each exchange with a server in which screens were captured.
	Capture(CaptureTrace)
	// Late is told how late a change of state reached its verdict.
	Late(time.Duration)
	// Answer is told of each answer, also of one that was refused.
	Answer(AnswerTrace)
	// Acquire is told of each wait for a worker of a pool, with its error.
	Acquire(wait time.Duration, err error)
}

// Stage is a part of a round.
type Stage uint8

// The stages of a round, in their order.
const (
	// StageList asks the server which panes there are and which have printed.
	StageList Stage = iota
	// StagePlan reads what runs in the panes and lets the strategy plan.
	StagePlan
	// StageCapture captures screens. Those of panes that the kernel has reported on are
	// captured in StageList already (RoundTrace.Ahead).
	StageCapture
	// StageCheck is what detection takes after the last screen has come.
	StageCheck
	// StagePublish gives the verdicts their place in time and makes the snapshot.
	StagePublish
	stages
)

// String returns the stage's word.
func (s Stage) String() string {
	words := [...]string{"list", "plan", "capture", "check", "publish"}
	if int(s) < len(words) {
		return words[s]
	}
	return "stage"
}

// RoundTrace is one round of one server.
type RoundTrace struct {
	Strategy StrategyName
	Began    time.Time
	// Ends are when each stage ended. A stage that was not reached, or had nothing to
	// do, ended with the one before it.
	Ends [stages]time.Time
	// Used is the processor time of this process in each stage, whoever used it.
	Used [stages]time.Duration
	// Ahead is how much of StageList captures took, AheadUsed their processor time.
	Ahead, AheadUsed time.Duration
	// Captured, Cached and Failed are the panes by where their verdicts came from.
	Captured, Cached, Failed int
	// Err is why the server could not be asked; nil otherwise.
	Err error
}

// CaptureTrace is one exchange with a server in which screens were captured.
type CaptureTrace struct {
	Link  Link
	Began time.Time
	Took  time.Duration
	// Panes is how many screens were asked for, Bytes how large they were together.
	Panes, Bytes int
}

// AnswerTrace is one answer: from Began to Compared the pane was looked at and
// compared, then it was typed until Typed, and confirmed until Ended. Compared and
// Typed are zero where nothing was typed.
type AnswerTrace struct {
	Action                        Action
	Began, Compared, Typed, Ended time.Time
	Outcome                       Outcome
	Err                           error
	// Parent is the span of whoever asked for it, as a W3C traceparent; empty for none.
	Parent string
}

// parentKey is the key of a span's name in a context.
type parentKey struct{}

// maxParent bounds what is taken for a traceparent.
const maxParent = 128

// WithTraceParent notes under which span of the caller's something is asked for, as a
// W3C traceparent. What is too long for one, or empty, is not noted.
func WithTraceParent(ctx context.Context, parent string) context.Context {
	if parent == "" || len(parent) > maxParent {
		return ctx
	}
	return context.WithValue(ctx, parentKey{}, parent)
}

// TraceParent is what WithTraceParent has noted; empty for nothing.
func TraceParent(ctx context.Context) string {
	parent, _ := ctx.Value(parentKey{}).(string)
	return parent
}
