package serve

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// goOn lets a post that has been taken serve an engine from now on, until the
// test ends or stop is called.
func goOn(t *testing.T, at post, e Local) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { _ = e.Run(ctx) })
	work.Go(func() {
		newServer(newHub(e), at.listener, serverOptions{every: 20 * time.Millisecond}).serve(ctx)
		at.claim.release()
	})
	stop = sync.OnceFunc(func() {
		cancel()
		work.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// occupied takes a post.
func occupied(t *testing.T, path string) post {
	t.Helper()
	at, err := occupy(path)
	if err != nil || at.alone != nil {
		t.Fatal(err, at.alone)
	}
	return at
}

// answers tells whether an instance does.
func answers(t *testing.T, path string) bool {
	c, err := Dial(t.Context(), path, "test")
	if err != nil {
		return false
	}
	c.Close()
	return true
}

func TestBesideOneThatHangsItWatchesAloneOnlyUntilThatAnswersAgain(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	hung := occupied(t, f.path)
	m := f.open()
	f.sees(m, "%1")
	goOn(t, hung, newFakeEngine(agentIn("%9", health.StateWorking)))
	if s := f.sees(m, "%9"); len(s.Notices) != 0 {
		t.Errorf("it still says %+v", s.Notices)
	}
	own := f.started()[0]
	eventually(t, "its own engine to end", func() bool {
		own.mu.Lock()
		defer own.mu.Unlock()
		return own.stopped
	})
	if _, err := m.Answer(t.Context(), engine.Request{Action: engine.ActionApprove}); err != nil {
		t.Error(err)
	}
}

func TestWhoseFolderIsTidiedAwayServesInANewOne(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	first := f.open()
	second := f.open()
	f.sees(second, "%1")
	if err := os.RemoveAll(filepath.Dir(f.path)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "somebody to serve again", func() bool { return answers(t, f.path) })
	third := f.open()
	for _, m := range []*Monitor{first, second, third} {
		f.sees(m, "%1")
	}
	eventually(t, "one engine to be left", func() bool {
		running := 0
		for _, e := range f.started() {
			e.mu.Lock()
			if !e.stopped {
				running++
			}
			e.mu.Unlock()
		}
		return running == 1
	})
}

func TestASocketThatAnotherHasPutInPlaceOfOursStaysAndIsUsed(t *testing.T) {
	f := newFleet(t)
	old := newFakeEngine(agentIn("%1", health.StateWorking))
	goOn(t, occupied(t, f.path), old)
	m := f.open()
	f.sees(m, "%1")
	if err := errors.Join(os.Remove(f.path), os.Remove(f.path+".lock")); err != nil {
		t.Fatal(err)
	}
	goOn(t, occupied(t, f.path), newFakeEngine(agentIn("%2", health.StateWorking)))
	f.sees(m, "%2")
	if !answers(t, f.path) {
		t.Error("its socket is gone")
	}
}

func TestAForeignFileInPlaceOfTheSocketIsNotRemoved(t *testing.T) {
	f := newFleet(t)
	if err := errors.Join(makeFolder(filepath.Dir(f.path)), os.WriteFile(f.path, []byte("precious"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if at, err := occupy(f.path); err != nil || !errors.Is(at.alone, ErrForeign) {
		t.Error(err, at.alone)
	}
	if data, err := os.ReadFile(f.path); err != nil || string(data) != "precious" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestAnAnswerThatIsBeingTypedIsTypedToItsEndAndTold(t *testing.T) {
	for name, leave := range map[string]func(first, second *Monitor){
		"when the instance that types it quits": func(first, _ *Monitor) { _ = first.Close() },
		"when the one that asked quits":         func(_, second *Monitor) { _ = second.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t)
			first, second := f.open(), f.open()
			f.sees(second, "%1")
			begun, typed := make(chan struct{}), make(chan bool, 1)
			f.started()[0].answer = func(ctx context.Context, r engine.Request) (engine.Outcome, error) {
				close(begun)
				select {
				case <-ctx.Done():
				case <-time.After(100 * time.Millisecond):
				}
				typed <- ctx.Err() == nil
				return engine.Outcome{Request: r, Sent: true, Confirmed: true}, ctx.Err()
			}
			var work sync.WaitGroup
			defer work.Wait()
			work.Go(func() {
				<-begun
				leave(first, second)
			})
			got, err := second.Answer(t.Context(), engine.Request{Action: engine.ActionApprove})
			if !<-typed {
				t.Error("it was cut off in the middle")
			}
			if name == "when the instance that types it quits" && (err != nil || !got.Confirmed) {
				t.Errorf("it is told as %+v, %v", got, err)
			}
		})
	}
}

func TestWhoWaitsByAnInstanceThatHangsIsToldSo(t *testing.T) {
	e := newFakeEngine()
	e.last = nil // it never gets to look
	c := dial(t, serving(t, e, serverOptions{}))
	c.quiet = 100 * time.Millisecond
	_, err := c.Wait(t.Context(), Condition{States: []engine.Urgency{engine.UrgencyIdle}})
	if !errors.Is(err, ErrNoAnswer) {
		t.Error(err)
	}
}

func TestASilentClientDelaysNobodysEnd(t *testing.T) {
	path := meetingPlace(t)
	stop := goOn(t, occupied(t, path), newFakeEngine())
	var silent []*net.UnixConn
	for range 10 {
		silent = append(silent, raw(t, path))
	}
	eventually(t, "them to be heard", func() bool { return answers(t, path) })
	begun := time.Now()
	stop()
	if took := time.Since(begun); took > greeting/2 {
		t.Errorf("with %d silent clients it took %s", len(silent), took)
	}
}

func TestWhoUsesAnotherEngineKnowsItsTermsAsLongAsItDoes(t *testing.T) {
	f := newFleet(t)
	first, err := Open(t.Context(), Options{Path: f.path, Version: "test", Start: f.start, Terms: []string{"is read-only"}})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Open(t.Context(), Options{Path: f.path, Version: "test", Start: f.start, Guest: func(terms []string) *engine.Notice {
		return &engine.Notice{Text: "it " + terms[0]}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	snapshots, cancel := second.Subscribe()
	defer cancel()
	newest(t, snapshots, "a word on the other engine", func(s *engine.Snapshot) bool {
		return len(s.Notices) == 1 && s.Notices[0].Text == "it is read-only"
	})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	newest(t, snapshots, "an engine of its own", func(s *engine.Snapshot) bool { return len(s.Notices) == 0 })
}
