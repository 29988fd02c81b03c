package monitor_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"agentwatch/internal/tmuxtest"
)

// writeKind is a way in which a pane's screen comes to differ, or seems to.
type writeKind uint8

const (
	writeSpinner writeKind = iota
	writeColour
	writeText
	writeLine
	writeCursor
	writeClear
	writeAlternateOn
	writeAlternateOff
	writeTitle
	writeOverflow
	writeRegion
	writeReturn
	writeFlood
	writeResize
	writeRespawn
	writeReplace
	writeSwap
	writeCopyOn
	writeCopyOff
	writeKinds
)

func (k writeKind) String() string {
	return [...]string{
		"spinner", "colour", "text", "line", "cursor", "clear", "alternate on", "alternate off", "title",
		"overflow", "region", "return", "flood", "resize", "respawn", "replace", "swap", "copy on", "copy off",
	}[k]
}

// weight is how often a kind is drawn. The kinds from writeResize on are
// commands of tmux, which cost a process each.
func (k writeKind) weight() int {
	switch k {
	case writeSpinner, writeText, writeLine:
		return 150
	case writeOverflow, writeAlternateOn, writeAlternateOff:
		return 40
	case writeResize, writeSwap, writeCopyOn, writeCopyOff:
		return 10
	case writeFlood:
		return 5
	case writeRespawn, writeReplace:
		return 3
	default:
		return 80
	}
}

// soakPane is one pane of the stage.
type soakPane struct {
	id, tty string
	// last are its last few writes, for the report of a failure.
	last []writeKind
	// copying is set while it is in copy mode.
	copying bool
}

// soakStage is a private tmux server full of panes whose foreground program is
// called claude, and the hand that writes to them. It writes to the panes'
// terminals itself: a program per write would be far too slow.
type soakStage struct {
	t      *testing.T
	server *tmuxtest.Server
	rng    *rand.Rand
	actor  string
	panes  []*soakPane
	counts [writeKinds]int
	serial int
	// copyStops is set where a pane in copy mode does not read what is printed: its
	// program waits, and so would we. That is so before tmux 3.2.
	copyStops bool
	// reused counts panes that were made with the terminal of one just killed.
	reused int
}

// soakHistory is small, so that it overflows often.
const soakHistory = 40

// newSoakStage makes n panes: ten to a session, every other window split.
func newSoakStage(t *testing.T, rng *rand.Rand, n int) *soakStage {
	t.Helper()
	s := &soakStage{t: t, rng: rng, server: tmuxtest.New(t, tmuxtest.Config(fmt.Sprintf("set -g history-limit %d", soakHistory)))}
	s.copyStops = !tmuxtest.AtLeast(t, 3, 2)
	s.actor = filepath.Join(t.TempDir(), "claude")
	script := "#!/bin/sh\nprintf 'pane %s, process %s\\n' \"$TMUX_PANE\" $$\nwhile read -r line; do :; done\n"
	if err := os.WriteFile(s.actor, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for len(s.panes) < n {
		s.addSession(min(10, n-len(s.panes)))
	}
	return s
}

// addSession makes a session of n panes with one call of tmux.
func (s *soakStage) addSession(n int) {
	s.t.Helper()
	name := fmt.Sprintf("s%d", len(s.panes)/10)
	tell := []string{"-d", "-P", "-F", "#{pane_id} #{pane_tty}"}
	script := slices.Concat([]string{"new-session"}, tell, []string{"-s", name, "-x", "80", "-y", "24", s.actor})
	for i := 1; i < n; i++ {
		add := []string{";", "new-window", "-n", "w", "-t", "=" + name + ":"}
		if i%3 == 2 {
			add = []string{";", "split-window", "-t", "=" + name + ":{end}"}
		}
		script = slices.Concat(script, add, tell, []string{s.actor})
	}
	for line := range strings.Lines(s.server.Run(script...)) {
		id, tty, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		s.panes = append(s.panes, &soakPane{id: id, tty: tty})
	}
}

// tally tells how many writes of each kind have been made.
func (s *soakStage) tally() string {
	var all []string
	for k := range writeKinds {
		all = append(all, fmt.Sprintf("%s %d", k, s.counts[k]))
	}
	return strings.Join(all, ", ")
}

// write makes one random write to a random pane.
func (s *soakStage) write() {
	s.t.Helper()
	total := 0
	for k := range writeKinds {
		total += k.weight()
	}
	kind, drawn := writeKind(0), s.rng.IntN(total)
	for drawn >= kind.weight() {
		drawn -= kind.weight()
		kind++
	}
	s.serial++
	s.counts[kind]++
	p := s.panes[s.rng.IntN(len(s.panes))]
	p.note(kind)
	switch kind {
	case writeResize:
		// So many sizes that none comes back at once: a pane that is resized and
		// resized back between two lists of all panes shows the same facts, and
		// only the TTL finds out that its text has moved.
		s.server.Run("resize-window", "-t", p.id, "-x", s.number(20, 120), "-y", s.number(6, 50))
	case writeRespawn:
		p.copying = false
		p.tty = s.server.Run("respawn-pane", "-k", "-t", p.id, s.actor, ";", "display-message", "-p", "-t", p.id, "#{pane_tty}")
	case writeReplace:
		s.replace(p)
	case writeSwap:
		other := s.panes[s.rng.IntN(len(s.panes))]
		other.note(kind)
		s.server.Run("swap-pane", "-d", "-s", p.id, "-t", other.id)
	case writeCopyOn:
		p.copying = true
		s.server.Run("copy-mode", "-t", p.id)
	case writeCopyOff:
		s.leaveCopyMode(p)
	default:
		if p.copying && s.copyStops {
			s.leaveCopyMode(p)
		}
		s.print(p, s.bytes(kind))
	}
}

func (s *soakStage) leaveCopyMode(p *soakPane) {
	s.t.Helper()
	p.copying = false
	s.server.Run("copy-mode", "-q", "-t", p.id)
}

// replace kills the pane and makes another at once, which mostly gets the
// terminal of the one that was killed. It comes to the first session, which so
// never ends.
func (s *soakStage) replace(p *soakPane) {
	s.t.Helper()
	made := s.server.Run("kill-pane", "-t", p.id, ";", "new-window", "-d", "-P", "-F", "#{pane_id} #{pane_tty}", "-t", "=s0:", s.actor)
	id, tty, _ := strings.Cut(made, " ")
	if tty == p.tty {
		s.reused++
	}
	p.id, p.tty, p.copying = id, tty, false
}

// note keeps what was done to the pane.
func (p *soakPane) note(k writeKind) {
	p.last = append(p.last, k)
	if len(p.last) > 8 {
		p.last = p.last[1:]
	}
}

func (s *soakStage) number(from, to int) string { return fmt.Sprint(from + s.rng.IntN(to-from+1)) }

// bytes are what a program would print for the kind.
func (s *soakStage) bytes(kind writeKind) string {
	frames := [...]string{"·", "✢", "✳", "✶", "✻", "✽"}
	switch kind {
	case writeSpinner:
		return "\x1b7\x1b[2;1H" + frames[s.rng.IntN(len(frames))] + "\x1b8"
	case writeColour:
		return fmt.Sprintf("\x1b7\x1b[3;1H\x1b[%dmsame\x1b[0m\x1b8", 31+s.rng.IntN(6))
	case writeText:
		return fmt.Sprintf("\x1b7\x1b[%s;%sH%d\x1b8", s.number(1, 24), s.number(1, 70), s.serial)
	case writeLine:
		return fmt.Sprintf("line %d\r\n", s.serial)
	case writeCursor:
		return fmt.Sprintf("\x1b[%s;%sH", s.number(1, 24), s.number(1, 80))
	case writeClear:
		return [...]string{"\x1b[2J\x1b[H", "\x1b[K", "\x1b[J", "\x1b[3J"}[s.rng.IntN(4)]
	case writeAlternateOn:
		return fmt.Sprintf("\x1b[?1049h\x1b[Halternate %d", s.serial)
	case writeAlternateOff:
		return "\x1b[?1049l"
	case writeTitle:
		return fmt.Sprintf("\x1b]2;%s title %d\x07", frames[s.rng.IntN(len(frames))], s.rng.IntN(5))
	case writeOverflow:
		var rows strings.Builder
		for row := range soakHistory + 30 {
			fmt.Fprintf(&rows, "%d of %d\r\n", row, s.serial)
		}
		return rows.String()
	case writeReturn:
		return fmt.Sprintf("\r%d", s.serial)
	case writeFlood:
		return strings.Repeat(fmt.Sprintf("flood %d\r\n", s.serial), 4096) + "end"
	case writeRegion:
		return fmt.Sprintf("\x1b[%s;%sr\x1b[%s;1H\x1b[2L%d\x1b[r", s.number(1, 5), s.number(8, 20), s.number(5, 8), s.serial)
	default:
		s.t.Fatalf("%s is not printed", kind)
		return ""
	}
}

// print writes to a pane's terminal as a program in it would.
func (s *soakStage) print(p *soakPane, text string) {
	s.t.Helper()
	tty, err := os.OpenFile(p.tty, os.O_WRONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		s.t.Fatalf("pane %s: %v", p.id, err)
	}
	defer tty.Close()
	if err := tty.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		s.t.Fatalf("pane %s: %v", p.id, err)
	}
	if _, err := tty.WriteString(text); err != nil {
		s.t.Fatalf("pane %s: %v", p.id, err)
	}
}

// captureAll captures every pane, as it is shown now, with or without colours: as
// many by one process as tmux takes commands from.
func (s *soakStage) captureAll(colours bool) map[string]string {
	s.t.Helper()
	all := make(map[string]string, len(s.panes))
	for some := range slices.Chunk(s.panes, 100) {
		s.captureSome(some, colours, all)
	}
	return all
}

// captureSome captures panes by one process.
func (s *soakStage) captureSome(panes []*soakPane, colours bool, all map[string]string) {
	s.t.Helper()
	mark := fmt.Sprintf("=%08x=", s.rng.Uint32())
	print := "-p"
	if colours {
		print = "-peN"
	}
	var script []string
	for _, p := range panes {
		script = append(script, "capture-pane", print, "-t", p.id, ";", "display-message", "-p", mark, ";")
	}
	screens := strings.Split(s.server.Run(script...)+"\n", mark+"\n")
	if len(screens) != len(panes)+1 {
		s.t.Fatalf("%d screens of %d panes", len(screens)-1, len(panes))
	}
	for i, p := range panes {
		all[p.id] = strings.TrimSuffix(screens[i], "\n")
	}
}
