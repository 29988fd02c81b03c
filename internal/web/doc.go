// Package web serves the page: the agents of this machine and of the user's other
// machines in a browser. It is a face like the dashboard, and talks to the same
// monitor. docs/web.md describes the protocol between server and page.
//
// Nobody gets anything but the page's own files without a token, also on loopback,
// where other users of the machine could connect. Nothing is typed into a pane
// unless the server was started with AllowAnswers.
package web
