// Package serve lets several agentwatch processes share one engine: the first
// one serves the others over a unix socket that only its user can reach.
//
// # Who serves
//
// Whoever holds the lock beside the socket. A lock ends with its process, also
// with one that is killed, so that a stale socket is never mistaken for an
// instance, and of two that start at once one serves. When it ends, the lock is
// free: one of the others takes it and starts an engine of its own, the rest
// connect to that. Which tmux servers an instance watches is part of the socket's
// name; whoever watches others does not meet it.
//
// # The protocol
//
// Lines of JSON, in both directions. The client speaks first:
//
//	{"agentwatch":1}
//
// and the instance answers with the same and its version, or with an error and
// hangs up. A client that takes snapshots also gives the shape of its values
// (see shape), which must be the instance's. Then come requests, each with a
// number that its answer repeats; answers come in any order:
//
//	{"id":1,"do":"status"}
//	{"id":2,"do":"list"}
//	{"id":3,"do":"wait","wait":{"states":["idle"],"pane":"%3"}}
//
// After "subscribe" come snapshots beside the answers, each as what has changed
// since the one before (see frame). A newer snapshot replaces one that has not
// been sent; who does not read is dropped. A line has at most maxRequest bytes to
// an instance and maxReply bytes to a client.
package serve
