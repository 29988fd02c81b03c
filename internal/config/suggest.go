package config

import (
	"fmt"
	"strings"

	"agentwatch/internal/spelling"
)

// didYouMean suggests the nearest candidate, else lists them all when they are
// few enough to be read.
func didYouMean(word string, candidates []string) string {
	if best, ok := spelling.Nearest(word, candidates); ok {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return listed(candidates)
}

// mostListed is how many names a suggestion may list.
const mostListed = 24

// listed names what is allowed.
func listed(candidates []string) string {
	if len(candidates) == 0 || len(candidates) > mostListed {
		return ""
	}
	quoted := make([]string, len(candidates))
	for i, c := range candidates {
		quoted[i] = `"` + c + `"`
	}
	if len(quoted) == 1 {
		return "write " + quoted[0]
	}
	return "write one of " + strings.Join(quoted, ", ")
}
