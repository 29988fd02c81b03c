package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/history"
)

// historyOptions are the flags of history.
type historyOptions struct {
	since, until, session, kind, pane string
	states                            []string
	limit                             int
	json, answers, notifications      bool
}

// historyLimit is how many entries are printed where nothing else is said.
const historyLimit = 200

func newHistory(p Process) *cobra.Command {
	var o historyOptions
	cmd := &cobra.Command{
		Use:   "history",
		Short: "Prints what agents did, newest first",
		Long: "history prints the changes that the dashboard and watch have recorded: a table, or with --json\n" +
			"an array of objects. What was recorded is in $XDG_STATE_HOME/agentwatch/history.db, by default\n" +
			"in ~/.local/state; it is kept for 90 days and has the line that decided, and\n" +
			"no screens unless history.screens is set in the configuration.",
		Example: "  agentwatch history --since yesterday --state waiting,crashed\n" +
			"  agentwatch history --session api --json | jq -r '.[] | \"\\(.time) \\(.to)\"'",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := o.filter(time.Now())
			if err != nil {
				return err
			}
			none := func() error {
				_, err := printEntries(cmd.OutOrStdout(), o.json, noChanges, changeOf)
				return err
			}
			return withHistory(cmd.Context(), p, none, func(store *history.Store) error {
				return o.print(cmd.Context(), store, filter, cmd.OutOrStdout(), cmd.ErrOrStderr())
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.since, "since", "24h", "from when on: 90m, 24h, 7d, 2026-03-14, yesterday, 15:04")
	f.StringVar(&o.until, "until", "", "until when (default: now)")
	f.StringVar(&o.session, "session", "", "only agents in this tmux session")
	f.StringVar(&o.kind, "kind", "", "only agents of this kind, such as claude")
	f.StringVar(&o.pane, "pane", "", "only the agent in this pane, such as %3")
	f.StringSliceVar(&o.states, "state", nil, "only changes to these states: waiting, crashed, error, limited, done, working, idle, ...")
	f.IntVar(&o.limit, "limit", historyLimit, "how many at most; 0 is all")
	f.BoolVar(&o.json, "json", false, "print an array of JSON objects, one a line")
	f.BoolVar(&o.answers, "answers", false, "print what agents were answered instead")
	f.BoolVar(&o.notifications, "notifications", false, "print what the user was notified of instead")
	return cmd
}

// filter is what the flags ask for.
func (o historyOptions) filter(now time.Time) (history.Filter, error) {
	f := history.Filter{Session: o.session, Kind: health.Kind(o.kind), Pane: o.pane, Limit: o.limit}
	if o.limit < 0 {
		return f, usageError{fmt.Errorf("--limit %d is negative; 0 is all", o.limit)}
	}
	if len(o.states) > 0 && (o.answers || o.notifications) {
		return f, usageError{errors.New("--state is for changes, not for --answers or --notifications")}
	}
	if o.answers && o.notifications {
		return f, usageError{errors.New("--answers and --notifications exclude each other")}
	}
	for _, word := range o.states {
		state, err := engine.ParseUrgency(word)
		if err != nil {
			return f, usageError{fmt.Errorf("--state: %w", err)}
		}
		f.States = append(f.States, state)
	}
	var err error
	if f.Since, err = parseMoment("since", o.since, now); err != nil {
		return f, err
	}
	if o.until != "" {
		if f.Until, err = parseMoment("until", o.until, now); err != nil {
			return f, err
		}
		if !f.Until.After(f.Since) {
			return f, usageError{fmt.Errorf("--until %s is not after --since %s", o.until, o.since)}
		}
	}
	return f, nil
}

// withHistory opens the history for reading. That there is none yet is said on
// standard error, and no failure: none then writes what an empty one would come
// to.
func withHistory(ctx context.Context, p Process, none func() error, use func(*history.Store) error) (err error) {
	store, err := history.Open(ctx, history.Options{Path: history.Path(p.Getenv), ReadOnly: true})
	if errors.Is(err, history.ErrNone) {
		fmt.Fprintln(p.Stderr, "agentwatch: there is no history yet; it is recorded while agentwatch or agentwatch watch runs")
		return none()
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return use(store)
}

// print prints what the filter lets through, and says when there may be more.
func (o historyOptions) print(ctx context.Context, store *history.Store, f history.Filter, w, notes io.Writer) error {
	printed, err := o.printEntries(ctx, store, f, w)
	if err == nil && f.Limit > 0 && printed == f.Limit {
		fmt.Fprintf(notes, "agentwatch: these are the newest %d; --limit 0 prints all\n", printed)
	}
	return err
}

func (o historyOptions) printEntries(ctx context.Context, store *history.Store, f history.Filter, w io.Writer) (int, error) {
	switch {
	case o.answers:
		return printEntries(w, o.json, store.Answers(ctx, f), answerOf, "TIME", "AGENT", "PANE", "ACTION", "OUTCOME", "TEXT")
	case o.notifications:
		return printEntries(w, o.json, store.Notifications(ctx, f), notificationOf, "TIME", "AGENT", "PANE", "CHANNEL", "OUTCOME", "ERROR")
	default:
		return printEntries(w, o.json, store.Transitions(ctx, f), changeOf, "TIME", "AGENT", "PANE", "KIND", "CHANGE", "WHY")
	}
}

// noChanges is a history without entries.
func noChanges(func(history.Transition, error) bool) {}

// entryRecord is an entry as it is printed: as a JSON object, or as the cells of
// a row.
type entryRecord interface{ cells() []string }

// printEntries prints a table, or a JSON array as it is read, and returns how
// many entries it had.
func printEntries[E any, R entryRecord](w io.Writer, asJSON bool, entries iter.Seq2[E, error], recordOf func(E) R, headers ...string) (int, error) {
	n := 0
	if asJSON {
		err := writeArray(w, "history", func(yield func(R, error) bool) {
			for e, err := range entries {
				n++
				if !yield(recordOf(e), err) {
					return
				}
			}
		})
		return n, err
	}
	t := plainTable(len(headers), headers...)
	for e, err := range entries {
		if err != nil {
			return n, err
		}
		t.Row(recordOf(e).cells()...)
		n++
	}
	if n == 0 {
		return n, nil
	}
	if _, err := lipgloss.Fprint(w, trimmed(t)); err != nil {
		return n, fmt.Errorf("history: write: %w", err)
	}
	return n, nil
}

// writeArray writes an array with one element a line, as they come.
func writeArray[R any](w io.Writer, command string, records iter.Seq2[R, error]) error {
	separator, end := "[\n", "[]\n"
	for r, err := range records {
		if err != nil {
			return err
		}
		line, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
		if _, err := fmt.Fprintf(w, "%s%s", separator, line); err != nil {
			return fmt.Errorf("%s: write: %w", command, err)
		}
		separator, end = ",\n", "\n]\n"
	}
	if _, err := io.WriteString(w, end); err != nil {
		return fmt.Errorf("%s: write: %w", command, err)
	}
	return nil
}
