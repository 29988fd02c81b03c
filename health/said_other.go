//go:build !linux

package health

import "time"

// StartedAt is when a process was started; zero when that cannot be told.
func StartedAt(int) time.Time { return time.Time{} }
