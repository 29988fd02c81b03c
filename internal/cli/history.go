package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/daemon"
	"agentwatch/health"
	"agentwatch/internal/history"
	"agentwatch/ui/sanitize"
)

// historyOptions are the flags of history.
type historyOptions struct {
	since, until, session, kind, pane string
	states                            []string
	limit                             int
	json, answers, notifications      bool
	machines                          machines
	// demo prints that of the demo that runs.
	demo bool
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
			"  agentwatch history --session api --json | jq -r '.[] | \"\\(.time) \\(.to)\"'\n" +
			"  agentwatch history --hosts all",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name, ok := parsePaneName(o.pane); ok && name.host != "" {
				o.machines.words, o.pane = []string{name.host}, name.pane
			}
			filter, err := o.filter(time.Now())
			if err != nil {
				return err
			}
			from := p
			if o.demo {
				if from, err = ofDemo(p); err != nil {
					return err
				}
			}
			return o.print(cmd.Context(), from, filter, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.since, "since", "24h", "from when on: 90m, 24h, 7d, 2026-03-14, yesterday, 15:04")
	f.StringVar(&o.until, "until", "", "until when (default: now)")
	f.StringVar(&o.session, "session", "", "only agents in this tmux session")
	f.StringVar(&o.kind, "kind", "", "only agents of this kind, such as claude")
	f.StringVar(&o.pane, "pane", "", "only the agent in this pane, such as %3, or dev1:%3")
	f.StringSliceVar(&o.states, "state", nil, "only changes to these states: waiting, crashed, error, limited, done, working, idle, ...")
	f.IntVar(&o.limit, "limit", historyLimit, "how many at most; 0 is all")
	f.BoolVar(&o.json, "json", false, "print an array of JSON objects, one a line")
	f.BoolVar(&o.answers, "answers", false, "print what agents were answered instead")
	f.BoolVar(&o.notifications, "notifications", false, "print what the user was notified of instead")
	f.BoolVar(&o.demo, "demo", false, demoUsage)
	o.machines.addFlag(cmd)
	return cmd
}

// demoUsage describes --demo.
const demoUsage = "of the demo that runs, which keeps a history of its own"

// filter is what the flags ask for.
func (o historyOptions) filter(now time.Time) (api.PastFilter, error) {
	f := api.PastFilter{What: api.PastChanges, Session: o.session, Kind: health.Kind(o.kind), Pane: o.pane, Limit: o.limit}
	if o.limit < 0 {
		return f, usageError(fmt.Errorf("--limit %d is negative; 0 is all", o.limit))
	}
	if len(o.states) > 0 && (o.answers || o.notifications) {
		return f, usageError(errors.New("--state is for changes, not for --answers or --notifications"))
	}
	if o.answers && o.notifications {
		return f, usageError(errors.New("--answers and --notifications exclude each other"))
	}
	switch {
	case o.answers:
		f.What = api.PastAnswers
	case o.notifications:
		f.What = api.PastNotifications
	}
	for _, word := range o.states {
		state, err := engine.ParseUrgency(word)
		if err != nil {
			return f, usageError(fmt.Errorf("--state: %w", err))
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
			return f, usageError(fmt.Errorf("--until %s is not after --since %s", o.until, o.since))
		}
	}
	return f, nil
}

// askPast asks what has been recorded: the engine process, or where none runs, or
// one that does not know the question, the file by the same API. That there is no
// history yet is said on standard error, and is no failure: found is false then.
func askPast(ctx context.Context, p Process, question func(context.Context, *client.Client) error) (found bool, err error) {
	c := client.New(dialEngine(p), api.Selection{})
	defer c.Close()
	err = question(ctx, c)
	if isAny(err, api.ErrNobody, api.ErrNoAnswer, api.ErrForeign, api.ErrLost, api.ErrUnknownRequest) {
		archive := newPast(history.Path(p.Getenv))
		waiting := func(ctx context.Context) error { <-ctx.Done(); return nil }
		err = within(ctx, daemon.Options{Archive: archive, Spending: tokenReport{p, nobody}}, waiting, func(ctx context.Context, dial client.Dial) error {
			c := client.New(dial, api.Selection{})
			defer c.Close()
			return question(ctx, c)
		})
		err = errors.Join(err, archive.Close())
	}
	if errors.Is(err, api.ErrNoHistory) {
		fmt.Fprintln(p.Stderr, "agentwatch: there is no history yet; it is recorded while a dashboard, watch or serve runs"+hintDemo())
		return false, nil
	}
	return true, err
}

// isAny reports whether an error is one of several.
func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}

// print prints what the filter lets through, and says when there may be more.
func (o historyOptions) print(ctx context.Context, p Process, f api.PastFilter, w io.Writer) error {
	var out entryWriter = &tableWriter{w: w, headers: historyHeaders(f.What)}
	if o.json {
		out = &arrayWriter{w: w}
	}
	printed := 0
	found, away, err := pastOf(ctx, p, o.machines, f, func(e api.PastEntry) error {
		record := recordOf(e)
		if record == nil {
			return nil
		}
		printed++
		return out.add(record)
	})
	if err == nil {
		err = out.end()
	}
	switch {
	case err != nil || !found:
	case printed == 0 && !o.json:
		fmt.Fprintf(p.Stderr, "agentwatch: nothing that fits was recorded since %s; --since 7d looks further back%s\n", momentText(f.Since), hintDemo())
	case f.Limit > 0 && printed == f.Limit:
		fmt.Fprintf(p.Stderr, "agentwatch: these are the newest %d; --limit 0 prints all\n", printed)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("history: %w", err)
	}
	return errors.Join(err, away)
}

func historyHeaders(what api.PastKind) []string {
	switch what {
	case api.PastAnswers:
		return []string{"TIME", "AGENT", "PANE", "ACTION", "OUTCOME", "TEXT"}
	case api.PastNotifications:
		return []string{"TIME", "AGENT", "PANE", "CHANNEL", "OUTCOME", "ERROR"}
	default:
		return []string{"TIME", "AGENT", "PANE", "KIND", "CHANGE", "WHY"}
	}
}

// entryRecord is an entry as it is printed: as a JSON object, or as the cells of
// a row.
type entryRecord interface{ cells() []string }

// recordOf is the entry that is set; nil for one that only a newer build knows.
func recordOf(e api.PastEntry) entryRecord {
	switch {
	case e.Answer != nil:
		return answerRecord{*e.Answer}
	case e.Notification != nil:
		return notificationRecord{*e.Notification}
	case e.Change != nil:
		return changeRecord{*e.Change}
	default:
		return nil
	}
}

// changeRecord, answerRecord and notificationRecord are the entries of
// `history --json`: those of the API.
type (
	changeRecord       struct{ api.PastChange }
	answerRecord       struct{ api.PastAnswer }
	notificationRecord struct{ api.PastNotification }
)

func (r changeRecord) cells() []string {
	change := r.From.String() + " > " + r.To.String()
	switch {
	case r.First:
		change = "appears, " + r.To.String()
	case r.Gone:
		change = r.From.String() + " > gone"
	}
	if r.Wait != health.WaitNone && r.To == engine.UrgencyWaiting {
		change += ": " + r.Wait.String()
	}
	return []string{momentText(r.Time), whereOf(r.PastAgent), sanitize.Text(r.Pane), sanitize.Text(r.Kind), change, sanitize.Text(r.Rule + "  " + r.Text)}
}

func (r answerRecord) cells() []string {
	outcome := r.Outcome
	if r.Reason != "" {
		outcome += ": " + r.Reason
	}
	if r.By != "" {
		outcome += " (" + r.By + ")"
	}
	return []string{
		momentText(r.Time), whereOf(r.PastAgent), sanitize.Text(r.Pane), sanitize.Text(r.Action), sanitize.Text(outcome), sanitize.Text(r.Text),
	}
}

func (r notificationRecord) cells() []string {
	return []string{
		momentText(r.Time), whereOf(r.PastAgent), sanitize.Text(r.Pane), sanitize.Text(r.Channel), sanitize.Text(r.Outcome), sanitize.Text(r.Error),
	}
}

// whereOf says where an agent was: "server:session window",
// on another machine with its name before that.
func whereOf(a api.PastAgent) string {
	if a.Host != "" {
		return sanitize.Text(a.Host + " " + a.Server + ":" + a.Session + " " + a.Window)
	}
	return sanitize.Text(a.Server + ":" + a.Session + " " + a.Window)
}

func momentText(at time.Time) string { return at.Local().Format(time.DateTime) }

// entryWriter prints entries as they come.
type entryWriter interface {
	add(r entryRecord) error
	end() error
}

// tableWriter prints a table at the end, if it has rows.
type tableWriter struct {
	w       io.Writer
	headers []string
	rows    [][]string
}

func (t *tableWriter) add(r entryRecord) error {
	t.rows = append(t.rows, r.cells())
	return nil
}

func (t *tableWriter) end() error {
	if len(t.rows) == 0 {
		return nil
	}
	_, err := lipgloss.Fprint(t.w, trimmed(plainTable(len(t.headers), t.headers...).Rows(t.rows...)))
	return err
}

// arrayWriter prints a JSON array with one element a line.
type arrayWriter struct {
	w     io.Writer
	begun bool
}

func (a *arrayWriter) add(r entryRecord) error { return a.value(r) }

func (a *arrayWriter) value(v any) error {
	separator := ",\n"
	if !a.begun {
		separator, a.begun = "[\n", true
	}
	line, err := json.Marshal(v)
	if err == nil {
		_, err = fmt.Fprintf(a.w, "%s%s", separator, line)
	}
	return err
}

func (a *arrayWriter) end() error {
	text := "[]\n"
	if a.begun {
		text = "\n]\n"
	}
	_, err := io.WriteString(a.w, text)
	return err
}
