package cli

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"agentwatch/engine"
	"agentwatch/engine/socket"
	"agentwatch/internal/xdg"
)

// wishesOf says where the engine process keeps what the user has asked for. There
// is one file for each socket, as there is one process.
func wishesOf(p Process) engine.KeepWishes {
	name := strings.TrimSuffix(filepath.Base(socket.Path(p.Getenv)), ".sock")
	path := xdg.Below(xdg.State(p.Getenv), "wishes-"+name+".json")
	if path == "" {
		return engine.KeepWishes{}
	}
	return engine.KeepWishes{Before: readWishes(path), Save: func(w engine.Wishes) error { return saveWishes(path, w) }}
}

// wishesFile is what the file holds.
type wishesFile struct {
	// Boot tells one start of the machine from another: no process outlives it.
	Boot string `json:"boot,omitempty"`
	engine.Wishes
}

// readWishes reads what an engine process has written down. What cannot be read is
// not known.
func readWishes(path string) engine.Wishes {
	var file wishesFile
	if json.Unmarshal(readMemory(path), &file) != nil || file.Boot != bootID() {
		return engine.Wishes{}
	}
	return file.Wishes
}

// saveWishes writes them down; without any there is no file.
func saveWishes(path string, w engine.Wishes) error {
	if w.Empty() {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	data, err := json.Marshal(wishesFile{bootID(), w})
	if err != nil {
		return err
	}
	return saveMemory(path, data)
}

// bootID is the kernel's name for this start of the machine; empty where it has
// none.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
