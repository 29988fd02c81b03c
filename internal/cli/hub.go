package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/internal/fleet"
	"agentwatch/internal/hub"
	"agentwatch/internal/telemetry"
	"agentwatch/internal/xdg"
	"agentwatch/ui/sanitize"
)

// hubFlags name the hub.
type hubFlags struct{ URL, Fleet string }

func (f *hubFlags) add(cmd *cobra.Command) {
	flags := cmd.PersistentFlags()
	flags.StringVar(&f.URL, "hub", "", "the Redis that hosts write to: redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH (default: hub of [fleet])")
	flags.StringVar(&f.Fleet, "fleet", "", "the name of the fleet there (default: name of [fleet], or main)")
}

// options are those of the flags and of the configuration.
func (f hubFlags) options(p Process) (hub.Options, fleetConfig) {
	c := newConfiguration(p).Fleet.In(loadQuietly(p))
	o := hub.Options{
		URL: c.Hub, Fleet: c.Name, User: c.User, PasswordFile: c.PasswordFile, Password: p.Getenv(hub.PasswordVariable),
		CA: c.CA, Cert: c.Cert, Key: c.Key, Insecure: c.Insecure,
	}
	if f.URL != "" {
		o.URL = f.URL
	}
	if f.Fleet != "" {
		o.Fleet = f.Fleet
	}
	return o, c
}

// errNoHub is said where a hub is needed and none is named.
var errNoHub = errors.New("no hub is named: set hub in [fleet], or give --hub redis://HOST:PORT")

// openHub opens the hub that is named; nil when none is. observe is told what is done
// there; it may be nil.
func openHub(p Process, f hubFlags, observe func(hub.Operation)) (*hub.Viewer, error) {
	o, _ := f.options(p)
	o.Observe = observe
	if o.URL == "" {
		return nil, nil
	}
	v, err := hub.Open(o)
	if err != nil {
		return nil, usageError(fmt.Errorf("hub: %w", err))
	}
	return v, nil
}

// collectOptions are the flags of collect.
type collectOptions struct {
	watchOptions
	hub                     hubFlags
	share, name, prometheus string
	pull                    bool
}

func newCollect(p Process) *cobra.Command {
	var o collectOptions
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Writes what the agents of this machine are to a hub, until it is interrupted",
		Long: "collect lets others see the agents of this machine: it writes their states to a Redis server, from\n" +
			"which `agentwatch --hub` reads them. Screens are never written, and nobody can type through it.\n" +
			"It uses the engine process of this machine, and starts one where none runs. With --pull it reads\n" +
			"other machines instead, which cannot reach the hub: those of [[fleet.host]], or of --host. Several\n" +
			"that pull the same ones share them, and one takes over what another one leaves.",
		Example: "  agentwatch collect --hub rediss://hub.example:6379\n  agentwatch collect --pull --host dev1 --host dev2\n  systemctl --user enable --now agentwatch-collect",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.pull {
				return runPull(cmd.Context(), p, o)
			}
			return runCollect(cmd.Context(), p, o)
		},
	}
	o.hub.add(cmd)
	o.addFlags(cmd)
	o.addHistory(cmd)
	cmd.Flags().BoolVar(&o.pull, "pull", false, "read other machines for the hub, shared with all who pull them")
	cmd.Flags().StringArrayVar(&o.hosts, "host", nil, "with --pull, this machine: an ssh destination, or a name of [[fleet.host]] (repeatable; default: all of [[fleet.host]])")
	cmd.Flags().StringVar(&o.share, "share", "", "how much is written: states, or lines (also questions, titles and folders; default: share of [fleet])")
	addPrometheus(cmd, &o.prometheus)
	cmd.Flags().StringVar(&o.name, "name", "", "what this machine is called there (default: host_name of [fleet], or its own name)")
	return cmd
}

// hostIDPath is the file with this machine's id.
func hostIDPath(p Process) string { return xdg.Below(xdg.State(p.Getenv), "host-id") }

func runCollect(ctx context.Context, p Process, o collectOptions) error {
	options, c := o.hub.options(p)
	if options.URL == "" {
		return usageError(errNoHub)
	}
	if err := options.Check(); err != nil {
		return usageError(fmt.Errorf("hub: %w", err))
	}
	path := hostIDPath(p)
	id, err := hub.OwnID(path)
	if err != nil {
		return err
	}
	own, _ := os.Hostname()
	own, _, _ = strings.Cut(own, ".")
	collect := hub.CollectOptions{
		Options: options, ID: id, Name: firstOf(o.name, c.HostName, own), Build: versionText(p.Version),
		Share: hub.Share(firstOf(o.share, c.Share)), DetailEvery: c.DetailEvery.Duration,
	}
	if err := checkShare(collect.Share); err != nil {
		return err
	}
	exported, err := exportFleet(p, o.prometheus, telemetry.FleetSource{})
	if err != nil {
		return err
	}
	defer exported.Close()
	collect.Said, collect.Observe = sayHub(p), observing(exported)
	return useMonitor(ctx, p, o.watchOptions, func(ctx context.Context, m *client.Monitor) error {
		snapshots, cancel := m.Subscribe()
		defer cancel()
		quiet := &quiet{ctx: ctx, monitor: m, as: "hub-" + string(id)}
		defer quiet.set(false)
		collect.Tells, collect.Told = quiet.set, quiet.told
		err := hub.Collect(ctx, collect, snapshots)
		if errors.Is(err, hub.ErrTwin) {
			return fmt.Errorf("%w: if this machine is a copy of another, remove %s on one of them and start again", err, path)
		}
		return err
	})
}

// quiet lets this machine's engine process tell the user nothing while a viewer of the
// hub does. It belongs to one goroutine.
type quiet struct {
	ctx     context.Context
	monitor *client.Monitor
	as      string
	end     func()
}

// set asks for that, or ends it.
func (q *quiet) set(on bool) {
	if q.end != nil {
		q.end()
		q.end = nil
	}
	if !on {
		return
	}
	ctx, cancel := context.WithCancel(q.ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		q.monitor.Tells(ctx, q.as, func(api.Tells) {})
	}()
	q.end = func() { cancel(); <-ended }
}

// told notes what a viewer has told. What cannot be noted may be told once more.
func (q *quiet) told(ctx context.Context, what engine.Telling) {
	_, _ = q.monitor.Told(ctx, api.Told{As: q.as, Step: api.StepSent, What: what})
}

func checkShare(s hub.Share) error {
	if s != hub.ShareStates && s != hub.ShareLines {
		return usageError(fmt.Errorf("--share %q is neither states nor lines", s))
	}
	return nil
}

// sayHub says when the hub cannot be written to, and when it can again.
func sayHub(p Process) func(error) {
	return func(err error) {
		if err == nil {
			fmt.Fprintln(p.Stderr, "agentwatch: the hub is written to again")
			return
		}
		fmt.Fprintf(p.Stderr, "agentwatch: the hub cannot be written to, and is tried again: %v\n", err)
	}
}

// runPull reads other machines for the hub.
func runPull(ctx context.Context, p Process, o collectOptions) error {
	options, c := o.hub.options(p)
	if options.URL == "" {
		return usageError(errNoHub)
	}
	if err := options.Check(); err != nil {
		return usageError(fmt.Errorf("hub: %w", err))
	}
	hosts, err := fleet.Choose(configuredHosts(p), o.hosts)
	if err != nil {
		return usageError(err)
	}
	if len(hosts) == 0 {
		return usageError(errors.New("no host is named: write [[fleet.host]] into the configuration, or give --host DESTINATION"))
	}
	byName := make(map[string]fleet.Host, len(hosts))
	for _, h := range hosts {
		byName[h.Name] = h
	}
	pull := hub.PullOptions{
		CollectOptions: hub.CollectOptions{
			Options: options, Build: versionText(p.Version), Share: hub.Share(firstOf(o.share, c.Share)), DetailEvery: c.DetailEvery.Duration, Said: sayHub(p),
		},
		Hosts: slices.Sorted(maps.Keys(byName)),
	}
	if err := checkShare(pull.Share); err != nil {
		return err
	}
	var load pullLoad
	exported, err := exportFleet(p, o.prometheus, telemetry.FleetSource{Load: load.load})
	if err != nil {
		return err
	}
	defer exported.Close()
	pull.Read = func(ctx context.Context, host string, take func(*engine.Snapshot)) {
		fleet.Read(ctx, byName[host], take, dialling(exported))
	}
	pull.Observe, pull.Pulled = observing(exported), func(hosts int) { load.hosts.Store(int64(hosts)) }
	return hub.Pull(ctx, pull)
}

func firstOf(words ...string) string {
	for _, word := range words {
		if word != "" {
			return word
		}
	}
	return ""
}

func newHub(p Process) *cobra.Command {
	var f hubFlags
	cmd := &cobra.Command{
		Use:   "hub",
		Short: "Checks the Redis server of a fleet, and prints its access rules",
		Args:  noArguments,
	}
	f.add(cmd)
	cmd.AddCommand(newHubCheck(p, &f), newHubACL(p, &f))
	return cmd
}

// errHubFaults is what a check comes to that has found something.
var errHubFaults = errors.New("not everything is as it should be")

func newHubCheck(p Process, f *hubFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "check",
		Short:   "Tries all that a dashboard needs of the hub; exits with 1 when something is wrong",
		Example: "  agentwatch hub check --hub rediss://hub.example:6379",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, _ := f.options(p)
			if o.URL == "" {
				return usageError(errNoHub)
			}
			found := hub.Check(cmd.Context(), o)
			if asJSON {
				if err := json.NewEncoder(cmd.OutOrStdout()).Encode(found); err != nil {
					return err
				}
			}
			failed := false
			for _, one := range found {
				mark := "ok   "
				if !one.Well {
					mark, failed = "WRONG", true
				}
				if !asJSON {
					fmt.Fprintf(cmd.OutOrStdout(), "%s  %s: %s\n", mark, one.What, sanitize.Text(one.Says))
				}
			}
			if failed {
				return errHubFaults
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of JSON objects")
	return cmd
}

func newHubACL(p Process, f *hubFlags) *cobra.Command {
	var host string
	var viewer, puller bool
	cmd := &cobra.Command{
		Use:   "acl",
		Short: "Prints the line of Redis's ACL file for a host, for those who look, or for pullers",
		Long: "acl prints a line for the ACL file of Redis, or for ACL SETUSER without the word user. A host may\n" +
			"then write its own agents and nothing else; who looks may read and not write them. The password\n" +
			"is taken from " + hub.PasswordVariable + " or password_file of [fleet], and only its SHA-256 is printed.",
		Example: "  AGENTWATCH_HUB_PASSWORD=... agentwatch hub acl --viewer\n  AGENTWATCH_HUB_PASSWORD=... agentwatch hub acl --host self",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			chosen := 0
			role := hub.RoleHost
			for i, set := range []bool{host != "", viewer, puller} {
				if set {
					chosen++
					role = hub.Role(i)
				}
			}
			if chosen != 1 {
				return usageError(errors.New("one of --host ID, --viewer and --puller is needed"))
			}
			o, _ := f.options(p)
			password, err := o.Secret()
			if err != nil {
				return err
			}
			if password == "" {
				return usageError(errors.New("there is no password: put one into " + hub.PasswordVariable))
			}
			id := hub.HostID(host)
			if host == "self" {
				if id, err = hub.OwnID(hostIDPath(p)); err != nil {
					return err
				}
			} else if host != "" && !id.Valid() {
				return usageError(fmt.Errorf("%q is no id of a host: it is in its file host-id, or self", host))
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), hub.ACL(o.Fleet, role, id, password))
			return err
		},
	}
	cmd.Flags().StringVar(&host, "host", "", "for the host with this id, or for this machine: self")
	cmd.Flags().BoolVar(&viewer, "viewer", false, "for those who look")
	cmd.Flags().BoolVar(&puller, "puller", false, "for pullers")
	return cmd
}
