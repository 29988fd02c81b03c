package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/client"
	"agentwatch/ui/sanitize"
)

// grepOptions are the flags of grep.
type grepOptions struct {
	ignoreCase, fixed, asJSON, recorded bool
	// context is how many rows are printed around a match, rows how many of the
	// scroll-back of each agent are searched.
	context, rows int
	timeout       time.Duration
}

const (
	// mostGrepRows is what the engine gives at most of one pane, mostGrepContext
	// how many rows are kept around a match.
	mostGrepRows    = 50_000
	mostGrepContext = 1000
	// exitNoMatch and exitUnread are as those of grep: 2 wins over 1, since a match
	// may be where nothing could be read.
	exitNoMatch = 1
	exitUnread  = 2
)

func newGrep(p Process) *cobra.Command {
	var o watchOptions
	var g grepOptions
	cmd := &cobra.Command{
		Use:   "grep PATTERN",
		Short: "Searches the screens and the scroll-back of all agents",
		Long: "grep prints the rows that match a regular expression (RE2) on the screens of all agents and in what\n" +
			"tmux has kept above them, with session, window, pane and the row, counted from the bottom of the\n" +
			"screen: -1 is the last. A row is as wide as its pane: what the terminal has wrapped are several.\n" +
			"It is searched where the engine is, without colours, three panes at a time. Exit code 1 when nothing matches, 2 when nothing\n" +
			"matches in what could be read and not everything could. With --recorded stored screens are searched, too:\n" +
			"what was on one of them, and is neither on the screen nor in the scroll-back, is printed with its time.",
		Example: "  agentwatch grep 'panic|FAIL'\n  agentwatch grep -F -i 'rate limit' --rows 500\n  agentwatch grep --json TODO | jq -r .pane",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			query, err := g.query(args[0])
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), g.timeout)
			defer cancel()
			s := &grepping{grepOptions: g, query: query, out: bufio.NewWriter(cmd.OutOrStdout()), notes: cmd.ErrOrStderr()}
			if file, is := s.notes.(*os.File); is && terminal(file, true) {
				s.progress = s.notes
			}
			_, err = asked(ctx, asking{process: p, options: o}, s.all)
			return errors.Join(s.out.Flush(), err)
		},
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.BoolVarP(&g.ignoreCase, "ignore-case", "i", false, "capitals and small letters are the same")
	f.BoolVarP(&g.fixed, "fixed-strings", "F", false, "the pattern is a text, not a regular expression")
	f.BoolVar(&g.recorded, "recorded", false, "search the stored screens, too ([history] screens = true), the last 20000 of each agent; their rows have the time in place of the row")
	f.IntVarP(&g.context, "context", "C", 0, "print so many rows before and after each match")
	f.IntVar(&g.rows, "rows", 10_000, "search so many rows of each agent's scroll-back, beside the screen")
	f.DurationVar(&g.timeout, "timeout", time.Minute, "give up after this time")
	f.BoolVar(&g.asJSON, "json", false, "print a JSON object for each match")
	return cmd
}

// query is what is searched for, checked.
func (g grepOptions) query(pattern string) (engine.SearchQuery, error) {
	q := engine.SearchQuery{Pattern: pattern, Fixed: g.fixed, IgnoreCase: g.ignoreCase, Rows: g.rows, Context: g.context, Recorded: g.recorded}
	switch {
	case g.rows < 0 || g.rows > mostGrepRows:
		return q, usageError(fmt.Errorf("--rows %d is not between 0 and %d", g.rows, mostGrepRows))
	case g.context < 0 || g.context > mostGrepContext:
		return q, usageError(fmt.Errorf("-C %d is not between 0 and %d", g.context, mostGrepContext))
	case g.timeout <= 0:
		return q, usageError(fmt.Errorf("--timeout %s is no time", g.timeout))
	}
	if _, err := q.Compile(); err != nil {
		return q, usageError(fmt.Errorf("%w; -F searches for a text as it stands", err))
	}
	return q, nil
}

// grepping is one search. What a few panes have is in memory at a time.
type grepping struct {
	grepOptions
	query engine.SearchQuery
	out   *bufio.Writer
	notes io.Writer
	// progress is where it is said how far the search is; nil for nowhere.
	progress io.Writer
	matches  int
	// unread counts panes that could not be read.
	unread int
}

var errNoMatch = errors.New("nothing matches")

// grepAtOnce is how many agents are searched at once: while tmux makes one's text,
// another's is searched.
const grepAtOnce = 3

// grepAnswer is what came of searching one agent.
type grepAnswer struct {
	found engine.Found
	err   error
}

// all searches every agent.
func (s *grepping) all(ctx context.Context, c *client.Client) error {
	snap, err := c.Snapshot(ctx)
	if err != nil {
		return err
	}
	hints(s.notes, snap)
	var asking sync.WaitGroup
	defer asking.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make([]chan grepAnswer, len(snap.Agents))
	ask := func(i int) {
		if i >= len(answers) {
			return
		}
		answers[i] = make(chan grepAnswer, 1)
		asking.Go(func() {
			found, err := c.Search(ctx, snap.Agents[i].Ref, s.query)
			answers[i] <- grepAnswer{found, err}
		})
	}
	for i := range grepAtOnce {
		ask(i)
	}
	for i, a := range snap.Agents {
		s.tell("%d of %d agents, %d matches", i, len(snap.Agents), s.matches)
		answer := <-answers[i]
		ask(i + grepAtOnce)
		found, err := answer.found, answer.err
		switch {
		case ctx.Err() != nil:
			s.tell("")
			return fmt.Errorf("%d of %d agents were searched: %w", i, len(snap.Agents), context.Cause(ctx))
		case err != nil:
			s.tell("")
			s.unread++
			fmt.Fprintf(s.notes, "agentwatch: %s: %v\n", sanitize.Text(agentPlace(a)), err)
		default:
			if err := s.pane(a, found); err != nil {
				return err
			}
		}
	}
	s.tell("")
	switch {
	case s.matches > 0:
		return nil
	case s.unread > 0:
		return coded(fmt.Errorf("%w in what could be read; %d of %d agents could not", errNoMatch, s.unread, len(snap.Agents)), exitUnread)
	default:
		return coded(errNoMatch, exitNoMatch)
	}
}

// tell writes over the line that says how far the search is; "" takes it away.
func (s *grepping) tell(format string, values ...any) {
	if s.progress != nil {
		fmt.Fprintf(s.progress, "\r\x1b[K"+format, values...)
	}
}

// matchRecord is one line of grep --json.
type matchRecord struct {
	Server  string `json:"server"`
	Socket  string `json:"socket"`
	Session string `json:"session"`
	Window  string `json:"window"`
	Pane    string `json:"pane"`
	Kind    string `json:"kind"`
	// Row counts from the bottom of the screen, -1 is the last.
	Row int `json:"row"`
	// At is when a stored screen showed it; empty for what is there now.
	At     string   `json:"at,omitempty"`
	Text   string   `json:"text"`
	Before []string `json:"before,omitempty"`
	After  []string `json:"after,omitempty"`
}

// pane prints what was found in one agent's pane.
func (s *grepping) pane(a engine.Agent, found engine.Found) error {
	rows := found.Rows
	for i := range rows {
		rows[i].Text = sanitize.Text(rows[i].Text)
	}
	first := s.matches == 0
	s.matches += found.Matches
	if found.Cut {
		fmt.Fprintf(s.notes, "agentwatch: %s: not all of its stored screens could be searched in time\n", sanitize.Text(agentPlace(a)))
	}
	for i, row := range rows {
		switch {
		case s.asJSON && !row.Match:
		case s.asJSON:
			if err := s.record(a, rows, i); err != nil {
				return err
			}
		default:
			if s.context > 0 && (i == 0 && !first || i > 0 && rows[i-1].Row != row.Row-1) {
				fmt.Fprintln(s.out, "--")
			}
			separator := "-"
			if row.Match {
				separator = ":"
			}
			where := strconv.Itoa(row.Row)
			if !row.At.IsZero() {
				where = row.At.Local().Format("2006-01-02T15:04:05")
			}
			fmt.Fprintf(s.out, "%s%s%s%s %s\n", sanitize.Text(agentPlace(a)), separator, where, separator, row.Text)
		}
	}
	s.tell("")
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("grep: write: %w", err)
	}
	return nil
}

// record prints the match in one of the rows with those around it.
func (s *grepping) record(a engine.Agent, rows []engine.FoundRow, i int) error {
	r := matchRecord{Server: a.Server, Socket: a.Ref.Server, Session: a.Session, Window: a.Window, Pane: a.Ref.Pane, Kind: kindWord(a.Kind), Row: rows[i].Row, At: stampOf(rows[i].At), Text: rows[i].Text}
	for at := max(i-s.context, 0); at < min(i+s.context+1, len(rows)); at++ {
		if !rows[at].At.Equal(rows[i].At) {
			continue
		}
		switch away := rows[at].Row - r.Row; {
		case away < 0 && away >= -s.context:
			r.Before = append(r.Before, rows[at].Text)
		case away > 0 && away <= s.context:
			r.After = append(r.After, rows[at].Text)
		}
	}
	line, err := json.Marshal(r)
	if err == nil {
		_, err = s.out.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("grep: write: %w", err)
	}
	return nil
}

// agentPlace is where an agent is, as a row of grep begins.
func agentPlace(a engine.Agent) string {
	return fmt.Sprintf("%s:%d %s", a.Session, a.WindowIndex, a.Ref.Pane)
}
