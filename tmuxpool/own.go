package tmuxpool

import (
	"slices"
	"strconv"
	"strings"
)

// What is ours in a server is known by the keeper, the program of our session:
// by its start command, and not by the session's name or number, since the user
// may rename the session, put windows into it, and move panes out of it.

// ownPrefix begins the names of all that is ours in a server: sessions, also
// those of other agentwatch processes, and buffers.
const ownPrefix = "_agentwatch"

// The parts of a keeper's shell command: its maker's process and the name of
// its session stand between and after them.
const (
	keeperHead = "exec sh -c 'while kill -0 "
	keeperTail = " 2>/dev/null; do sleep 2; done' "
)

// keeper is the program of a session of ours: it ends when process pid has, and
// only its own pane with it. It must outlive a kill of ours by seconds at most,
// and cost nothing meanwhile. The session's name, which it does not need, tells
// whose it is.
func keeper(pid int, session string) string {
	return keeperHead + strconv.Itoa(pid) + keeperTail + session
}

// keeperSession tells for which session a program is the keeper, and whether it
// is one, of any agentwatch.
func keeperSession(program string) (session string, ok bool) {
	rest, head := strings.CutPrefix(program, keeperHead)
	pid, session, tail := strings.Cut(rest, keeperTail)
	return session, head && tail && len(pid) < 12 && isDigits(pid) && isOwnName(session)
}

// startKeeper is keeperSession for a start command as tmux prints it: a command
// of one word is put between quotes.
func startKeeper(command string) (session string, ok bool) {
	quoted, _ := strings.CutPrefix(command, `"`)
	quoted, _ = strings.CutSuffix(quoted, `"`)
	return keeperSession(quoted)
}

// startCommand is the format for a start command: of a keeper it is all, of a
// user's as much as is needed to see that it is none.
const startCommand = "#{=200:pane_start_command}"

// Why our session has to be left, in the user's words.
const (
	visitedWords = "a terminal came into agentwatch's session, so we left it"
	sharedWords  = "something of yours came into agentwatch's session, so we left it to you"
	renamedWords = "agentwatch's session was renamed, so we left it"
	endedWords   = "agentwatch's session was ended by somebody else"
)

// census is who is in a server, as far as it concerns our session.
type census struct {
	hosts   bool     // there are panes of the user's, wherever they are
	keepers []string // the panes of our keepers
	// objection is why our session has to be left; empty when it may be used,
	// and when there is none.
	objection string
}

// listInhabitants lists the panes of all sessions for a census.
func listInhabitants(session string) command {
	return command{nameListPanes, "-a", "-F", "#{pane_id} #{session_id} #{==:#{session_name}," + session + "} " + startCommand}
}

// listVisitors lists the clients of all sessions for a census.
func listVisitors() command { return listClients("#{session_id} #{client_flags}") }

// takeCensus reads the output of listInhabitants and listVisitors. session is
// the name of our session; those of all our sessions begin with maker.
func takeCensus(inhabitants, visitors, maker, session string) census {
	var c census
	homes, guests := make(map[string]int), make(map[string]int)
	for line := range strings.Lines(inhabitants) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 4)
		if len(fields) < 4 {
			continue // a newline that some version does not escape
		}
		pane, home, named, command := fields[0], fields[1], fields[2], fields[3]
		kept, isKeeper := startKeeper(command)
		switch {
		case isKeeper && strings.HasPrefix(kept, maker):
			c.keepers = append(c.keepers, pane)
			homes[home]++
			if kept != session || named != "1" {
				c.objection = renamedWords
			}
		default:
			c.hosts = c.hosts || !isKeeper
			guests[home]++
		}
	}
	for home, keepers := range homes {
		if guests[home] > 0 || keepers > 1 {
			c.objection = sharedWords
		}
	}
	for line := range strings.Lines(visitors) {
		home, flags, _ := strings.Cut(line, " ")
		// Ours are known by a flag that nobody else would want.
		if homes[home] > 0 && !strings.Contains(flags, "no-output") {
			c.objection = visitedWords
		}
	}
	return c
}

// removeKeeper removes a pane if, in that very moment, it is that of a keeper of
// ours; its session ends with it unless there is anything else in it.
func removeKeeper(pane, maker string) command {
	return command{nameIf, "-F", "-t", pane, "#{m:*" + keeperPattern + maker + "*,#{pane_start_command}}", "killp -t " + pane}
}

// keeperPattern is what stands before the session's name in a keeper's command.
const keeperPattern = "sleep 2; done' "

// isRemoval tells whether a command is one that removeKeeper makes.
func isRemoval(c command) bool {
	if len(c) != 6 || !argPane.accepts(c[3]) {
		return false
	}
	rest, head := strings.CutPrefix(c[4], "#{m:*"+keeperPattern)
	maker, tail := strings.CutSuffix(rest, "*,#{pane_start_command}}")
	return head && tail && isOwnName(maker) && slices.Equal(c, removeKeeper(c[3], maker))
}

// newSession makes a session of ours, detached. Its window has a name, so that
// tmux does not rename it with every program. Its options are its own,
// whatever the user's are: a client that came into it goes on to a session of
// the user's when it ends, instead of being detached; it does not end because
// nobody is attached, which crashes tmux (see the package's documentation) and
// would take with it what the user put there; its keeper's pane does not stay
// behind.
func newSession(name string, pid int) script {
	target := "=" + name + ":"
	return script{
		{
			nameNewSession, "-d", "-E", "-s", name, "-n", "agentwatch", "-x", "80", "-y", "24", keeper(pid, name),
		},
		{nameSetOption, "-t", target, "detach-on-destroy", "off"},
		{nameSetOption, "-t", target, "destroy-unattached", "off"},
		{nameSetOption, "-p", "-t", target, "remain-on-exit", "off"},
	}
}
