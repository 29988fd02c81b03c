package health

import "sync/atomic"

// LiveDetector is a detector that can be replaced while it is in use, when the
// user's profiles have changed. It is safe for concurrent use.
type LiveDetector struct {
	current atomic.Pointer[Detector]
}

// NewLiveDetector returns one that judges by d.
func NewLiveDetector(d *Detector) *LiveDetector {
	live := &LiveDetector{}
	live.current.Store(d)
	return live
}

// Replace lets all judgements from now on be those of d.
func (l *LiveDetector) Replace(d *Detector) { l.current.Store(d) }

// Detect implements Judge.
func (l *LiveDetector) Detect(o Observation) Verdict { return l.current.Load().Detect(o) }

// Identify is Detector.Identify.
func (l *LiveDetector) Identify(o Observation) Identity { return l.current.Load().Identify(o) }

// Explain is Detector.Explain.
func (l *LiveDetector) Explain(o Observation) Explanation { return l.current.Load().Explain(o) }

// AnswerRules is Detector.AnswerRules.
func (l *LiveDetector) AnswerRules(kind Kind) AnswerRules { return l.current.Load().AnswerRules(kind) }

// ReadComposer is Detector.ReadComposer.
func (l *LiveDetector) ReadComposer(o Observation) (Composer, bool) {
	return l.current.Load().ReadComposer(o)
}
