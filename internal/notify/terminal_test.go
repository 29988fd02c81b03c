package notify

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/tmuxtest"
)

// paper keeps what is written to a terminal.
type paper struct {
	mu      sync.Mutex
	written string
}

func (p *paper) write(text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written += text
	return nil
}

func (p *paper) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written
}

func TestTheBellRingsAndNothingElse(t *testing.T) {
	var p paper
	if err := (bell{p.write}).send(t.Context(), nasty()); err != nil || p.text() != "\a" {
		t.Errorf("%q, %v", p.text(), err)
	}
	if err := (bell{}).send(t.Context(), nasty()); !errors.Is(err, ErrDelivery) {
		t.Errorf("without a terminal: %v", err)
	}
}

func TestSequencesHoldNothingOfTheAgents(t *testing.T) {
	m := messageOf(engine.UrgencyWaiting)
	m.Items[0].Agent.Session, m.Items[0].Agent.Activity = "4;1", "a;b\a\x1b]52;c;AAAA\a\x9cc"
	m.At = time.UnixMilli(7)
	base64 := base64.StdEncoding.EncodeToString
	for kind, want := range map[ChannelType]string{
		TypeOSC99: "\x1b]99;i=agentwatch-7:d=0:e=1:u=1:p=title;" + base64([]byte("4;1 (claude) waits for you")) + "\x1b\\" +
			"\x1b]99;i=agentwatch-7:d=1:e=1:u=1:p=body;" + base64([]byte("a;bc")) + "\x1b\\",
		TypeOSC9:   "\x1b]9;4,1 (claude) waits for you: a,bc\a",
		TypeOSC777: "\x1b]777;notify;4,1 (claude) waits for you;a,bc\a",
	} {
		var p paper
		if err := (osc{kind, p.write, nil}).send(t.Context(), m); err != nil || p.text() != want {
			t.Errorf("%s: %q, want %q, %v", kind, p.text(), want, err)
		}
	}
}

func TestWithinTmuxTheNearestChannelIsTaken(t *testing.T) {
	for _, reaches := range []bool{true, false} {
		var p paper
		shown := 0
		tmux := sendFunc(func(context.Context, Message) error { shown++; return nil })
		way := ReachNone
		if reaches {
			way = ReachThroughTmux
		}
		o := osc{TypeOSC9, p.write, func(context.Context) (Reach, error) { return way, nil }}
		if err := (nearest{o, tmux}).send(t.Context(), messageOf(engine.UrgencyWaiting)); err != nil {
			t.Fatal(err)
		}
		if wrapped := strings.HasPrefix(p.text(), "\x1bPtmux;\x1b\x1b]9;"); wrapped != reaches || (shown == 1) == reaches {
			t.Errorf("passed on %t: wrote %q, %d messages of tmux", reaches, p.text(), shown)
		}
		if err := o.send(t.Context(), messageOf(engine.UrgencyWaiting)); (err == nil) != reaches {
			t.Errorf("passed on %t: osc9 by itself: %v", reaches, err)
		}
	}
}

func TestWithoutATerminalAMessageOfTmuxIsTheNearest(t *testing.T) {
	shown := 0
	tmux := sendFunc(func(context.Context, Message) error { shown++; return nil })
	if err := (nearest{osc{kind: TypeOSC9}, tmux}).send(t.Context(), messageOf(engine.UrgencyWaiting)); err != nil || shown != 1 {
		t.Errorf("%d messages of tmux, %v", shown, err)
	}
}

func TestAWrappedSequenceReachesTheTerminalOfTmux(t *testing.T) {
	server := tmuxtest.New(t)
	server.Run("set-option", "-g", "allow-passthrough", "on")
	output := server.Attach("main")
	var p paper
	o := osc{TypeOSC9, p.write, func(context.Context) (Reach, error) { return ReachThroughTmux, nil }}
	m := messageOf(engine.UrgencyWaiting)
	if err := o.send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "sequence")
	if err := os.WriteFile(file, []byte(p.text()), 0o600); err != nil {
		t.Fatal(err)
	}
	server.Run("respawn-pane", "-k", "-t", "main", "cat "+file+"; exec cat")
	tmuxtest.Eventually(t, time.Minute, "the sequence to arrive whole", func() bool {
		return strings.Contains(output(), osc9(m))
	})
}
