package cli

import (
	"context"
	"path/filepath"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"agentwatch/engine/monitor"
	"agentwatch/internal/config"
	"agentwatch/internal/plugin"
)

// searchPathVariable asks, set to 1, for strategies in PATH as well. Nobody has
// to ask for those in the folder of the configuration: only the user puts files
// there. A PATH has folders of packages and projects, and what they put there
// would run as soon as agentwatch does.
const searchPathVariable = "AGENTWATCH_STRATEGIES_IN_PATH"

// pluginOptions say where the user's strategies are.
func pluginOptions(p Process) plugin.Options {
	o := plugin.Options{Version: versionText(p.Version)}
	o.Configured, o.Problems = plugin.CompileAll(newConfiguration(p).Strategies.In(loadQuietly(p)))
	o.Folders = pluginFolders(p)
	return o
}

// pluginFolders are where executables are looked for.
func pluginFolders(p Process) []string {
	var folders []string
	if folder := plugin.Folder(p.Getenv); folder != "" {
		folders = append(folders, folder)
	}
	if p.Getenv(searchPathVariable) == "1" {
		for _, folder := range filepath.SplitList(p.Getenv("PATH")) {
			// The current folder is nobody's choice.
			if filepath.IsAbs(folder) {
				folders = append(folders, folder)
			}
		}
	}
	return folders
}

// ownStrategies are the names of the user's strategies, as far as they can be told
// before the configuration has been checked, which may name one of them.
func ownStrategies(p Process, text []byte) []string {
	var written struct {
		Strategies []struct {
			Name string `toml:"name"`
		} `toml:"strategy"`
	}
	// What is wrong with the text is found by those who check it.
	_ = toml.Unmarshal(text, &written)
	var names []string
	for _, s := range written.Strategies {
		names = append(names, s.Name)
	}
	found, _ := plugin.Discover(plugin.Options{Folders: pluginFolders(p)})
	for _, s := range found {
		names = append(names, string(s.Name()))
	}
	return names
}

// followFiles keeps a service up to date with the user's profiles and
// strategies until ctx ends, and runs the latter. Others may follow the
// configuration file along with it.
func followFiles(ctx context.Context, p Process, service *monitor.Service, others ...follower) {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { followProfiles(ctx, p, service) })
	manager := plugin.NewManager(pluginOptions(p))
	work.Go(func() { manager.Run(ctx, service.SetStrategies) })
	written := func(file config.File) []plugin.ExprConfig { return newConfiguration(p).Strategies.In(file) }
	own := whenChanged(written, func(all []plugin.ExprConfig) { manager.Configure(plugin.CompileAll(all)) })
	followConfiguration(ctx, p, append(others, own)...)
}
