package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/socket"
	"agentwatch/internal/cli/doctor"
	"agentwatch/internal/config"
	"agentwatch/internal/history"
	"agentwatch/internal/kinds"
	"agentwatch/themes"
	"agentwatch/tmuxpool"
	"agentwatch/ui/sanitize"
)

// doctorTimeout is how long the doctor may take with the servers of a user that
// do not answer.
const doctorTimeout = 30 * time.Second

func newDoctor(p Process) *cobra.Command {
	var o watchOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Checks everything that agentwatch depends on, and says how to mend it",
		Long: "doctor looks at tmux, its servers and their options, the terminal, folders, the configuration,\n" +
			"your kinds and themes, the history and the engine process, and says of each whether it is well and how to mend it.\n" +
			"It changes nothing.\n" +
			"It exits with 1 when something fails.",
		Example: "  agentwatch doctor\n  agentwatch doctor --json | jq '.[] | select(.verdict != \"ok\")'",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := examine(cmd, p, o)
			write := writeFindings
			if asJSON {
				write = writeFindingsJSON
			}
			if err := write(cmd.OutOrStdout(), findings); err != nil {
				return err
			}
			failed := 0
			for _, f := range findings {
				if f.Verdict == doctor.Fail {
					failed++
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d checks failed", failed, len(findings))
			}
			return nil
		},
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of JSON objects")
	return cmd
}

// examine makes all checks. Checks of what other packages keep are added here.
func examine(cmd *cobra.Command, p Process, o watchOptions) []doctor.Finding {
	ctx, cancel := context.WithTimeout(cmd.Context(), doctorTimeout)
	defer cancel()
	loader := configLoader(p)
	file, problems := loader.Load()
	o.follow(p, file)
	_, profiles := kinds.Load(kinds.Folder(p.Getenv))
	well := loader.Path
	if file.Missing() {
		well += " is not there; none is needed (agentwatch config init writes one)"
	}
	checks := append(doctor.Standard(),
		doctor.Problems("configuration", well, "edit the file; until then the default is in force", config.Errors(problems)),
		doctor.Problems("kinds", "no problem in "+kinds.Folder(p.Getenv), "edit the file; until then it is left out", profiles),
		checkThemes(p.Getenv), checkHistory(ctx, p.Getenv), checkEngine(ctx, p),
	)
	return doctor.Run(ctx, doctor.Surroundings{
		Getenv: p.Getenv, UID: os.Getuid(), Size: func() (int, int, bool) { return terminalSize(p.Stdout) },
		Discover: tmuxpool.DiscoverOptions{Names: o.names, Paths: o.sockets, Env: p.Getenv, UID: os.Getuid()},
		Clients:  o.clients,
	}, checks...)
}

// checkThemes loads the user's own themes.
func checkThemes(getenv func(string) string) doctor.Check {
	folder := themesFolder(getenv)
	if folder == "" {
		return doctor.Problems("themes", "the built-in ones; a folder for your own is not known (HOME is not set)", "", nil)
	}
	_, problems := themes.LoadSet(folder)
	return doctor.Problems("themes", "no problem in "+folder, "edit the file; until then it is left out", problems)
}

// checkHistory opens the history for reading, which is no problem when there is
// none yet. What is wrong says itself how to mend it.
func checkHistory(ctx context.Context, getenv func(string) string) doctor.Check {
	path := history.Path(getenv)
	store, err := history.Open(ctx, history.Options{Path: path, ReadOnly: true})
	well := "no problem in " + path
	switch {
	case errors.Is(err, history.ErrNone):
		well, err = "nothing in "+path+" yet; it is recorded while agentwatch or agentwatch watch runs", nil
	case err == nil:
		err = store.Close()
	}
	var problems []error
	if err != nil {
		problems = append(problems, err)
	}
	return doctor.Problems("history", well, "agentwatch works without it; agentwatch history and agentwatch report have nothing to show", problems)
}

// checkEngine asks the engine process. That none runs is no problem.
func checkEngine(ctx context.Context, p Process) doctor.Check {
	path := socket.Path(p.Getenv)
	c := client.New(dialEngine(p), api.Selection{})
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	e, err := c.Health(ctx)
	well, mend := fmt.Sprintf("process %d, build %s, at %s", e.PID, e.Version, path), "look at "+path+" and its folder"
	own := ownBuild(p)
	switch {
	case errors.Is(err, api.ErrNobody):
		well, err = "none runs; the first dashboard starts one", nil
	case errors.Is(err, api.ErrNoAnswer), ctx.Err() != nil:
		mend = "it hangs or is stopped: end it, and the next dashboard starts another"
	case err == nil && own.Newer(e.Build):
		err = fmt.Errorf("it is of an older build: %s, this is %s", e.Version, own.Version)
		mend = "quit all dashboards and agentwatch serve; the next one starts the new build"
	}
	var problems []error
	if err != nil {
		problems = append(problems, err)
	}
	return doctor.Problems("engine process", well, mend, problems)
}

// terminalSize returns the size of a stream's terminal in cells.
func terminalSize(stream io.Writer) (width, height int, ok bool) {
	out, isDescriptor := stream.(descriptor)
	if !terminal(out, isDescriptor) {
		return 0, 0, false
	}
	width, height, err := term.GetSize(out.Fd())
	return width, height, err == nil
}

// writeFindings writes a table for people. How to mend a thing is below it.
func writeFindings(w io.Writer, findings []doctor.Finding) error {
	t := plainTable(3, "VERDICT", "CHECK", "FOUND, AND WHAT TO DO")
	for _, f := range findings {
		t.Row(f.Verdict.String(), sanitize.Text(f.Check), sanitize.Text(f.Found))
		if f.Mend != "" {
			t.Row("", "", "→ "+sanitize.Text(f.Mend))
		}
	}
	return writeTable(w, "doctor", t)
}

func writeFindingsJSON(w io.Writer, findings []doctor.Finding) error {
	return writeIndented(w, "doctor", findings)
}

// writeTable writes a table for a command.
func writeTable(w io.Writer, command string, t *table.Table) error {
	if _, err := lipgloss.Fprint(w, trimmed(t)); err != nil {
		return fmt.Errorf("%s: write: %w", command, err)
	}
	return nil
}

// writeIndented writes one JSON value for a command.
func writeIndented(w io.Writer, command string, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("%s: write: %w", command, err)
	}
	return nil
}
