// Package spelling finds what somebody who has mistyped a word may have meant.
package spelling

import (
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Nearest returns the candidate that a word is most like, whatever its case; ok is false
// when none is so like it that it may have been meant: a third of the letters may be
// wrong, and two in a short word, but not all.
func Nearest(word string, candidates []string) (best string, ok bool) {
	word = strings.ToLower(word)
	letters := utf8.RuneCountInString(word)
	least := min(max(letters/3, 2)+1, letters)
	for _, c := range candidates {
		if d := levenshtein.ComputeDistance(word, strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best, best != ""
}
