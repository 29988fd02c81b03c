package tmuxpool

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// lockPatience bounds the wait for the lock: going ahead without it is a
	// small risk, not going ahead a certain loss.
	lockPatience = 2 * time.Second
	lockEvery    = 2 * time.Millisecond
)

// lockSocket keeps all agentwatch processes (and servers in one process) from
// attaching to the servers of one folder while another makes or removes its
// session; the package's documentation says why. The lock is advisory, on the
// folder itself, and falls with its holder. The returned function unlocks; it
// is never nil.
func lockSocket(ctx context.Context, socket string) (unlock func()) {
	folder, err := os.Open(filepath.Dir(socket))
	if err != nil {
		return func() {}
	}
	deadline := time.Now().Add(lockPatience)
	ticker := time.NewTicker(lockEvery)
	defer ticker.Stop()
	for unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		if time.Now().After(deadline) || ctx.Err() != nil {
			break
		}
		<-ticker.C
	}
	return func() {
		// A process that is being started has a copy of the descriptor.
		_ = unix.Flock(int(folder.Fd()), unix.LOCK_UN)
		_ = folder.Close()
	}
}
