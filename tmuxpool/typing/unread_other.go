//go:build !linux

package typing

// Unread returns how many bytes that were typed at a terminal its program has
// not read yet; on this system that cannot be told.
func Unread(string) (int, bool) { return 0, false }
