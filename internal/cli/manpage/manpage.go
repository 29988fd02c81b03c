// Package manpage writes the manual page of a program from its commands, so
// that no command or option is missing in it. What the commands do not tell
// (files, environment, exit status) stands in the template.
package manpage

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

//go:embed agentwatch.1.tmpl
var pageTemplate string

// Options are what a page says beside what the commands tell.
type Options struct {
	// Version is that of the program.
	Version string
	// Date is that of the page; the zero time leaves it out.
	Date time.Time
}

// page is what the template shows. All its texts are roff already.
type page struct {
	command
	Version, Date, Summary string
	Commands               []command
}

// command is one command of the program.
type command struct {
	Synopsis, Description, Example string
	Options                        []option
	// Shared names the options that are described with the program's own.
	Shared string
}

type option struct{ Names, Meaning string }

// Write writes the page of the program whose first command is root: all
// commands that are not hidden, and their options.
func Write(w io.Writer, root *cobra.Command, o Options) error {
	tmpl, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("man: template: %w", err)
	}
	root.InitDefaultHelpFlag()
	root.InitDefaultVersionFlag()
	p := page{command: describe(root, nil), Version: escape(o.Version), Summary: escape(lowered(root.Short))}
	if !o.Date.IsZero() {
		p.Date = o.Date.UTC().Format(time.DateOnly)
	}
	p.Commands = below(root, root.LocalFlags())
	if err := tmpl.Execute(w, p); err != nil {
		return fmt.Errorf("man: write: %w", err)
	}
	return nil
}

// below describes all commands below one, depth first.
func below(parent *cobra.Command, known *pflag.FlagSet) []command {
	var all []command
	for _, child := range parent.Commands() {
		if child.IsAvailableCommand() {
			all = append(append(all, describe(child, known)), below(child, known)...)
		}
	}
	return all
}

// describe tells of one command what a page shows. Options that are known
// already are only named.
func describe(cmd *cobra.Command, known *pflag.FlagSet) command {
	c := command{Synopsis: synopsis(cmd), Description: prose(cmd.Long), Example: literal(outdented(cmd.Example))}
	if cmd.Long == "" {
		c.Description = prose(cmd.Short + ".")
	}
	var shared []string
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Hidden || known != nil && f.Name == "help":
		case known != nil && sameFlag(known.Lookup(f.Name), f):
			shared = append(shared, `\fB`+escape("--"+f.Name)+`\fR`)
		default:
			c.Options = append(c.Options, describeFlag(f))
		}
	})
	c.Shared = listed(shared)
	return c
}

// sameFlag tells whether two commands mean the same by an option.
func sameFlag(a, b *pflag.Flag) bool {
	return a != nil && a.Usage == b.Usage && a.DefValue == b.DefValue && a.Shorthand == b.Shorthand
}

// synopsis is how a command is called.
func synopsis(cmd *cobra.Command) string {
	_, arguments, _ := strings.Cut(cmd.Use, " ")
	called := `\fB` + escape(cmd.CommandPath()) + `\fR`
	if arguments != "" {
		called += ` \fI` + escape(arguments) + `\fR`
	}
	if cmd.HasAvailableSubCommands() {
		called += ` \fIcommand\fR`
	}
	return called
}

// describeFlag is an option with its value, meaning and default.
func describeFlag(f *pflag.Flag) option {
	value, usage := pflag.UnquoteUsage(f)
	names := `\fB` + escape("--"+f.Name) + `\fR`
	if f.Shorthand != "" {
		names = `\fB` + escape("-"+f.Shorthand) + `\fR, ` + names
	}
	switch value = strings.TrimSuffix(value, "Array"); {
	case value == "" && f.DefValue == "true":
		names += `[=\fItrue\fR|\fIfalse\fR]`
	case value != "":
		names += ` \fI` + escape(value) + `\fR`
	}
	meaning := sentence(usage)
	if given := strings.Trim(f.DefValue, "[]"); given != "" && given != "false" && given != "0" && given != "0s" {
		meaning += " Default: " + given + "."
	}
	return option{Names: names, Meaning: prose(meaning)}
}
