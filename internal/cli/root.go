// Package cli has agentwatch's commands: it reads flags, builds the rooms by
// their constructors, and runs them.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/engine/strategies"
	"agentwatch/health"
	"agentwatch/internal/config"
	"agentwatch/internal/kinds"
	"agentwatch/internal/plugin"
	"agentwatch/tmuxpool"
)

// Process is what the program gets from the operating system.
type Process struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	// Version is the one that the linker was given; empty in a plain go build.
	Version string

	// configuration keeps what was read of the configuration file; nil to read it
	// each time.
	configuration *config.Cache
}

// Main runs the command that the arguments name and returns the exit code.
func Main(p Process) int {
	p.configuration = new(config.Cache)
	root := newRoot(p)
	root.SetArgs(p.Args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	err := root.ExecuteContext(ctx)
	if err != nil {
		reportError(p.Stderr, err)
	}
	return exitCode(err)
}

// styleHelp lets fang print the help of all commands. Nothing else is left to it:
// before it reports an error it asks the terminal for its background colour, which
// takes seconds where nobody answers, and for ever in a background job, which the
// kernel stops for that.
func styleHelp(p Process, root *cobra.Command) {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		root.SetArgs(append(strings.Fields(cmd.CommandPath())[1:], "--help"))
		_ = fang.Execute(context.Background(), root, fang.WithVersion(versionText(p.Version)), fang.WithoutManpage())
	})
}

func newRoot(p Process) *cobra.Command {
	var o watchOptions
	var theme string
	root := &cobra.Command{
		Use:   "agentwatch",
		Short: "Shows what every AI coding agent in your tmux panes is doing, and which needs you now",
		Long: "agentwatch is a dashboard for a spare tmux window. It finds every coding agent in every\n" +
			"pane of your tmux servers, tells what each is doing and why it thinks so, and puts those\n" +
			"that need you first. It types nothing but the answers that you send.",
		Example: "  # the dashboard, in a spare tmux window\n  agentwatch\n\n" +
			"  # look around without agents of your own\n  agentwatch demo\n\n" +
			"  # one server only, every pane captured each round\n  agentwatch -L work --strategy pipelined\n\n" +
			"  # for scripts\n  agentwatch list --json\n  agentwatch watch | jq -r 'select(.to == \"waiting\") | .pane'",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDashboard(cmd.Context(), p, o, theme)
		},
		Version: versionText(p.Version), SilenceUsage: true, SilenceErrors: true,
	}
	styleHelp(p, root)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return codedError{err, exitUsage, true, cmd.CommandPath()} })
	o.addFlags(root)
	o.addHistory(root)
	o.addReadOnly(root)
	o.addAlone(root)
	o.addHosts(root)
	root.Flags().StringVar(&theme, "theme", "", themeUsage())
	for _, g := range commandGroups(p) {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.id
		}
		root.AddCommand(g.commands...)
	}
	root.AddCommand(newSimulate(), newBenchDashboard(p), newBenchMachine(p), newPicture(p), newEngine(p)) // hidden
	root.SetHelpCommandGroupID(groupSetUp)
	root.SetCompletionCommandGroupID(groupSetUp)
	completeValues(p, root)
	refuseUnknownShells(root)
	nameMistakes(root)
	return root
}

// commandGroup is a heading in the help with its commands.
type commandGroup struct {
	id, title string
	commands  []*cobra.Command
}

// groupSetUp is the group of the commands that cobra adds by itself, too.
const groupSetUp = "set-up"

// commandGroups are the commands by what somebody wants who reads the help.
func commandGroups(p Process) []commandGroup {
	return []commandGroup{
		{"look", "look", []*cobra.Command{
			newDemo(p), newList(p), newStatus(p), newExplain(p), newDiff(p), newGrep(p), newHistory(p), newReport(p), newForecast(p),
		}},
		{"act", "go there and answer", []*cobra.Command{newNext(p), newGo(p), newSend(p), newSnooze(p), newGoOn(p)}},
		{"script", "for scripts and agents", []*cobra.Command{newWait(p), newWatch(p), newMCP(p)}},
		{"machines", "other machines and faces", []*cobra.Command{newHosts(p), newHub(p), newCollect(p), newWeb(p), newServe(p)}},
		{groupSetUp, "set up", []*cobra.Command{
			newConfig(p), newDoctor(p), newHooks(p), newNotify(p), newProfiles(p), newStrategies(p), newSample(p), newMan(p), newVersion(p),
		}},
		{"measure", "measure", []*cobra.Command{newStats(p), newBench(p), newEval(p), newClassify(p)}},
	}
}

// typos is by how many letters a word may differ from the command that was meant.
const typos = 2

// noArguments refuses arguments with a hint.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasAvailableSubCommands():
		return usageError(fmt.Errorf("%s takes no argument %q", cmd.CommandPath(), args[0]))
	}
	cmd.SuggestionsMinimumDistance = typos
	meant := ""
	if alike := cmd.SuggestionsFor(args[0]); len(alike) > 0 {
		meant = "; did you mean " + strings.Join(alike, " or ") + "?"
	}
	return usageError(fmt.Errorf("there is no command %q%s", cmd.CommandPath()+" "+args[0], meant))
}

// watchOptions are the flags of every command that watches.
type watchOptions struct {
	names    []string
	sockets  []string
	strategy string
	interval time.Duration
	// clients says which servers are watched by control clients.
	clients tmuxpool.Clients
	// noSessionFiles leaves agents' own files alone.
	noSessionFiles bool
	// noGeneric leaves agents alone that no profile describes.
	noGeneric bool
	// noGit leaves repositories alone.
	noGit bool
	// given tells which flags the user has given; the others follow the file.
	given func(flag string) bool
	// noHistory records nothing.
	noHistory bool
	// readOnly lets nothing be typed into any pane.
	readOnly bool
	// hosts are the other machines that flags name.
	hosts []string
	// hub names the Redis whose hosts are watched, too.
	hub hubFlags
	// alone runs the engine in this process.
	alone bool
	// pane is the one that this program runs in; zero for none.
	pane health.PaneRef
	// wishes says where what the user has asked for is kept.
	wishes engine.KeepWishes
	// goOn says which kinds go on by themselves after a limit.
	goOn engine.GoOn
	// pulls has pull requests asked for.
	pulls bool
	// prices say what tokens cost.
	prices engine.Prices
}

func (o *watchOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVarP(&o.names, "server", "L", nil, "watch only the tmux server of this name (repeatable)")
	f.StringArrayVarP(&o.sockets, "socket", "S", nil, "watch only the tmux server at this socket path (repeatable)")
	o.addPace(cmd)
}

// addHistory adds the flag of the commands that record.
func (o *watchOptions) addHistory(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.noHistory, "no-history", false, "do not record what agents do (see agentwatch history --help)")
}

// addAlone adds the flag of the faces that stay.
func (o *watchOptions) addAlone(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.alone, "alone", false, "run the engine in this process instead of sharing the user's engine process")
}

// addReadOnly adds the flag that forbids answers, for commands that could send
// any.
func (o *watchOptions) addReadOnly(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.readOnly, "read-only", false, "only look: no key and no command types into any pane")
}

// addPace adds the flags that say how to look.
func (o *watchOptions) addPace(cmd *cobra.Command) {
	f := cmd.Flags()
	o.given = f.Changed
	f.StringVar(&o.strategy, "strategy", string(engine.StrategyPush), "how to look: "+strategyNames()+", or one of your own (see agentwatch strategies)")
	f.TextVar(&o.clients, "clients", tmuxpool.ClientsAuto, "tmux control clients, which need a session on the server: auto (from tmux 3.7 on), always (below, it can crash the server) or never")
	f.BoolFunc("no-clients", "the old name of --clients never", func(value string) error {
		no, err := strconv.ParseBool(value)
		if o.clients = tmuxpool.ClientsAuto; no {
			o.clients = tmuxpool.ClientsNever
		}
		return err
	})
	f.BoolVar(&o.noSessionFiles, "no-session-files", false, "do not read the files that agents keep about themselves (~/.claude)")
	f.DurationVar(&o.interval, "interval", monitor.DefaultInterval, "time between two rounds, 50ms to 1m")
}

func strategyNames() string {
	var names []string
	for _, s := range strategies.Builtin() {
		names = append(names, string(s.Name()))
	}
	return strings.Join(names, ", ")
}

// Limits of --interval.
const (
	minInterval = 50 * time.Millisecond
	maxInterval = time.Minute
)

// service builds the monitor that the flags describe.
func (o watchOptions) service(p Process, pool tmuxpool.Options) (*monitor.Service, error) {
	o.follow(p, loadConfiguration(p))
	if o.interval < minInterval || o.interval > maxInterval {
		return nil, usageError(fmt.Errorf("--interval %s is not between %s and %s", o.interval, minInterval, maxInterval))
	}
	if pool.Clients == tmuxpool.ClientsAuto {
		pool.Clients = o.clients
	}
	detector, problems := kinds.Load(kinds.Folder(p.Getenv))
	strategies, strategyProblems := plugin.Discover(pluginOptions(p))
	options := monitor.Options{
		Discover:   tmuxpool.DiscoverOptions{Names: o.names, Paths: o.sockets, Env: p.Getenv, UID: os.Getuid()},
		Pool:       pool,
		Strategy:   engine.StrategyName(o.strategy),
		Strategies: strategies, StrategyProblems: strategyProblems,
		Interval:       o.interval,
		NoSessionFiles: o.noSessionFiles, NoGeneric: o.noGeneric, NoGit: o.noGit, ReadOnly: o.readOnly, Wishes: o.wishes, GoOn: o.goOn, Prices: o.prices, Pulls: o.pulls,
		Detector: detector, ProfileProblems: problems,
	}
	service, err := monitor.New(options)
	if errors.Is(err, engine.ErrUnknownStrategy) && o.given != nil && !o.given("strategy") {
		// The file names one of the user's own, with which something is wrong.
		fmt.Fprintf(p.Stderr, "agentwatch: %v; %s is used\n", err, engine.StrategyPush)
		options.Strategy = engine.StrategyPush
		service, err = monitor.New(options)
	}
	if errors.Is(err, engine.ErrUnknownStrategy) {
		return nil, usageError(err)
	}
	return service, err
}

// inPopup tells whether the user sits in a popup of tmux, which gives no pane to
// programs there.
func inPopup(p Process) bool { return p.Getenv("TMUX") != "" && p.Getenv("TMUX_PANE") == "" }

// ownPane is the pane that this program runs in, if any: never an agent.
func ownPane(getenv func(string) string) map[health.PaneRef]bool {
	socket, pane := ownServer(getenv), getenv("TMUX_PANE")
	if socket == "" || pane == "" {
		return nil
	}
	return map[health.PaneRef]bool{{Server: socket, Pane: pane}: true}
}

// ownServer is the socket of the tmux server that this program runs in, also where
// that is a popup, a key or the status line; "" outside of tmux.
func ownServer(getenv func(string) string) string {
	socket, _, inside := strings.Cut(getenv("TMUX"), ",")
	if !inside || socket == "" {
		return ""
	}
	return resolvedSocket(socket)
}

// versionText is the version to show: the linker's, else the module's.
func versionText(linked string) string {
	if linked != "" {
		return linked
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

func newVersion(p Process) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Prints the version",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "agentwatch", versionText(p.Version))
			return err
		},
	}
}
