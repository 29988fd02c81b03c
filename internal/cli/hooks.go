package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"agentwatch/internal/hooks"
	"agentwatch/ui/sanitize"
)

func newHooks(p Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hooks",
		Short: "Lets agent programs say themselves what they do",
		Long: "hooks puts hooks into the settings of agent programs, which then say in an option of their tmux pane\n" +
			"(@agentwatch_state) that they work, wait or are idle. agentwatch takes that for evidence where the screen\n" +
			"leaves a doubt: docs/hooks.md. Nothing is changed before you have seen how.",
		Example: "  agentwatch hooks status\n  agentwatch hooks install claude\n  agentwatch hooks remove claude",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newHooksStatus(p), newHooksChange(p, "install", "Shows what is added to a program's settings, asks, and adds it", hooks.Program.Install),
		newHooksChange(p, "remove", "Shows what is taken from a program's settings, asks, and takes it away", hooks.Program.Remove))
	return cmd
}

func hookNames() []string {
	var names []string
	for _, program := range hooks.Programs() {
		names = append(names, program.Name)
	}
	return names
}

func newHooksStatus(p Process) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Says which programs have them", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, program := range hooks.Programs() {
				path := program.Path(p.Getenv)
				text, err := hooks.Read(path)
				word := "not installed"
				switch have, all := program.Installed(text); {
				case err != nil:
					word = "cannot be read: " + err.Error()
				case have == all:
					word = "installed"
				case have > 0:
					word = fmt.Sprintf("%d of %d hooks; install adds the others", have, all)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%-9s %s  %s\n", program.Name, word, sanitize.Text(path))
			}
			return nil
		},
	}
}

// newHooksChange is the command that changes a program's settings by change.
func newHooksChange(p Process, name, short string, change func(hooks.Program, string) (string, error)) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: name + " PROGRAM", Short: short, ValidArgs: hookNames(),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(fmt.Errorf("hooks %s needs one program: %s", name, strings.Join(hookNames(), ", ")))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			program, err := hooks.Find(args[0])
			if err != nil {
				return usageError(fmt.Errorf("%w; there are: %s", err, strings.Join(hookNames(), ", ")))
			}
			path := program.Path(p.Getenv)
			before, err := hooks.Read(path)
			if err != nil {
				return fmt.Errorf("hooks: %w", err)
			}
			after, err := change(program, before)
			if err != nil {
				return fmt.Errorf("hooks: %s: %w", path, err)
			}
			if after == before {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "nothing to do: %s\n", sanitize.Text(path))
				return err
			}
			in, inOK := p.Stdin.(descriptor)
			if !yes && !terminal(in, inOK) {
				return usageError(fmt.Errorf("there is no terminal to ask on: give --yes"))
			}
			showChange(cmd.ErrOrStderr(), path, before, after)
			if !yes {
				if err := agree(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), "change it?"); err != nil {
					return fmt.Errorf("%s is as it was", path)
				}
			}
			// Somebody may have changed it while the user was reading.
			if now, err := hooks.Read(path); err != nil || now != before {
				return fmt.Errorf("hooks: %s has changed meanwhile and is left alone", path)
			}
			if err := hooks.Write(path, after); err != nil {
				return fmt.Errorf("hooks: %w", err)
			}
			if name == "install" {
				fmt.Fprintln(cmd.OutOrStdout(), program.Note)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask; needed where there is no terminal")
	return cmd
}

// showChange shows the lines in which two texts of a file differ, with some around.
func showChange(w io.Writer, path, before, after string) {
	const around = 2
	from, to := lines(before), lines(after)
	head := 0
	for head < min(len(from), len(to)) && from[head] == to[head] {
		head++
	}
	tail := 0
	for tail < min(len(from), len(to))-head && from[len(from)-1-tail] == to[len(to)-1-tail] {
		tail++
	}
	fmt.Fprintf(w, "%s\n", sanitize.Text(path))
	show := func(mark string, rows []string) {
		for _, row := range rows {
			fmt.Fprintf(w, "%s %s\n", mark, sanitize.Text(row))
		}
	}
	show(" ", from[max(head-around, 0):head])
	show("-", from[head:len(from)-tail])
	show("+", to[head:len(to)-tail])
	show(" ", from[len(from)-tail:min(len(from)-tail+around, len(from))])
}

// lines are the lines of a text; none for an empty one.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
