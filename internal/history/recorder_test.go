package history

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
)

// stream is a stream of transitions that a test fills.
type stream struct {
	mu     sync.Mutex
	queue  []engine.Transition
	wake   chan struct{}
	closed bool
}

func newStream() *stream { return &stream{wake: make(chan struct{}, 1)} }

func (s *stream) push(more ...engine.Transition) {
	s.mu.Lock()
	s.queue = append(s.queue, more...)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *stream) Next(ctx context.Context) (engine.Transition, error) {
	for {
		s.mu.Lock()
		if len(s.queue) > 0 {
			t := s.queue[0]
			s.queue = s.queue[1:]
			s.mu.Unlock()
			return t, nil
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return engine.Transition{}, ctx.Err()
		case <-s.wake:
		}
	}
}

func (s *stream) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
}

// recorderAtWork is a recorder with its stream.
type recorderAtWork struct {
	*stream
	recorder *Recorder
	stop     context.CancelFunc
	ended    chan error
	mu       sync.Mutex
	status   []Status
}

func startRecorder(t *testing.T, o Options) *recorderAtWork {
	t.Helper()
	return startRecorderWith(t, RecorderOptions{Store: o})
}

func startRecorderWith(t *testing.T, o RecorderOptions) *recorderAtWork {
	t.Helper()
	w := &recorderAtWork{stream: newStream(), ended: make(chan error, 1)}
	o.Tell = func(s Status) {
		w.mu.Lock()
		w.status = append(w.status, s)
		w.mu.Unlock()
	}
	w.recorder = NewRecorder(o)
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	go func() { w.ended <- w.recorder.Run(ctx, w.stream) }()
	t.Cleanup(cancel)
	return w
}

func (w *recorderAtWork) last() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.status) == 0 {
		return Status{}
	}
	return w.status[len(w.status)-1]
}

// finish ends a recorder and waits for it.
func (w *recorderAtWork) finish(t *testing.T) {
	t.Helper()
	w.stop()
	if err := <-w.ended; err != nil {
		t.Error(err)
	}
}

// eventually polls until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for ; !holds(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestWhatTheEngineTellsIsKeptUpToTheEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state", "agentwatch", "history.db")
	w := startRecorder(t, Options{Path: path})
	at := time.Now()
	w.push(happened("%1", at, working))
	eventually(t, "the recorder to record", func() bool { return w.last().Recording })
	if err := <-w.recorder.Keep(Answer{At: at, Agent: api(), Action: "choose", Text: "1"}); err != nil {
		t.Error(err)
	}
	for i := range 1000 {
		w.push(happened("%1", at.Add(time.Duration(i+1)*time.Microsecond), working, waiting))
	}
	w.finish(t)
	if !w.closed {
		t.Error("the stream is left open")
	}
	if err := <-w.recorder.Keep(Answer{At: at, Agent: api()}); !errors.Is(err, ErrClosed) {
		t.Errorf("keeping after the end: %v", err)
	}
	s := opened(t, Options{Path: path, ReadOnly: true})
	got := all(t, s.Transitions(context.Background(), Filter{OldestFirst: true}))
	if len(got) != 1001 || got[0].To != working || got[1000].To != waiting {
		t.Errorf("%d transitions, want 1001", len(got))
	}
	if n := len(all(t, s.Answers(context.Background(), Filter{}))); n != 1 {
		t.Errorf("%d answers", n)
	}
	var ended int
	if err := s.read.QueryRow("SELECT sum(ended) FROM runs").Scan(&ended); err != nil || ended != 1 {
		t.Errorf("%d runs have ended in an orderly way, %v", ended, err)
	}
}

func TestOfTwoRecordersOneRecordsAndTheOtherWhenItHasEnded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	one := startRecorder(t, Options{Path: path})
	at := time.Now()
	one.push(happened("%1", at, working))
	eventually(t, "the first to record", func() bool { return one.last().Recording })
	two := startRecorder(t, Options{Path: path})
	eventually(t, "the second to say that it does not", func() bool { return errors.Is(two.last().Err, ErrTaken) })
	two.push(happened("%1", at, working))
	change := happened("%1", time.Now(), working, waiting)
	one.push(change)
	two.push(change)
	eventually(t, "the second to take what the first records", func() bool {
		two.stream.mu.Lock()
		defer two.stream.mu.Unlock()
		return len(two.queue) == 0
	})
	one.finish(t)
	eventually(t, "the second to record", func() bool { return two.last().Recording && two.last().Err == nil })
	two.push(happened("%1", time.Now(), waiting, done))
	two.finish(t)

	s := opened(t, Options{Path: path, ReadOnly: true})
	var got []engine.Urgency
	for _, e := range all(t, s.Transitions(context.Background(), Filter{OldestFirst: true})) {
		got = append(got, e.To)
	}
	if len(got) != 3 || got[0] != working || got[1] != waiting || got[2] != done {
		t.Errorf("recorded %v, want working, waiting, done, once each", got)
	}
	rows, err := s.Report(context.Background(), at.Add(-time.Hour), at.Add(time.Hour), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var watched time.Duration
	for _, r := range rows {
		watched += r.Watched()
	}
	if elapsed := time.Since(at); watched > elapsed {
		t.Errorf("watched %s of %s", watched, elapsed)
	}
}

func TestARecorderThatCannotOpenItsFileSaysSoAndEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	if err := os.WriteFile(path, []byte("no database, and long enough to be seen as none: "+string(make([]byte, 4096))), 0o600); err != nil {
		t.Fatal(err)
	}
	w := startRecorder(t, Options{Path: path})
	if err := <-w.ended; !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v", err)
	}
	if got := w.last().Err; !errors.Is(got, ErrDamaged) {
		t.Errorf("told %v", got)
	}
	if !w.closed {
		t.Error("the stream is left open: it would grow without end")
	}
}

func TestARecorderGoesOnWhenTheDiskHasRoomAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	w := startRecorder(t, Options{Path: path})
	w.push(happened("%1", time.Now(), working))
	eventually(t, "the recorder to record", func() bool { return w.last().Recording && w.last().Err == nil })
	w.recorder.mu.Lock()
	db := w.recorder.store.write
	w.recorder.mu.Unlock()
	var pages int
	if err := db.QueryRow("PRAGMA max_page_count = 1").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		w.push(happened("%1", time.Now().Add(time.Duration(i)*time.Microsecond), working, waiting))
	}
	eventually(t, "the full disk to be told", func() bool { return errors.Is(w.last().Err, ErrFull) })
	if err := db.QueryRow("PRAGMA max_page_count = 100000").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the trouble to be over", func() bool { return w.last().Err == nil })
	w.finish(t)
	got := all(t, opened(t, Options{Path: path, ReadOnly: true}).Transitions(context.Background(), Filter{}))
	if len(got) != 401 || w.last().Lost != 0 {
		t.Errorf("%d transitions are kept, %d lost; want 401 and none", len(got), w.last().Lost)
	}
}
