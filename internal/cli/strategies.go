package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
	"agentwatch/internal/plugin"
	"agentwatch/ui/sanitize"
)

const (
	// strategiesTimeout bounds how long executables get for their handshake.
	strategiesTimeout = 4 * time.Second
	// settledEvery is how often they are asked whether they are done.
	settledEvery = 10 * time.Millisecond
)

// strategyRecord is one strategy in the output of `strategies --json`.
type strategyRecord struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
	// Source is "built in", "config" or a path.
	Source string `json:"source"`
	// Health is ok, starting, failing, quarantined or refused.
	Health string `json:"health"`
	Reason string `json:"reason,omitempty"`
	// Stderr is the end of what an executable that failed wrote there.
	Stderr string `json:"stderr,omitempty"`
}

// healthRefused is the health of a file that is not run.
const healthRefused = "refused"

func newStrategies(p Process) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "strategies",
		Short: "Lists all strategies with where they come from and whether they work",
		Long: "strategies lists how rounds can be planned: what is built in, and what you have added as\n" +
			"executables agentwatch-strategy-* in " + shownFolder(p) + ".\n" +
			"It starts each executable and says what is wrong with those that do not answer. PATH is\n" +
			"searched only with " + searchPathVariable + "=1: a package or a project could have put\n" +
			"something there that you have not asked for.",
		Example: "  agentwatch strategies\n  agentwatch strategies --json | jq '.[] | select(.health != \"ok\")'",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			records, err := tryStrategies(cmd.Context(), pluginOptions(p))
			if err != nil {
				return err
			}
			if asJSON {
				return writeStrategiesJSON(cmd.OutOrStdout(), records)
			}
			return writeStrategiesTable(cmd.OutOrStdout(), records)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of JSON objects")
	return cmd
}

func shownFolder(p Process) string {
	if folder := plugin.Folder(p.Getenv); folder != "" {
		return folder
	}
	return "~/.config/agentwatch/strategies"
}

// tryStrategies starts all executables, waits for what becomes of them, and
// ends them.
func tryStrategies(ctx context.Context, o plugin.Options) ([]strategyRecord, error) {
	trial, stop := context.WithTimeout(ctx, strategiesTimeout)
	defer stop()
	manager := plugin.NewManager(o)
	var mu sync.Mutex
	var extra []engine.Strategy
	var problems []error
	var work sync.WaitGroup
	work.Go(func() {
		manager.Run(trial, func(all []engine.Strategy, wrong []error) {
			mu.Lock()
			defer mu.Unlock()
			extra, problems = all, wrong
		})
	})
	untilSettled(trial, manager)
	mu.Lock()
	var records []strategyRecord
	for _, s := range append(strategies.Builtin(), extra...) {
		records = append(records, strategyRecordOf(s))
	}
	for _, problem := range problems {
		records = append(records, refusedRecordOf(problem))
	}
	mu.Unlock()
	stop()
	work.Wait()
	return records, ctx.Err()
}

// untilSettled waits until it is known of every executable whether it works, or
// until ctx ends.
func untilSettled(ctx context.Context, manager *plugin.Manager) {
	ticker := time.NewTicker(settledEvery)
	defer ticker.Stop()
	for !manager.Settled() {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func strategyRecordOf(s engine.Strategy) strategyRecord {
	r := strategyRecord{Name: string(s.Name()), Summary: s.Summary(), Source: engine.SourceBuiltin, Health: engine.StrategyOK.String()}
	if sourced, ok := s.(engine.Sourced); ok {
		r.Source = sourced.Source()
	}
	if fallible, ok := s.(engine.Fallible); ok {
		health := fallible.Health()
		r.Health, r.Reason = health.Status.String(), health.Reason
	}
	if executable, ok := s.(*plugin.Executable); ok {
		r.Stderr = executable.Stderr()
	}
	return r
}

func refusedRecordOf(problem error) strategyRecord {
	r := strategyRecord{Health: healthRefused, Reason: problem.Error()}
	var refusal plugin.Refusal
	if errors.As(problem, &refusal) {
		r.Source, r.Reason = refusal.Path, refusal.Reason
		r.Name = strings.TrimPrefix(filepath.Base(refusal.Path), "agentwatch-strategy-")
	}
	return r
}

func writeStrategiesJSON(w io.Writer, records []strategyRecord) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(records); err != nil {
		return fmt.Errorf("strategies: write: %w", err)
	}
	return nil
}

// writeStrategiesTable writes a table for people, and below it what is wrong.
func writeStrategiesTable(w io.Writer, records []strategyRecord) error {
	cell := lipgloss.NewStyle().PaddingRight(2)
	t := table.New().
		Border(lipgloss.HiddenBorder()).BorderTop(false).BorderBottom(false).BorderLeft(false).
		BorderRight(false).BorderColumn(false).BorderHeader(false).
		Headers("NAME", "HEALTH", "SOURCE", "WHAT IT DOES").
		StyleFunc(func(row, _ int) lipgloss.Style { return cell.Bold(row == table.HeaderRow) })
	var wrong strings.Builder
	for _, r := range records {
		t.Row(sanitize.Text(r.Name), r.Health, sanitize.Text(r.Source), sanitize.Text(r.Summary))
		if r.Reason != "" {
			fmt.Fprintf(&wrong, "%s: %s\n", sanitize.Text(r.Name), sanitize.Text(r.Reason))
		}
	}
	if _, err := lipgloss.Fprint(w, trimmed(t)+wrong.String()); err != nil {
		return fmt.Errorf("strategies: write: %w", err)
	}
	return nil
}
