// Package plugin has the strategies that users write: expressions in the
// configuration, and executables that speak JSON lines. docs/plugins.md is the
// guide for their authors.
//
// None of them is trusted to work. An executable runs in a process of its own
// that one goroutine owns, a round never waits for it longer than a little
// credit allows, and where it has no plan, that of push is carried out. What it
// does plan is held to the limits of package engine.
package plugin
