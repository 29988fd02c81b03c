//go:build fleet

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/fleet"
	"agentwatch/internal/tmuxtest"
)

// sshd is a real server of ssh on loopback, for one user of ours.
type sshd struct {
	t      *testing.T
	folder string
	port   int
	server *exec.Cmd
}

// newSSHD starts one. lines are added to its configuration, variables are what logins
// have in their environment.
func newSSHD(t *testing.T, variables []string, lines ...string) *sshd {
	t.Helper()
	path, err := exec.LookPath("sshd")
	if err != nil {
		path = "/usr/sbin/sshd"
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("this test needs sshd; scripts/ensure-program.sh sshd installs it: %v", err)
	}
	if os.Getuid() == 0 {
		// Where it drops its privileges.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	d := &sshd{t: t, folder: t.TempDir(), port: freePort(t)}
	for _, key := range []string{"host", "user", "other"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", d.path(key)).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	public, err := os.ReadFile(d.path("user.pub"))
	if err != nil {
		t.Fatal(err)
	}
	hostKey, err := os.ReadFile(d.path("host.pub"))
	if err != nil {
		t.Fatal(err)
	}
	quoted := make([]string, 0, len(variables))
	for _, v := range variables {
		quoted = append(quoted, strconv.Quote(v))
	}
	d.write("authorized", string(public))
	d.write("known", fmt.Sprintf("[127.0.0.1]:%d %s", d.port, hostKey))
	d.write("nobody", "")
	d.write("sshd_config", strings.Join(append([]string{
		"Port " + strconv.Itoa(d.port), "ListenAddress 127.0.0.1", "HostKey " + d.path("host"), "AuthorizedKeysFile " + d.path("authorized"),
		"StrictModes no", "UsePAM no", "PidFile none", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
		// Their own home: what the real user's ~/.bashrc does is not for tests.
		"PermitRootLogin prohibit-password", "SetEnv " + strings.Join(append(quoted, strconv.Quote("HOME="+d.folder)), " "),
	}, lines...), "\n")+"\n")
	d.server = exec.Command(path, "-D", "-e", "-f", d.path("sshd_config"))
	if err := d.server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.signal(syscall.SIGKILL)
		_ = d.server.Process.Kill()
		_ = d.server.Wait()
	})
	tmuxtest.Eventually(t, patience, "sshd listens", func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", d.port))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return d
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (d *sshd) path(name string) string { return filepath.Join(d.folder, name) }

func (d *sshd) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(d.path(name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// host is the way to it, as fleet.Host{SSH: ...} makes it, with the options that the
// user's ~/.ssh/config would have: ssh reads that of the real user.
func (d *sshd) host(key, known string) fleet.Host {
	ssh := fleet.Host{Name: "there", SSH: "127.0.0.1"}.Args()
	options := []string{
		"ssh", "-F", "/dev/null", "-i", d.path(key), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "StrictHostKeyChecking=yes",
		"-o", "UserKnownHostsFile=" + d.path(known), "-o", "GlobalKnownHostsFile=/dev/null", "-p", strconv.Itoa(d.port),
	}
	return fleet.Host{Name: "there", Command: append(options, ssh[1:]...)}
}

// signal sends a signal to every process of its sessions, but not to itself.
func (d *sshd) signal(s syscall.Signal) {
	var below func(pid int) []int
	below = func(pid int) (all []int) {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		for _, word := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				all = append(append(all, child), below(child)...)
			}
		}
		return all
	}
	for _, pid := range below(d.server.Process.Pid) {
		_ = syscall.Kill(pid, s)
	}
}

// findsOurs is a PATH on which the program is.
func findsOurs() string { return "PATH=" + filepath.Dir(program) + ":/usr/local/bin:/usr/bin:/bin" }

func TestOverARealSSHAHostIsSeenFrozenLostAndAnsweredOnce(t *testing.T) {
	t.Parallel()
	there, _, pane := machine(t, "permission", "waiting")
	me := newUser(t)
	serve := me.command("serve")
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = serve.Process.Signal(syscall.SIGTERM); _ = serve.Wait() })
	// The shell of the login prints something first.
	d := newSSHD(t, append(there.env, findsOurs()), `ForceCommand echo Welcome to this machine; printf "no end of line"; eval "$SSH_ORIGINAL_COMMAND"`)
	m := watched(t, me, d.host("user", "known"))
	is := func(state engine.HostState) func(*engine.Snapshot) bool {
		return func(s *engine.Snapshot) bool {
			_, found := inPane(s, "there", pane)
			return found && len(s.Hosts) == 1 && s.Hosts[0].State == state
		}
	}
	until(t, m, "it is live", is(engine.HostLive))
	d.signal(syscall.SIGSTOP)
	began := time.Now()
	s := until(t, m, "it is stale", is(engine.HostStale))
	if a, _ := inPane(s, "there", pane); !a.Stale || a.State != health.StateWaiting {
		t.Errorf("%+v", a)
	}
	t.Logf("frozen, it is stale after %s", time.Since(began))
	d.signal(syscall.SIGKILL)
	s = until(t, m, "it is live again", is(engine.HostLive))

	// The answer goes to a machine that is frozen, and then lost.
	d.signal(syscall.SIGSTOP)
	a, _ := inPane(s, "there", pane)
	killed := time.AfterFunc(500*time.Millisecond, func() { d.signal(syscall.SIGKILL) })
	defer killed.Stop()
	o, err := m.Answer(t.Context(), engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)})
	if !errors.Is(err, engine.ErrUnconfirmed) || !o.Uncertain {
		t.Errorf("%+v, %v", o, err)
	}
	s = until(t, m, "it is live once more", is(engine.HostLive))
	if a, _ := inPane(s, "there", pane); a.State != health.StateWaiting {
		t.Errorf("what was never sent was typed: %+v", a)
	}
}

func TestEachWayInWhichARealSSHFailsHasItsRemedy(t *testing.T) {
	t.Parallel()
	there := newUser(t)
	d := newSSHD(t, append(there.env, "PATH=/usr/bin:/bin"))
	for _, c := range []struct {
		name, want string
		host       fleet.Host
	}{
		{"an unknown key of the host", "compare the key", d.host("user", "nobody")},
		{"a key that the host does not know", "cannot log in without asking", d.host("other", "known")},
		{"no agentwatch", "is not installed there", d.host("user", "known")},
	} {
		err := fleet.Visit(t.Context(), c.host, func(context.Context, *fleet.Visited) error { return nil })
		if away := new(fleet.AwayError); !errors.As(err, &away) || !strings.Contains(away.Problem, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestGoTakesTheTerminalToAPaneOfAnotherMachineAndBack(t *testing.T) {
	t.Parallel()
	there, remote, pane := machine(t, "permission", "waiting")
	d := newSSHD(t, append(there.env, findsOurs()))
	me := newUser(t)
	h := d.host("user", "known")
	words := func(list []string) string {
		quoted := make([]string, 0, len(list))
		for _, word := range list {
			quoted = append(quoted, strconv.Quote(word))
		}
		return strings.Join(quoted, ", ")
	}
	// The same, in a terminal, and without what serves.
	login := slices.Clone(h.Command[:len(h.Command)-len([]string{"serve", "--stdio"})])
	login[slices.Index(login, "-T")] = "-t"
	newStage(t).write(filepath.Join(me.configFolder(), "config.toml"),
		fmt.Sprintf("[[fleet.host]]\nname = \"there\"\ncommand = [%s]\nterminal = [%s]\n", words(h.Command), words(login)), 0o600)
	server := me.server(tmuxtest.Size(100, 30))
	outer := tmuxtest.New(t)
	outer.NewSession("outer", "env", "-u", "TMUX", "tmux", "-S", server.SocketPath(), "attach-session", "-t", "=main")
	tmuxtest.Eventually(t, patience, "somebody looks", func() bool { return len(server.Clients()) == 1 })
	home := server.NewWindow("main", "home", program, "go", "there:"+pane)
	server.Run("select-window", "-t", home)
	tmuxtest.Eventually(t, patience, "the terminal has arrived there", func() bool { return len(remote.Clients()) == 1 })
	if names := server.Run("list-windows", "-t", "=main", "-F", "#{window_name}"); !strings.Contains(names, "there") {
		t.Errorf("the windows here: %q", names)
	}
	remote.Run("detach-client", "-t", remote.Run("list-clients", "-F", "#{client_name}"))
	tmuxtest.Eventually(t, patience, "the window has closed", func() bool {
		return !strings.Contains(server.Run("list-windows", "-t", "=main", "-F", "#{window_name}"), "there")
	})
}

func TestInstallCopiesTheProgramComparesItAndReplacesTheOneBefore(t *testing.T) {
	there := newUser(t)
	bin := t.TempDir()
	d := newSSHD(t, append(there.env, "PATH="+bin+":/usr/bin:/bin"))
	d.write("old", "#!/bin/sh\nexit 1\n")
	if err := os.Symlink(d.path("old"), filepath.Join(bin, "agentwatch")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(d.path("old"), 0o700); err != nil {
		t.Fatal(err)
	}
	// What stands in ~/.ssh/config.
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Fatal(err)
	}
	wrapper := t.TempDir()
	args := d.host("user", "known").Command
	own := args[1 : len(args)-len(fleet.Host{SSH: "127.0.0.1"}.Args())+1]
	script := "#!/bin/sh\nexec " + ssh + " '" + strings.Join(own, "' '") + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(wrapper, "ssh"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	install := there.command("hosts", "install", "127.0.0.1")
	install.Env = append(install.Env, "PATH="+wrapper+":/usr/bin:/bin")
	out, err := install.CombinedOutput()
	if err != nil || !strings.Contains(string(out), filepath.Join(bin, "agentwatch")+" is installed") {
		t.Fatalf("%v: %s", err, out)
	}
	want, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(bin, "agentwatch"))
	if err != nil || string(got) != string(want) {
		t.Errorf("what is there now is not the program: %d bytes, %v", len(got), err)
	}
	if left, _ := filepath.Glob(filepath.Join(bin, "*.new")); len(left) > 0 {
		t.Errorf("left: %s", left)
	}
}
