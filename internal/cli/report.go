package cli

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/internal/history"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
)

// reportDays is how many days a report has where nothing else is said.
const reportDays = 7

// reportOptions are the flags of report.
type reportOptions struct {
	since, until string
	json, csv    bool
	// tokens asks for what agents have used.
	tokens bool
	// demo is of the demo that runs.
	demo     bool
	machines machines
}

func newReport(p Process) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Prints how long each agent worked, waited for you and stood still, per day",
		Long: "report sums what the dashboard and watch have recorded, per day and agent: how long it worked,\n" +
			"waited for you, was limited, idle (finished and unseen included), stood with an error or crashed,\n" +
			"and how often it crashed and came to the end of its work. Time in which nobody watched is in none\n" +
			"of it. Days are those of the local time zone. With --tokens it reads from the session files of claude,\n" +
			"codex, gemini and opencode what all their sessions have used, by day, folder, program and model; what\n" +
			"that costs is counted by the prices in the configuration ([tokens]), and else as far as the program\n" +
			"itself has noted it. \"+\" marks a sum that is not whole.",
		Example: "  agentwatch report\n  agentwatch report --since 2026-03-01 --csv > march.csv\n  agentwatch report --hosts all\n  agentwatch report --tokens --since 30d",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, to, err := o.times(time.Now())
			if err != nil {
				return err
			}
			if o.tokens {
				return o.runTokens(cmd.Context(), p, cmd.OutOrStdout(), from, to)
			}
			recorded := p
			if o.demo {
				if recorded, err = ofDemo(p); err != nil {
					return err
				}
			}
			rows, found, away, err := reportOf(cmd.Context(), recorded, o.machines, from, to, ownZone(p.Getenv))
			if err == nil {
				err = o.write(cmd.OutOrStdout(), rows)
			}
			if err == nil && found && len(rows) == 0 && !o.json && !o.csv {
				fmt.Fprintf(p.Stderr, "agentwatch: nothing was recorded from %s to %s; --since looks further back%s\n", momentText(from), momentText(to), hintDemo())
			}
			if err != nil && cmd.Context().Err() == nil {
				return fmt.Errorf("report: %w", err)
			}
			return errors.Join(err, away)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.since, "since", "", "from when on: 7d, 2026-03-14, yesterday (default: today and the six days before)")
	f.StringVar(&o.until, "until", "", "until when (default: now)")
	f.BoolVar(&o.json, "json", false, "print an array of JSON objects, one a line; times are in seconds")
	f.BoolVar(&o.demo, "demo", false, demoUsage)
	f.BoolVar(&o.tokens, "tokens", false, "print the tokens that agents have used, and their cost, from the files of their sessions")
	o.machines.addFlag(cmd)
	f.BoolVar(&o.csv, "csv", false, "print comma-separated values; times are in seconds")
	return cmd
}

// times are the bounds that the flags ask for.
func (o reportOptions) times(now time.Time) (from, to time.Time, err error) {
	if o.demo && o.tokens {
		return from, to, usageError(errors.New("the demo's agents use no tokens: --demo and --tokens exclude each other"))
	}
	if o.json && o.csv {
		return from, to, usageError(errors.New("--json and --csv exclude each other"))
	}
	from = history.DayOf(now.AddDate(0, 0, 1-reportDays)).Begin(now.Location())
	if o.since != "" {
		if from, err = parseMoment("since", o.since, now); err != nil {
			return from, to, err
		}
	}
	if to = now; o.until != "" {
		if to, err = parseMoment("until", o.until, now); err != nil {
			return from, to, err
		}
	}
	if !to.After(from) {
		return from, to, usageError(fmt.Errorf("--until %s is not after --since %s", to.Format(time.DateTime), from.Format(time.DateTime)))
	}
	return from, to, nil
}

// ownZone is the time zone that the environment sets: the engine process can have
// another one. It is empty for the system's.
func ownZone(getenv func(string) string) string {
	zone := strings.TrimPrefix(getenv("TZ"), ":")
	if _, err := time.LoadLocation(zone); err != nil {
		return ""
	}
	return zone
}

// write writes rows in the form that the flags ask for.
func (o reportOptions) write(w io.Writer, rows []api.ReportRow) error {
	switch {
	case o.json:
		out := &arrayWriter{w: w}
		for _, row := range rows {
			if err := out.value(reportRecordOf(row)); err != nil {
				return err
			}
		}
		return out.end()
	case o.csv:
		return writeReportCSV(w, rows)
	default:
		return writeReportTable(w, rows)
	}
}

// reportRecord is one row of `report --json`. Times are in seconds.
type reportRecord struct {
	Day string `json:"day"`
	api.PastAgent
	Watched     float64 `json:"watched"`
	Working     float64 `json:"working"`
	Waiting     float64 `json:"waiting"`
	Limited     float64 `json:"limited"`
	Idle        float64 `json:"idle"`
	Error       float64 `json:"error"`
	Crashed     float64 `json:"crashed"`
	Starting    float64 `json:"starting"`
	Exited      float64 `json:"exited"`
	Unknown     float64 `json:"unknown"`
	Crashes     int     `json:"crashes"`
	Turns       int     `json:"turns"`
	LongestWait float64 `json:"longest_wait"`
}

func reportRecordOf(r api.ReportRow) reportRecord {
	spent := func(u engine.Urgency) float64 { return seconds(r.Spent.Of(u)) }
	return reportRecord{
		Day: r.Day, PastAgent: r.PastAgent, Watched: seconds(r.Watched()),
		Working: spent(engine.UrgencyWorking), Waiting: spent(engine.UrgencyWaiting), Limited: spent(engine.UrgencyLimited),
		Idle: seconds(r.Idle()), Error: spent(engine.UrgencyError), Crashed: spent(engine.UrgencyCrashed),
		Starting: spent(engine.UrgencyStarting), Exited: spent(engine.UrgencyExited), Unknown: spent(engine.UrgencyUnknown),
		Crashes: r.Crashes, Turns: r.Turns, LongestWait: seconds(r.LongestWait),
	}
}

// seconds are whole milliseconds, so that no figure has digits that say nothing.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// writeReportCSV writes the fields of the JSON rows, by the same names.
func writeReportCSV(w io.Writer, rows []api.ReportRow) error {
	lines := csv.NewWriter(w)
	records := [][]string{{
		"day", "server", "socket", "session", "window", "pane", "pane_pid", "pid", "kind", "watched", "working", "waiting",
		"limited", "idle", "error", "crashed", "starting", "exited", "unknown", "crashes", "turns", "longest_wait", "host",
	}}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	for _, row := range rows {
		r := reportRecordOf(row)
		records = append(records, []string{
			r.Day, r.Server, r.Socket, r.Session, r.Window, r.Pane, strconv.Itoa(r.PanePID), strconv.Itoa(r.PID), r.Kind,
			number(r.Watched), number(r.Working), number(r.Waiting), number(r.Limited), number(r.Idle), number(r.Error),
			number(r.Crashed), number(r.Starting), number(r.Exited), number(r.Unknown), strconv.Itoa(r.Crashes),
			strconv.Itoa(r.Turns), number(r.LongestWait), r.Host,
		})
	}
	return lines.WriteAll(records)
}

// writeReportTable writes a table for people: a line per agent and day, and the
// sum of each day.
func writeReportTable(w io.Writer, rows []api.ReportRow) error {
	if len(rows) == 0 {
		return nil
	}
	t := plainTable(4, "DAY", "AGENT", "PANE", "KIND", "WORKING", "WAITING", "LONGEST", "LIMITED", "IDLE", "ERROR", "OTHER", "TURNS", "CRASHES")
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Day == rows[0].Day {
			n++
		}
		addDay(t, rows[:n])
		rows = rows[n:]
	}
	_, err := lipgloss.Fprint(w, trimmed(t))
	return err
}

// addDay adds the rows of one day, and their sum where there are several.
func addDay(t *table.Table, day []api.ReportRow) {
	word, sum := day[0].Day, api.ReportRow{}
	for _, r := range day {
		t.Row(append([]string{word, whereOf(r.PastAgent), sanitize.Text(r.Pane), sanitize.Text(r.Kind)}, figures(r)...)...)
		word = ""
		sum.Spent = sum.Spent.Plus(r.Spent)
		sum.LongestWait = max(sum.LongestWait, r.LongestWait)
		sum.Turns, sum.Crashes = sum.Turns+r.Turns, sum.Crashes+r.Crashes
	}
	if len(day) > 1 {
		t.Row(append([]string{"", "all " + format.Plural(len(day), "agent"), "", ""}, figures(sum)...)...)
	}
}

// figures are the figures of a row; what is nothing is a dash.
func figures(r api.ReportRow) []string {
	working, waiting, limited := r.Spent.Of(engine.UrgencyWorking), r.Spent.Of(engine.UrgencyWaiting), r.Spent.Of(engine.UrgencyLimited)
	failed := r.Spent.Of(engine.UrgencyError) + r.Spent.Of(engine.UrgencyCrashed)
	other := r.Watched() - working - waiting - limited - r.Idle() - failed
	cells := []string{}
	for _, d := range []time.Duration{working, waiting, r.LongestWait, limited, r.Idle(), failed, other} {
		d = d.Round(time.Second)
		cells = append(cells, orNothing(format.Long(d), d == 0))
	}
	for _, n := range []int{r.Turns, r.Crashes} {
		cells = append(cells, orNothing(strconv.Itoa(n), n == 0))
	}
	return cells
}

func orNothing(text string, nothing bool) string {
	if nothing {
		return "-"
	}
	return text
}
