package hearing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
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
	// folderEvents is what a folder's watch asks for.
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
	// terminals is the watch on /dev/pts.
	terminals int
	panes     map[int]*watched
	folders   map[int]*folder
	ears      map[*Ear]struct{}
}

// folder is a watched folder with those who want to know.
type folder struct {
	path  string
	wants map[chan<- struct{}]struct{}
}

// Listen proves on a terminal of our own that writes are reported, and listens
// until Close.
func Listen() (*Listener, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("start inotify: %w", limitError(err))
	}
	l := &Listener{
		fd: fd, ended: make(chan struct{}),
		panes: make(map[int]*watched), folders: make(map[int]*folder), ears: make(map[*Ear]struct{}),
	}
	if err := prove(fd); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	if l.terminals, err = unix.InotifyAddWatch(fd, terminalFolder, folderEvents); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("watch %s: %w", terminalFolder, limitError(err))
	}
	l.file = os.NewFile(uintptr(fd), "inotify")
	go l.listen()
	return l, nil
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
	return err
}

// limitError names the errors by which inotify says that a limit is reached.
func limitError(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
		return fmt.Errorf("%w (%w)", ErrLimit, err)
	}
	return err
}

// listen reads reports until the file is closed.
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
			l.dispatch(r, now)
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

// dispatch hands one report to whom it concerns. It is called under mu.
func (l *Listener) dispatch(r report, now time.Time) {
	switch {
	case r.mask&unix.IN_Q_OVERFLOW != 0:
		l.overflow()
	case r.watch == l.terminals:
		for ear := range l.ears {
			ear.terminals = true
			signal(ear.wake)
		}
	case l.folders[r.watch] != nil:
		for want := range l.folders[r.watch].wants {
			signal(want)
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
	for _, f := range l.folders {
		for want := range f.wants {
			signal(want)
		}
	}
}

// WatchFolder signals the channel, which must have room for one, when an entry
// of the folder is made or goes. The function that it returns ends that.
func (l *Listener) WatchFolder(path string, changed chan<- struct{}) (end func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrClosed
	}
	watch, err := unix.InotifyAddWatch(l.fd, path, folderEvents)
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", path, limitError(err))
	}
	f := l.folders[watch]
	if f == nil {
		f = &folder{path: path, wants: make(map[chan<- struct{}]struct{})}
		l.folders[watch] = f
	}
	f.wants[changed] = struct{}{}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if delete(f.wants, changed); len(f.wants) == 0 && !l.closed && l.folders[watch] == f {
			delete(l.folders, watch)
			_, _ = unix.InotifyRmWatch(l.fd, uint32(watch))
		}
	}, nil
}

// signal wakes whoever waits on a channel with room for one.
func signal(ch chan<- struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
