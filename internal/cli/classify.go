package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"agentwatch/health"
)

// screenRecord is one line of classify's input.
type screenRecord struct {
	ID             string   `json:"id"`
	Kind           string   `json:"kind"`
	Title          string   `json:"title"`
	CurrentCommand string   `json:"current_command"`
	AlternateOn    bool     `json:"alternate_on"`
	InMode         bool     `json:"in_mode"`
	Processes      []string `json:"processes"`
	Width          int      `json:"width"`
	Height         int      `json:"height"`
	Screen         *string  `json:"screen"`
}

// verdictRecord is one line of classify's output.
type verdictRecord struct {
	ID         string       `json:"id"`
	Kind       string       `json:"kind"`
	State      health.State `json:"state"`
	Confidence float64      `json:"confidence"`
	Rule       string       `json:"rule"`
	// Line is the row of the screen that decided, counted from 1; 0 when the
	// fact is not on the screen.
	Line int `json:"line"`
}

// errorRecord is written in place of a verdict for a line that cannot be used.
type errorRecord struct {
	ID    string `json:"id,omitempty"`
	Line  int    `json:"input_line"`
	Error string `json:"error"`
}

// byteOrderMark is what some programs put before UTF-8.
const byteOrderMark = "\ufeff"

var (
	errNoScreen     = errors.New("the field screen is missing")
	errNotOneObject = errors.New("more than one JSON value on the line")
)

func newClassify(p Process) *cobra.Command {
	return &cobra.Command{
		Use:   "classify",
		Short: "Reads screens as JSON lines and writes what each agent is doing",
		Long: "classify reads one JSON object a line from standard input: id, kind (optional), title,\n" +
			"current_command, alternate_on, in_mode, processes (lines \"pid ppid stat cpu comm | args\"),\n" +
			"width, height, screen. It writes one object a line: id, kind, state, confidence, rule, line.\n" +
			"A line that cannot be used gets {id, input_line, error}, and the rest goes on.",
		Example: "  agentwatch classify < screens.jsonl",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			err := untilDone(ctx, func() error { return classify(ctx, loadDetector(p), cmd.InOrStdin(), cmd.OutOrStdout()) })
			return errors.Join(err, ctx.Err())
		},
	}
}

// classify judges every line of in. It fails only when reading or writing does.
func classify(ctx context.Context, detector *health.Detector, in io.Reader, out io.Writer) error {
	reader := bufio.NewReaderSize(in, 64<<10)
	buffered := bufio.NewWriter(out)
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false)
	for number := 1; ctx.Err() == nil; number++ {
		line, err := reader.ReadBytes('\n')
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte(byteOrderMark))
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if failed := encoder.Encode(judge(detector, line, number)); failed != nil {
				return fmt.Errorf("classify: write: %w", failed)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(fmt.Errorf("classify: read line %d: %w", number, err), buffered.Flush())
		}
		// Whoever feeds line by line wants to read line by line.
		if reader.Buffered() == 0 {
			if err := buffered.Flush(); err != nil {
				return fmt.Errorf("classify: write: %w", err)
			}
		}
	}
	return errors.Join(ctx.Err(), buffered.Flush())
}

// outcome is what one line of output may be.
type outcome interface{ isOutcome() }

func (verdictRecord) isOutcome() {}
func (errorRecord) isOutcome()   {}

// judge turns one line of input into one of output.
func judge(detector *health.Detector, line []byte, number int) outcome {
	var r screenRecord
	if err := json.Unmarshal(line, &r); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) && err.Error() == "invalid character '{' after top-level value" {
			err = errNotOneObject
		}
		return errorRecord{ID: r.ID, Line: number, Error: err.Error()}
	}
	o, err := r.observation()
	if err != nil {
		return errorRecord{ID: r.ID, Line: number, Error: err.Error()}
	}
	v := detector.Detect(o)
	return verdictRecord{
		ID: r.ID, Kind: kindWord(v.Kind), State: v.State, Confidence: v.Confidence,
		Rule: v.Evidence.Rule, Line: v.Evidence.Line,
	}
}

// observation turns the record into what a detector looks at.
func (r screenRecord) observation() (health.Observation, error) {
	if r.Screen == nil {
		return health.Observation{}, errNoScreen
	}
	o := health.Observation{
		Kind: health.Kind(r.Kind), Title: r.Title, CurrentCommand: r.CurrentCommand,
		AlternateOn: r.AlternateOn, InMode: r.InMode, Width: r.Width, Height: r.Height, Screen: *r.Screen,
	}
	if r.Kind == kindWord(health.KindNone) {
		o.Kind = health.KindNone
	}
	for i, text := range r.Processes {
		process, err := health.ParseProcessLine(text)
		if err != nil {
			return health.Observation{}, fmt.Errorf("processes[%d]: %w", i, err)
		}
		o.Processes = append(o.Processes, process)
	}
	return o, nil
}
