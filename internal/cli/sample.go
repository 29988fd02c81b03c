package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/redact"
	"agentwatch/ui/sanitize"
)

// errNotKept says that the user did not agree to what would be written.
var errNotKept = errors.New("nothing was written")

// sampleOptions are the flags of sample.
type sampleOptions struct {
	output string
	yes    bool
	words  []string
}

func newSample(p Process) *cobra.Command {
	var o watchOptions
	var s sampleOptions
	cmd := &cobra.Command{
		Use:   "sample PANE",
		Short: "Saves a pane's screen with secrets masked, to send in a report",
		Long: "sample looks at one pane (its tmux id, such as %3) and masks secrets, addresses, paths, and the\n" +
			"names of the user and the host, each by as many characters. It shows all that would be written\n" +
			"and asks before it writes a file, which agentwatch eval reads. It sends nothing. Read what it\n" +
			"shows: what is secret only to you it cannot know; --mask names more words. Correct kind and\n" +
			"state in the file where agentwatch was wrong about them.",
		Example: "  agentwatch sample %3\n  agentwatch sample %3 --mask acme --output acme.jsonl",
		Args:    onePane,
		RunE: func(cmd *cobra.Command, args []string) error {
			explained, err := askExplained(cmd.Context(), p, o, args[0])
			if err != nil {
				return err
			}
			return s.run(cmd.Context(), p, explained)
		},
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.StringVarP(&s.output, "output", "o", "", "the file to write (default: one named after the kind and the time)")
	f.BoolVar(&s.yes, "yes", false, "write without asking")
	f.StringArrayVar(&s.words, "mask", nil, "another word to mask (repeatable)")
	return cmd
}

// run shows the sample and writes it when the user agrees.
func (s sampleOptions) run(ctx context.Context, p Process, e engine.Explained) error {
	masked := redact.Masked{}
	record := sampleOf(e, redact.New(append(ownNames(p), s.words...)...), masked)
	record.Agentwatch = versionText(p.Version)
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(record); err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	if s.output == "" {
		s.output = fmt.Sprintf("agentwatch-sample-%s-%s.jsonl", record.Kind, time.Now().Format("20060102-150405"))
	}
	showSample(p.Stdout, record, masked)
	after, err := record.observation()
	if err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	if v := loadDetector(p).Detect(after); v.State != record.State || v.Kind != health.Kind(record.Kind) && kindWord(v.Kind) != record.Kind {
		fmt.Fprintf(p.Stdout, "The masked screen is judged otherwise (%s, %s): say in your report what was to be seen.\n", kindWord(v.Kind), v.State)
	}
	if !s.yes {
		fmt.Fprintf(p.Stdout, "Nothing has been written or sent. Write this to %s? [y/N] ", sanitize.Text(s.output))
		if err := agreed(ctx, p.Stdin); err != nil {
			return err
		}
	}
	if err := writeNew(s.output, text.Bytes()); err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	fmt.Fprintf(p.Stdout, "wrote %s\n", sanitize.Text(s.output))
	return nil
}

// sampleRecord is one labelled screen, as eval reads it.
type sampleRecord struct {
	screenRecord
	State health.State `json:"state"`
	Wait  string       `json:"wait,omitempty"`
	// Rule is what decided, Agentwatch the version that judged.
	Rule       string `json:"rule"`
	Agentwatch string `json:"agentwatch"`
}

// sampleOf masks what was seen in a pane.
func sampleOf(e engine.Explained, r *redact.Redactor, masked redact.Masked) sampleRecord {
	o, v := e.Observation, e.Verdict
	screen := r.Text(o.Screen, masked)
	record := sampleRecord{
		screenRecord: screenRecord{
			ID: "sample/" + kindWord(v.Kind), Kind: kindWord(v.Kind), Title: r.Text(o.Title, masked), CurrentCommand: r.Text(o.CurrentCommand, masked),
			AlternateOn: o.AlternateOn, InMode: o.InMode, Width: o.Width, Height: o.Height, Screen: &screen, Processes: []string{},
		},
		State: v.State, Wait: v.Wait.String(), Rule: v.Evidence.Rule,
	}
	if host, err := os.Hostname(); err == nil && o.Title == host {
		// tmux's default, also where the host's name is too short to be masked.
		record.Title = "host"
	}
	for _, process := range o.Processes {
		stat := "S"
		if process.Foreground {
			stat = "S+"
		}
		var args []string
		for _, argument := range process.Args {
			// The format has no spaces inside of an argument.
			args = append(args, strings.ReplaceAll(r.Argument(argument, masked), " ", "_"))
		}
		record.Processes = append(record.Processes, fmt.Sprintf("%d %d %s 0.0 %s | %s", process.PID, process.PPID, stat, process.Comm, strings.Join(args, " ")))
	}
	return record
}

// showSample shows all that would be written.
func showSample(w io.Writer, r sampleRecord, masked redact.Masked) {
	rule := strings.Repeat("-", min(max(r.Width, 20), 200))
	fmt.Fprintln(w, rule)
	for _, row := range strings.Split(*r.Screen, "\n") {
		fmt.Fprintln(w, sanitize.Text(row))
	}
	fmt.Fprintln(w, rule)
	fmt.Fprintf(w, "kind %s, state %s, by rule %s; %dx%d\n", r.Kind, cmp.Or(r.Wait, r.State.String()), cmp.Or(r.Rule, "none"), r.Width, r.Height)
	fmt.Fprintf(w, "title: %s\ncommand: %s\n", sanitize.Text(r.Title), sanitize.Text(r.CurrentCommand))
	for _, process := range r.Processes {
		fmt.Fprintf(w, "process: %s\n", sanitize.Text(process))
	}
	var counts []string
	for _, sort := range slices.Sorted(maps.Keys(masked)) {
		counts = append(counts, fmt.Sprintf("%s %d", sort, masked[sort]))
	}
	fmt.Fprintf(w, "masked: %s\n", cmp.Or(strings.Join(counts, ", "), "nothing"))
}

// ownNames are those of the user and the host.
func ownNames(p Process) []string {
	names := []string{p.Getenv("USER"), p.Getenv("LOGNAME"), filepath.Base(p.Getenv("HOME"))}
	if own, err := user.Current(); err == nil {
		names = append(names, own.Username)
		names = append(names, strings.Fields(strings.ReplaceAll(own.Name, ",", " "))...)
	}
	if host, err := os.Hostname(); err == nil {
		short, _, _ := strings.Cut(host, ".")
		names = append(names, host, short)
	}
	return names
}

// agreed waits for the user's yes.
func agreed(ctx context.Context, in io.Reader) error {
	err := agree(ctx, in, io.Discard, "")
	if errors.Is(err, errDeclined) {
		return errNotKept
	}
	return err
}

// writeNew writes a file that is not there yet and that only the user may read.
func writeNew(path string, text []byte) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = file.Write(text)
	return err
}
