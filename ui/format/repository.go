package format

import (
	"strconv"
	"strings"

	"agentwatch/engine"
)

// Repository writes what an agent works on: "main *3 +12 -4 ↑1 ↓2", the branch, how
// many files differ from the last commit, lines added and removed, and commits
// ahead of and behind the upstream, as far as there are any. ahead and behind are
// the signs for those. The names in it are not sanitised.
func Repository(r *engine.Repository, ahead, behind string) string {
	if r == nil {
		return ""
	}
	return strings.TrimSpace(r.On() + " " + Changes(r, ahead, behind))
}

// Changes is Repository without the branch.
func Changes(r *engine.Repository, ahead, behind string) string {
	var parts []string
	add := func(sign string, n int) {
		if n > 0 {
			parts = append(parts, sign+strconv.Itoa(n))
		}
	}
	add("*", r.Dirty)
	add("+", r.Added)
	add("-", r.Removed)
	add(ahead, r.Ahead)
	add(behind, r.Behind)
	return strings.Join(parts, " ")
}
