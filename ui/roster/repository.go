package roster

import (
	"path/filepath"

	"agentwatch/engine"
	"agentwatch/ui/sanitize"
)

// noRepository is the heading of agents that work in none, or in one that is not
// known.
const noRepository = "no repository"

// repositoryNames are the headings of repositories, by the folder that their
// worktrees share: the name, and where several have the same one also where they
// are.
func repositoryNames(agents []*engine.Agent) map[string]string {
	sharers := map[string]map[string]bool{}
	for _, a := range agents {
		if a.Repo != nil {
			if sharers[a.Repo.Name] == nil {
				sharers[a.Repo.Name] = map[string]bool{}
			}
			sharers[a.Repo.Name][a.Repo.Common] = true
		}
	}
	names := map[string]string{}
	for name, commons := range sharers {
		for common := range commons {
			if names[common] = sanitize.Text(name); len(commons) > 1 {
				names[common] = inFolder(name, common)
			}
		}
	}
	return names
}

// inFolder is a repository's name with the folder that it is in.
func inFolder(name, common string) string {
	root := common
	if filepath.Base(root) == ".git" {
		root = filepath.Dir(root)
	}
	return sanitize.Text(name + "  " + filepath.Dir(root))
}
