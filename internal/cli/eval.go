package cli

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"agentwatch/health"
	"agentwatch/internal/eval"
)

// evalOptions are the flags of eval.
type evalOptions struct {
	json       bool
	screenOnly bool
	kindGiven  bool
	quality    string
	misses     int
	under      float64
}

// errUnder says that a score is below the one that was asked for.
var errUnder = errors.New("the score is too low")

func newEval(p Process) *cobra.Command {
	var o evalOptions
	cmd := &cobra.Command{
		Use:   "eval FILE...",
		Short: "Scores the detector against screens whose states are known",
		Long: "eval reads files of labelled screens (JSON lines, gzip or not; - is standard input): the\n" +
			"fields of classify, with the labels kind and state, accept (all states that are right,\n" +
			"optional) and quality (optional). It prints the accuracy per kind and state, what was taken\n" +
			"for what, and the misses. Exit code 1 when the accuracy is below --under.",
		Example: "  agentwatch eval screens.jsonl.gz\n  agentwatch eval --screen-only --json screens.jsonl.gz | jq .total",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("eval needs at least one file of labelled screens; - is standard input")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return untilDone(cmd.Context(), func() error { return runEval(cmd.Context(), p, cmd, o, args) })
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.json, "json", false, "print the report as one JSON object")
	f.BoolVar(&o.screenOnly, "screen-only", false, "give the detector the text of the screen and the kind, nothing else")
	f.BoolVar(&o.kindGiven, "kind-given", false, "give the detector the kind beside all other facts")
	f.StringVar(&o.quality, "quality", "", "only samples of this quality")
	f.IntVar(&o.misses, "misses", 20, "how many misses to list in the table; -1 lists all")
	f.Float64Var(&o.under, "under", 0, "fail when the accuracy is below this share (0 to 1)")
	return cmd
}

func runEval(ctx context.Context, p Process, cmd *cobra.Command, o evalOptions, files []string) error {
	var samples []eval.Sample
	for _, file := range files {
		read, err := readSamples(ctx, file, cmd.InOrStdin())
		if err != nil {
			return err
		}
		samples = append(samples, read...)
	}
	if o.quality != "" {
		samples = withQuality(samples, o.quality)
	}
	if len(samples) == 0 {
		return errors.New("eval: no labelled screens were found")
	}
	mode := eval.ModeAll
	switch {
	case o.screenOnly:
		mode = eval.ModeScreenOnly
	case o.kindGiven:
		mode = eval.ModeKindGiven
	}
	report := eval.Run(loadDetector(p), samples, mode)
	if err := writeReport(cmd.OutOrStdout(), report, o); err != nil {
		return fmt.Errorf("eval: write: %w", err)
	}
	if report.Total.Share() < o.under {
		return fmt.Errorf("eval: %w: %.4f, wanted at least %.4f", errUnder, report.Total.Share(), o.under)
	}
	return nil
}

func withQuality(samples []eval.Sample, quality string) []eval.Sample {
	var kept []eval.Sample
	for _, s := range samples {
		if s.Quality == quality {
			kept = append(kept, s)
		}
	}
	return kept
}

// labelledRecord is one line of a file of labelled screens.
type labelledRecord struct {
	screenRecord
	State   string   `json:"state"`
	Accept  []string `json:"accept"`
	Quality string   `json:"quality"`
}

// readSamples reads one file, gzip or not.
func readSamples(ctx context.Context, name string, stdin io.Reader) (samples []eval.Sample, err error) {
	source := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("eval: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		source = file
	}
	reader := bufio.NewReaderSize(source, 64<<10)
	if magic, _ := reader.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(reader)
		if err != nil {
			return nil, fmt.Errorf("eval: %s: %w", name, err)
		}
		reader = bufio.NewReaderSize(unzipped, 64<<10)
	}
	for number := 1; ctx.Err() == nil; number++ {
		line, err := reader.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			sample, problem := parseSample(line)
			if problem != nil {
				return nil, fmt.Errorf("eval: %s:%d: %w", name, number, problem)
			}
			samples = append(samples, sample)
		}
		if errors.Is(err, io.EOF) {
			return samples, nil
		}
		if err != nil {
			return nil, fmt.Errorf("eval: %s:%d: %w", name, number, err)
		}
	}
	return nil, ctx.Err()
}

func parseSample(line []byte) (eval.Sample, error) {
	var r labelledRecord
	if err := json.Unmarshal(line, &r); err != nil {
		return eval.Sample{}, err
	}
	if r.State == "" || r.Kind == "" {
		return eval.Sample{}, errors.New("the fields kind and state are needed")
	}
	o, err := r.observation()
	if err != nil {
		return eval.Sample{}, err
	}
	o.Kind = health.KindNone
	return eval.Sample{
		ID: r.ID, Kind: r.Kind, State: r.State, Accept: r.Accept, Quality: r.Quality, Observation: o,
	}, nil
}

func writeReport(w io.Writer, r eval.Report, o evalOptions) error {
	if o.json {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d right, %.2f %% (%s)\n", r.Total.Right, r.Total.All, 100*r.Total.Share(), r.Mode)
	for _, group := range []struct {
		title  string
		scores []eval.Score
	}{{"kind", r.Kinds}, {"state", r.States}, {"size", r.Sizes}, {"quality", r.Qualities}} {
		if len(group.scores) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%-16s %7s %7s %9s\n", group.title, "right", "all", "share")
		for _, s := range group.scores {
			fmt.Fprintf(&b, "%-16s %7d %7d %8.2f%%\n", s.Name, s.Right, s.All, 100*s.Share())
		}
	}
	writeConfusion(&b, r)
	shown := len(r.Misses)
	if o.misses >= 0 {
		shown = min(shown, o.misses)
	}
	if shown > 0 {
		fmt.Fprintf(&b, "\nmisses (%d of %d)\n", shown, len(r.Misses))
	}
	for _, m := range r.Misses[:shown] {
		fmt.Fprintf(&b, "  %s: %s %s, wanted %s by %s line %d %q\n",
			m.ID, m.GotKind, m.Got, strings.Join(m.Want, " or "), orDash(m.Rule), m.Line, m.Text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeConfusion prints what each labelled state was taken for: a row a label,
// a column a verdict.
func writeConfusion(b *strings.Builder, r eval.Report) {
	var columns []string
	for state := health.StateUnknown; state <= health.StateExited; state++ {
		columns = append(columns, state.String())
	}
	columns = append(columns, "done", "none")
	fmt.Fprintf(b, "\n%-10s", "label")
	for _, column := range columns {
		fmt.Fprintf(b, " %8s", column)
	}
	b.WriteByte('\n')
	for _, s := range r.States {
		fmt.Fprintf(b, "%-10s", s.Name)
		for _, column := range columns {
			if n := r.Confusion[s.Name][column]; n > 0 {
				fmt.Fprintf(b, " %8d", n)
			} else {
				fmt.Fprintf(b, " %8s", "·")
			}
		}
		b.WriteByte('\n')
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
