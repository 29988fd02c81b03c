package cli

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine/client"
	"agentwatch/internal/config"
	"agentwatch/internal/fleet"
	"agentwatch/internal/hub"
)

// fleetConfig says which other machines are watched.
type fleetConfig struct {
	Name         string          `toml:"name"`
	Hub          string          `toml:"hub"`
	User         string          `toml:"user"`
	PasswordFile string          `toml:"password_file"`
	CA           string          `toml:"ca"`
	Cert         string          `toml:"cert"`
	Key          string          `toml:"key"`
	Insecure     bool            `toml:"insecure"`
	HostName     string          `toml:"host_name"`
	Share        string          `toml:"share"`
	DetailEvery  config.Duration `toml:"detail_every"`
	Notify       bool            `toml:"notify"`
	Hosts        []hostConfig    `toml:"host"`
}

// hostConfig is one of them.
type hostConfig struct {
	Name    string   `toml:"name"`
	SSH     string   `toml:"ssh"`
	Command []string `toml:"command"`
	// Terminal runs agentwatch there in a terminal.
	Terminal []string `toml:"terminal"`
}

func (h hostConfig) host() fleet.Host {
	return fleet.Host{Name: h.Name, SSH: h.SSH, Command: h.Command, Shell: h.Terminal}
}

// hosts are the hosts of the configuration.
func (c fleetConfig) hosts() []fleet.Host {
	var all []fleet.Host
	for _, h := range c.Hosts {
		all = append(all, h.host())
	}
	return all
}

func fleetSection() *config.Section[fleetConfig] {
	return config.NewSection("fleet", config.Spec[fleetConfig]{
		About: "Other machines, whose agents are shown beside those of this one. agentwatch must be installed there. A change counts from the next start of the dashboard.",
		Defaults: func() fleetConfig {
			return fleetConfig{Name: hub.DefaultFleet, Share: string(hub.ShareLines), DetailEvery: config.Duration{Duration: 5 * time.Second}, Notify: true}
		},
		Settings: []config.Setting{
			{Key: "name", Meaning: "The name of the fleet at the hub."},
			{Key: "hub", Meaning: "The Redis server that many hosts write to (`agentwatch collect`) and dashboards read: redis://HOST:PORT, rediss://HOST:PORT (TLS) or unix:///PATH; with ?master_set=NAME a Sentinel. Without one nothing of it runs."},
			{Key: "user", Meaning: "Our ACL user there, as `agentwatch hub acl` makes it."},
			{Key: "password_file", Meaning: "A file of mode 0600 with its password; else it is in AGENTWATCH_HUB_PASSWORD."},
			{Key: "ca", Meaning: "The file with the certificate of the authority that signs the hub's; empty for the system's."},
			{Key: "cert", Meaning: "The file with our certificate, where the hub asks for one."},
			{Key: "key", Meaning: "The file with its key."},
			{Key: "insecure", Meaning: "Allows redis:// to another machine, where everybody on the way can read and change what is written."},
			{Key: "host_name", Meaning: "What this machine is called at the hub; its own name when empty."},
			{Key: "share", Meaning: "How much `agentwatch collect` writes: states, or lines (also questions, titles and folders). Screens never."},
			{Key: "notify", Meaning: "Whether a dashboard tells you of the agents of the other machines that it shows, as [notify] says here. Of several dashboards one does, and each wait is told once."},
			{Key: "detail_every", Meaning: "How often at most it writes what does not call for you, such as a title."},
			{
				Key: "host", Meaning: "The machines, in the order in which they are listed. `agentwatch hosts check` tries them.",
				Example: "[[fleet.host]]\nname = \"dev1\"\nssh = \"alice@dev1\"\n\n" +
					"[[fleet.host]]\nname = \"box\"\ncommand = [\"docker\", \"exec\", \"-i\", \"box\", \"agentwatch\", \"serve\", \"--stdio\"]",
			},
			{Key: "host.name", Meaning: "What it is called here, as in dev1:%3: letters, digits, dots, dashes and underscores."},
			{Key: "host.ssh", Meaning: "Where ssh reaches it: a destination, or a Host of ~/.ssh/config."},
			{Key: "host.command", Meaning: "Instead of ssh, a program with its arguments that runs `agentwatch serve --stdio` there."},
			{Key: "host.terminal", Meaning: "With command, a program with its arguments that runs agentwatch there in a terminal, for `g`: [\"docker\", \"exec\", \"-it\", \"box\", \"agentwatch\"]."},
		},
		Check: func(c fleetConfig) []config.Fault {
			var faults []config.Fault
			if c.Hub != "" {
				o := hub.Options{URL: c.Hub, Fleet: c.Name, Insecure: c.Insecure}
				if err := o.Check(); err != nil {
					faults = append(faults, config.Fault{Key: "hub", What: err.Error()})
				}
			}
			if share := hub.Share(c.Share); share != hub.ShareStates && share != hub.ShareLines {
				faults = append(faults, config.Fault{Key: "share", What: "it must be states or lines"})
			}
			known := make(map[string]bool)
			for i, h := range c.Hosts {
				key := "host." + strconv.Itoa(i)
				if err := h.host().Check(); err != nil {
					faults = append(faults, config.Fault{Key: key, What: err.Error()})
				} else if known[h.Name] {
					faults = append(faults, config.Fault{Key: key, What: "another host is called " + h.Name, Suggestion: "give it another name"})
				}
				known[h.Name] = true
			}
			return faults
		},
	})
}

// configuredHosts are the hosts that the configuration names.
func configuredHosts(p Process) []fleet.Host {
	return newConfiguration(p).Fleet.In(loadQuietly(p)).hosts()
}

// addHosts adds the flag of the dashboard.
func (o *watchOptions) addHosts(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.hub.URL, "hub", "", "show the hosts that write to this Redis, too: redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH (default: hub of [fleet])")
	cmd.Flags().StringVar(&o.hub.Fleet, "fleet", "", "the name of the fleet there (default: name of [fleet], or main)")
	cmd.Flags().StringArrayVar(&o.hosts, "host", nil,
		"watch this machine, too: an ssh destination, or a name of [[fleet.host]] (repeatable; default: all of [[fleet.host]])")
}

// withHosts lets use show a monitor of this machine and of the hosts that are
// wanted.
func withHosts(ctx context.Context, local *client.Monitor, o fleet.Options, use func(context.Context, face) error) error {
	if len(o.Hosts) == 0 && o.Hub == nil {
		return use(ctx, local)
	}
	m := fleet.Open(ctx, local, o)
	defer m.Close()
	return use(ctx, m)
}
