// Command agentwatch shows what every AI coding agent in your tmux panes is
// doing, and which of them needs you now.
package main

import (
	"os"

	"agentwatch/internal/cli"
)

// version is set by the linker (see the Makefile).
var version = ""

func main() {
	os.Exit(cli.Main(cli.Process{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Version: version,
	}))
}
