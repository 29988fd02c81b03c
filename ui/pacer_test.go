package ui

import (
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// letters is a model that shows what has been typed.
type letters struct {
	typed string
	drawn *atomic.Int64
}

func (l letters) Init() tea.Cmd { return nil }

func (l letters) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		l.typed += key.Text
	}
	l.drawn.Add(1)
	return l, nil
}

func (l letters) View() tea.View { return tea.NewView(l.typed) }

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

func TestBubbleTeaStillHasTheTickerThatIsReplaced(t *testing.T) {
	p := &pacer{frames: make(chan time.Time, 1)}
	if !p.drive(tea.NewProgram(letters{drawn: &atomic.Int64{}})) {
		t.Error("Bubble Tea's renderer cannot be driven any more: see whether it draws on demand by itself now, and drop the pacer")
	}
}

func TestEveryChangeIsDrawnAndNothingElseWakesTheRenderer(t *testing.T) {
	in, typing := io.Pipe()
	defer in.Close()
	out, drawn := &terminal{}, &atomic.Int64{}
	program, p := pace(letters{drawn: drawn}, tea.WithInput(in), tea.WithOutput(out),
		tea.WithWindowSize(20, 5), tea.WithoutSignalHandler())
	// Frames pass through here on their way to the renderer, and are counted.
	theirs, frames := make(chan time.Time), atomic.Int64{}
	ours := p.frames
	(&pacer{frames: theirs}).drive(program)
	forwarded := make(chan struct{})
	go func() {
		defer close(forwarded)
		for at := range ours {
			frames.Add(1)
			theirs <- at
		}
	}()
	ended := make(chan error, 1)
	go func() { _, err := program.Run(); ended <- err }()
	for _, letter := range "abcdefghij" {
		if _, err := typing.Write([]byte(string(letter))); err != nil {
			t.Fatal(err)
		}
		eventually(t, string(letter)+" is not drawn", func() bool { return strings.Contains(out.String(), string(letter)) })
	}
	if f, u := frames.Load(), drawn.Load(); f == 0 || f > u {
		t.Errorf("%d frames for %d updates", f, u)
	}
	program.Quit()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	p.close()
	close(ours)
	<-forwarded
}
