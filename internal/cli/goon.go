package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/client"
	"agentwatch/health"
	"agentwatch/internal/config"
)

// goOnConfig are the settings of agents that go on by themselves after a limit.
type goOnConfig struct {
	GoOn   []string `toml:"go_on"`
	Text   string   `toml:"text"`
	AtMost int      `toml:"at_most"`
}

func (c goOnConfig) engine() engine.GoOn {
	g := engine.GoOn{Text: c.Text, AtMost: c.AtMost}
	for _, kind := range c.GoOn {
		g.Kinds = append(g.Kinds, health.Kind(kind))
	}
	return g
}

// limitsSection are the settings of engine.GoOn.
func limitsSection() *config.Section[goOnConfig] {
	return config.NewSection("limits", config.Spec[goOnConfig]{
		About: "Agents that go on by themselves when a usage limit has ended. None does unless you say so, here or for one agent by its key (C).",
		Defaults: func() goOnConfig {
			return goOnConfig{Text: engine.DefaultGoOnText, AtMost: engine.DefaultGoOnAtMost}
		},
		Settings: []config.Setting{
			{
				Key: "go_on", Example: `["claude", "codex"]`,
				Meaning: "The kinds that go on by themselves: a minute after the time that the limit has printed, if it is still on the screen and nothing else is, the text is sent, once for each limit. A limit that prints no time is left alone.",
			},
			{Key: "text", Meaning: "What is sent then."},
			{Key: "at_most", Meaning: "How often a day one agent is told to go on, at most."},
		},
		Check: func(c goOnConfig) []config.Fault {
			if c.AtMost < 1 || c.AtMost > 24 {
				return []config.Fault{{Key: "at_most", What: fmt.Sprintf("%d is not between 1 and 24", c.AtMost), Suggestion: fmt.Sprintf("the default is %d", engine.DefaultGoOnAtMost)}}
			}
			return nil
		},
	})
}

func newGoOn(p Process) *cobra.Command {
	var o watchOptions
	var off bool
	cmd := &cobra.Command{
		Use:   "go-on PANE",
		Short: "Lets an agent go on by itself when its usage limit has ended",
		Long: "go-on lets the agent of a pane go on by itself: a minute after the time that a usage limit prints, if the\n" +
			"limit is still on its screen, the text of the configuration ([limits]) is sent in the verified way, once for\n" +
			"each limit and a few times a day at most. An engine process has to run then: it stays while a limit is in\n" +
			"force, and for as long as agentwatch serve does.",
		Example: "  agentwatch go-on %3\n  agentwatch go-on %3 --off",
		Args:    onePane,
		RunE: func(cmd *cobra.Command, args []string) error {
			name, _ := parsePaneName(args[0])
			if name.host != "" {
				return usageError(fmt.Errorf("go-on is for this machine's agents; on %s, run it there", name.host))
			}
			return useMonitor(cmd.Context(), p, o, func(ctx context.Context, m *client.Monitor) error {
				a, err := awaitAgent(ctx, m, name.pane)
				if err != nil {
					return err
				}
				ctx, cancel := context.WithTimeout(ctx, askTimeout)
				defer cancel()
				return m.LetGoOn(ctx, a.Ref, !off)
			})
		},
	}
	o.addFlags(cmd)
	o.addReadOnly(cmd)
	cmd.Flags().BoolVar(&off, "off", false, "it no longer goes on by itself, also where its kind does")
	return cmd
}
