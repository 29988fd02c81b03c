package ui

import (
	"path/filepath"

	"agentwatch/engine"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
)

// originOf is where a strategy comes from: "config" or the name of a file; empty
// for those that are built in.
func originOf(info engine.StrategyInfo) string {
	if info.Source == "" || info.Source == engine.SourceBuiltin {
		return ""
	}
	return sanitize.Text(filepath.Base(info.Source))
}

// illness is what keeps a strategy from being relied on: the word of its status
// and the reason, which may be empty. Both are when nothing does.
func illness(info engine.StrategyInfo) (word, reason string) {
	if info.Health.Status == engine.StrategyOK {
		return "", ""
	}
	return info.Health.Status.String(), sanitize.Text(info.Health.Reason)
}

// foreseen is how many captures a second a strategy would make.
func foreseen(info engine.StrategyInfo) string {
	if !info.Foreseen {
		return "no forecast"
	}
	return format.Mean(info.Rate) + " captures/s"
}
