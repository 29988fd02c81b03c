//go:build !linux && !darwin

package health

import (
	"context"
	"fmt"
)

// NewProcessTable returns a table that answers ErrProcessUnsupported, so that
// tmux's own facts and the screen decide alone.
func NewProcessTable() ProcessTable { return noTable{} }

type noTable struct{}

// Fingerprint implements ProcessTable.
func (noTable) Fingerprint(panePID int) (ProcessFingerprint, error) {
	return ProcessFingerprint{}, fmt.Errorf("health: foreground of process %d: %w", panePID, ErrProcessUnsupported)
}

// Foreground implements ProcessTable.
func (t noTable) Foreground(_ context.Context, panePID int) (ForegroundInfo, error) {
	print, err := t.Fingerprint(panePID)
	return ForegroundInfo{Fingerprint: print}, err
}
