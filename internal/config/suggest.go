package config

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// nearest returns the candidate that is most like a word, when one is so like
// it that it may have been meant.
func nearest(word string, candidates []string) (string, bool) {
	best, distance := "", 1+max(1, (utf8.RuneCountInString(word)+1)/3)
	for _, candidate := range candidates {
		d := editDistance(strings.ToLower(word), strings.ToLower(candidate))
		if d < distance {
			best, distance = candidate, d
		}
	}
	return best, best != ""
}

// editDistance counts the letters to insert, delete, change or swap with their
// neighbour (optimal string alignment) that make one word of the other.
func editDistance(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			change := 1
			if from[i-1] == to[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(from)][len(to)]
}

// didYouMean suggests the nearest candidate, else lists them all when they are
// few enough to be read.
func didYouMean(word string, candidates []string) string {
	if best, ok := nearest(word, candidates); ok {
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
