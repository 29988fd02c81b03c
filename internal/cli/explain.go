package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/client"
	"agentwatch/health"
	"agentwatch/ui/explain"
)

// errPaneNotFound says that no watched server has the pane.
var errPaneNotFound = errors.New("no such pane")

// explainTimeout bounds the whole command.
const explainTimeout = 10 * time.Second

// onePane accepts one pane id and nothing else.
func onePane(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		if _, ok := parsePaneName(args[0]); ok {
			return nil
		}
	}
	return usageError(fmt.Errorf("%s needs one pane id, such as %%3, or dev1:%%3 on another machine; agentwatch list --hosts all shows them", cmd.Name()))
}

// askExplained has a pane explained by the running engine, or by a look of our own.
func askExplained(ctx context.Context, p Process, o watchOptions, pane string) (explained engine.Explained, err error) {
	ctx, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	name, _ := parsePaneName(pane)
	err = asking{process: p, options: o}.onPane(ctx, name, func(ctx context.Context, on machine) (err error) {
		explained, err = explainPane(ctx, on.Client, name.pane)
		if on.visited != nil {
			explained.Agent.Ref.Host = on.name()
		}
		return err
	})
	return explained, err
}

func newExplain(p Process) *cobra.Command {
	var o watchOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain PANE",
		Short: "Says why a pane is judged as it is",
		Long: "explain looks at one pane (its tmux id, such as %3) and prints the way to the verdict: how the\n" +
			"program was identified, how the screen was divided, which rules were tried where and what\n" +
			"matched, what was weighed against it, and the verdict. The rows that decided are marked.",
		Example: "  agentwatch explain %3\n  agentwatch -L work explain %3 --json\n  agentwatch explain dev1:%3",
		Args:    onePane,
		RunE: func(cmd *cobra.Command, args []string) error {
			explained, err := askExplained(cmd.Context(), p, o, args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return writeExplainedJSON(cmd.OutOrStdout(), explained)
			}
			return writeExplained(cmd.OutOrStdout(), explained)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// explainPane asks about a pane of whichever server has it.
func explainPane(ctx context.Context, c *client.Client, pane string) (engine.Explained, error) {
	seen, err := c.Snapshot(ctx)
	if err != nil {
		return engine.Explained{}, err
	}
	var found []engine.Explained
	for _, server := range seen.Servers {
		e, err := c.Explain(ctx, health.PaneRef{Server: server.Socket, Pane: pane})
		switch {
		case err == nil:
			found = append(found, e)
		case !errors.Is(err, engine.ErrUnknownPane):
			return engine.Explained{}, err
		}
	}
	switch len(found) {
	case 0:
		return engine.Explained{}, fmt.Errorf("%w: %s on %s; agentwatch list shows the agents' panes; %s", errPaneNotFound, pane, serverNames(seen), elsewhere())
	case 1:
		return found[0], nil
	}
	return engine.Explained{}, errPaneOnSeveral(pane)
}

func serverNames(s *engine.Snapshot) string {
	var names []string
	for _, server := range s.Servers {
		names = append(names, server.Name)
	}
	if len(names) == 0 {
		return "any server (none is running)"
	}
	return "the servers " + strings.Join(names, ", ")
}

// writeExplained prints an explanation for people.
func writeExplained(w io.Writer, e engine.Explained) error {
	bold := func(text string) string { return lipgloss.NewStyle().Bold(true).Render(text) }
	faint := func(text string) string { return lipgloss.NewStyle().Faint(true).Render(text) }
	lines := explain.Lines(e, explain.Paint{Heading: bold, Strong: bold, Faint: faint, Mark: bold})
	if _, err := lipgloss.Fprintln(w, strings.Join(lines, "\n")); err != nil {
		return fmt.Errorf("explain: write: %w", err)
	}
	return nil
}

// explainedRecord is `explain --json`.
type explainedRecord struct {
	Host       string         `json:"host,omitempty"`
	Pane       string         `json:"pane"`
	Kind       string         `json:"kind"`
	State      health.State   `json:"state"`
	Wait       string         `json:"wait,omitempty"`
	Confidence float64        `json:"confidence"`
	Evidence   evidenceRecord `json:"evidence"`
	Against    []string       `json:"against,omitempty"`
	Profile    string         `json:"profile,omitempty"`
	IdentityBy string         `json:"identity_by"`
	Identity   string         `json:"identity"`
	Foreground string         `json:"foreground"`
	Title      string         `json:"title"`
	TitleSays  string         `json:"title_says,omitempty"`
	Areas      []health.Area  `json:"areas"`
	Steps      []health.Step  `json:"steps"`
	Dialog     *dialogRecord  `json:"dialog,omitempty"`
	Facts      []factRecord   `json:"facts,omitempty"`
	Agent      *agentRecord   `json:"agent,omitempty"`
	Rows       []string       `json:"rows"`
}

func writeExplainedJSON(w io.Writer, e engine.Explained) error {
	v := e.Verdict
	r := explainedRecord{
		Host: e.Agent.Ref.Host, Pane: e.Agent.Ref.Pane, Kind: kindWord(v.Kind), State: v.State, Wait: v.Wait.String(), Confidence: v.Confidence,
		Evidence: evidenceOf(v.Evidence), Against: v.Evidence.Against, Profile: e.Profile,
		IdentityBy: e.Identity.Source.String(), Identity: e.Identity.Text, Foreground: e.Identity.Process.String(),
		Title: e.Observation.Title, TitleSays: e.Title, Areas: e.Areas, Steps: e.Steps,
		Dialog: dialogRecordOf(v.Dialog), Facts: factRecordsOf(v.Facts), Rows: e.Rows,
	}
	if e.Tracked {
		agent := agentRecordOf(e.Agent)
		r.Agent = &agent
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("explain: write: %w", err)
	}
	return nil
}
