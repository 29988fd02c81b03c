package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"agentwatch/tmuxpool"
)

// versionTimeout bounds "tmux -V".
const versionTimeout = 3 * time.Second

// checkProgram looks for tmux and its version.
func checkProgram(ctx context.Context, _ Surroundings) []Finding {
	const name = "tmux"
	path, err := tmuxpool.FindTmux()
	if err != nil {
		return []Finding{{name, Fail, "it is not in PATH", `install tmux 3.2 or newer, for example "apt install tmux" or "brew install tmux"`}}
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, path, "-V")
	command.WaitDelay = time.Second
	out, err := command.Output()
	if err != nil {
		return []Finding{{name, Fail, fmt.Sprintf("%s -V failed: %v", path, err), "install tmux anew"}}
	}
	version, err := tmuxpool.ParseVersion(string(out))
	if err != nil {
		return []Finding{{name, Warn, fmt.Sprintf("%s has an unknown version: %v", path, err), "agentwatch needs tmux 3.0, and 3.2 for its best"}}
	}
	finding := versionFinding(name, version)
	finding.Found = path + ", " + finding.Found
	return []Finding{finding}
}

// versionFinding judges a version of tmux.
func versionFinding(name string, v tmuxpool.Version) Finding {
	found := "version " + v.String()
	switch {
	case !v.AtLeast(3, 0):
		return Finding{name, Fail, found + " is too old", "install tmux 3.2 or newer. A server that runs keeps its version, and its agents live on in it: do not end it for this"}
	case !v.AtLeast(3, 2):
		return Finding{name, Warn, found + " cannot filter its list of panes, so that every look lists them all", "with tmux 3.2 or newer watching costs less"}
	default:
		return Finding{name, OK, found, ""}
	}
}

// checkSocketFolder looks at who may use the folder of the sockets. tmux refuses
// one that others may enter.
func checkSocketFolder(_ context.Context, s Surroundings) []Finding {
	const name = "socket folder"
	base := s.Getenv("TMUX_TMPDIR")
	if base == "" {
		base = "/tmp"
	}
	folder := filepath.Join(base, fmt.Sprintf("tmux-%d", s.UID))
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return []Finding{{name, OK, folder + " is not there yet: tmux makes it", ""}}
	case err != nil:
		return []Finding{{name, Fail, err.Error(), "let yourself enter " + base}}
	case !info.IsDir():
		return []Finding{{name, Fail, folder + " is not a folder", "remove it: tmux makes it anew"}}
	}
	if owner, known := ownerOf(info); known && owner != s.UID {
		return []Finding{{name, Fail, fmt.Sprintf("%s belongs to user %d, not to you (%d)", folder, owner, s.UID), "run agentwatch as that user, or set TMUX_TMPDIR"}}
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 {
		return []Finding{{name, Fail, fmt.Sprintf("%s may be used by everybody (%#o): tmux refuses it", folder, mode), "chmod 700 " + folder}}
	}
	return []Finding{{name, OK, folder, ""}}
}

// ownerOf tells whose a file is.
func ownerOf(info os.FileInfo) (uid int, known bool) {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid), true
	}
	return 0, false
}

// checkServers looks for servers and at each of them.
func checkServers(ctx context.Context, s Surroundings) []Finding {
	found, problems := tmuxpool.Discover(ctx, s.Discover)
	var all []Finding
	for _, problem := range problems {
		all = append(all, Finding{
			"tmux server", Fail, strings.TrimPrefix(problem.Error(), "tmuxpool: "),
			"start it, or take its name out of the flags and of [watch] in the configuration",
		})
	}
	if len(found)+len(problems) == 0 {
		return []Finding{{"tmux server", Warn, "none is running", "tmux new -s work"}}
	}
	for _, socket := range found {
		all = append(all, checkServer(ctx, s, socket)...)
	}
	return all
}

// reachable says how to reach a server that this tmux cannot talk to, as after an
// upgrade of tmux. Its agents live on: it must not be ended for that.
func reachable(socket string) string {
	return "do not end it, its agents live on: if tmux was upgraded, reach them with " + tmuxpool.OldClient(socket)
}

// checkServer looks at one server.
func checkServer(ctx context.Context, s Surroundings, socket tmuxpool.Socket) []Finding {
	name := "server " + socket.Name
	inspected, err := tmuxpool.Inspect(ctx, "", socket)
	switch {
	case errors.Is(err, tmuxpool.ErrServerHung), errors.Is(err, context.DeadlineExceeded):
		return []Finding{{name, Fail, socket.Path + ": it does not answer", "look at what it does (top); one that was stopped goes on with kill -CONT. Otherwise " + reachable(socket.Path)}}
	case errors.Is(err, tmuxpool.ErrTmuxMissing):
		return []Finding{{name, Fail, socket.Path + ": without tmux it cannot be asked", "install tmux"}}
	case err != nil:
		return []Finding{{name, Fail, socket.Path + ": " + strings.TrimPrefix(err.Error(), "tmuxpool: "), reachable(socket.Path)}}
	}
	version := versionFinding(name, inspected.Version)
	if version.Verdict == OK {
		version.Found = "version " + inspected.Version.String()
	}
	version.Found = socket.Path + ", " + version.Found
	all := append([]Finding{version}, ownerFinding(name, s.UID, socket.Path)...)
	all = append(all, linkFinding(name, s.Clients, inspected.Version))
	all = append(all, optionFindings(name, inspected)...)
	for _, terminal := range inspected.Terminals {
		all = append(all, attachedFindings(name, terminal)...)
	}
	return all
}

// linkFinding says by what means a server is watched, and why.
func linkFinding(server string, clients tmuxpool.Clients, v tmuxpool.Version) Finding {
	finding := Finding{Check: server + ": link", Verdict: OK, Found: "control clients, in a session of their own"}
	link, reason := clients.Link(v)
	if link == tmuxpool.LinkBatch {
		finding.Found = "batched processes: " + reason
	} else if safe, why := tmuxpool.ClientsAuto.Link(v); safe != link {
		finding.Verdict, finding.Found = Warn, finding.Found+": "+why
		finding.Mend = "remove --clients always and [watch] clients = \"always\": a crash ends every program in the server"
	}
	return finding
}

// ownerFinding tells when a server is another user's.
func ownerFinding(name string, uid int, socket string) []Finding {
	info, err := os.Stat(socket)
	if err != nil {
		return nil
	}
	if owner, known := ownerOf(info); known && owner != uid {
		return []Finding{{name, Warn, fmt.Sprintf("it belongs to user %d and you are %d: its programs may not be seen", owner, uid), "run agentwatch as that user"}}
	}
	return nil
}

// slowEscape is the escape time from which on the escape key feels slow.
const slowEscape = 50 * time.Millisecond

// optionFindings judges the options of a server.
func optionFindings(name string, i tmuxpool.Inspection) []Finding {
	escape := Finding{name + ": escape-time", OK, fmt.Sprintf("%d ms", i.EscapeTime.Milliseconds()), ""}
	if i.EscapeTime > slowEscape {
		escape.Verdict, escape.Found = Warn, escape.Found+": the esc key is that slow in every program"
		escape.Mend = "in ~/.tmux.conf: set -s escape-time 10"
	}
	terminal := Finding{name + ": default-terminal", OK, i.DefaultTerminal, ""}
	if !strings.Contains(i.DefaultTerminal, "256color") && !strings.Contains(i.DefaultTerminal, "direct") {
		terminal.Verdict, terminal.Found = Warn, i.DefaultTerminal+": programs in tmux show 8 or 16 colours"
		terminal.Mend = `in ~/.tmux.conf: set -g default-terminal "tmux-256color"`
	}
	return []Finding{escape, terminal, tastes(name, i)}
}

// tastes tells the options that may be on or off, as the user likes.
func tastes(server string, i tmuxpool.Inspection) Finding {
	var states, gains []string
	for _, option := range []struct {
		name string
		on   bool
		does string
	}{
		{"focus-events", i.FocusEvents, "tells programs when their pane has the focus"},
		{"allow-passthrough", i.Passthrough, "lets programs send the terminal pictures and desktop messages"},
		{"set-titles", i.SetTitles, "has the terminal's title follow tmux"},
		{"mouse", i.Mouse, "has tmux itself take clicks and the wheel"},
	} {
		if option.on {
			states = append(states, option.name+" on")
			continue
		}
		states = append(states, option.name+" off")
		gains = append(gains, fmt.Sprintf("set -g %s on %s", option.name, option.does))
	}
	finding := Finding{server + ": options", OK, strings.Join(states, ", "), ""}
	if len(gains) > 0 {
		finding.Mend = "as you like: " + strings.Join(gains, "; ")
	}
	return finding
}

// attachedFindings judges a terminal that is attached to a server.
func attachedFindings(server string, t tmuxpool.Terminal) []Finding {
	name := server + ": terminal " + t.Type
	var all []Finding
	if !t.UTF8 {
		all = append(all, Finding{name, Warn, "tmux thinks that it cannot show UTF-8, and writes _ instead", "attach with tmux -u, or in a UTF-8 locale"})
	}
	if t.Features == nil {
		return all
	}
	if slices.Contains(t.Features, "RGB") {
		return append(all, Finding{name, OK, "true colours", ""})
	}
	return append(all, Finding{
		name, Warn, "tmux gives it 256 colours at most",
		fmt.Sprintf(`if it can do more, in ~/.tmux.conf: set -as terminal-features ",%s:RGB", then attach anew`, t.Type),
	})
}

// checkInside tells whether agentwatch runs in tmux.
func checkInside(_ context.Context, s Surroundings) []Finding {
	socket, _, inside := strings.Cut(s.Getenv("TMUX"), ",")
	if !inside {
		return []Finding{{"inside tmux", OK, "no: the dashboard runs beside tmux", ""}}
	}
	return []Finding{{"inside tmux", OK, fmt.Sprintf("yes, in pane %s of %s", s.Getenv("TMUX_PANE"), socket), ""}}
}
