package cli

import (
	"fmt"

	"agentwatch/health"
	"agentwatch/internal/kinds"
)

// loadDetector builds the detector with the user's own profiles. What is wrong
// with one is said on standard error; the built-in ones stay in force.
func loadDetector(p Process) *health.Detector {
	detector, problems := kinds.Load(kinds.Folder(p.Getenv))
	for _, problem := range problems {
		fmt.Fprintf(p.Stderr, "agentwatch: %v (the file is left out)\n", problem)
	}
	return detector
}
