package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/client"
	"agentwatch/internal/notify"
	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/jump"
)

// errNobodyNeedsYou is what next comes to at rest.
var errNobodyNeedsYou = errors.New("no agent needs you")

// nextOptions say what next does with what it finds.
type nextOptions struct {
	// print only prints where it is, asJSON as an object.
	print, asJSON bool
	// client is the tmux client to move; empty to find out who asks.
	client string
}

func newNext(p Process) *cobra.Command {
	var o watchOptions
	var m machines
	var n nextOptions
	var verbose bool
	cmd := &cobra.Command{
		Use:   "next",
		Short: "Takes you to the agent that needs you most",
		Long: "next takes your tmux client to the agent that needs you most: of the most urgent ones the one\n" +
			"that has waited for longest. When none needs you it says so and exits with 1.\n" +
			"With --client, the message is shown in that client's status line and the exit code is 0.\n" +
			"With --print it only prints the server's socket and the pane.",
		Example: "  # in ~/.tmux.conf\n  bind-key N run-shell \"agentwatch next --client '#{client_name}'\"\n\n" +
			"  agentwatch next --print\n  agentwatch next --json | jq -r .activity",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n.print = n.print || n.asJSON
			err := runNext(cmd.Context(), asking{p, o, verbose}, m, n, cmd.OutOrStdout())
			if err != nil && n.client != "" && !n.print {
				return tellClient(cmd.Context(), p, n.client, err)
			}
			return err
		},
	}
	o.addFlags(cmd)
	m.addFlag(cmd)
	f := cmd.Flags()
	f.BoolVar(&n.print, "print", false, "print the server's socket and the pane instead of going there")
	f.BoolVar(&n.asJSON, "json", false, "print the agent as a JSON object instead of going there")
	f.StringVar(&n.client, "client", "", "the tmux client to move, as by '#{client_name}' (default: the one used last)")
	f.BoolVar(&verbose, "verbose", false, "say on standard error why no running agentwatch was asked")
	return cmd
}

func runNext(ctx context.Context, a asking, m machines, n nextOptions, out io.Writer) error {
	seen, _, away, err := a.snapshot(ctx, m, false)
	if err != nil {
		return err
	}
	unread := errors.Join(away, m.unread(a.process, a.options, seen))
	agent, found := neediest(seen.Agents)
	switch {
	case !found && unread != nil:
		return unread
	case !found && len(seen.Agents) == 0:
		return fmt.Errorf("%w, and none is found; %s", errNobodyNeedsYou, elsewhere())
	case !found:
		return errNobodyNeedsYou
	case n.asJSON:
		err = json.NewEncoder(out).Encode(agentRecordOf(agent))
	case n.print:
		_, err = fmt.Fprintln(out, agent.Ref)
	case agent.Ref.Host != "":
		named, failed := hostsNamed(configuredHosts(a.process), agent.Ref.Host)
		if failed == nil {
			failed = goToHost(ctx, a.process, n.client, named[0], agent.Ref)
		}
		return errors.Join(failed, unread)
	default:
		return errors.Join(goTo(ctx, a, n.client, agent), unread)
	}
	if err != nil {
		return fmt.Errorf("next: write: %w", err)
	}
	return unread
}

// neediest is the agent that needs the user most: of the most urgent ones that
// which has been so for longest. ok is false when none does. What a server shows
// that does not answer counts only when there is nothing else.
func neediest(agents []engine.Agent) (found engine.Agent, ok bool) {
	needy := slices.DeleteFunc(slices.Clone(agents), func(a engine.Agent) bool { return !a.NeedsUser() })
	if len(needy) == 0 {
		return engine.Agent{}, false
	}
	stale := func(a engine.Agent) int {
		if a.Stale {
			return 1
		}
		return 0
	}
	return slices.MinFunc(needy, func(a, b engine.Agent) int {
		return cmp.Or(cmp.Compare(stale(a), stale(b)), cmp.Compare(a.Urgency(), b.Urgency()), a.Since.Compare(b.Since))
	}), true
}

// goTo takes the user's tmux client to an agent, or the terminal when it is not
// inside tmux, and says to the running instance that the user has been there.
func goTo(ctx context.Context, a asking, by string, agent engine.Agent) error {
	tmux, err := tmuxpool.FindTmux()
	if err != nil {
		return err
	}
	keyboard, _ := a.process.Stdin.(*os.File)
	home, err := jump.Here(ctx, tmux, a.process.Getenv, keyboard)
	if err != nil {
		return err
	}
	if home.Socket == "" && by != "" {
		// A key of the desktop's, say: the client is on the agent's own server.
		home.Socket = agent.Ref.Server
	}
	done, err := jump.Jumper{Tmux: tmux, Home: home, Client: by}.To(ctx, jump.Place{Socket: agent.Ref.Server, Pane: agent.Ref.Pane})
	if err != nil {
		return err
	}
	if len(done.Attach) > 0 {
		if !terminal(keyboard, keyboard != nil) {
			return usageError(errors.New("this is neither inside tmux nor in a terminal: there is nothing to take to the agent; --print says where it is"))
		}
		return attach(ctx, a.process, done.Attach)
	}
	if agent.Urgency() == engine.UrgencyDone {
		// Without an engine process nobody keeps what has been seen.
		c := client.New(dialEngine(a.process), a.options.selection(a.process.Getenv))
		defer c.Close()
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		_ = c.MarkSeen(ctx, agent.Ref)
	}
	return nil
}

// tellClient says to a tmux client what came of its key: of what a key binding
// runs, tmux shows no more than the exit code. That nobody needs the user, once
// told, is no error any more.
func tellClient(ctx context.Context, p Process, client string, why error) error {
	socket, _, inside := strings.Cut(p.Getenv("TMUX"), ",")
	if !inside || socket == "" {
		return why
	}
	text := notify.FormatOf("agentwatch: " + why.Error())
	if _, err := tmuxCommand(ctx, socket, "display-message", "-c", client, "--", argument(string(text))); err == nil && errors.Is(why, errNobodyNeedsYou) {
		return nil
	}
	return why
}

// attach gives the terminal to a tmux client until it is detached.
func attach(ctx context.Context, p Process, command []string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Stdin, p.Stdout, p.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	return nil
}
