package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/client"
	"agentwatch/internal/mcp"
)

func newMCP(p Process) *cobra.Command {
	var o watchOptions
	var allowSend bool
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Serves what agentwatch sees to an agent, as tools (Model Context Protocol)",
		Long: "mcp is run by an agent, not by you: it speaks the Model Context Protocol over its standard input\n" +
			"and output, and offers the tools list, explain, screen and wait. It only looks. With --allow-send\n" +
			"there is also send, which answers an agent as `agentwatch send` does: if the pane is not as it was\n" +
			"seen, nothing is typed, and nothing is typed twice. docs/mcp.md says how to add it to an agent.",
		Example: "  claude mcp add agentwatch -- agentwatch mcp\n  codex mcp add agentwatch -- agentwatch mcp",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, ok := p.Stdin.(io.ReadCloser)
			if !ok {
				in = io.NopCloser(p.Stdin)
			}
			s := mcp.New(mcpOptions(p, o, allowSend))
			return s.Serve(cmd.Context(), in, unclosed{p.Stdout})
		},
	}
	o.addFlags(cmd)
	o.addHistory(cmd)
	cmd.Flags().BoolVar(&allowSend, "allow-send", false, "offer the tool that answers agents, too")
	return cmd
}

// unclosed is a writer that somebody else closes.
type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }

// mcpOptions say what is served.
func mcpOptions(p Process, o watchOptions, allowSend bool) mcp.Options {
	if allowSend && newConfiguration(p).General.In(loadQuietly(p)).ReadOnly {
		fmt.Fprintln(p.Stderr, "agentwatch: the configuration says read_only: send is not offered")
		allowSend = false
	}
	options := mcp.Options{Engine: mcpEngine{p, o}, Version: versionText(p.Version), AllowSend: allowSend, Parent: os.Getppid()}
	for ref := range ownPane(p.Getenv) {
		options.Own = ref
	}
	return options
}

// mcpEngine asks the engine process, or looks by itself where none runs: between two
// calls nothing is kept running.
type mcpEngine struct {
	process Process
	options watchOptions
}

func (e mcpEngine) Ask(ctx context.Context, question func(context.Context, *client.Client) error) error {
	_, err := asked(ctx, asking{process: e.process, options: e.options}, question)
	return err
}

func (e mcpEngine) Wait(ctx context.Context, w mcp.Wish) (mcp.Waited, error) {
	p := e.process
	p.Getenv = func(name string) string {
		if name == "TMUX_PANE" {
			// A face's own pane is nobody's agent. Ours is: that of whoever asks.
			return ""
		}
		return e.process.Getenv(name)
	}
	wanted := condition{
		States: w.States, Pane: w.Pane, Socket: w.Socket, Session: w.Session, All: w.All, Except: w.Except, Since: time.Now(),
	}
	ended, err := await(ctx, asking{process: p, options: e.options}, machines{}, wanted)
	return mcp.Waited{Agents: ended.agents, Gone: ended.outcome == outcomeGone}, err
}

func (e mcpEngine) Keep(ctx context.Context, o engine.Outcome) error {
	if e.options.noHistory {
		return nil
	}
	c := client.New(dialEngine(e.process), e.options.selection(e.process.Getenv))
	defer c.Close()
	if running, err := c.Health(ctx); err == nil && running.History {
		return nil
	}
	return keepAnswer(ctx, e.process, o)
}
