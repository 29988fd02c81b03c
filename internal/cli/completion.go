package cli

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
	"agentwatch/internal/config"
	"agentwatch/tmuxpool"
)

// completionTimeout bounds how long a shell waits for the names of servers.
const completionTimeout = time.Second

// completeValues tells the shells' completions what the options of all commands
// can be given.
func completeValues(p Process, cmd *cobra.Command) {
	for flag, complete := range map[string]cobra.CompletionFunc{
		"strategy": completeStrategies,
		"theme": func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return themeNames(p), cobra.ShellCompDirectiveNoFileComp
		},
		"state": func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return completeStates(typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
		},
		"format": func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return []string{string(statusTmux), string(statusPlain), string(statusJSON)}, cobra.ShellCompDirectiveNoFileComp
		},
		"clients": func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return []string{config.ClientsAuto, config.ClientsAlways, config.ClientsNever}, cobra.ShellCompDirectiveNoFileComp
		},
		"server": func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return completeServers(cmd.Context(), p)
		},
	} {
		if cmd.Flags().Lookup(flag) != nil {
			// It fails only where a command has registered its own.
			_ = cmd.RegisterFlagCompletionFunc(flag, complete)
		}
	}
	for _, child := range cmd.Commands() {
		completeValues(p, child)
	}
}

func completeStrategies(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var all []cobra.Completion
	for _, s := range strategies.Builtin() {
		all = append(all, cobra.CompletionWithDesc(string(s.Name()), s.Summary()))
	}
	return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// completeStates has the states, after those that are typed already.
func completeStates(typed string) []cobra.Completion {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	var states []cobra.Completion
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		states = append(states, before+u.String())
	}
	return states
}

// completeServers has the names of the tmux servers that answer.
func completeServers(ctx context.Context, p Process) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(ctx, completionTimeout)
	defer cancel()
	found, _ := tmuxpool.Discover(ctx, tmuxpool.DiscoverOptions{Env: p.Getenv, UID: os.Getuid()})
	var names []cobra.Completion
	for _, socket := range found {
		names = append(names, socket.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// refuseUnknownShells makes a shell that there are no completions for a mistake in
// the call: cobra's command would print its help and exit with 0.
func refuseUnknownShells(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Args = noArguments
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}
