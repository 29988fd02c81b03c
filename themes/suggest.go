package themes

import (
	"fmt"

	"agentwatch/internal/spelling"
)

// suggestion says which candidate may have been meant, or nothing.
func suggestion(word string, candidates []string) string {
	best, ok := spelling.Nearest(word, candidates)
	if !ok {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}
