package cli

import (
	"context"
	"fmt"
	"time"

	"agentwatch/engine/monitor"
	"agentwatch/health"
	"agentwatch/internal/kinds"
)

// loadDetector builds the detector with the user's own profiles. What is wrong
// with one is said on standard error; the built-in ones stay in force.
func loadDetector(p Process) *health.Detector {
	detector, problems := kinds.Load(kinds.Folder(p.Getenv))
	for _, problem := range problems {
		fmt.Fprintf(p.Stderr, "agentwatch: %v; the file is left out\n", problem)
	}
	return detector
}

// profilesEvery is how often the user's profiles are looked at for changes.
const profilesEvery = 2 * time.Second

// followProfiles gives a service a new detector whenever one of the user's
// profiles changes, until ctx ends. What is wrong with one is a notice.
func followProfiles(ctx context.Context, p Process, service *monitor.Service) {
	kinds.Watch(ctx, kinds.Folder(p.Getenv), profilesEvery, service.SetDetector)
}
