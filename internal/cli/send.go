package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/answer"
	"agentwatch/engine/api"
	"agentwatch/health"
	"agentwatch/tmuxpool/typing"
	"agentwatch/ui/block"
	"agentwatch/ui/explain"
	"agentwatch/ui/sanitize"
)

// errDeclined says that the user did not agree to the preview.
var errDeclined = errors.New("nothing was typed")

// sendOptions are the flags of send.
type sendOptions struct {
	watch                    watchOptions
	approve, deny, interrupt bool
	resume                   bool
	choose, text, expect     string
	keys                     []string
	yes, asJSON              bool
	// whenIdle lets the text wait until the agent is at its prompt.
	whenIdle bool
	// traceParent is the span of whoever runs this, from the environment.
	traceParent string
	// inPopup is set in a popup of tmux.
	inPopup bool
	// keep writes an answer that was typed into the history.
	keep func(context.Context, engine.Outcome) error
}

func newSend(p Process) *cobra.Command {
	var o sendOptions
	cmd := &cobra.Command{
		Use:   "send PANE",
		Short: "Answers the agent in a pane: approves, denies, chooses, replies, interrupts, brings back",
		Long: "send looks at one pane (its tmux id, such as %3, or dev1:%3 on another machine), shows what it would type there, asks, and types\n" +
			"it. Right before that the pane is looked at again: if it is not as it was shown, nothing is\n" +
			"typed. Then the screen must show that the answer has worked.\n\n" +
			"Exit codes: 0 typed and confirmed, 1 not typed, 2 called wrongly, 3 the pane has changed and nothing\n" +
			"was typed, 4 uncertain: it was typed, or may have been, and the screen does not show that it has\n" +
			"worked, 5 the other machine cannot be reached. Nothing is typed twice: look at the pane before you\n" +
			"send again. On another machine, its own engine looks, compares, types and confirms.",
		Example: "  agentwatch send %3 --approve\n  agentwatch send %3 --choose 2 --yes --expect-question 'Which database should the service use?'\n" +
			"  agentwatch send %3 --text 'go on with the tests'\n  git diff | agentwatch send %3 --text - --yes",
		Args: onePane,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			given := 0
			for _, name := range []string{"approve", "deny", "choose", "text", "interrupt", "resume", "key"} {
				if cmd.Flags().Changed(name) {
					given++
				}
			}
			if given != 1 {
				return usageError(errors.New("send needs one of --approve, --deny, --choose, --text, --interrupt, --resume, --key"))
			}
			if o.whenIdle && !cmd.Flags().Changed("text") {
				return usageError(errors.New("--when-idle goes with --text"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, p, args[0]) },
	}
	o.watch.addFlags(cmd)
	o.watch.addReadOnly(cmd)
	o.watch.addHistory(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.approve, "approve", false, "agree to what its dialog asks, once")
	f.BoolVar(&o.deny, "deny", false, "decline it")
	f.StringVar(&o.choose, "choose", "", "choose an option of the dialog: by its key, or by its number from the top")
	f.StringVar(&o.text, "text", "", "send a text; - reads it from standard input")
	f.BoolVar(&o.whenIdle, "when-idle", false, "keep --text until the agent is at its prompt, and send it then, in the verified way")
	f.BoolVar(&o.interrupt, "interrupt", false, "stop the turn that runs")
	f.BoolVar(&o.resume, "resume", false, "bring back an agent that has ended: type its program's own command for that at the shell's prompt")
	f.StringArrayVar(&o.keys, "key", nil, "type a key (repeatable): a character, or "+strings.Join(typing.KeyNames(), ", "))
	f.StringVar(&o.expect, "expect-question", "", "only if the dialog asks exactly this")
	f.BoolVar(&o.yes, "yes", false, "do not ask before typing; needed where there is no terminal")
	f.BoolVar(&o.asJSON, "json", false, "print one JSON object on what was done")
	return cmd
}

// run answers one pane.
func (o *sendOptions) run(cmd *cobra.Command, p Process, pane string) error {
	if o.watch.readOnly {
		return engine.ErrReadOnly
	}
	o.inPopup, o.traceParent = inPopup(p), p.Getenv("TRACEPARENT")
	o.keep = func(ctx context.Context, outcome engine.Outcome) error {
		if o.watch.noHistory {
			return nil
		}
		return keepAnswer(ctx, p, outcome)
	}
	in, inOK := p.Stdin.(descriptor)
	if !o.yes && (!terminal(in, inOK) || o.text == "-") {
		return usageError(errors.New("there is no terminal to ask on: give --yes, and best --expect-question with it"))
	}
	if o.text == "-" {
		text, err := io.ReadAll(io.LimitReader(p.Stdin, typing.MaxText+1))
		if err != nil {
			return fmt.Errorf("send: read standard input: %w", err)
		}
		o.text = string(text)
	}
	name, _ := parsePaneName(pane)
	if o.whenIdle {
		return o.later(cmd, p, name)
	}
	return asking{process: p, options: o.watch}.onPane(cmd.Context(), name, func(ctx context.Context, on machine) error {
		seen, err := on.snapshot(ctx, false)
		if err != nil {
			return err
		}
		if on.visited == nil {
			return o.answer(ctx, cmd, on.Client, seen, name.pane)
		}
		// The host's engine keeps its own history.
		o.keep = nil
		return o.answer(ctx, cmd, on.visited, seen, name.pane)
	})
}

// answerer plans and types answers: the engine of this machine, or of another.
type answerer interface {
	PlanAnswer(ctx context.Context, r engine.Request) (engine.AnswerPlan, error)
	Health(ctx context.Context) (api.Engine, error)
	Answer(ctx context.Context, r engine.Request) (engine.Outcome, error)
}

// answer makes the request from what is seen, shows it, asks and sends it.
func (o *sendOptions) answer(ctx context.Context, cmd *cobra.Command, c answerer, s *engine.Snapshot, pane string) error {
	agent, err := agentIn(s, pane)
	if err != nil {
		return err
	}
	request, err := o.request(agent)
	if err != nil {
		return err
	}
	plan, err := c.PlanAnswer(ctx, request)
	if err != nil {
		return o.report(cmd, agent, engine.Outcome{Request: request}, err)
	}
	if err := o.expected(agent); err != nil {
		return o.report(cmd, agent, engine.Outcome{Request: request}, err)
	}
	preview(cmd.ErrOrStderr(), agent, plan)
	if !o.yes {
		if err := agree(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), "send?"); err != nil {
			return err
		}
	}
	request.Shown = plan.Words
	// A running engine that records writes the answer down itself.
	running, healthErr := c.Health(ctx)
	recorded := healthErr == nil && running.History
	outcome, err := c.Answer(engine.WithTraceParent(ctx, o.traceParent), request)
	if outcome.Sent && o.keep != nil && !recorded {
		if problem := o.keep(ctx, outcome); problem != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "agentwatch: the answer is not in the history: %v\n", problem)
		}
	}
	return o.report(cmd, agent, outcome, err)
}

// agentIn finds the agent of a pane.
func agentIn(s *engine.Snapshot, pane string) (engine.Agent, error) {
	var found []engine.Agent
	for _, a := range s.Agents {
		if a.Ref.Pane == pane {
			found = append(found, a)
		}
	}
	switch len(found) {
	case 0:
		return engine.Agent{}, fmt.Errorf("%w with an agent: %s on %s; agentwatch list shows them; %s", errPaneNotFound, pane, serverNames(s), elsewhere())
	case 1:
		return found[0], nil
	}
	return engine.Agent{}, errPaneOnSeveral(pane)
}

// request is what the flags ask for, of the agent as it is seen now.
func (o *sendOptions) request(a engine.Agent) (engine.Request, error) {
	r := engine.Request{Target: a.Ref, Seen: engine.SeenOf(a), InPopup: o.inPopup}
	switch {
	case o.approve:
		r.Action = engine.ActionApprove
	case o.deny:
		r.Action = engine.ActionDeny
	case o.interrupt:
		r.Action = engine.ActionInterrupt
	case o.resume:
		r.Action = engine.ActionResume
	case o.choose != "":
		r.Action = engine.ActionChoose
		option, err := optionOf(a.Dialog, o.choose)
		if err != nil {
			return r, err
		}
		r.Option = option
	case len(o.keys) > 0:
		r.Action = engine.ActionKeys
		for _, name := range o.keys {
			k, err := engine.ParseKey(name)
			if err != nil {
				return r, usageError(err)
			}
			r.Keys = append(r.Keys, k)
		}
	default:
		r.Action, r.Text = engine.ActionReply, o.text
	}
	return r, nil
}

// optionOf finds an option by its key, else by its number from the top.
func optionOf(d *health.Dialog, name string) (int, error) {
	if d == nil {
		return 0, fmt.Errorf("send: %w: it asks nothing", engine.ErrCannot)
	}
	if i := slices.IndexFunc(d.Options, func(o health.Option) bool { return o.Key == name }); i >= 0 {
		return i, nil
	}
	n, err := strconv.Atoi(name)
	if err != nil || n < 1 || n > len(d.Options) {
		var words []string
		for i, option := range d.Options {
			words = append(words, fmt.Sprintf("%d %s", i+1, sanitize.Text(option.Label)))
		}
		return 0, usageError(fmt.Errorf("there is no option %q; there are: %s", name, strings.Join(words, ", ")))
	}
	return n - 1, nil
}

// expected compares the question with the one that the caller expects.
func (o *sendOptions) expected(a engine.Agent) error {
	if o.expect == "" {
		return nil
	}
	asked := "nothing"
	if a.Dialog != nil {
		asked = a.Dialog.Question
	}
	if asked != o.expect {
		return &engine.ChangedError{Differences: []engine.Difference{{Aspect: answer.AspectQuestion, Seen: o.expect, Now: asked}}}
	}
	return nil
}

// preview shows what goes where.
func preview(w io.Writer, a engine.Agent, plan engine.AnswerPlan) {
	where := fmt.Sprintf("%s:%s:%d %s", a.Server, a.Session, a.WindowIndex, a.Window)
	fmt.Fprintf(w, "%s, %s in %s (%s)\n", kindWord(a.Kind), explain.StateWord(a), sanitize.Text(a.Ref.PaneName()), sanitize.Text(where))
	if a.Dialog != nil {
		for _, row := range a.Dialog.Body {
			fmt.Fprintf(w, "  %s\n", sanitize.Text(row))
		}
		for i, option := range a.Dialog.Options {
			mark := " "
			if i == plan.Option {
				mark = ">"
			}
			fmt.Fprintf(w, "  %s %s %s\n", mark, option.Key, sanitize.Text(option.Label))
		}
	}
	fmt.Fprintf(w, "agentwatch %s\n", sanitize.Text(plan.Words))
	// All of it, however long: what is not shown is not agreed to.
	for row := range strings.Lines(plan.Text) {
		fmt.Fprintf(w, "  | %s\n", sanitize.Text(strings.TrimSuffix(row, "\n")))
	}
}

// typedCells bounds how much of what was typed is said again.
const typedCells = 200

// typedWords says what was typed, the end of a long text by its keys.
func typedWords(o engine.Outcome) string {
	short := o
	short.Text = block.Cut(sanitize.Text(o.Text), typedCells, "…")
	return sanitize.Text(short.What())
}

// agree asks whether to go on.
func agree(ctx context.Context, in io.Reader, out io.Writer, question string) error {
	fmt.Fprint(out, question+" [y/N] ")
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(in).ReadString('\n')
		answer <- line
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case line := <-answer:
		if word := strings.ToLower(strings.TrimSpace(line)); word != "y" && word != "yes" {
			return errDeclined
		}
		return nil
	}
}

// sendRecord is `send --json`. It is a contract like those in record.go.
type sendRecord struct {
	Host      string   `json:"host,omitempty"`
	Server    string   `json:"server"`
	Pane      string   `json:"pane"`
	Kind      string   `json:"kind"`
	Action    string   `json:"action"`
	Sent      bool     `json:"sent"`
	Confirmed bool     `json:"confirmed"`
	Uncertain bool     `json:"uncertain,omitempty"`
	Keys      []string `json:"keys"`
	Text      string   `json:"text,omitempty"`
	TookMS    int64    `json:"took_ms"`
	// Changed is what is not as it was seen.
	Changed []differenceRecord `json:"changed,omitempty"`
	Error   string             `json:"error,omitempty"`
}

type differenceRecord struct {
	What string `json:"what"`
	Seen string `json:"seen"`
	Now  string `json:"now"`
}

// report says what came of it, and returns the error that decides the exit code.
func (o *sendOptions) report(cmd *cobra.Command, a engine.Agent, outcome engine.Outcome, err error) error {
	var differs *engine.ChangedError
	if errors.As(err, &differs) && !outcome.Sent {
		err = coded(fmt.Errorf("%w; nothing was typed", err), exitChanged)
	} else if err != nil && outcome.Sent {
		err = coded(fmt.Errorf("uncertain: %w; look at the pane before you send again", err), exitUncertain)
	}
	if o.asJSON {
		r := sendRecord{
			Host: a.Ref.Host, Server: a.Server, Pane: a.Ref.Pane, Kind: kindWord(a.Kind), Action: outcome.Request.Action.String(), Sent: outcome.Sent,
			Confirmed: outcome.Confirmed, Uncertain: outcome.Uncertain, Keys: []string{},
			Text: outcome.Text, TookMS: outcome.Took.Milliseconds(),
		}
		for _, k := range outcome.Keys {
			r.Keys = append(r.Keys, k.String())
		}
		if err != nil {
			r.Error = err.Error()
		}
		if differs != nil {
			for _, d := range differs.Differences {
				r.Changed = append(r.Changed, differenceRecord{What: d.Aspect.String(), Seen: d.Seen, Now: d.Now})
			}
		}
		encoder := json.NewEncoder(cmd.OutOrStdout())
		encoder.SetEscapeHTML(false)
		if failed := encoder.Encode(r); failed != nil {
			return fmt.Errorf("send: write: %w", failed)
		}
		return err
	}
	if err == nil {
		fmt.Fprintf(cmd.OutOrStdout(), "typed %s and confirmed\n", typedWords(outcome))
	}
	return err
}
