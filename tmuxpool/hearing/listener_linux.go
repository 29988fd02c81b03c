package hearing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	terminalFolder = "/dev/pts"
	// readSize holds some thousand reports.
	readSize = 64 << 10
	// paneEvents is what a pane's watch asks for: one report of a write.
	paneEvents = unix.IN_MODIFY | unix.IN_ONESHOT
	// folderEvents is what the watch on the folder of all terminals asks for.
	folderEvents = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_TO | unix.IN_MOVED_FROM | unix.IN_ONLYDIR
)

// Listener listens to terminals for any number of ears. It is safe for
// concurrent use.
type Listener struct {
	fd    int // used under mu only, and not once closed is set
	file  *os.File
	ended chan struct{}

	mu     sync.Mutex
	closed bool
	// folder is that of all terminals, and terminals the watch on it.
	folder    string
	terminals int
	panes     map[int]*watched
	ears      map[*Ear]struct{}
}

// Listen proves on a terminal of our own that writes are reported, and listens
// until Close.
func Listen() (*Listener, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("start inotify: %w", limitError(err))
	}
	l := &Listener{
		fd: fd, ended: make(chan struct{}), folder: terminalFolder,
		panes: make(map[int]*watched), ears: make(map[*Ear]struct{}),
	}
	if err := prove(fd); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	if err := l.watchTerminals(); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	l.file = os.NewFile(uintptr(fd), "inotify")
	go l.listen()
	return l, nil
}

// watchTerminals asks for reports of terminals that come and go.
func (l *Listener) watchTerminals() error {
	watch, err := unix.InotifyAddWatch(l.fd, l.folder, folderEvents)
	if err != nil {
		return fmt.Errorf("watch %s: %w", l.folder, limitError(err))
	}
	l.terminals = watch
	return nil
}

// Close ends the listener. All ears stay silent from then on.
func (l *Listener) Close() error {
	l.mu.Lock()
	already := l.closed
	l.closed = true
	l.mu.Unlock()
	var err error
	if !already {
		err = l.file.Close()
	}
	<-l.ended
	if errors.Is(err, os.ErrClosed) {
		return nil // it has ended by itself in this moment
	}
	return err
}

// limitError names the errors by which inotify says that a limit is reached.
func limitError(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
		return fmt.Errorf("%w (%w)", ErrLimit, err)
	}
	return err
}

// listen reads reports until the file is closed, or the system has no more to tell.
func (l *Listener) listen() {
	defer close(l.ended)
	buffer := make([]byte, readSize)
	for {
		n, err := l.file.Read(buffer)
		now := time.Now()
		l.mu.Lock()
		if err != nil {
			l.fail()
			l.mu.Unlock()
			return
		}
		for reports := buffer[:n]; len(reports) >= unix.SizeofInotifyEvent; {
			var r report
			r, reports = nextReport(reports)
			if err = l.dispatch(r, now); err != nil {
				l.fail()
				l.mu.Unlock()
				_ = l.file.Close()
				return
			}
		}
		l.mu.Unlock()
	}
}

// fail tells all ears that nothing more comes. It is called under mu.
func (l *Listener) fail() {
	l.closed = true
	clear(l.panes)
	for ear := range l.ears {
		ear.loseEverything()
	}
}

// report is one report of the kernel.
type report struct {
	watch int
	mask  uint32
	name  string
}

// nextReport reads the first report in a buffer that holds at least one.
func nextReport(buffer []byte) (r report, rest []byte) {
	order := binary.NativeEndian
	r.watch = int(int32(order.Uint32(buffer)))
	r.mask = order.Uint32(buffer[4:])
	end := min(unix.SizeofInotifyEvent+int(order.Uint32(buffer[12:])), len(buffer))
	name, _, _ := bytes.Cut(buffer[unix.SizeofInotifyEvent:end], []byte{0})
	r.name = string(name)
	return r, buffer[end:]
}

// dispatch hands one report to whom it concerns. It is called under mu. After an
// error new terminals are not reported any more, and the listener has to end, so that
// nobody relies on it.
func (l *Listener) dispatch(r report, now time.Time) error {
	switch {
	case r.mask&unix.IN_Q_OVERFLOW != 0:
		l.overflow()
	case r.watch == l.terminals:
		for ear := range l.ears {
			ear.hearTerminal(r.mask, filepath.Join(l.folder, r.name))
		}
		if r.mask&unix.IN_IGNORED != 0 {
			// The folder has gone, as when another is mounted in its place.
			return l.watchTerminals()
		}
	default:
		// A watch that has reported is followed by a report of its own end, which
		// is that of no pane by then.
		if p := l.panes[r.watch]; p != nil {
			delete(l.panes, r.watch)
			p.watch = noWatch
			p.ear.hear(p, r.mask, now)
		}
	}
	return nil
}

// overflow forgets which panes are armed: the report of any may be lost. It is
// called under mu.
func (l *Listener) overflow() {
	for watch, p := range l.panes {
		_, _ = unix.InotifyRmWatch(l.fd, uint32(watch))
		p.watch = noWatch
	}
	clear(l.panes)
	for ear := range l.ears {
		ear.lost++
		ear.loseEverything()
	}
}

// signal wakes whoever waits on a channel with room for one.
func signal(ch chan<- struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
