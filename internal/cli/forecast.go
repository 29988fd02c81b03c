package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine/api"
	"agentwatch/internal/foresight"
	"agentwatch/internal/history"
	"agentwatch/ui/format"
)

func newForecast(p Process) *cobra.Command {
	var asJSON, demo bool
	cmd := &cobra.Command{
		Use:   "forecast",
		Short: "Says how well the end of an agent's turn can be foreseen on your history",
		Long: "forecast learns from the recorded turns of your agents: when a turn will end, and how (done, a\n" +
			"question, an error, a limit, a crash). Each turn is first predicted and then learnt. The dashboard\n" +
			"and the API show a forecast only while, over the last turns and at least 200 of them, it was better\n" +
			"than each simple guess, beyond chance. This command shows how good it is, or what is missing.",
		Example: "  agentwatch forecast\n  agentwatch forecast --json | jq .when.skills",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from := p
			if demo {
				var err error
				if from, err = ofDemo(p); err != nil {
					return err
				}
			}
			standing, found, err := standingOf(cmd.Context(), from)
			if err != nil || !found {
				return err
			}
			if asJSON {
				return writeStanding(cmd.OutOrStdout(), standing)
			}
			printStanding(cmd.OutOrStdout(), standing)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	cmd.Flags().BoolVar(&demo, "demo", false, demoUsage)
	return cmd
}

// standingOf learns from the history as the engine process does.
func standingOf(ctx context.Context, p Process) (s foresight.Standing, found bool, err error) {
	recorded := newPast(history.Path(p.Getenv))
	defer func() { err = errors.Join(err, recorded.Close()) }()
	store, err := recorded.opened(ctx)
	if errors.Is(err, api.ErrNoHistory) {
		fmt.Fprintln(p.Stderr, "agentwatch: there is no history yet; it is recorded while a dashboard, watch or serve runs"+hintDemo())
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	o := newOracle()
	if err := o.recall(ctx, store, time.Time{}); err != nil {
		return s, false, err
	}
	return o.model.Standing(), true, nil
}

// standingRecord is a standing in JSON.
type standingRecord struct {
	Turns       int                 `json:"turns"`
	Unseen      int                 `json:"unseen"`
	Needed      int                 `json:"needed"`
	When        questionRecord      `json:"when"`
	How         questionRecord      `json:"how"`
	Inside      float64             `json:"inside_range"`
	Reliability []reliabilityRecord `json:"reliability"`
}

type questionRecord struct {
	Shown  bool          `json:"shown"`
	Scored int           `json:"scored"`
	Skills []skillRecord `json:"skills"`
}

type skillRecord struct {
	Baseline string  `json:"baseline"`
	Skill    float64 `json:"skill"`
	Low      float64 `json:"low"`
}

type reliabilityRecord struct {
	Predicted float64 `json:"predicted"`
	Came      float64 `json:"came"`
	Count     int     `json:"count"`
}

func writeStanding(w io.Writer, s foresight.Standing) error {
	question := func(q foresight.Question) questionRecord {
		r := questionRecord{Shown: q.Speaks, Scored: q.Scored, Skills: []skillRecord{}}
		for _, skill := range q.Skills {
			r.Skills = append(r.Skills, skillRecord{skill.Baseline, skill.Mean, skill.Low})
		}
		return r
	}
	record := standingRecord{
		Turns: s.Turns, Unseen: s.Unseen, Needed: foresight.Needed, When: question(s.When), How: question(s.How), Inside: s.Inside,
		Reliability: []reliabilityRecord{},
	}
	for _, r := range s.Reliability {
		record.Reliability = append(record.Reliability, reliabilityRecord(r))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(record)
}

func printStanding(w io.Writer, s foresight.Standing) {
	fmt.Fprintf(w, "%s learnt", format.Plural(s.Turns, "turn"))
	if s.Unseen > 0 {
		fmt.Fprintf(w, ", and %d more whose end nobody saw", s.Unseen)
	}
	fmt.Fprintln(w)
	for _, q := range []struct {
		words string
		foresight.Question
	}{{"when a turn will end", s.When}, {"how a turn will end", s.How}} {
		fmt.Fprintf(w, "\n%s: %s\n", q.words, verdictOn(q.Question))
		if q.Scored < 20 {
			continue
		}
		fmt.Fprintf(w, "  over the last %s, smaller errors than        at least\n", format.Plural(q.Scored, "turn"))
		for _, skill := range q.Skills {
			fmt.Fprintf(w, "    %-24s %+14.1f %%  %+9.1f %%\n", skill.Baseline, 100*skill.Mean, 100*skill.Low)
		}
	}
	if s.Turns >= 20 {
		fmt.Fprintf(w, "\nreliability: %.0f %% of the turns ended within the range that was foreseen (60 %% should)\n", 100*s.Inside)
		for _, r := range s.Reliability {
			fmt.Fprintf(w, "  said %3.0f %%, came so in %3.0f %% of %d\n", 100*r.Predicted, 100*r.Came, r.Count)
		}
	}
}

// verdictOn says whether a question's answers are shown, and else what is missing.
func verdictOn(q foresight.Question) string {
	if q.Speaks {
		return "shown"
	}
	if missing := foresight.Needed - q.Scored; missing > 0 {
		return fmt.Sprintf("not shown; %s to go before it may be", format.Plural(missing, "more turn"))
	}
	var not []string
	for _, skill := range q.Skills {
		if skill.Low <= 0 {
			not = append(not, skill.Baseline)
		}
	}
	return "not shown; not surely better than " + strings.Join(not, ", ")
}
