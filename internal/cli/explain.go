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
	"agentwatch/health"
	"agentwatch/tmuxpool"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
)

// errPaneNotFound says that no watched server has the pane.
var errPaneNotFound = errors.New("no such pane")

// explainTimeout bounds the whole command.
const explainTimeout = 10 * time.Second

func newExplain(p Process) *cobra.Command {
	var o watchOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain PANE",
		Short: "Says why a pane is judged as it is",
		Long: "explain looks at one pane (its tmux id, such as %3) and prints the way to the verdict: how the\n" +
			"program was identified, how the screen was divided, which rules were tried where and what\n" +
			"matched, what was weighed against it, and the verdict. The rows that decided are marked.",
		Example: "  agentwatch explain %3\n  agentwatch -L work explain %3 --json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !strings.HasPrefix(args[0], "%") {
				return usageError{errors.New("explain needs one pane id, such as %3; agentwatch list shows them")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			service, err := o.service(p, tmuxpool.Options{NoClients: true})
			if err != nil {
				return err
			}
			explained, err := explainPane(cmd.Context(), service, args[0])
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

// explainPane lets a service look once and asks it about one pane.
func explainPane(ctx context.Context, service *engine.Service, pane string) (engine.Explained, error) {
	run, stop := context.WithTimeout(ctx, explainTimeout)
	defer stop()
	snapshots, cancel := service.Subscribe()
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- service.Run(run) }()
	var last *engine.Snapshot
	for s := range snapshots {
		if last = s; s.Ready {
			break
		}
	}
	if last == nil {
		stop()
		return engine.Explained{}, errors.Join(errors.New("no tmux server has answered"), <-ended)
	}
	var found []engine.Explained
	for _, server := range last.Servers {
		e, err := service.Explain(run, health.PaneRef{Server: server.Socket, Pane: pane})
		switch {
		case err == nil:
			found = append(found, e)
		case !errors.Is(err, engine.ErrUnknownPane):
			stop()
			return engine.Explained{}, errors.Join(err, <-ended)
		}
	}
	stop()
	if err := <-ended; err != nil {
		return engine.Explained{}, err
	}
	switch len(found) {
	case 0:
		return engine.Explained{}, fmt.Errorf("%w: %s on %s; agentwatch list shows the agents' panes",
			errPaneNotFound, pane, serverNames(last))
	case 1:
		return found[0], nil
	}
	return engine.Explained{}, usageError{fmt.Errorf("%s is on several servers; name one with -L", pane)}
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
	bold := lipgloss.NewStyle().Bold(true)
	var b strings.Builder
	head := func(text string) { fmt.Fprintf(&b, "\n%s\n", bold.Render(text)) }
	fmt.Fprintf(&b, "%s  %s\n", bold.Render("verdict"), e.Summary())
	if e.Tracked {
		a := e.Agent
		fmt.Fprintf(&b, "         on the dashboard: %s for %s\n", stateWord(a), format.Age(e.At.Sub(a.Since)))
	}
	v := e.Verdict
	if v.Kind != health.KindNone {
		fmt.Fprintf(&b, "         confidence %.0f %%, by %s", 100*v.Confidence, orDash(v.Evidence.Rule))
		if v.Evidence.Source != health.SourceNone {
			fmt.Fprintf(&b, " (%s)", v.Evidence.Source)
		}
		b.WriteByte('\n')
	}
	for _, against := range v.Evidence.Against {
		fmt.Fprintf(&b, "         against it: %s\n", sanitize.Text(against))
	}
	head("who")
	writeIdentity(&b, e)
	if v.Kind != health.KindNone {
		head("what was tried, in the order of precedence")
		writeSteps(&b, e)
		fmt.Fprintf(&b, "  the screen alone says %s by %s; the title says %s: %q\n",
			e.ScreenState, orDash(e.ScreenRule), e.Title, sanitize.Text(e.Observation.Title))
	}
	writeAsked(&b, v)
	head("the screen (> marks what decided)")
	writeRows(&b, e)
	_, err := lipgloss.Fprint(w, b.String())
	if err != nil {
		return fmt.Errorf("explain: write: %w", err)
	}
	return nil
}

func writeIdentity(b *strings.Builder, e engine.Explained) {
	id := e.Identity
	fmt.Fprintf(b, "  %s by %s: %q; the foreground is %s\n",
		kindWord(id.Kind), id.Source, sanitize.Text(id.Text), id.Process)
	if e.Profile != "" {
		fmt.Fprintf(b, "  profile %s", sanitize.Text(e.Profile))
		if e.Seen != "" {
			fmt.Fprintf(b, ", made with versions %s", sanitize.Text(e.Seen))
		}
		b.WriteByte('\n')
	}
	for _, process := range e.Observation.Processes {
		mark := " "
		if process.Foreground {
			mark = "+"
		}
		fmt.Fprintf(b, "  %s %7d %s\n", mark, process.PID, sanitize.Text(strings.Join(process.Args, " ")))
	}
}

func writeSteps(b *strings.Builder, e engine.Explained) {
	for _, step := range e.Steps {
		mark, result := " ", "no"
		if step.Matched {
			mark, result = ">", step.Rule
		}
		fmt.Fprintf(b, "%s %-34s %s\n", mark, step.Stage, result)
		if len(step.Rules) > 1 || (!step.Matched && len(step.Rules) > 0) {
			fmt.Fprintf(b, "    tried in %s rows %d to %d: %s\n", step.Where, step.From, step.To, strings.Join(step.Rules, ", "))
		}
		if step.Matched && step.Line > 0 {
			fmt.Fprintf(b, "    row %d: %s\n", step.Line, sanitize.Text(step.Text))
		}
	}
}

// writeAsked prints the dialog and the facts.
func writeAsked(b *strings.Builder, v health.Verdict) {
	if d := v.Dialog; d != nil {
		fmt.Fprintf(b, "\n%s\n  %s\n", lipgloss.NewStyle().Bold(true).Render("it asks"), sanitize.Text(d.Question))
		for _, o := range d.Options {
			mark := " "
			if o.Selected {
				mark = "❯"
			}
			fmt.Fprintf(b, "  %s %s %s\n", mark, orDash(o.Key), sanitize.Text(o.Label))
		}
	}
	if len(v.Facts) > 0 {
		fmt.Fprintf(b, "\n%s\n", lipgloss.NewStyle().Bold(true).Render("it tells"))
	}
	for _, f := range v.Facts {
		fmt.Fprintf(b, "  %-8s %s (%s, row %d)\n", f.Name, sanitize.Text(f.Value), f.Source, f.Line)
	}
}

func writeRows(b *strings.Builder, e engine.Explained) {
	before := ""
	for i, row := range e.Rows {
		line := i + 1
		mark := " "
		if e.Verdict.Evidence.Line == line {
			mark = ">"
		}
		area := e.AreaOf(line)
		label := area
		if area == before {
			label = ""
		}
		before = area
		fmt.Fprintf(b, "%s %-10s %3d │ %s\n", mark, label, line, sanitize.Text(row))
	}
}

// explainedRecord is `explain --json`.
type explainedRecord struct {
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
		Pane: e.Agent.Ref.Pane, Kind: kindWord(v.Kind), State: v.State, Wait: v.Wait.String(), Confidence: v.Confidence,
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
