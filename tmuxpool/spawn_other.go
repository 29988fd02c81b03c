//go:build !linux

package tmuxpool

import "syscall"

// detached starts a child in a session of its own, so that no signal of our
// terminal reaches it. When we die it ends by the end of its input.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true}
}
