package history

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
)

// screenSource is a source of screens that a test fills.
type screenSource struct {
	mu     sync.Mutex
	held   []engine.Screen
	closed bool
}

func (s *screenSource) show(at time.Time, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = append(s.held, engine.Screen{Agent: happened("%1", at, working).Agent, At: at, Text: text})
}

func (s *screenSource) Take() []engine.Screen {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.held
	s.held = nil
	return taken
}

func (s *screenSource) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.held) == 0
}

func (s *screenSource) Refused() uint64 { return 0 }

func (s *screenSource) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// filming starts a recorder that also keeps screens.
func filming(t *testing.T, path string) (*screenSource, *recorderAtWork) {
	t.Helper()
	source := &screenSource{}
	return source, startRecorderWith(t, RecorderOptions{Store: Options{Path: path}, Screens: source})
}

func TestScreensAreKeptUpToTheEndByTheProcessThatRecords(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	at := time.Now().Round(0)
	source, first := filming(t, path)
	first.push(happened("%1", at, working))
	eventually(t, "the first to record", func() bool { return first.last().Recording })
	other, second := filming(t, path)
	second.push(happened("%1", at, working))
	eventually(t, "the other to say that it does not", func() bool { return errors.Is(second.last().Err, ErrTaken) })
	source.show(at, "one")
	source.show(at.Add(time.Second), "two")
	source.show(at.Add(2*time.Second), "two")
	other.show(at.Add(3*time.Second), "seen by the other")
	eventually(t, "the other to look at what it has seen", other.empty)
	first.finish(t)
	second.finish(t)
	if !source.closed || !other.closed {
		t.Error("the sources have not been closed")
	}
	s := opened(t, Options{Path: path})
	got := all(t, s.Frames(context.Background(), AgentOf(happened("%1", at, working).Agent), at, at.Add(time.Minute)))
	requireFrames(t, got, []Frame{{at, "one"}, {at.Add(time.Second), "two"}})
}

// shownBy lets a projector see screens of api, one a second from a step on.
func shownBy(p *projector, source *screenSource, from, to int) {
	for step := from; step < to; step++ {
		source.show(noon().Add(time.Duration(step)*time.Second), screenAt(step))
		p.take()
	}
}

func TestAfterAFullDiskScreensBeginAnewAndWhatIsLostIsCounted(t *testing.T) {
	s, source, lost := opened(t, Options{}), &screenSource{}, uint64(0)
	p := &projector{
		store: s, screens: source, compressor: newCompressor(), films: make(map[lane]*film), lost: func(n uint64) { lost += n },
		recording: &atomic.Bool{},
	}
	p.recording.Store(true)
	limit := func(pages int) {
		if err := s.write.QueryRow("PRAGMA max_page_count = " + strconv.Itoa(pages)).Scan(&pages); err != nil {
			t.Fatal(err)
		}
	}
	shownBy(p, source, 0, 5)
	p.commit(acknowledgeWithin)
	limit(1)
	source.show(noon().Add(5*time.Second), strings.Repeat("x", maxScreen+1))
	for step := 6; step < 40; step++ { // what compresses well would find room
		source.show(noon().Add(time.Duration(step)*time.Second), rapid.StringN(3000, 3000, -1).Example(step))
		p.take()
	}
	p.commit(acknowledgeWithin)
	if lost != 35 {
		t.Fatalf("%d are lost, want 34 and the one that is too large", lost)
	}
	limit(1 << 20)
	shownBy(p, source, 50, 60)
	p.commit(acknowledgeWithin)
	agent := AgentOf(happened("%1", noon(), working).Agent)
	got := all(t, s.Frames(context.Background(), agent, noon(), noon().Add(time.Hour)))
	all := filmOf(60)
	requireFrames(t, got, append(all[:5:5], all[50:]...))
}

// BenchmarkAScreenIsMadeAnEntry is what a screen costs before the disk.
func BenchmarkAScreenIsMadeAnEntry(b *testing.B) {
	f, c, frames, size := &film{}, newCompressor(), filmOf(1000), 0
	for i := 0; b.Loop(); i++ {
		frame := frames[i%len(frames)]
		e, _ := f.next(api(), noon().Add(time.Duration(i)*time.Second), frame.Text, c)
		size += len(e.data)
	}
	b.ReportMetric(float64(size)/float64(b.N), "bytes/frame")
}

// BenchmarkAScreenIsFound is what the player waits for.
func BenchmarkAScreenIsFound(b *testing.B) {
	s := opened(b, Options{})
	filmed(b, s, &film{}, api(), filmOf(5000)...)
	for i := 0; b.Loop(); i++ {
		if _, err := s.FrameAt(context.Background(), api(), noon().Add(time.Duration(i%5000)*time.Second)); err != nil {
			b.Fatal(err)
		}
	}
}
