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
// called "_agentwatch-" and our process id. It is made detached by a plain
// process, and its only program ends when our process has gone, however it
// went. The option destroy-unattached would do the same but crashes tmux: a
// client that is on its way out is not counted as attached but still refers to
// the session that is then freed (tmux pull request 5497). For the same reason
// no client of ours makes a session: a session that appears while a control
// client is still identifying itself crashes tmux 3.3a. Making the session,
// attaching and leaving are done under a lock that all agentwatch processes of
// a socket's folder share. Against a session that the user makes or ends in that
// very millisecond there is no help but to attach rarely, and so the pool is
// slow to grow. Windows and panes may come and go at any time.
//
// The session never keeps a server alive: when only sessions of ours are left,
// we leave and destroy our own. A user's client that detach-on-destroy moved
// into it is thereby moved on or detached by tmux, as it would have been
// without us.
package tmuxpool
