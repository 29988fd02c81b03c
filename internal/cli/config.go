package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"agentwatch/internal/config"
	"agentwatch/tmuxpool"
)

// errNoConfigFolder says that there is no place for a configuration file.
var errNoConfigFolder = errors.New("neither XDG_CONFIG_HOME nor HOME is set: there is no place for a configuration file")

func newConfig(p Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Writes, checks and shows the configuration file",
		Long: "config deals with the one configuration file, agentwatch/config.toml below $XDG_CONFIG_HOME\n" +
			"(~/.config). None is needed. Flags override the file, the file overrides the defaults.",
		Example: "  agentwatch config init\n  agentwatch config check\n  agentwatch config show",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigInit(p), newConfigPath(p), newConfigCheck(p), newConfigShow(p))
	return cmd
}

// configPath is where the file is, or has to be.
func configPath(p Process) (string, error) {
	path := config.Path(p.Getenv)
	if path == "" {
		return "", errNoConfigFolder
	}
	return path, nil
}

func newConfigInit(p Process) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Writes a file with every setting, its meaning and its default, commented out",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := configPath(p)
			if err != nil {
				return err
			}
			err = newConfiguration(p).schema.WriteTemplate(path, force)
			if errors.Is(err, config.ErrExists) {
				return fmt.Errorf("%w; it is left as it is (--force overwrites it)", err)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), path)
			return err
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "overwrite a file that is there")
	return cmd
}

func newConfigPath(p Process) *cobra.Command {
	return &cobra.Command{
		Use:   "path",
		Short: "Prints where the file is, or would be",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := configPath(p)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), path)
			return err
		},
	}
}

func newConfigCheck(p Process) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Prints everything that is wrong with the file, and exits with 1 if anything is",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, problems := configLoader(p).Load()
			for _, problem := range problems {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), problem); err != nil {
					return fmt.Errorf("config: write: %w", err)
				}
			}
			if n := len(problems); n > 0 {
				return fmt.Errorf("problems in the configuration: %d; what is bad has its default", n)
			}
			return nil
		},
	}
}

func newConfigShow(p Process) *cobra.Command {
	var o watchOptions
	var theme string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Prints every setting in force, and where it comes from",
		Long: "show prints every setting with its value and its origin: the default, the line of the file, or\n" +
			"the flag. It takes the dashboard's flags, to see what they override.",
		Example: "  agentwatch config show\n  agentwatch config show --strategy priority --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := settingsInForce(p, loadConfiguration(p), o, theme)
			if err != nil {
				return err
			}
			if asJSON {
				return writeSettingsJSON(cmd.OutOrStdout(), settings)
			}
			return writeSettings(cmd.OutOrStdout(), settings)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().StringVar(&theme, "theme", "", themeUsage())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of JSON objects")
	return cmd
}

// settingRecord is one object of `config show --json`.
type settingRecord struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
	// Origin is "default", "file" or "flag".
	Origin string `json:"origin"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Flag   string `json:"flag,omitempty"`
	// text is the value as it stands in the file.
	text string
}

// from says where the value comes from, for people.
func (r settingRecord) from() string {
	switch r.Origin {
	case "file":
		return r.File + ":" + strconv.Itoa(r.Line)
	case "flag":
		return "--" + r.Flag
	default:
		return r.Origin
	}
}

// overriding are the flags that override a setting, by its key, with their
// values: of -L and -S each also takes the other's setting away.
func (o watchOptions) overriding(theme string) map[string]flagValue {
	all := map[string]flagValue{
		"watch.strategy":      {"strategy", o.strategy},
		"watch.interval":      {"interval", config.Duration{Duration: o.interval}.String()},
		"watch.clients":       {"clients", o.clients.String()},
		"watch.no_clients":    {"no-clients", o.clients == tmuxpool.ClientsNever},
		"watch.session_files": {"no-session-files", !o.noSessionFiles},
		"theme":               {"theme", theme},
	}
	for key, value := range all {
		if !o.given(value.flag) {
			delete(all, key)
		}
	}
	switch {
	case o.given("server"):
		all["watch.servers"], all["watch.sockets"] = flagValue{"server", filled(o.names)}, flagValue{"server", filled(o.sockets)}
	case o.given("socket"):
		all["watch.servers"], all["watch.sockets"] = flagValue{"socket", filled(o.names)}, flagValue{"socket", filled(o.sockets)}
	}
	return all
}

// filled is a list that JSON does not call null.
func filled(list []string) []string { return append([]string{}, list...) }

// flagValue is what a flag says, as it is written in JSON.
type flagValue struct {
	flag  string
	value any
}

func settingsInForce(p Process, file config.File, o watchOptions, theme string) ([]settingRecord, error) {
	values, err := newConfiguration(p).schema.Values(file)
	if err != nil {
		return nil, err
	}
	flags := o.overriding(theme)
	all := make([]settingRecord, 0, len(values))
	for _, v := range values {
		r := settingRecord{Key: v.Key, Origin: "default", text: v.TOML}
		if r.Value, err = v.JSON(); err != nil {
			return nil, err
		}
		if v.Line > 0 {
			r.Origin, r.File, r.Line = "file", file.Path(), v.Line
		}
		if flag, given := flags[v.Key]; given {
			r.Origin, r.Flag, r.File, r.Line = "flag", flag.flag, "", 0
			if r.Value, err = json.Marshal(flag.value); err != nil {
				return nil, fmt.Errorf("config: %s: %w", v.Key, err)
			}
			// Texts, lists and truth values are written alike in both.
			r.text = string(r.Value)
		}
		all = append(all, r)
	}
	return all, nil
}

func writeSettings(w io.Writer, settings []settingRecord) error {
	t := plainTable(3, "SETTING", "VALUE", "FROM")
	for _, r := range settings {
		t.Row(r.Key, r.text, r.from())
	}
	return writeTable(w, "config", t)
}

func writeSettingsJSON(w io.Writer, settings []settingRecord) error {
	return writeIndented(w, "config", settings)
}
