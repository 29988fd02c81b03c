package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/beat"
)

// aboutVersions is the topic of notices of programs that are newer than their
// profiles.
const aboutVersions engine.NoticeTopic = "versions"

const (
	// newerEvery is how often the agents are looked through.
	newerEvery = 5 * time.Second
	// newerAfter is for how long an agent is watched before its profile is said not
	// to fit.
	newerAfter = 2 * time.Minute
)

// tellNewer tells once of each version of a program that is newer than its profile,
// and whose screens are not recognised well, until ctx ends.
func (h *hosted) tellNewer(ctx context.Context) {
	n := newNewer(func() *health.Detector { return loadDetector(h.process) }, func(pid int) []string { return programPaths("/proc", pid) })
	ticker := beat.NewTicker(newerEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.Next():
		}
		if n.look(h.Latest(), time.Now()) {
			h.Tell(aboutVersions, n.notices...)
		}
	}
}

// newer watches how well the screens of programs are recognised that are newer than
// their profiles. It is for one goroutine.
type newer struct {
	detector func() *health.Detector
	paths    func(pid int) []string
	now      *health.Detector // as it was when the agents below were first seen
	agents   map[newerAgent]*recognised
	told     map[string]bool
	notices  []engine.Notice
}

// newerAgent is one process of an agent.
type newerAgent struct {
	ref health.PaneRef
	pid int
}

// recognised is how well the screens of one agent are.
type recognised struct {
	version, known string
	newer          bool
	since, looked  time.Time
	unread         time.Duration
	// placed is set when a place to type or a dialog was ever found.
	placed bool
}

func newNewer(detector func() *health.Detector, paths func(int) []string) *newer {
	return &newer{detector: detector, paths: paths, agents: make(map[newerAgent]*recognised), told: make(map[string]bool)}
}

// look takes note of the agents of a snapshot and reports whether there is a new
// notice.
func (n *newer) look(s *engine.Snapshot, now time.Time) (news bool) {
	if s == nil {
		return false
	}
	present := make(map[newerAgent]bool, len(s.Agents))
	for _, a := range s.Agents {
		key := newerAgent{a.Ref, a.PID}
		if a.PID == 0 || a.Stale || a.State == health.StateCrashed || a.State == health.StateExited {
			continue
		}
		present[key] = true
		r := n.agents[key]
		if r == nil {
			r = n.meet(a, now)
			n.agents[key] = r
		}
		if !r.newer {
			continue
		}
		if a.State == health.StateUnknown {
			r.unread += now.Sub(r.looked)
		}
		r.looked, r.placed = now, r.placed || a.Composer > 0 || a.Dialog != nil
		if r.fits(now) || n.told[string(a.Kind)+r.version] {
			continue
		}
		n.told[string(a.Kind)+r.version] = true
		n.notices = append(n.notices, engine.Notice{Severity: engine.SeverityInfo, Text: r.words(a)})
		news = true
	}
	for key := range n.agents {
		if !present[key] {
			delete(n.agents, key)
		}
	}
	return news
}

// meet finds out an agent's version.
func (n *newer) meet(a engine.Agent, now time.Time) *recognised {
	r := &recognised{since: now, looked: now}
	if n.now == nil || len(n.agents) == 0 {
		n.now = n.detector()
	}
	if r.version = programVersion(n.now, a.Kind, n.paths(a.PID)); r.version != "" {
		r.newer, r.known = n.now.Newer(a.Kind, r.version)
	}
	return r
}

// fits tells whether the screens are recognised, as far as that can be said yet.
func (r *recognised) fits(now time.Time) bool {
	watched := now.Sub(r.since)
	return watched < newerAfter || r.placed && 2*r.unread < watched
}

func (r *recognised) words(a engine.Agent) string {
	where := a.Ref.Pane
	if a.Server != "" && a.Server != "default" {
		where += " -L " + a.Server
	}
	return fmt.Sprintf("%s %s is newer than what agentwatch was made with (%s), and its screens are not recognised well: agentwatch sample %s saves one with secrets masked, for a report",
		a.Kind, r.version, r.known, where)
}

// programPaths are the files that a process runs: its executable, and what its
// first arguments name.
func programPaths(proc string, pid int) []string {
	folder := filepath.Join(proc, strconv.Itoa(pid))
	var paths []string
	if exe, err := os.Readlink(filepath.Join(folder, "exe")); err == nil {
		paths = append(paths, exe)
	}
	command, err := os.ReadFile(filepath.Join(folder, "cmdline"))
	if err != nil {
		return paths
	}
	for _, arg := range strings.SplitN(string(command), "\x00", 4)[:min(3, strings.Count(string(command), "\x00"))] {
		if path, err := filepath.EvalSymlinks(arg); err == nil && filepath.IsAbs(path) && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// programVersion is the version of a kind's program: that by which its file is
// called, or that of the package which the file is in. Empty when none is found.
func programVersion(d *health.Detector, kind health.Kind, paths []string) string {
	for _, path := range paths {
		alone := func(args ...string) bool {
			process := health.Process{PID: 1, Comm: filepath.Base(args[0]), Args: args, Foreground: true}
			return d.Identify(health.Observation{Processes: []health.Process{process}}).Kind == kind
		}
		if !alone(path) && !alone("node", path) {
			continue
		}
		if base := filepath.Base(path); strings.Count(base, ".") >= 2 && strings.Trim(base, "0123456789.") == "" {
			return base
		}
		const highest = 5 // folders between a package's file and its description
		folder := filepath.Dir(path)
		for range highest {
			if version := packageVersion(filepath.Join(folder, "package.json")); version != "" {
				return version
			}
			folder = filepath.Dir(folder)
		}
	}
	return ""
}

// packageVersion reads the version out of a package's description.
func packageVersion(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	var description struct{ Version string }
	if err := json.NewDecoder(io.LimitReader(file, 1<<20)).Decode(&description); err != nil {
		return ""
	}
	return description.Version
}
