package jump

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"agentwatch/tmuxpool"
)

// view is what a client can look at.
type view struct{ session, window, pane string }

// String is the view as a target: by ids, so that tmux takes no other.
func (v view) String() string { return v.session + ":" + v.window + "." + v.pane }

// client is a terminal that may have asked.
type client struct {
	view
	name, tty string
	pid       int
	// newest is the second of its last key.
	newest int64
	// utf8 tells whether it was started for a terminal in UTF-8.
	utf8 bool
	// mute clients cannot have asked: control-mode, read-only, suspended.
	mute bool
}

// link is a pane in one of the sessions that have its window.
type link struct {
	view
	tty string
	// current tells whether the window is that of its session, active whether
	// the pane is that of its window.
	current, active, zoomed bool
	// ours tells whether the session is one that agentwatch made, ending whether
	// it ends without a client.
	ours, ending bool
}

// sight is what there is on a server, at one moment.
type sight struct {
	server  server
	clients []client
	links   []link
}

// ownSessions begins the names of the sessions that agentwatch's control
// clients live in.
const ownSessions = "_agentwatch"

// The formats by which tmux tells of clients and panes, and the number of their
// fields. Only the last may have spaces.
const (
	clientFormat = "c #{session_id} #{window_id} #{pane_id} #{client_pid} #{client_activity} #{?client_utf8,1,0} " +
		"#{?client_control_mode,1,#{?client_readonly,1,#{m:*suspended*,#{client_flags}}}} #{client_tty} #{client_name}"
	clientFields = 10
	paneFormat   = "p #{session_id} #{window_id} #{pane_id} #{?window_active,1,0} #{?pane_active,1,0} #{?window_zoomed_flag,1,0} " +
		"#{?destroy-unattached,#{destroy-unattached},off} #{pane_tty} #{session_name}"
	paneFields = 10
)

// look lists a server's clients and panes.
func (j Jumper) look(ctx context.Context, socket string) (sight, error) {
	out, err := j.run(ctx, server{socket: socket},
		"display", "-p", "v #{version}", ";", "lsc", "-F", clientFormat, ";", "lsp", "-a", "-F", paneFormat)
	if err != nil {
		return sight{}, err
	}
	s := sight{server: server{socket: socket}}
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		switch fields := strings.SplitN(line, " ", clientFields); {
		case fields[0] == "v" && len(fields) > 1:
			version, err := tmuxpool.ParseVersion(fields[1])
			s.server.noStart = err == nil && version.AtLeast(3, 2)
		case fields[0] == "c" && len(fields) == clientFields:
			s.clients = append(s.clients, newClient(fields))
		case fields[0] == "p" && len(fields) == paneFields:
			s.links = append(s.links, newLink(fields))
		}
	}
	return s, nil
}

func newClient(f []string) client {
	pid, _ := strconv.Atoi(f[4])
	newest, _ := strconv.ParseInt(f[5], 10, 64)
	return client{
		view: view{f[1], f[2], f[3]}, pid: pid, newest: newest,
		utf8: f[6] == "1", mute: f[7] != "0", tty: f[8], name: f[9],
	}
}

func newLink(f []string) link {
	return link{
		view: view{f[1], f[2], f[3]}, current: f[4] == "1", active: f[5] == "1", zoomed: f[6] == "1",
		ending: f[7] != "off", tty: f[8], ours: strings.HasPrefix(f[9], ownSessions),
	}
}

// has tells whether a pane is there.
func (s sight) has(pane string) bool {
	return slices.ContainsFunc(s.links, func(l link) bool { return l.pane == pane })
}

// link is the link that shows a view.
func (s sight) link(v view) link {
	if i := slices.IndexFunc(s.links, func(l link) bool { return l.view == v }); i >= 0 {
		return s.links[i]
	}
	return link{view: v}
}

// paneOf is the pane whose terminal is tty, or "".
func (s sight) paneOf(tty string) string {
	i := slices.IndexFunc(s.links, func(l link) bool { return l.tty == tty && tty != "" })
	if i < 0 {
		return ""
	}
	return s.links[i].pane
}

// best is where to show a pane that is there: in the client's own session, else
// in one of the user's, where the jump shows on the fewest other terminals.
func (s sight) best(pane, own string) link {
	var best link
	least := -1
	for _, l := range s.links {
		if l.pane != pane {
			continue
		}
		harm := 2 * len(s.along(l, ""))
		switch {
		case l.session == own:
			return l
		case l.ours:
			harm += 1 << 20
		case !l.current:
			harm++
		}
		if least < 0 || harm < least {
			best, least = l, harm
		}
	}
	return best
}

// along are the clients, but for one, that see another window or pane when a
// link is shown.
func (s sight) along(l link, but string) []string {
	var names []string
	for _, c := range s.clients {
		moved := c.session == l.session && c.window != l.window || c.window == l.window && c.pane != l.pane
		if moved && c.name != but {
			names = append(names, c.name)
		}
	}
	return names
}

// endsWithout tells whether a client's session ends when the client leaves it.
func (s sight) endsWithout(c client) bool {
	for _, other := range s.clients {
		if other.session == c.session && other.name != c.name {
			return false
		}
	}
	return slices.ContainsFunc(s.links, func(l link) bool { return l.session == c.session && l.ending })
}

// asker is the client that the user at a place sits at.
func (j Jumper) asker(ctx context.Context, s sight, at Place) (client, error) {
	if j.Client != "" && at == j.Home {
		i := slices.IndexFunc(s.clients, func(c client) bool { return c.name == j.Client && !c.mute })
		if i < 0 {
			return client{}, fmt.Errorf("%w (%s is none that could have asked)", ErrNoClient, j.Client)
		}
		return s.clients[i], nil
	}
	window := ""
	if at.Pane != "" {
		i := slices.IndexFunc(s.links, func(l link) bool { return l.pane == at.Pane })
		if i < 0 {
			return client{}, ErrNoClient
		}
		window = s.links[i].window
	}
	var newest []client
	for _, c := range s.clients {
		switch {
		case c.mute, window != "" && c.window != window:
		case len(newest) == 0 || c.newest == newest[0].newest:
			newest = append(newest, c)
		case c.newest > newest[0].newest:
			newest = []client{c}
		}
	}
	switch len(newest) {
	case 0:
		return client{}, ErrNoClient
	case 1:
		return newest[0], nil
	default:
		return j.latest(ctx, s, newest)
	}
}

// latest is the one of several clients whose last key, all within the same
// second, was the last. tmux tells seconds only, but its own choice of a session
// and of a client in a session is finer. When it chooses one that cannot have
// asked, none is taken.
func (j Jumper) latest(ctx context.Context, s sight, tied []client) (client, error) {
	ask := []string{"display", "-p", "#{client_name}"}
	for _, c := range tied {
		ask = append(ask, ";", "display", "-p", "-t", c.String(), "#{client_name}")
	}
	out, err := j.run(ctx, s.server, ask...)
	if err != nil {
		return client{}, err
	}
	for name := range strings.Lines(out) {
		for _, c := range tied {
			if c.name == strings.TrimSuffix(name, "\n") {
				return c, nil
			}
		}
	}
	return client{}, ErrUnsure
}
