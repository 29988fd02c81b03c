package roster

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sahilm/fuzzy"

	"agentwatch/engine"
	"agentwatch/ui/fold"
	"agentwatch/ui/sanitize"
)

// matcher tells which agents a filter lets through: every word of it must be
// found in one of the agent's fields. A word such as kind:codex is looked for at
// the beginning of that field only, or anywhere in a name.
type matcher struct {
	words  []string
	fields []field
}

// field is a word that names the field it is about.
type field struct {
	of    func(*engine.Agent) []string
	value string
	// within is set when the value may stand anywhere in it.
	within bool
}

// Fields are the fields that a filter can name.
func Fields() []string { return []string{"kind", "state", "session", "host"} }

// hostWords are what the agent's host is called: this machine is "here", and has
// the names of its tmux servers.
func hostWords(a *engine.Agent) []string {
	if a.Ref.Host != "" {
		return []string{a.Ref.Host}
	}
	return []string{"here", a.Server}
}

// fieldOf is the field of that name.
func fieldOf(name, value string) (field, bool) {
	f := field{value: value}
	switch name {
	case "kind":
		f.of = func(a *engine.Agent) []string { return []string{string(a.Kind)} }
	case "state":
		f.of = func(a *engine.Agent) []string {
			words := []string{a.Urgency().String(), a.Wait.String()}
			if a.Snoozed() {
				words = append(words, "snoozed")
			} else if NeedOf(a.Urgency()) == NeedAnswer {
				words = append(words, "needs")
			}
			return words
		}
	case "session":
		f.of, f.within = func(a *engine.Agent) []string { return []string{a.Session} }, true
	case "host":
		f.of, f.within = hostWords, true
	case "server":
		f.of, f.within = func(a *engine.Agent) []string { return []string{a.Server} }, true
	default:
		return f, false
	}
	return f, true
}

// has tells whether one of the field's texts has the value.
func (f field) has(a *engine.Agent) bool {
	return slices.ContainsFunc(folded(f.of(a)...), func(text string) bool {
		if f.within {
			return strings.Contains(text, f.value)
		}
		return strings.HasPrefix(text, f.value)
	})
}

func newMatcher(filter string) matcher {
	var m matcher
	for _, word := range strings.Fields(fold.Text(filter)) {
		name, value, named := strings.Cut(word, ":")
		if f, known := fieldOf(name, value); named && known {
			m.fields = append(m.fields, f)
		} else {
			m.words = append(m.words, word)
		}
	}
	return m
}

func (m matcher) matches(a *engine.Agent) bool {
	for _, f := range m.fields {
		if !f.has(a) {
			return false
		}
	}
	if len(m.words) == 0 {
		return true
	}
	short := folded(Label(a), a.Window, a.Session, string(a.Kind), a.Urgency().String())
	long := folded(a.Title, a.CWD)
	if a.Repo != nil {
		short = append(short, folded(a.Repo.Name, a.Repo.Branch, a.Repo.Worktree)...)
		if a.Pull != nil && a.Pull.Number > 0 {
			short = append(short, "#"+strconv.Itoa(a.Pull.Number))
		}
	}
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
