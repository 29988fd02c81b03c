package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"agentwatch/internal/xdg"
)

// dashboardMemory is the file in which the dashboard remembers what the user has
// set; empty when there is no place for it.
func dashboardMemory(getenv func(string) string) string {
	return xdg.Below(xdg.State(getenv), "dashboard.json")
}

// maxMemory is how large the file may be.
const maxMemory = 1 << 20

// readMemory returns what the file holds; nothing when it cannot be read: what is
// remembered is a comfort.
func readMemory(path string) []byte {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxMemory {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return data
}

// saveMemory replaces the file whole, so that one that is read is never half.
func saveMemory(path string, data []byte) (err error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	file, err := os.CreateTemp(folder, "dashboard-*.tmp")
	if err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("remember: %w", err), os.Remove(file.Name()))
		}
	}()
	if _, err := file.Write(data); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
