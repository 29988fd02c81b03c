// Package stdio carries the API over the standard input and output of a process,
// such as `ssh HOST agentwatch serve --stdio`: HTTP/2 without TLS, one connection
// with many streams. Whoever can run the command may ask; nothing listens.
//
// The process that serves begins with one line, the hello. What a shell's start-up
// files print before it is skipped.
package stdio
