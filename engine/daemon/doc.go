// Package daemon is the engine process: it serves one engine to all faces of a
// user over HTTP, on a unix socket that only the user can reach, or over a pipe
// in memory. docs/api.md describes the API with examples.
//
// Nothing here waits for a face for long: a reader that does not take its line in
// time is dropped, and begins anew with a whole snapshot.
package daemon
