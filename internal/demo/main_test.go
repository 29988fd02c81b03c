package demo

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// roleVariable makes the test binary something else than a test: the simulator
// that a demo runs in its panes, or a process that starts a demo and never ends.
const roleVariable = "AGENTWATCH_DEMO_TEST_ROLE"

func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "simulate" && os.Getenv(roleVariable) != "":
		os.Exit(simulatorMain(os.Args[2:]))
	case os.Getenv(roleVariable) == "starter":
		os.Exit(starterMain())
	}
	goleak.VerifyTestMain(m)
}

func simulatorMain(args []string) int {
	flags := flag.NewFlagSet("simulate", flag.ExitOnError)
	kind, script := flags.String("kind", "", ""), flags.String("script", "", "")
	seed, speed := flags.Int64("seed", 0, ""), flags.Float64("speed", 1, "")
	project, first := flags.String("project", "", ""), flags.String("task", "", "")
	_ = flags.Parse(args)
	o := SimulateOptions{Seed: *seed, Speed: *speed, Project: *project, Task: *first, Input: os.Stdin}
	var err error
	if o.Kind, err = ParseKind(*kind); err == nil {
		o.Script, err = ParseScript(*script)
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		err = Simulate(ctx, o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// starterMain starts a demo, says where it is, and waits to be killed.
func starterMain() int {
	d, err := Start(context.Background(), Options{Agents: 3, Seed: 3})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(d.SocketPath())
	select {}
}
