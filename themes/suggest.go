package themes

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest returns the candidate that word was most likely meant to be; ok is
// false when none is near.
func nearest(word string, candidates []string) (best string, ok bool) {
	word = strings.ToLower(word)
	// A third of the letters may be wrong, and two in a short word.
	least := max(len(word)/3, 2) + 1
	for _, c := range candidates {
		if d := levenshtein.ComputeDistance(word, strings.ToLower(c)); d < least && d < len(word) {
			best, least = c, d
		}
	}
	return best, best != ""
}

// suggestion says which candidate may have been meant, or nothing.
func suggestion(word string, candidates []string) string {
	best, ok := nearest(word, candidates)
	if !ok {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}
