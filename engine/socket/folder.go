package socket

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"agentwatch/engine/api"
)

const (
	// folderName is our folder within that of the user's sockets.
	folderName = "agentwatch"
	// maxSocketPath is how long a socket's path may be on every system: macOS
	// has room for 104 bytes with the zero at its end.
	maxSocketPath = 103
)

// Path is where the user's engine process listens. Whoever has another folder for
// tmux's sockets, for the configuration or for what is recorded is another user in
// this respect. Nothing is made.
func Path(getenv func(string) string) string {
	name, world := "engine.sock", ""
	for _, variable := range []string{"TMUX_TMPDIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME"} {
		world += getenv(variable) + "\x00"
	}
	if strings.Trim(world, "\x00") != "" {
		sum := sha256.Sum256([]byte(world))
		name = hex.EncodeToString(sum[:8]) + ".sock"
	}
	base := getenv("XDG_RUNTIME_DIR")
	if base == "" {
		// A tmux server can be older than the session that sets the variable.
		base = filepath.Join("/run/user", strconv.Itoa(os.Getuid()))
	}
	if path := filepath.Join(base, folderName, name); filepath.IsAbs(base) && len(path) <= maxSocketPath && usable(base) {
		return path
	}
	return filepath.Join("/tmp", folderName+"-"+strconv.Itoa(os.Getuid()), name)
}

// usable tells whether a folder is the user's own, and only the user can put
// something there.
func usable(folder string) bool {
	info, err := os.Stat(folder)
	return err == nil && info.IsDir() && owned(info) && info.Mode().Perm()&0o022 == 0
}

func owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}

// makeFolder makes the folder of the sockets, where it is missing, and checks
// that it is safe.
func makeFolder(path string) error {
	err := os.Mkdir(path, 0o700)
	switch {
	case err == nil:
		// Whatever the umask says.
		err = os.Chmod(path, 0o700)
	case errors.Is(err, fs.ErrExist):
		err = nil
	}
	if err != nil {
		return fmt.Errorf("folder for the socket: %w", err)
	}
	return checkFolder(path)
}

// checkFolder tells whether the folder of the sockets is the user's, no link to
// somewhere else, and closed to everybody else.
func checkFolder(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return api.ErrNobody
	case err != nil:
		return fmt.Errorf("folder of the socket: %w", err)
	case !info.IsDir():
		return fmt.Errorf("%w: %s is not a folder; remove it", api.ErrForeign, path)
	case !owned(info):
		return fmt.Errorf("%w: %s belongs to somebody else", api.ErrForeign, path)
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%w: others can reach into %s (mode %03o): chmod 700 %s", api.ErrForeign, path, info.Mode().Perm(), path)
	default:
		return nil
	}
}
