package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
)

// diffOptions are the flags of diff.
type diffOptions struct{ base, stat, raw bool }

// diffTimeout bounds the whole command.
const diffTimeout = 20 * time.Second

// errDiffCut is returned where all of a diff is needed.
var errDiffCut = errors.New("the diff is too large: it is not all there")

func newDiff(p Process) *cobra.Command {
	var o watchOptions
	var d diffOptions
	cmd := &cobra.Command{
		Use:   "diff PANE",
		Short: "Shows what has changed in the folder that an agent works in",
		Long: "diff prints what git finds changed in the folder of the agent in a pane (its tmux id, such as %3)\n" +
			"since the last commit, or since its branch began, files that git neither tracks nor ignores included.\n" +
			"Nothing is written, and no program is started that the repository's configuration names. Control\n" +
			"characters are left out of the text, except with --raw, whose output git apply takes. What is larger\n" +
			"than 2 MiB, or 256 KiB a file, is cut off, and said to be on standard error.",
		Example: "  agentwatch diff %3\n  agentwatch diff %3 --base --stat\n  agentwatch diff %3 --raw | git apply\n  agentwatch diff dev1:%3",
		Args:    onePane,
		RunE: func(cmd *cobra.Command, args []string) error {
			if d.stat && d.raw {
				return usageError(errors.New("--stat and --raw exclude each other"))
			}
			found, err := askDiff(cmd.Context(), p, o, args[0], d.base)
			if err != nil {
				return err
			}
			return d.write(cmd.OutOrStdout(), cmd.ErrOrStderr(), found)
		},
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.BoolVar(&d.base, "base", false, "compare with where the branch began, not with the last commit")
	f.BoolVar(&d.stat, "stat", false, "print the files and how many lines they have gained and lost")
	f.BoolVar(&d.raw, "raw", false, "print the patch as it is, for git apply; fails when it is not all there")
	return cmd
}

// askDiff has the running engine read a diff, or an engine of our own.
func askDiff(ctx context.Context, p Process, o watchOptions, pane string, base bool) (found engine.Diff, err error) {
	ctx, cancel := context.WithTimeout(ctx, diffTimeout)
	defer cancel()
	name, _ := parsePaneName(pane)
	err = asking{process: p, options: o}.onPane(ctx, name, func(ctx context.Context, on machine) error {
		seen, err := on.Snapshot(ctx)
		if err != nil {
			return err
		}
		agent, err := agentIn(seen, name.pane)
		if err != nil {
			return err
		}
		found, err = on.Diff(ctx, agent.Ref, base)
		return err
	})
	return found, err
}

// write prints a diff.
func (o diffOptions) write(out, notes io.Writer, d engine.Diff) error {
	against := sanitize.Text(d.Against)
	if d.Commit != "" {
		against += " (" + sanitize.Text(d.Commit) + ")"
	}
	switch {
	case o.raw:
		return writeRawDiff(out, d)
	case len(d.Files) == 0:
		fmt.Fprintf(notes, "agentwatch: nothing has changed against %s\n", against)
		return nil
	case o.stat:
		if err := writeDiffStat(out, d, against); err != nil {
			return err
		}
	default:
		if err := writeDiff(out, d); err != nil {
			return err
		}
	}
	for _, f := range d.Files {
		if f.Cut && !o.stat {
			fmt.Fprintf(notes, "agentwatch: cut off: the diff of %s\n", sanitize.Text(f.Path))
		}
	}
	if d.Omitted > 0 {
		fmt.Fprintf(notes, "agentwatch: cut off: %d further files\n", d.Omitted)
	}
	return nil
}

// writeRawDiff prints a diff so that it can be applied.
func writeRawDiff(out io.Writer, d engine.Diff) error {
	for _, f := range d.Files {
		if _, err := io.WriteString(out, f.Patch); err != nil {
			return fmt.Errorf("diff: write: %w", err)
		}
	}
	if d.Cut() {
		return errDiffCut
	}
	return nil
}

func writeDiffStat(w io.Writer, d engine.Diff, against string) error {
	width := 0
	for _, f := range d.Files {
		width = max(width, len(f.Change.String()))
	}
	var out strings.Builder
	for _, f := range d.Files {
		path, lines := sanitize.Text(f.Path), fmt.Sprintf("+%d -%d", f.Added, f.Removed)
		if f.From != "" {
			path = sanitize.Text(f.From) + " => " + path
		}
		if f.Binary {
			lines = "binary"
		}
		fmt.Fprintf(&out, "%-*s  %-13s %s\n", width, f.Change, lines, path)
	}
	added, removed := d.Lines()
	fmt.Fprintf(&out, "%s, +%d -%d against %s\n", format.Plural(len(d.Files)+d.Omitted, "file"), added, removed, against)
	if _, err := io.WriteString(w, out.String()); err != nil {
		return fmt.Errorf("diff: write: %w", err)
	}
	return nil
}

// writeDiff prints the patches for people, coloured where there are colours.
func writeDiff(w io.Writer, d engine.Diff) error {
	var out strings.Builder
	for _, f := range d.Files {
		header := true
		for line := range strings.Lines(f.Patch) {
			header = (header || strings.HasPrefix(line, "diff --git ")) && !strings.HasPrefix(line, "@@")
			colour := map[byte]string{'+': "32", '-': "31", '@': "36"}[line[0]]
			if header {
				colour = "1"
			}
			text := diffText(strings.TrimSuffix(line, "\n"))
			if colour != "" {
				text = "\x1b[" + colour + "m" + text + "\x1b[m"
			}
			out.WriteString(text + "\n")
		}
		if f.Cut {
			out.WriteString("(the diff of this file is cut off)\n")
		}
	}
	if _, err := lipgloss.Fprint(w, out.String()); err != nil {
		return fmt.Errorf("diff: write: %w", err)
	}
	return nil
}

// diffText is a line without what could harm a terminal; only tabs stay.
func diffText(line string) string {
	parts := strings.Split(line, "\t")
	for i := range parts {
		parts[i] = sanitize.Text(parts[i])
	}
	return strings.Join(parts, "\t")
}
