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
	leaveOut   bool
	under      float64
	wrongOver  float64
	missedOver float64
}

// Reasons for which eval fails.
var (
	errUnder      = errors.New("the score is too low")
	errWrongOver  = errors.New("too much is wrong")
	errMissedOver = errors.New("too many needs are missed")
)

func newEval(p Process) *cobra.Command {
	var o evalOptions
	cmd := &cobra.Command{
		Use:   "eval FILE...",
		Short: "Scores the detector against screens whose states are known",
		Long: "eval reads files of labelled screens (JSON lines, gzip or not; - is standard input): the\n" +
			"fields of classify, with the labels kind and state, accept (all states that are right,\n" +
			"optional), version and quality (optional). It prints what was right by kind, version and state,\n" +
			"what was taken for what, and the misses; beside it what was wrong (something was said that\n" +
			"is not right; unknown is not wrong) and which needs were missed (waiting, error, limited or\n" +
			"crashed shown as working, idle or no agent). --leave-out scores the text of each kind's screens\n" +
			"without its own profile, and apart the versions that the profiles do not say they were made\n" +
			"for. Exit code 1 when the accuracy is below --under, or the shares are over --wrong-over or --missed-over.",
		Example: "  agentwatch eval screens.jsonl.gz\n  agentwatch eval --screen-only --json screens.jsonl.gz | jq .total",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError(errors.New("eval needs at least one file of labelled screens; - is standard input"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return untilDone(cmd.Context(), func() error { return runEval(cmd.Context(), p, cmd, o, args) })
		},
	}
	cmd.AddCommand(newEvalPredict(p))
	f := cmd.Flags()
	f.BoolVar(&o.json, "json", false, "print the report as one JSON object")
	f.BoolVar(&o.screenOnly, "screen-only", false, "give the detector the text of the screen and the kind, nothing else")
	f.BoolVar(&o.kindGiven, "kind-given", false, "give the detector the kind beside all other facts")
	f.StringVar(&o.quality, "quality", "", "only samples of this quality")
	f.IntVar(&o.misses, "misses", 20, "how many misses to list in the table; -1 lists all")
	f.BoolVar(&o.leaveOut, "leave-out", false, "score each kind without its profile, and the versions that no profile was made for")
	f.Float64Var(&o.under, "under", 0, "fail when the accuracy is below this share (0 to 1)")
	f.Float64Var(&o.wrongOver, "wrong-over", 1, "fail when the share that is wrong is over this one (0 to 1)")
	f.Float64Var(&o.missedOver, "missed-over", 1, "fail when the share of missed needs is over this one (0 to 1)")
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
	detector := loadDetector(p)
	report := evalReport{Report: eval.Run(detector, samples, mode)}
	if o.leaveOut {
		left := eval.LeaveOut(detector, samples, mode)
		report.LeftOut = &left
	}
	if err := writeReport(cmd.OutOrStdout(), report, o); err != nil {
		return fmt.Errorf("eval: write: %w", err)
	}
	return o.gate(report.Total)
}

// gate returns why a score is not good enough.
func (o evalOptions) gate(total eval.Score) error {
	var problems []error
	if total.Share() < o.under {
		problems = append(problems, fmt.Errorf("eval: %w: %.4f, wanted at least %.4f", errUnder, total.Share(), o.under))
	}
	if total.WrongShare() > o.wrongOver {
		problems = append(problems, fmt.Errorf("eval: %w: %.4f, wanted at most %.4f", errWrongOver, total.WrongShare(), o.wrongOver))
	}
	if total.MissedShare() > o.missedOver {
		problems = append(problems, fmt.Errorf("eval: %w: %.4f, wanted at most %.4f", errMissedOver, total.MissedShare(), o.missedOver))
	}
	return errors.Join(problems...)
}

// evalReport is what eval writes.
type evalReport struct {
	eval.Report
	LeftOut *eval.LeftOut `json:"left_out,omitempty"`
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
	Version string   `json:"version"`
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
	return parseSamples(ctx, name, source)
}

// parseSamples reads labelled screens, gzip or not.
func parseSamples(ctx context.Context, name string, source io.Reader) (samples []eval.Sample, err error) {
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
		ID: r.ID, Kind: r.Kind, State: r.State, Version: r.Version, Accept: r.Accept, Quality: r.Quality, Observation: o,
	}, nil
}

func writeReport(w io.Writer, r evalReport, o evalOptions) error {
	if o.json {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d right, %.2f %% (%s)\n", r.Total.Right, r.Total.All, 100*r.Total.Share(), r.Mode)
	fmt.Fprintf(&b, "%d wrong, %.2f %%; %d needs missed, %.2f %%\n",
		r.Total.Wrong, 100*r.Total.WrongShare(), r.Total.Missed, 100*r.Total.MissedShare())
	for _, group := range []struct {
		title  string
		scores []eval.Score
	}{{"kind", r.Kinds}, {"version", r.Versions}, {"state", r.States}, {"size", r.Sizes}, {"quality", r.Qualities}} {
		if len(group.scores) == 0 {
			continue
		}
		b.WriteString("\n" + scoreHeading(group.title) + "\n")
		for _, s := range group.scores {
			b.WriteString(scoreRow(s) + "\n")
		}
	}
	writeConfusion(&b, r.Report)
	if r.LeftOut != nil {
		writeLeftOut(&b, *r.LeftOut)
	}
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

func scoreHeading(title string) string {
	return fmt.Sprintf("%-24s %7s %7s %9s %9s %9s", title, "right", "all", "share", "wrong", "missed")
}

func scoreRow(s eval.Score) string {
	return fmt.Sprintf("%-24s %7d %7d %8.2f%% %8.2f%% %8.2f%%", s.Name, s.Right, s.All, 100*s.Share(), 100*s.WrongShare(), 100*s.MissedShare())
}

// writeLeftOut prints the scores of what the profiles were not made from.
func writeLeftOut(b *strings.Builder, left eval.LeftOut) {
	b.WriteString("\n" + scoreHeading("without its profile") + " other kind\n")
	for _, row := range left.Kinds {
		fmt.Fprintf(b, "%s %10d\n", scoreRow(row.Score), row.OtherKind)
	}
	b.WriteString("\n" + scoreHeading("versions") + "   made for\n")
	for _, row := range left.Versions {
		word := "no"
		if row.MadeFor {
			word = "yes"
		}
		fmt.Fprintf(b, "%s %10s\n", scoreRow(row.Score), word)
	}
	fmt.Fprintf(b, "%s\n%s\n", scoreRow(left.Within), scoreRow(left.Beyond))
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
