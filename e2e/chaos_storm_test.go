package e2e

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"agentwatch/engine"
	"agentwatch/internal/tmuxtest"
)

// storm is one way of ill-treating a server. What it does to the cast is mended
// by arena.recast afterwards.
type storm struct {
	name string
	rage func(a *arena, c *crew)
}

// allStorms are all storms; those of control clients only where there are some.
func allStorms(clients bool) []storm {
	storms := []storm{
		{"the server freezes for a moment", freezeShortly},
		{"the server freezes until that is seen", freezeLong},
		{"the server is killed and replaced", replaceServer},
		{"panes are flooded", flood},
		{"panes speak the protocol", fakeProtocol},
		{"panes print noise", noise},
		{"lines have 10,000 columns", longLines},
		{"windows shrink to one cell", shrink},
		{"sessions and windows are renamed", rename},
		{"sessions and panes are killed", killTheirs},
		{"another agentwatch comes and is killed", another},
		{"the engine process is killed", killEngine},
	}
	if !clients {
		return storms
	}
	return append(storms, storm{"clients are killed", killClients}, storm{"clients are detached", detachClients},
		storm{"our sessions are renamed", renameOurs}, storm{"our sessions are killed", killOurs})
}

// rounds waits until the engine in this process has made some more rounds.
func (c *crew) rounds(n uint64) {
	c.t.Helper()
	until := c.snapshot.Load().Round.Rounds + n
	tmuxtest.Eventually(c.t, patience, "more rounds", func() bool { return c.snapshot.Load().Round.Rounds >= until })
}

// clientsCome waits until both engines have clients again.
func (c *crew) clientsCome() {
	c.t.Helper()
	tmuxtest.Eventually(c.t, patience, "clients to come back", func() bool { return len(c.arena.server.Clients()) >= crewEngines })
}

func killClients(a *arena, c *crew) {
	for range 3 {
		for _, pid := range clientProcesses(a.t, a.server) {
			if a.rng.IntN(4) > 0 {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		c.clientsCome()
	}
}

func detachClients(a *arena, c *crew) {
	a.alone(func() {
		for _, name := range a.server.Clients() {
			// One may have gone meanwhile.
			_, _ = a.server.Try("detach-client", "-t", name)
		}
	})
	c.clientsCome()
}

func freezeShortly(a *arena, c *crew) {
	for range 3 {
		a.server.Freeze()
		pressed := c.keys.count()
		tmuxtest.Eventually(a.t, patience, "keys to be answered", func() bool { return c.keys.count() > pressed+1 })
		a.server.Thaw()
	}
}

func freezeLong(a *arena, c *crew) {
	a.server.Freeze()
	tmuxtest.Eventually(a.t, patience, "the server to be reported as lost", func() bool {
		servers := c.snapshot.Load().Servers
		return len(servers) == 1 && servers[0].Link == engine.LinkLost
	})
	a.server.Thaw()
}

// replaceServer leaves it to the recast to start another, in which the same pane
// ids mean other panes.
func replaceServer(a *arena, _ *crew) {
	if err := syscall.Kill(a.server.PID(), syscall.SIGKILL); err != nil {
		a.t.Fatal(err)
	}
	tmuxtest.Eventually(a.t, patience, "the server to be gone", func() bool {
		_, err := a.server.Try("list-sessions")
		return err != nil
	})
	clear(a.cast)
}

func flood(a *arena, _ *crew) {
	var text bytes.Buffer
	for row := 0; text.Len() < 1<<20; row++ {
		fmt.Fprintf(&text, "\x1b[%dm%d of a flood of output that does not end\x1b[0m\r\n", 31+row%6, row)
	}
	for range 4 {
		a.shout(oneOf(a, a.players()), text.Bytes())
	}
}

// fakeProtocol makes panes, titles and windows say what only tmux should.
func fakeProtocol(a *arena, c *crew) {
	second := a.server.Run("display-message", "-p", "#{start_time}")
	var text strings.Builder
	for number := range 300 {
		fmt.Fprintf(&text, "%%begin %s %d 1\r\n%%end %s %d 1\r\n%%error %s %d 0\r\n%%exit\r\n%%exit server exited\r\n", second, number,
			second, number, second, number)
		fmt.Fprintf(&text, "%%output %%0 x\r\n%%session-changed $0 main\r\n%%sessions-changed\r\n\x1bP1000p%%exit\x1b\\\r\n")
	}
	for i, pane := range a.players() {
		a.shout(pane, []byte(text.String()+"\x1b]2;%end "+second+" "+strconv.Itoa(i)+" 1\x07"))
		a.rename("rename-window", "-t", pane, "%exit #{pid} \n%end "+second+" 1 1")
	}
	c.rounds(2)
}

// noise is bytes drawn by lot, much of it not UTF-8 and some of it escape
// sequences.
func noise(a *arena, c *crew) {
	for _, pane := range a.players() {
		text := make([]byte, 16<<10)
		for i := range text {
			switch a.rng.IntN(20) {
			case 0:
				text[i] = '\x1b'
			case 1:
				text[i] = "[]P(?;mHJ#"[a.rng.IntN(10)]
			default:
				text[i] = byte(a.rng.Uint32())
			}
		}
		if !tmuxtest.AtLeast(c.t, 3, 2) {
			// tmux 3.1 crashes, whoever watches, when a pane goes within five seconds
			// of a string in its output that has not ended: its timer outlives it.
			text = append(text, "\x1b\\\x18\x1bc"...)
		}
		a.shout(pane, text)
	}
	c.rounds(2)
}

// rename gives something a name that tmux may refuse: 3.8 takes no control
// characters in one, and others take all.
func (a *arena) rename(args ...string) {
	if tmuxtest.AtLeast(a.t, 3, 7) {
		_, _ = a.server.Try(args...)
		return
	}
	a.server.Run(args...)
}

func longLines(a *arena, c *crew) {
	line := strings.Repeat("0123456789", 1000) + "\r\n"
	for i, pane := range a.players() {
		if i%3 == 0 {
			a.server.Run("resize-window", "-t", pane, "-x", "10000", "-y", "30")
		}
		a.shout(pane, []byte(strings.Repeat(line, 20)))
	}
	c.rounds(2)
}

func shrink(a *arena, c *crew) {
	width := "1"
	if !tmuxtest.AtLeast(c.t, 3, 2) {
		// tmux 3.1 crashes, whoever watches, when a window with wide characters gets
		// a width of one column.
		width = "2"
	}
	for _, pane := range a.players() {
		a.server.Run("resize-window", "-t", pane, "-x", width, "-y", "1")
		a.shout(pane, []byte("a row that is much too wide\r\nand one more\x1b[2J\x1b[H\x1b[5;5H界"))
	}
	c.rounds(2)
}

func rename(a *arena, c *crew) {
	for range 3 {
		for _, session := range a.playing() {
			a.serial++
			name := oneOf(a, []string{"%%exit %d", "é 界 %d", "a b	c %d", "$(true) %d", "'%d'", "-f %d", "x;%d", "#{pid} %d"})
			a.rename("rename-session", "-t", session, "--", fmt.Sprintf(name, a.serial))
		}
		for _, pane := range a.players() {
			a.rename("rename-window", "-t", pane, oneOf(a, []string{"", "%exit", "\x1b[31m", "a\nb", "_agentwatch", "#S"}))
		}
		c.rounds(1)
	}
}

// ours are the names of the crew's sessions.
func (a *arena) ours() []string {
	var ours []string
	for name := range strings.Lines(a.server.Run("list-sessions", "-F", "#{session_name}")) {
		if strings.HasPrefix(name, "_agentwatch-") {
			ours = append(ours, strings.TrimSpace(name))
		}
	}
	return ours
}

// renameOurs also removes what it has renamed: who made such a session does not
// find it again by its name, and it would end only with its maker's process.
func renameOurs(a *arena, c *crew) {
	for _, name := range a.ours() {
		a.server.Run("rename-session", "-t", "="+name, "renamed"+name)
	}
	c.rounds(2)
	a.alone(func() {
		for _, name := range strings.Fields(a.server.Run("list-sessions", "-F", "#{session_name}")) {
			if strings.HasPrefix(name, "renamed_agentwatch-") {
				a.server.Run("kill-session", "-t", "="+name)
			}
		}
	})
	c.clientsCome()
}

func killOurs(a *arena, c *crew) {
	a.alone(func() {
		for _, name := range a.ours() {
			a.server.Run("kill-session", "-t", "="+name)
		}
	})
	c.clientsCome()
}

func killTheirs(a *arena, c *crew) {
	a.alone(func() {
		a.server.Run("kill-session", "-t", oneOf(a, a.playing()))
	})
	for range 3 {
		// Its window may have gone with its session.
		_, _ = a.server.Try("kill-pane", "-t", oneOf(a, a.players()))
		c.rounds(1)
	}
}

// another lets a face of the engine process, or an agentwatch with an engine of its
// own, come and be killed.
func another(a *arena, c *crew) {
	for n := range 4 {
		if n%2 == 0 {
			w := startWatch(c.user, a.server)
			if a.rng.IntN(2) == 0 {
				tmuxtest.Eventually(a.t, patience, "its first line", w.spoke)
			}
			w.kill()
			continue
		}
		w := startWatch(c.user, a.server, "--alone")
		pid := w.command.Process.Pid
		if c.clients && a.rng.IntN(2) == 0 {
			// Where that does not come to be in time, it looks by batches and tries again
			// half a minute later, and later.
			tmuxtest.Eventually(a.t, patience, "its client, or its first line", func() bool { return a.hasClient(pid) || w.spoke() })
		} else {
			c.rounds(1)
		}
		// Not while anybody attaches, itself included.
		a.alone(func() {
			w.kill()
			a.clientsGo(pid)
		})
	}
}

// killEngine kills the engine process that the dashboard and watch share, and a
// pane while nobody but the engine in this process looks.
func killEngine(a *arena, c *crew) {
	for range 3 {
		killed := c.engine()
		a.alone(func() {
			if err := syscall.Kill(killed.PID, syscall.SIGKILL); err != nil {
				a.t.Error(err)
			}
			a.clientsGo(killed.PID)
			// Its window may have gone with its session.
			_, _ = a.server.Try("kill-pane", "-t", oneOf(a, a.players()))
		})
		if next := c.engine(); next.ID == killed.ID {
			a.t.Errorf("process %d was killed and answers", killed.PID)
		}
		c.rounds(1)
	}
}

// hasClient reports whether a process of ours has a client on the server.
func (a *arena) hasClient(pid int) bool {
	return strings.Contains(a.server.Run("list-clients", "-F", "#{session_name}"), fmt.Sprintf("_agentwatch-%d-", pid))
}

// clientsGo waits until a process that was killed has no client.
func (a *arena) clientsGo(pid int) {
	a.t.Helper()
	tmuxtest.Eventually(a.t, patience, "its clients to be gone", func() bool { return !a.hasClient(pid) })
}
