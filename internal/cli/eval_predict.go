package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine/api"
	"agentwatch/internal/foresight"
	"agentwatch/internal/history"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
)

func newEvalPredict(p Process) *cobra.Command {
	var asJSON, demo bool
	cmd := &cobra.Command{
		Use:   "predict",
		Short: "Scores what is foreseen of turns against simple guesses, on your history",
		Long: "predict plays the recorded turns of your agents again: each is predicted as it would have been, and\n" +
			"then learnt. It prints the mean errors of the forecast and of each simple guess (pinball loss of when\n" +
			"a turn ends, Brier score of how), and how much smaller the forecast's are, with a 95 % interval by a\n" +
			"bootstrap over sessions. Then it leaves out a kind each: all others are learnt, and its turns predicted.",
		Example: "  agentwatch eval predict\n  agentwatch eval predict --json | jq .rolling.when",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from := p
			if demo {
				var err error
				if from, err = ofDemo(p); err != nil {
					return err
				}
			}
			turns, err := recordedTurns(cmd.Context(), from)
			if errors.Is(err, api.ErrNoHistory) {
				fmt.Fprintln(p.Stderr, "agentwatch: there is no history yet; it is recorded while a dashboard, watch or serve runs"+hintDemo())
				return nil
			}
			if err != nil {
				return err
			}
			e := foresight.Evaluate(turns)
			if asJSON {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				return encoder.Encode(evaluationRecordOf(e))
			}
			printEvaluation(cmd.OutOrStdout(), e)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	cmd.Flags().BoolVar(&demo, "demo", false, demoUsage)
	return cmd
}

// recordedTurns are the turns of the history, in the order of their ends.
func recordedTurns(ctx context.Context, p Process) (turns []foresight.Turn, err error) {
	recorded := newPast(history.Path(p.Getenv))
	defer func() { err = errors.Join(err, recorded.Close()) }()
	store, err := recorded.opened(ctx)
	if err != nil {
		return nil, err
	}
	o := newOracle()
	o.learn = func(t foresight.Turn) { turns = append(turns, t) }
	return turns, o.recall(ctx, store, time.Time{})
}

// evaluationRecord is an evaluation in JSON.
type evaluationRecord struct {
	Rolling scoredRecord   `json:"rolling"`
	Without []scoredRecord `json:"without_kind"`
}

type scoredRecord struct {
	Kind   string             `json:"kind,omitempty"`
	Turns  int                `json:"turns"`
	Places int                `json:"sessions"`
	When   []comparisonRecord `json:"when"`
	How    []comparisonRecord `json:"how"`
}

type comparisonRecord struct {
	Baseline string  `json:"baseline"`
	Model    float64 `json:"model"`
	Guess    float64 `json:"guess"`
	Skill    float64 `json:"skill"`
	// Low and High are missing where one session tells nothing of others.
	Low  *float64 `json:"low,omitempty"`
	High *float64 `json:"high,omitempty"`
}

func evaluationRecordOf(e foresight.Evaluation) evaluationRecord {
	compared := func(all []foresight.Comparison) []comparisonRecord {
		records := []comparisonRecord{}
		for _, c := range all {
			r := comparisonRecord{Baseline: c.Baseline, Model: c.Model, Guess: c.Guess, Skill: c.Skill}
			if c.Known {
				r.Low, r.High = &c.Low, &c.High
			}
			records = append(records, r)
		}
		return records
	}
	of := func(kind string, s foresight.Scored) scoredRecord {
		return scoredRecord{kind, s.Turns, s.Places, compared(s.When), compared(s.How)}
	}
	record := evaluationRecord{Rolling: of("", e.Rolling), Without: []scoredRecord{}}
	for _, w := range e.Without {
		record.Without = append(record.Without, of(w.Kind, w.Scored))
	}
	return record
}

func printEvaluation(w io.Writer, e foresight.Evaluation) {
	printScored(w, "each predicted, then learnt", e.Rolling)
	for _, without := range e.Without {
		fmt.Fprintln(w)
		printScored(w, "of "+sanitize.Text(without.Kind)+", when only other kinds were learnt", without.Scored)
	}
}

func printScored(w io.Writer, what string, s foresight.Scored) {
	fmt.Fprintf(w, "%s in %s, %s\n", format.Plural(s.Turns, "turn"), format.Plural(s.Places, "session"), what)
	for _, q := range []struct {
		words string
		all   []foresight.Comparison
	}{{"when a turn ends (pinball loss)", s.When}, {"how it ends (Brier score)", s.How}} {
		if s.Turns == 0 {
			continue
		}
		fmt.Fprintf(w, "  %-34s forecast     guess     skill   95 %% interval\n", q.words)
		for _, c := range q.all {
			interval := "one session tells nothing of others"
			if c.Known {
				interval = fmt.Sprintf("%+.1f to %+.1f %%", 100*c.Low, 100*c.High)
			}
			fmt.Fprintf(w, "    %-32s %8.3f  %8.3f  %+6.1f %%   %s\n", c.Baseline, c.Model, c.Guess, 100*c.Skill, interval)
		}
	}
}
