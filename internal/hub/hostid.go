package hub

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// OwnID is the id of this machine, from a file that is written where there is none.
func OwnID(path string) (HostID, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return writeID(path)
	}
	if err != nil {
		return "", fmt.Errorf("read the id of this machine: %w", err)
	}
	id := HostID(strings.TrimSpace(string(data)))
	if !idPattern.MatchString(string(id)) {
		return "", fmt.Errorf("%s does not contain the id of a machine: remove it, and another is made", path)
	}
	return id, nil
}

// writeID makes an id. Of several that are made at once one stays.
func writeID(path string) (HostID, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("keep the id of this machine: %w", err)
	}
	id := strings.ToLower(rand.Text()[:16])
	temporary, err := os.CreateTemp(filepath.Dir(path), ".host-id-*")
	if err != nil {
		return "", fmt.Errorf("keep the id of this machine: %w", err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.WriteString(id + "\n")
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Link(temporary.Name(), path)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return OwnID(path)
	case err != nil:
		return "", fmt.Errorf("keep the id of this machine: %w", err)
	}
	return HostID(id), nil
}

// Valid reports whether it is an id.
func (id HostID) Valid() bool { return idPattern.MatchString(string(id)) }

// PulledID is the id of a host that others read, by its name in the fleet.
func PulledID(fleet, name string) HostID {
	sum := sha256.Sum256([]byte(fleet + "\x00" + name))
	return HostID(strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:16]))
}
