package demo

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// folders is what the folder of each demo is called.
const folders = "agentwatch-demo-"

// Running is a demo that runs, of whichever process of this user.
type Running struct {
	// Socket is that of its tmux server, State the base folder of what it records
	// (XDG_STATE_HOME).
	Socket, State string
}

// FindRunning lists the demos that run. What cannot be read counts as none.
func FindRunning() []Running {
	var all []Running
	for _, base := range slices.Compact([]string{os.TempDir(), "/tmp"}) {
		found, err := filepath.Glob(filepath.Join(base, folders+"*", "demo"))
		if err != nil {
			continue
		}
		for _, socket := range found {
			conn, err := net.DialTimeout("unix", socket, time.Second)
			if err != nil {
				continue // it has ended, or is another user's
			}
			_ = conn.Close()
			all = append(all, Running{Socket: socket, State: stateFolder(filepath.Dir(socket))})
		}
	}
	return all
}

// stateFolder is where a demo keeps what it records: below the home of its panes,
// so that commands there find it.
func stateFolder(dir string) string { return filepath.Join(dir, "home", ".local", "state") }
