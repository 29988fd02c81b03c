package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"agentwatch/engine/client"
	"agentwatch/internal/config"
	"agentwatch/internal/fleet"
)

// fleetConfig says which other machines are watched.
type fleetConfig struct {
	Hosts []hostConfig `toml:"host"`
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
		Settings: []config.Setting{
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
	cmd.Flags().StringArrayVar(&o.hosts, "host", nil,
		"watch this machine, too: an ssh destination, or a name of [[fleet.host]] (repeatable; default: all of [[fleet.host]])")
}

// withHosts lets use show a monitor of this machine and of the hosts that are
// wanted.
func withHosts(ctx context.Context, local *client.Monitor, hosts []fleet.Host, readOnly bool, use func(context.Context, face) error) error {
	if len(hosts) == 0 {
		return use(ctx, local)
	}
	m := fleet.Open(ctx, local, hosts, readOnly)
	defer m.Close()
	return use(ctx, m)
}
