package demo

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// sandbox is the temporary directory of a demo: the socket, the programs called
// like the agents, a home directory with the projects, and the means to end
// all of it.
type sandbox struct {
	dir string
	// alive is the reading end of a named pipe that the tmux server, every
	// shell and every simulator hold open for writing. It reads as ended when
	// the last of them is gone, whoever its parent is by then.
	alive *os.File
	// watchdog cleans up when leash, its standard input, is closed: by us, or
	// by the kernel when we are killed.
	watchdog *exec.Cmd
	leash    io.Closer
}

// shellSetup is read by each pane's shell. The functions give the simulators
// their hidden arguments, so that what is typed in a pane is what a user types.
const shellSetup = `exec 9<>"$AGENTWATCH_DEMO/alive"
unset HISTFILE MAILCHECK
PS1='%s'
simulate() {
	set -- "$1" "$DEMO_SEED" "$DEMO_SCRIPT"
	DEMO_SEED=$((DEMO_SEED + 1)) DEMO_SCRIPT=fresh
	command "$1" simulate --kind "$1" --seed "$2" --script "$3" --speed "$DEMO_SPEED" --project "$DEMO_PROJECT" --task "$DEMO_TASK"
}
claude() { simulate claude; }
codex() { simulate codex; }
gemini() { simulate gemini; }
opencode() { simulate opencode; }
printf '\033[2J\033[H'
`

// watchdogScript waits for the end of its input and then removes the demo. It
// ignores the signals that a terminal sends to us.
const watchdogScript = `trap '' HUP INT QUIT TERM
while read -r _; do :; done
"$1" -S "$2" kill-server 2>/dev/null
rm -rf -- "$3"`

// newSandbox makes the directory and starts its watchdog. On failure nothing is
// left.
func newSandbox(executable, tmuxPath string, projects []string) (_ *sandbox, err error) {
	dir, err := os.MkdirTemp(tempDir(), fmt.Sprintf(folders+"%d-*", os.Getpid()))
	if err != nil {
		return nil, fmt.Errorf("demo: make a directory: %w", err)
	}
	b := &sandbox{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.remove())
		}
	}()
	if err = b.furnish(executable, projects); err != nil {
		return nil, fmt.Errorf("demo: prepare %s: %w", dir, err)
	}
	if b.alive, err = os.OpenFile(b.path("alive"), os.O_RDONLY|syscall.O_NONBLOCK, 0); err != nil {
		return nil, fmt.Errorf("demo: watch the panes: %w", err)
	}
	watchdog := exec.Command("/bin/sh", "-c", watchdogScript, "sh", tmuxPath, b.socket(), dir)
	watchdog.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	leash, err := watchdog.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("demo: watchdog: %w", err)
	}
	if err = watchdog.Start(); err != nil {
		return nil, fmt.Errorf("demo: watchdog: %w", err)
	}
	b.watchdog, b.leash = watchdog, leash
	return b, nil
}

// tempDir is where the demo's directory is made: /tmp when the usual place has
// so long a path that no socket fits below it (104 bytes on some systems).
func tempDir() string {
	const room = 104 - len("/"+folders+"4194304-4294967295/demo") - 1
	if len(os.TempDir()) > room {
		return "/tmp"
	}
	return ""
}

// furnish fills the directory.
func (b *sandbox) furnish(executable string, projects []string) error {
	if err := os.Mkdir(b.path("bin"), 0o700); err != nil {
		return err
	}
	names := []string{"agentwatch"}
	for _, k := range Kinds() {
		names = append(names, k.String())
	}
	for _, name := range names {
		if err := os.Symlink(executable, b.path("bin", name)); err != nil {
			return err
		}
	}
	for _, p := range projects {
		if err := os.MkdirAll(b.path("home", p), 0o700); err != nil {
			return err
		}
	}
	if err := b.makeRepositories(projects); err != nil {
		return err
	}
	prompt := "dev@box$ "
	if strings.HasPrefix(filepath.Base(b.shell()[0]), "bash") {
		prompt = `dev@box:\w\$ `
	}
	if err := os.WriteFile(b.path("shellrc"), fmt.Appendf(nil, shellSetup, prompt), 0o600); err != nil {
		return err
	}
	return syscall.Mkfifo(b.path("alive"), 0o600)
}

func (b *sandbox) path(parts ...string) string {
	return filepath.Join(append([]string{b.dir}, parts...)...)
}

func (b *sandbox) socket() string { return b.path("demo") }

// shell is the command of a pane's interactive shell: bash, as most agents see
// it, or else the system's shell, which finds shellSetup through ENV.
func (b *sandbox) shell() []string {
	if bash, err := exec.LookPath("bash"); err == nil {
		return []string{bash, "--noprofile", "--rcfile", b.path("shellrc"), "-i"}
	}
	return []string{"/bin/sh", "-i"}
}

// environ is the environment of the server and its panes.
func (b *sandbox) environ() []string {
	var env []string
	for _, v := range os.Environ() {
		switch name, _, _ := strings.Cut(v, "="); name {
		case "TMUX", "TMUX_PANE", "HOME", "PATH", "ENV", "PROMPT_COMMAND", "GOMAXPROCS", "XDG_STATE_HOME", "XDG_CONFIG_HOME":
		default:
			env = append(env, v)
		}
	}
	return append(env,
		// Commands in the panes find what is recorded of the demo.
		"XDG_STATE_HOME="+stateFolder(b.dir),
		"HOME="+b.path("home"), "PATH="+b.path("bin")+":"+os.Getenv("PATH"), "ENV="+b.path("shellrc"),
		"AGENTWATCH_DEMO="+b.dir,
		// A simulator does one thing at a time; a thousand of them should not
		// each start a thread per core.
		"GOMAXPROCS=1")
}

// waitGone returns when the server and every process in its panes have ended.
func (b *sandbox) waitGone(limit time.Duration) error {
	if err := b.alive.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return fmt.Errorf("demo: watch the panes: %w", err)
	}
	if _, err := io.Copy(io.Discard, b.alive); err != nil {
		return fmt.Errorf("demo: processes of the demo are still running: %w", err)
	}
	return nil
}

// remove deletes the directory and ends the watchdog.
func (b *sandbox) remove() error {
	var failed []error
	if b.alive != nil {
		failed = append(failed, b.alive.Close())
	}
	failed = append(failed, os.RemoveAll(b.dir))
	if b.watchdog != nil {
		failed = append(failed, b.leash.Close())
		late := time.AfterFunc(5*time.Second, func() { _ = b.watchdog.Process.Kill() })
		failed = append(failed, b.watchdog.Wait())
		late.Stop()
	}
	return errors.Join(failed...)
}
