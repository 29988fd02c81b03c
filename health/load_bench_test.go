package health

import (
	"strings"
	"testing"
)

func BenchmarkLoadingTheBuiltInProfiles(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		loadBuiltin()
	}
}

// unknownScreens are full screens that no agent has drawn, 200x50, though they
// talk of agents, and one of an agent that nobody knows.
func unknownScreens() map[string]string {
	rule := strings.Repeat("─", 200) + "\n"
	rows := func(n int, text string) string {
		return strings.Repeat(text+strings.Repeat(" and so on", (200-len(text))/10)+"\n", n)
	}
	return map[string]string{
		"log":      rows(50, "2026-11-29T10:00:00Z INFO claude codex gemini: request 4711 took 12s (esc to cancel)"),
		"shell":    rows(24, "me@box:~/src$ make test") + rows(24, "ok  agentwatch/health  12.3s") + "me@box:~/src$ ",
		"stranger": "  Welcome to Somebody's Agent\n\n" + rows(20, "> write the release notes") + rows(22, "  The parser reads Line by line.") + rule + "> \n" + rule + "  ready · /help",
	}
}

// BenchmarkDetectUnknownPane is what a pane costs whose programs cannot be seen
// (ssh) and whose screen is that of no kind: every kind is tried.
func BenchmarkDetectUnknownPane(b *testing.B) {
	d := NewDetector()
	for name, screen := range unknownScreens() {
		for over, o := range map[string]Observation{
			"ssh":  {CurrentCommand: "ssh", Screen: screen, Width: 200},
			"bash": {CurrentCommand: "bash", Screen: screen, Width: 200},
		} {
			if v := d.Detect(o); v.Kind != KindNone {
				b.Fatalf("%s over %s is called %s by %s", name, over, v.Kind, v.Evidence.Rule)
			}
			b.Run(name+"/"+over, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					d.Detect(o)
				}
			})
		}
	}
}
