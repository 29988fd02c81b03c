package hearing

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/creack/pty"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ample stands for "for ever" on a busy machine.
const ample = 20 * time.Second

// terminal is a pane's terminal: what is written to it goes nowhere.
type terminal struct {
	*os.File
	master *os.File
}

func openTerminal(t *testing.T) terminal {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close(); slave.Close() })
	return terminal{slave, master}
}

func (m terminal) print(t *testing.T) {
	t.Helper()
	if _, err := m.WriteString("x"); err != nil {
		t.Fatal(err)
	}
}

func (m terminal) close() {
	m.File.Close()
	m.master.Close()
}

// listening is an ear for a server of our own process.
func listening(t *testing.T) (*Listener, *Ear) {
	t.Helper()
	l, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	socket, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	ear := l.Ear(socket.Addr().String())
	t.Cleanup(ear.Close)
	return l, ear
}

// expect takes what is heard until it is as wanted.
func (e *Ear) expect(t *testing.T, what string, wanted func(Heard) bool) {
	t.Helper()
	for deadline := time.After(ample); ; {
		select {
		case <-e.Woken():
			if wanted(e.Take()) {
				return
			}
		case <-deadline:
			t.Fatalf("not heard: %s", what)
		}
	}
}

func printed(pane string) func(Heard) bool {
	return func(h Heard) bool {
		for _, p := range h.Printed {
			if p.Pane == pane && time.Since(p.At) < 2*ample {
				return true
			}
		}
		return false
	}
}

func TestAPaneThatPrintsIsHeardOnceUntilItIsArmedAgain(t *testing.T) {
	_, ear := listening(t)
	one, two := openTerminal(t), openTerminal(t)
	ear.Follow([]Pane{{ID: "%1", TTY: one.Name()}, {ID: "%2", TTY: two.Name()}})
	one.print(t)
	ear.expect(t, "the first write", printed("%1"))
	for range 100 {
		one.print(t)
	}
	two.print(t)
	ear.expect(t, "the other pane", func(h Heard) bool {
		if printed("%1")(h) {
			t.Error("a pane was heard again without having been armed")
		}
		return printed("%2")(h)
	})
	if got := ear.Status(); got.Events != 2 || got.Heard != 2 || got.Unheard != 0 || got.Reason != nil {
		t.Errorf("status %+v", got)
	}
	if !ear.Arm("%1") {
		t.Fatal("the pane could not be armed again")
	}
	one.print(t)
	ear.expect(t, "the write after the pane was armed", printed("%1"))
}

func TestArmingTakesBackWhatWasHeardBefore(t *testing.T) {
	_, ear := listening(t)
	one, two := openTerminal(t), openTerminal(t)
	ear.Follow([]Pane{{ID: "%1", TTY: one.Name()}, {ID: "%2", TTY: two.Name()}})
	one.print(t)
	for deadline := time.Now().Add(ample); ear.Status().Events == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the write was not heard")
		}
		time.Sleep(time.Millisecond)
	}
	ear.Arm("%1")
	two.print(t)
	ear.expect(t, "the other pane", func(h Heard) bool {
		if printed("%1")(h) {
			t.Error("heard although it was armed since")
		}
		return printed("%2")(h)
	})
}

func TestATerminalThatAnotherPaneHasNowIsHeardAsThatPanes(t *testing.T) {
	_, ear := listening(t)
	old := openTerminal(t)
	name := old.Name()
	ear.Follow([]Pane{{ID: "%1", TTY: name, PID: 1}})
	old.close()
	ear.expect(t, "the closed terminal", func(h Heard) bool { return h.Closed })
	var again terminal
	for deadline := time.Now().Add(ample); again.File == nil || again.Name() != name; {
		if time.Now().After(deadline) {
			t.Fatalf("the system did not give %s away again", name)
		}
		again = openTerminal(t)
	}
	// A list of panes made in between may still have the old pane.
	ear.Arm("%1")
	ear.Follow([]Pane{{ID: "%2", TTY: name, PID: 2}})
	if !ear.Arm("%2") {
		t.Fatal("the terminal's new pane cannot be armed")
	}
	again.print(t)
	ear.expect(t, "the new pane", func(h Heard) bool {
		if printed("%1")(h) {
			t.Error("the pane that had the terminal before was heard")
		}
		return printed("%2")(h)
	})
}

func TestTerminalsThatComeAndGoAreTold(t *testing.T) {
	_, ear := listening(t)
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	ear.expect(t, "the new terminal", func(h Heard) bool { return h.Terminals })
	ear.Follow([]Pane{{ID: "%1", TTY: slave.Name()}})
	// Without a watch of its own, as after a report, the folder tells.
	if _, err := slave.WriteString("x"); err != nil {
		t.Fatal(err)
	}
	ear.expect(t, "the write", printed("%1"))
	slave.Close()
	master.Close()
	ear.expect(t, "the closed terminal", func(h Heard) bool { return h.Closed })
}

func TestThatAnotherProgramsTerminalIsClosedWakesNobody(t *testing.T) {
	l, ear := listening(t)
	one := openTerminal(t)
	ear.Follow([]Pane{{ID: "%1", TTY: one.Name()}})
	ear.expect(t, "its own terminal", func(h Heard) bool { return h.Terminals })
	l.mu.Lock()
	defer l.mu.Unlock()
	before := ear.closed || ear.terminals
	if err := l.dispatch(report{watch: l.terminals, mask: unix.IN_DELETE, name: "987654"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if !before && (ear.closed || ear.terminals) {
		t.Error("it was told")
	}
	if err := l.dispatch(report{watch: l.terminals, mask: unix.IN_DELETE, name: filepath.Base(one.Name())}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if !ear.closed {
		t.Error("the end of a followed pane's terminal was not told")
	}
}

func TestTheServersChildrenChangeWithItsPanes(t *testing.T) {
	server := exec.Command("sh", "-c", "read _; sleep 60 & read _; kill $!")
	input, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ear := &Ear{server: server.Process.Pid}
	before := ear.Children()
	if _, err := io.WriteString(input, "\n"); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(ample); ear.Children() == before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a new child is not told")
		}
	}
	input.Close()
	_ = server.Wait()
	if got := ear.Children(); got != "" {
		t.Errorf("of a server that has ended %q", got)
	}
	if got := (&Ear{}).Children(); got != "" {
		t.Errorf("of a server that is not known %q", got)
	}
}

func TestAfterLostReportsEverythingIsLookedAtAndArmedAgain(t *testing.T) {
	l, ear := listening(t)
	one := openTerminal(t)
	ear.Follow([]Pane{{ID: "%1", TTY: one.Name()}})
	l.mu.Lock()
	err := l.dispatch(report{watch: -1, mask: unix.IN_Q_OVERFLOW}, time.Now())
	l.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	ear.expect(t, "the overflow", func(h Heard) bool { return h.Everything })
	if got := ear.Status(); got.Lost != 1 {
		t.Errorf("status %+v", got)
	}
	ear.Arm("%1")
	one.print(t)
	ear.expect(t, "the write after the overflow", printed("%1"))
}

func TestAPaneThatCannotBeHeardIsToldWithTheReason(t *testing.T) {
	_, ear := listening(t)
	file := filepath.Join(t.TempDir(), "no-terminal")
	ear.Follow([]Pane{{ID: "%1", TTY: "/dev/pts/987654"}, {ID: "%2", TTY: file}})
	if ear.Arm("%1") || ear.Arm("%2") || ear.Hears("%1") {
		t.Error("a terminal that does not exist is heard")
	}
	if got := ear.Status(); got.Unheard != 2 || got.Reason == nil {
		t.Errorf("status %+v", got)
	}
	if !errors.Is(ear.reachable(Pane{TTY: file}), ErrUnreachable) {
		t.Error("a path outside /dev/pts is taken for a terminal of ours")
	}
}

func TestAListenerThatFailsIsTold(t *testing.T) {
	l, ear := listening(t)
	one := openTerminal(t)
	ear.Follow([]Pane{{ID: "%1", TTY: one.Name()}})
	l.Close()
	ear.expect(t, "the end", func(h Heard) bool { return h.Everything })
	if got := ear.Status(); ear.Arm("%1") || got.Unheard != 1 || !errors.Is(got.Reason, ErrClosed) {
		t.Errorf("status %+v", got)
	}
	ear.Follow(nil)
	if got := ear.Status(); !errors.Is(got.Reason, ErrClosed) {
		t.Errorf("without a pane the status is %+v", got)
	}
}

// lose ends the watch on the folder of terminals, as when that goes: the kernel
// reports the same. folder is what is at its path from then on.
func lose(t *testing.T, l *Listener, folder string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.folder = folder
	if _, err := unix.InotifyRmWatch(l.fd, uint32(l.terminals)); err != nil {
		t.Fatal(err)
	}
}

func TestANewFolderOfTerminalsIsListenedToInPlaceOfTheOldOne(t *testing.T) {
	l, ear := listening(t)
	folder := t.TempDir()
	lose(t, l, folder)
	ear.expect(t, "the end of the old folder", func(h Heard) bool { return h.Terminals })
	if err := os.WriteFile(filepath.Join(folder, "7"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ear.expect(t, "what came into the new one", func(h Heard) bool { return h.Terminals })
}

func TestWithoutAFolderOfTerminalsTheListenerEndsAndSaysSo(t *testing.T) {
	l, ear := listening(t)
	one := openTerminal(t)
	ear.Follow([]Pane{{ID: "%1", TTY: one.Name()}})
	lose(t, l, filepath.Join(t.TempDir(), "gone"))
	ear.expect(t, "the end", func(h Heard) bool { return h.Everything })
	if got := ear.Status(); ear.Arm("%1") || got.Unheard != 1 || !errors.Is(got.Reason, ErrClosed) {
		t.Errorf("status %+v", got)
	}
}
