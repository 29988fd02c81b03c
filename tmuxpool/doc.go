// Package tmuxpool talks to tmux servers, and only ever observes them.
//
// Discover finds the servers of a user. A Server watches one of them: it lists
// panes, tells which of them have printed, and captures screens. How it reaches
// the server is its Link, told in its Status with the reason:
//
//   - LinkBatch: tmux processes that leave no trace. A list is a process of its
//     own. Captures go in batches: one process reads many commands from its input
//     (tmux source-file -).
//   - LinkControl: control-mode clients (tmux -C), pooled and pipelined, in a
//     session of our own.
//   - LinkProcess: a process per capture, where batches fail.
//
// Options.Clients decides between the first two (see Clients.Link). A link that
// fails is replaced by a lesser one, and tried again by itself.
//
// # A server must not be harmed
//
// Below tmux 3.7 a control client that is still identifying itself crashes the
// server, and every program in it, if at that moment a session is made or ended
// or another client leaves: tmux tells all control clients of it, including the
// one that has no state yet. No lock among our own processes helps, since the
// sessions are the user's. So a server of such a version gets no control client,
// and then needs no session of ours, unless the user asks for it by name. On 3.4 and
// 3.5 it gets none even then: our own captures would crash it (see controllable).
//
// A server executes a batch in one go, and answers nobody meanwhile, so batches
// are bounded (see batchScreens).
//
// Every command is made by a constructor of this package and passes a guard where
// bytes leave the process (guard.go). The guard knows the few commands that
// observe, and refuses everything else with ErrForbidden.
//
// # The pool
//
// Captures are made by the workers of a pool, which are of one kind or the other:
// control clients, or slots in which one batch at a time may run. The pool opens
// one more when somebody has waited for 25 ms, up to 20, and closes one that has
// been idle for a minute. Stats says what its figures mean for each kind.
//
// # Our session, where control clients are used
//
// Attaching to a session of the user leaves traces (its attached count, alerts,
// focus events, hooks), so our clients attach to a session that is made for them,
// called "_agentwatch-", our process id and more. A plain process makes it,
// detached. Its only program, the keeper, ends when our process has gone, however
// it went. The option destroy-unattached would do the same, but crashes tmux when
// two clients leave at once (tmux pull request 5497). Making the session,
// attaching, closing clients and removing the session are done under a lock that
// all agentwatch processes of a socket's folder share, which spares each other's
// servers where control clients are asked for below 3.7.
//
// A command without -t from outside tmux acts on the session that was active
// last, and tmux counts a client that attaches as activity. So until the user
// presses a key in tmux, such a command may act on our session. Nothing that runs
// is lost by that:
//
//   - What is ours is the keeper's pane and nothing else, recognised by its start
//     command. Windows and panes that appear in our session are listed like any
//     other.
//   - We never kill a session. To leave, we remove the keeper's pane, and only
//     while the keeper runs in it. The session ends with it if it is then empty;
//     otherwise it stays, and is the user's.
//   - As soon as a terminal, window or pane appears in our session, or it is
//     renamed or ended, we leave and stay away for a while: 5 s at first, up to
//     10 min if it happens again, and 10 min when a session was left behind. The
//     link is LinkBatch meanwhile. Our session's option detach-on-destroy is off,
//     so that tmux moves a terminal on to one of the user's sessions.
//
// What cannot be helped: keys sent without -t go to the keeper, which does not
// read them; kill-session and rename-session without -t act on our session and
// have to be given again.
//
// Our session never keeps a server alive: when only keepers are left, we leave.
package tmuxpool
