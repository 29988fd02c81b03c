package agentlist

import (
	"path/filepath"
	"strings"
	"unicode"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/fold"
	"agentwatch/ui/sanitize"
)

// Task is what an agent was asked for last, as its screen or its own files have it,
// else what its program calls that in the pane's title; empty when neither tells.
func Task(a *engine.Agent) string {
	for _, fact := range a.Facts {
		if fact.Name == health.FactPrompt {
			return sanitize.Text(fact.Value)
		}
	}
	if a.Tokens != nil && a.Tokens.Prompt != "" {
		return sanitize.Text(a.Tokens.Prompt)
	}
	return titleTask(a)
}

// titleTask is the title where it is about what the agent does. Many say the
// program's state, its name, or where it runs: a title of one word, or one that
// names the folder, tells no more than the other columns do.
func titleTask(a *engine.Agent) string {
	title := strings.TrimPrefix(sanitize.Text(a.Title), "OC | ")
	title = strings.TrimSpace(strings.TrimLeftFunc(title, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
	folder := filepath.Base(sanitize.Text(a.CWD))
	switch {
	case !strings.Contains(title, " "), strings.Contains(title, "("+folder+")"), strings.HasSuffix(title, " "+folder):
		return ""
	case fold.Text(title) == "claude code", strings.HasPrefix(fold.Text(title), "new session"):
		return ""
	}
	return title
}
