package health

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeProc is a /proc made of files, for what real processes do not do on
// demand.
type fakeProc struct {
	t    *testing.T
	root string
}

func newFakeProc(t *testing.T) fakeProc { return fakeProc{t, t.TempDir()} }

func (f fakeProc) table() ProcessTable { return procTable{root: f.root} }

func (f fakeProc) write(text string, path ...string) {
	f.t.Helper()
	name := filepath.Join(append([]string{f.root}, path...)...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		f.t.Fatal(err)
	}
	// Renamed into place, so that nobody reads half a file.
	if err := os.WriteFile(name+".new", []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		f.t.Fatal(err)
	}
}

func statLine(s procStat) string {
	return fmt.Sprintf("%d (%s) %c %d %d %d %d %d 4194304 %s%d 0 0\n",
		s.pid, s.comm, s.state, s.ppid, s.group, s.group, s.terminal, s.termGroup, strings.Repeat("0 ", 12), s.start)
}

// add makes a process; it returns the fake for chaining.
func (f fakeProc) add(s procStat, args string, children ...int) fakeProc {
	if s.state == 0 {
		s.state = 'S'
	}
	pid := fmt.Sprint(s.pid)
	f.write(statLine(s), pid, "stat")
	f.write(args, pid, "cmdline")
	var list strings.Builder
	for _, child := range children {
		fmt.Fprintf(&list, "%d ", child)
	}
	f.write(list.String(), pid, "task", pid, "children")
	return f
}

func TestProcStatSurvivesHostileNames(t *testing.T) {
	for _, comm := range []string{"claude", "a b", "x) R 1 1 1 (y", "((", "))", "", "tab\tand\nline", "\xff\xfe"} {
		want := procStat{pid: 12, comm: comm, state: 'R', ppid: 3, group: 12, termGroup: -1, start: 987654321}
		got, err := parseProcStat([]byte(statLine(want)))
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v", comm, got, err)
		}
	}
}

func FuzzParseProcStat(f *testing.F) {
	f.Add([]byte(statLine(procStat{pid: 1, comm: "init", state: 'S', group: 1, termGroup: -1, start: 5})))
	f.Add([]byte("15359 (cat) R 15352 15352 4917 0 -1 4194304 99 0 0 0 0 0 0 0 20 0 1 0 160792 3133440"))
	f.Add([]byte("1 (a) S"))
	f.Add([]byte(")("))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := parseProcStat(raw)
		if err != nil {
			if !errors.Is(err, ErrProcessFormat) || s != (procStat{}) {
				t.Fatalf("%q gives %+v with error %v", raw, s, err)
			}
			return
		}
		if again, err := parseProcStat([]byte(statLine(s))); err != nil || again != s {
			t.Fatalf("%+v written and read again gives %+v, %v", s, again, err)
		}
	})
}

func TestAskingForWhatIsNotThereHasItsError(t *testing.T) {
	f := newFakeProc(t)
	f.add(procStat{pid: 10, comm: "daemon", group: 10, termGroup: -1}, "daemon\x00")
	f.add(procStat{pid: 11, comm: "elsewhere", group: 11, termGroup: 0}, "elsewhere\x00")
	f.add(procStat{pid: 12, comm: "dead", state: 'Z', group: 12, termGroup: 12}, "")
	f.write("12 dead", "13", "stat")
	f.write(statLine(procStat{pid: 14, comm: "sh", state: 'S', group: 14, termGroup: 13}), "14", "stat")
	for pid, want := range map[int]error{
		99: ErrProcessGone, 0: ErrProcessGone, -1: ErrProcessGone, 12: ErrProcessGone,
		10: ErrNoTerminal, 11: ErrNoTerminal, 13: ErrProcessFormat, 14: ErrProcessFormat,
	} {
		if _, err := f.table().Fingerprint(pid); !errors.Is(err, want) || !strings.Contains(err.Error(), fmt.Sprint(pid)) {
			t.Errorf("fingerprint of %d: error %v, want %v", pid, err, want)
		}
		if _, err := f.table().Foreground(t.Context(), pid); !errors.Is(err, want) {
			t.Errorf("foreground of %d: error %v, want %v", pid, err, want)
		}
	}
	for from, want := range map[error]error{
		fs.ErrPermission: ErrProcessAccess, syscall.ESRCH: ErrProcessGone, syscall.EMFILE: syscall.EMFILE,
	} {
		if got := procError(&fs.PathError{Op: "read", Path: "stat", Err: from}); !errors.Is(got, want) || !errors.Is(got, from) {
			t.Errorf("%v becomes %v, want %v", from, got, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f.add(procStat{pid: 20, comm: "sh", group: 20, termGroup: 20}, "sh\x00")
	if _, err := f.table().Foreground(ctx, 20); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

func TestZombiesAndReusedPidsAreLeftOut(t *testing.T) {
	f := newFakeProc(t)
	f.add(procStat{pid: 10, comm: "sh", group: 10, termGroup: 20}, "sh\x00", 20)
	f.add(procStat{pid: 20, ppid: 10, comm: "node", group: 20, termGroup: 20, start: 7}, "node\x00cli.js\x00", 21, 22, 23, 24)
	f.add(procStat{pid: 21, ppid: 20, comm: "git", state: 'Z', group: 20, termGroup: 20}, "")
	f.add(procStat{pid: 22, ppid: 1, comm: "reused", group: 22, termGroup: 20}, "reused\x00")
	f.add(procStat{pid: 23, ppid: 20, comm: "daemon", group: 23, termGroup: 20}, "daemon\x00")
	got, err := f.table().Foreground(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	want := ForegroundInfo{
		Fingerprint: ProcessFingerprint{Group: 20, Start: 7, Comm: "node"},
		Processes: []Process{
			{PID: 20, PPID: 10, Comm: "node", Args: []string{"node", "cli.js"}, Foreground: true},
			{PID: 23, PPID: 20, Comm: "daemon", Args: []string{"daemon"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

func TestAZombieLeaderLeavesItsGroup(t *testing.T) {
	f := newFakeProc(t)
	f.add(procStat{pid: 10, comm: "sh", group: 10, termGroup: 20}, "sh\x00", 20, 21)
	f.add(procStat{pid: 20, ppid: 10, comm: "echo", state: 'Z', group: 20, termGroup: 20, start: 7}, "")
	f.add(procStat{pid: 21, ppid: 10, comm: "claude", group: 20, termGroup: 20, start: 7}, "claude\x00")
	got, err := f.table().Foreground(t.Context(), 10)
	want := ForegroundInfo{
		Fingerprint: ProcessFingerprint{Group: 20},
		Processes:   []Process{{PID: 21, PPID: 10, Comm: "claude", Args: []string{"claude"}, Foreground: true}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("error %v (-want +got):\n%s", err, diff)
	}
}

func TestAnAnswerIsBoundedHoweverManyProcessesThereAre(t *testing.T) {
	f := newFakeProc(t)
	var children []int
	for pid := 1000; pid < 1300; pid++ {
		children = append(children, pid)
		f.add(procStat{pid: pid, ppid: 10, comm: "tool", group: 10, termGroup: 10}, strings.Repeat("x", 1<<16))
	}
	f.add(procStat{pid: 10, comm: "claude", group: 10, termGroup: 10}, "claude\x00", children...)
	info, err := f.table().Foreground(t.Context(), 10)
	if err != nil || len(info.Processes) != maxProcesses || info.Processes[0].PID != 10 {
		t.Fatalf("%d processes, %v", len(info.Processes), err)
	}
	if n := len(info.Processes[1].Args[0]); n != maxCommandLine {
		t.Fatalf("an argument of %d bytes was read", n)
	}
	// A chain deeper than the bound, and a circle, which must end.
	f.add(procStat{pid: 50, ppid: 59, comm: "sh", group: 50, termGroup: 50}, "sh\x00", 51)
	for pid := 51; pid <= 59; pid++ {
		child := pid + 1
		if pid == 59 {
			child = 50
		}
		f.add(procStat{pid: pid, ppid: pid - 1, comm: "sh", group: 50, termGroup: 50}, "sh\x00", child)
	}
	info, err = f.table().Foreground(t.Context(), 50)
	if err != nil || len(info.Processes) != maxDepth+1 {
		t.Fatalf("%d processes, %v; want %d", len(info.Processes), err, maxDepth+1)
	}
}

func TestAForegroundThatKeepsChangingIsAnErrorAndNeverAMixture(t *testing.T) {
	f := newFakeProc(t)
	f.add(procStat{pid: 10, comm: "one", group: 10, termGroup: 10, start: 1}, "one\x00")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for start := uint64(2); ; start++ {
			select {
			case <-stop:
				return
			default:
				f.write(statLine(procStat{pid: 10, comm: "one", state: 'S', group: 10, termGroup: 10, start: start}), "10", "stat")
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		info, err := f.table().Foreground(t.Context(), 10)
		if errors.Is(err, ErrProcessChanged) {
			return
		}
		if err != nil || len(info.Processes) != 1 {
			t.Fatalf("%+v, %v", info, err)
		}
	}
	t.Fatal("a change was never noticed")
}
