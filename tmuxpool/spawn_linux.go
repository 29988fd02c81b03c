package tmuxpool

import "syscall"

// detached starts a child in a session of its own, so that no signal of our
// terminal reaches it, and has the kernel kill it when we die: the server then
// sees its socket close, which is the way out that tmux survives best.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}
