package roster

import (
	"strings"

	"github.com/sahilm/fuzzy"

	"agentwatch/engine"
	"agentwatch/ui/fold"
	"agentwatch/ui/sanitize"
)

// matcher tells which agents a filter lets through: every word of it must be
// found in one of the agent's fields.
type matcher struct{ words []string }

func newMatcher(filter string) matcher { return matcher{strings.Fields(fold.Text(filter))} }

func (m matcher) matches(a *engine.Agent) bool {
	if len(m.words) == 0 {
		return true
	}
	short := folded(Label(a), a.Window, a.Session, string(a.Kind), a.Urgency().String())
	long := folded(a.Title, a.CWD)
	for _, word := range m.words {
		if isPane := strings.HasPrefix(word, "%") && a.Ref.Pane == word; !isPane && !found(word, short, long) {
			return false
		}
	}
	return true
}

// folded are texts as they are compared.
func folded(texts ...string) []string {
	for i, text := range texts {
		texts[i] = fold.Text(sanitize.Text(text))
	}
	return texts
}

// found looks for the word's letters in their order. In long texts nearly every
// short word can be found that way, so there they must stand close together:
// the score counts what lies between them.
func found(word string, short, long []string) bool {
	if len(fuzzy.FindNoSort(word, short)) > 0 {
		return true
	}
	for _, match := range fuzzy.FindNoSort(word, long) {
		first, last := match.MatchedIndexes[0], match.MatchedIndexes[len(match.MatchedIndexes)-1]
		if last-first < 2*len(word) {
			return true
		}
	}
	return false
}
