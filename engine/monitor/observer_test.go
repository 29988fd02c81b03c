package monitor

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// witness keeps all that it is told.
type witness struct {
	mu       sync.Mutex
	rounds   []engine.RoundTrace
	captures []engine.CaptureTrace
	late     []time.Duration
	answers  []engine.AnswerTrace
}

func (w *witness) Round(t engine.RoundTrace) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rounds = append(w.rounds, t)
}

func (w *witness) Capture(t engine.CaptureTrace) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.captures = append(w.captures, t)
}

func (w *witness) Late(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late = append(w.late, d)
}

func (w *witness) Answer(t engine.AnswerTrace) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers = append(w.answers, t)
}

func (w *witness) Acquire(time.Duration, error) {}

func (w *witness) told() (rounds []engine.RoundTrace, captures []engine.CaptureTrace, late []time.Duration, answers []engine.AnswerTrace) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rounds, w.captures, w.late, w.answers
}

func TestAnObserverIsToldWhatTheSnapshotSumsUp(t *testing.T) {
	f := newFakeServer()
	f.slow = 3 * time.Millisecond
	for _, id := range []string{"%0", "%1", "%2"} {
		f.show(id, claudeIdle)
	}
	w := &witness{}
	runningAfter(t, Options{}, map[string]*fakeServer{"one": f}, func(s *Service) { s.Observe(w) }, func(t *testing.T, s *Service) {
		after(s, 2*time.Second)
		f.show("%1", claudeWaiting)
		got := after(s, 2*time.Second)
		rounds, captures, late, _ := w.told()
		captured, bytes := 0, 0
		for _, r := range rounds {
			captured += r.Captured
			from := r.Began
			for stage, end := range r.Ends {
				if end.Before(from) {
					t.Errorf("stage %s ends %s before it begins", engine.Stage(stage), from.Sub(end))
				}
				from = end
			}
			// A pane that the kernel has reported on is captured when it is listed.
			if took := r.Ends[engine.StageCapture].Sub(r.Began); r.Captured > 0 && took < f.slow {
				t.Errorf("%d captures took %s, each takes %s", r.Captured, took, f.slow)
			}
		}
		for _, c := range captures {
			bytes += c.Bytes
			if c.Took < f.slow {
				t.Errorf("a capture took %s", c.Took)
			}
		}
		if uint64(len(rounds)) != got.Round.Rounds || uint64(captured) != got.Round.Captured || uint64(bytes) != got.Round.Bytes {
			t.Errorf("told of %d rounds, %d captures, %d bytes; the snapshot says %+v", len(rounds), captured, bytes, got.Round)
		}
		if len(late) == 0 {
			t.Error("nothing was said of how late the change was seen")
		}
		f.fail(errors.New("down"))
		after(s, time.Second)
		f.fail(nil)
		if rounds, _, _, _ = w.told(); rounds[len(rounds)-1].Err == nil {
			t.Error("a round that failed is told as one that did not")
		}
		s.Observe(nil)
		before := len(rounds)
		after(s, time.Second)
		if rounds, _, _, _ = w.told(); len(rounds) > before {
			t.Error("told after the end")
		}
	})
}

func TestAnObserverIsToldOfAnAnswerThatIsRefused(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	w := &witness{}
	runningAfter(t, Options{}, map[string]*fakeServer{"one": f}, func(s *Service) { s.Observe(w) }, func(t *testing.T, s *Service) {
		after(s, time.Second)
		_, err := s.Answer(context.Background(), engine.Request{Action: engine.ActionApprove, Target: health.PaneRef{Server: "nowhere", Pane: "%9"}})
		_, _, _, answers := w.told()
		if err == nil || len(answers) != 1 || answers[0].Err == nil || answers[0].Action != engine.ActionApprove || !answers[0].Compared.IsZero() {
			t.Errorf("err %v, told %+v", err, answers)
		}
	})
}

// BenchmarkObserving is what the measurements of a round cost when nobody observes
// them, which must be next to nothing, and when somebody does.
func BenchmarkObserving(b *testing.B) {
	for _, observed := range []bool{false, true} {
		name := "nobody"
		if observed {
			name = "somebody"
		}
		b.Run(name, func(b *testing.B) {
			m := newMeter()
			if observed {
				var o engine.Observer = deaf{}
				m.observer.Store(&o)
			}
			watch := stopwatch{now: time.Now}
			server := &observedServer{meter: m, now: time.Now}
			b.ReportAllocs()
			for b.Loop() {
				watch.begin(m, time.Time{})
				watch.end(engine.StageList)
				watch.end(engine.StagePlan)
				watch.looked(server)
				watch.done(m, engine.StrategyPush, 1, 2, nil)
			}
		})
	}
}

// deaf is told everything and keeps nothing.
type deaf struct{}

func (deaf) Round(engine.RoundTrace)      {}
func (deaf) Capture(engine.CaptureTrace)  {}
func (deaf) Late(time.Duration)           {}
func (deaf) Answer(engine.AnswerTrace)    {}
func (deaf) Acquire(time.Duration, error) {}
