// Package jump takes the user's own tmux client to a pane, and back. It is the
// one place in agentwatch that does more with a tmux server than look. It does so
// only when the user asks, and moves only the client that asked.
//
// # Which client
//
// tmux does not tell a program who pressed the key. Of the terminals whose current
// window has the pane that asks (in a popup: of all), it was the one with the
// newest key. Control-mode clients, read-only and suspended ones cannot have
// asked; they are neither chosen nor moved. tmux tells the time of a key in
// seconds. Within one, its own choice of the latest client decides, and where that
// is none of those, nobody is moved (ErrUnsure).
//
// # How
//
// On the same server, the client switches session, window and pane. To another
// server, tmux lets it detach, and in its place a shell attaches to the other
// server; when the user detaches there, it attaches to where it came from. If the
// client itself runs in a pane of that other server (tmux in tmux), attaching
// would show the server within itself: then the outer client switches. Outside
// tmux, nothing is done but to say how to attach.
//
// Targets are always session, window and pane by id, so that no name needs quotes,
// and a pane that has left is an error: tmux would take another one.
//
// # What else changes
//
// The way a pane is shown is that of its session and window, for all clients that
// look at them: the session's current window and the window's active pane change,
// as by the user's own select-window and select-pane. Where a pane is in several
// sessions, the client's own is taken, else the one in which the jump shows on the
// fewest terminals; Done.Along names them. A zoomed window stays zoomed. Session
// environments are left as they are (-E), options, buffers and key bindings too.
// The usual hooks run. A terminal that arrives at a server counts for the sizes
// of windows there.
//
// A session with the option destroy-unattached would end when its only client
// leaves, and agentwatch with it: such a jump is refused.
//
// While a client is away on another server, suspending it (C-z) stops its terminal
// until the tmux process gets SIGCONT: the shell that waits for it knows no jobs.
package jump
