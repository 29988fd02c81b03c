// Package tmuxpool talks to tmux servers, and only ever looks at them.
//
// Discover finds the servers of a user. A Server watches one of them: it lists
// panes, tells which were active, and captures screens. It does so over
// control-mode clients (tmux -C) that live in a session of our own, pooled and
// pipelined; where that does not work it falls back to one batched process per
// round, then to one process per capture, and says why in its Status. It comes
// back up by itself.
//
// # Reading only
//
// Every command is made by a constructor of this package and passes a guard at
// the place where bytes leave the process (see guard.go). The guard knows the
// few commands that observe, and refuses everything else with ErrForbidden.
//
// # Our session
//
// Attaching to a session of the user leaves traces (its attached count, alerts,
// focus events, hooks), so our clients attach to one that is made for them,
// called "_agentwatch-", our process id and more. It is made detached by a plain
// process, and its only program, the keeper, ends when our process has gone,
// however it went. The option destroy-unattached would do the same but crashes
// tmux: a client that is on its way out is not counted as attached but still
// refers to the session that is then freed (tmux pull request 5497). For the same
// reason no client of ours makes a session: a session that appears while a
// control client is still identifying itself crashes tmux 3.3a, and so does a
// client that goes then: tmux tells all control clients of it, also the one that
// has no state yet (control_write with a null control_state, seen in a debugger).
// Making the session, attaching, closing clients and leaving are done under a lock
// that all agentwatch processes of a socket's folder share. Against a session that
// the user makes or ends in that very millisecond, a terminal that detaches, or an
// agentwatch that is killed while it attaches, there is no help but to attach
// rarely, and so the pool is slow to grow and its clients become old. Windows and
// panes may come and go at any time.
//
// # The user in our session
//
// A command without -t that comes from outside tmux means the session that was
// active last, and "tmux attach" the same among those that are attached, if all
// are. tmux (seen in 3.3a) sets the time of a session's activity when it is made
// and whenever a client attaches to it, always to the present. Nothing sets it
// back but activity elsewhere, which would have to be the user's. So from the time
// that we attach until the user next presses a key in tmux, such a command may
// meet our session. Nothing that runs is lost then:
//
//   - Ours is the keeper's pane and nothing else, known by its start command.
//     Windows and panes that come into our session are listed like any other.
//   - We never kill a session. Leaving is to remove the keeper's pane, which the
//     server does only if the keeper was started in it; the session ends with it
//     if it is empty then. With anything else in it the session stays, and is the
//     user's.
//   - As soon as a terminal, a window or a pane is in our session, or it is
//     renamed or ended, we leave it and stay away for a while: 5 s at first, up
//     to 10 min if it goes on, and 10 min when a session was left behind.
//     Meanwhile the link is LinkBatch. What the user does again then meets a
//     session of theirs. Our session's option detach-on-destroy is off, so tmux
//     moves a terminal on to one of the user's sessions: "tmux attach" works the
//     first time.
//
// What cannot be helped: keys that are sent without -t go to the keeper, who does
// not read them; "kill-session" and "rename-session" without -t meet our session
// and have to be given again; and when the user ends our session, tmux may move
// our clients to one of theirs, which they leave at once. Options.Clients does
// without a session.
//
// Our session never keeps a server alive: when only keepers are left, we leave.
package tmuxpool
