package monitor

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"

	"agentwatch/internal/tmuxtest"
)

// racerVar makes the test binary a program that looks like claude and changes
// its dialogs when it is told to, over the socket that the variable names.
const racerVar = "AGENTWATCH_TEST_RACER"

// racedKey is a key that the racer has read: which dialog it had in mind then,
// and which one tmux had drawn when it typed the key.
type racedKey struct {
	Key         string
	Mind, Drawn int
	// Late is how long the racer had had that in mind.
	Late time.Duration
}

// racer is the program. Behind every frame it asks the terminal where the cursor
// is: tmux answers in order with the keys that it types, so that a key in front
// of the answer was typed when tmux had not drawn the frame.
type racer struct {
	mind, drawn int
	since       time.Time
	asked       []int // the frames whose answers are due
	rest        []byte
	keys        []racedKey
	waiting     chan<- string // who waits until all is drawn
}

// racerCommand is one line from the test with the way back.
type racerCommand struct {
	line   string
	answer chan<- string
}

func race(path string) {
	listener, err := net.Listen("unix", path)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := term.MakeRaw(os.Stdin.Fd()); err != nil {
		fmt.Println(err)
		return
	}
	commands, input := make(chan racerCommand), make(chan []byte)
	go func() {
		for {
			buffer := make([]byte, 1024)
			n, err := os.Stdin.Read(buffer)
			if err != nil {
				os.Exit(0)
			}
			input <- buffer[:n]
		}
	}()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		lines := bufio.NewScanner(conn)
		for lines.Scan() {
			answer := make(chan string, 1)
			commands <- racerCommand{lines.Text(), answer}
			fmt.Fprintln(conn, <-answer)
		}
	}()
	(&racer{}).loop(commands, input)
}

func (r *racer) loop(commands <-chan racerCommand, input <-chan []byte) {
	turn, next := time.NewTimer(time.Hour), 0
	for r.draw(1); ; {
		select {
		case b := <-input:
			r.read(b)
		case <-turn.C:
			r.draw(next)
		case c := <-commands:
			var delay int
			switch {
			case strings.HasPrefix(c.line, "show "):
				turn.Stop()
				_, _ = fmt.Sscanf(c.line, "show %d", &next)
				r.draw(next)
				r.keys, r.waiting = nil, c.answer
			case strings.HasPrefix(c.line, "turn "):
				_, _ = fmt.Sscanf(c.line, "turn %d %d", &next, &delay)
				turn.Reset(time.Duration(delay) * time.Microsecond)
				c.answer <- "ok"
			default:
				report, _ := json.Marshal(r.keys)
				c.answer <- string(report)
			}
		}
	}
}

// draw turns to another frame; 0 is the composer.
func (r *racer) draw(n int) {
	r.mind, r.since = n, time.Now()
	r.asked = append(r.asked, n)
	fmt.Print("\x1b[H\x1b[J" + strings.ReplaceAll(racerFrame(n), "\n", "\r\n") + "\x1b[6n")
}

// read takes what was typed: answers of the terminal, and keys.
func (r *racer) read(b []byte) {
	b = append(r.rest, b...)
	for r.rest = nil; len(b) > 0; {
		if b[0] == 0x1b {
			end := bytes.IndexByte(b, 'R')
			if end < 0 {
				r.rest = b
				return
			}
			r.drawn, r.asked, b = r.asked[0], r.asked[1:], b[end+1:]
			if len(r.asked) == 0 && r.waiting != nil {
				r.waiting <- "ok"
				r.waiting = nil
			}
			continue
		}
		r.keys = append(r.keys, racedKey{string(b[:1]), r.mind, r.drawn, time.Since(r.since)})
		if r.mind > 0 {
			r.draw(0)
		}
		b = b[1:]
	}
}

// racerFrame is a screen of claude's: a permission, of which every one is about
// another command, with options that have other numbers each time.
func racerFrame(n int) string {
	if n == 0 {
		return claudeIdle
	}
	options := []string{"1. Yes\n   2. No", "1. Yes\n   2. Yes, and don’t ask again for: ls *\n   3. No", "1. No\n   2. Yes"}[n%3]
	return fmt.Sprintf("● Bash(deploy)\n\n Bash command\n\n   ./deploy.sh --to host-%d\n\n Do you want to proceed?\n ❯ %s\n\n Esc to cancel · Tab to amend", n, options)
}

// track is a racer in a pane, with the connection to it.
type raceTrack struct {
	pane  string
	conn  net.Conn
	lines *bufio.Scanner
}

// newRaceTrack starts a racer in a window of its own.
func newRaceTrack(t *testing.T, s *tmuxtest.Server, folder string, i int) *raceTrack {
	t.Helper()
	program := filepath.Join(folder, "claude")
	if i == 0 {
		binary, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(binary, program); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(folder, fmt.Sprintf("s%d", i))
	r := &raceTrack{pane: s.NewSession(fmt.Sprintf("race%d", i), "env", racerVar+"="+path, program)}
	tmuxtest.Eventually(t, 10*time.Second, "the racer listens", func() bool {
		conn, err := net.Dial("unix", path)
		r.conn = conn
		return err == nil
	})
	t.Cleanup(func() { _ = r.conn.Close() })
	r.lines = bufio.NewScanner(r.conn)
	return r
}

// tell sends a command and returns the answer.
func (r *raceTrack) tell(t *testing.T, format string, values ...any) string {
	fmt.Fprintf(r.conn, format+"\n", values...)
	if !r.lines.Scan() {
		t.Errorf("the racer in %s has ended: %v", r.pane, r.lines.Err())
	}
	return r.lines.Text()
}

// keys are those that the racer has read since the last show.
func (r *raceTrack) keys(t *testing.T) []racedKey {
	var keys []racedKey
	if err := json.Unmarshal([]byte(r.tell(t, "report")), &keys); err != nil {
		t.Error(err)
	}
	return keys
}
