package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"agentwatch/internal/bench"
)

// errHarm is that a program has killed or changed what it watched.
var errHarm = errors.New("bench: the program did harm")

// harmReport is what `bench --harm --json` prints.
type harmReport struct {
	Machine bench.Machine `json:"machine"`
	Harm    bench.Harm    `json:"harm"`
}

// runBenchHarm starts and ends a program beside a busy server: this one when no other
// is named.
func runBenchHarm(ctx context.Context, p Process, o benchOptions, command []string) error {
	if len(command) == 0 {
		executable, err := os.Executable()
		if err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		command = []string{executable, "watch"}
	}
	options := bench.HarmOptions{Command: command, Starts: o.starts}
	if err := options.Check(); err != nil {
		return usageError(err)
	}
	bar := newBenchProgress(p.Stderr)
	options.Progress = bar.show
	harm, err := bench.RunHarm(ctx, options)
	bar.clear()
	if err != nil {
		return err
	}
	if o.asJSON {
		encoder := json.NewEncoder(p.Stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(harmReport{bench.ThisMachine(), harm})
	} else {
		err = writeText(p.Stdout, harmText(harm))
	}
	if err == nil && len(harm.Deaths)+len(harm.Changed) > 0 {
		return errHarm
	}
	return err
}

func harmText(h bench.Harm) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, started and ended %d times beside 20 sessions a second, tmux %s\n", strings.Join(h.Command, " "), h.Starts, h.Tmux)
	fmt.Fprintf(&b, "printed something in %d of them\nservers that died: %d\n", h.Spoke, len(h.Deaths))
	if len(h.Changed) == 0 {
		b.WriteString("options, environment, hooks, keys, sessions, panes, clients and buffers: unchanged\n")
	}
	for _, line := range h.Changed {
		b.WriteString(line + "\n")
	}
	return b.String()
}
