package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// seat is one simulated agent and its place in the private tmux server.
type seat struct {
	session, window string
	// opens is set for the first seat of a session.
	opens         bool
	project, task string
	kind          Kind
	script        Script
	seed          int64
}

// fleet seats n agents: sessions are projects, windows are tasks. The first
// twelve begin in a mixture that shows every state within half a minute; the
// others begin at random, most of them working or done.
func fleet(n int, seed int64) []seat {
	rng := rand.New(rand.NewPCG(uint64(seed), 0))
	perSession := min(max(int(math.Sqrt(float64(n))+0.5), 4), 32)
	projects := []string{"api", "web", "infra", "mobile", "data"}
	kinds := []Kind{
		Claude, Codex, Gemini, OpenCode, Claude, Codex, Claude, Gemini, Claude, Codex, OpenCode, Claude,
	}
	opening := []Script{
		ScriptWorking, ScriptPermission, ScriptWorking, ScriptDone, ScriptQuestion, ScriptWorking,
		ScriptLimited, ScriptWorking, ScriptCrash, ScriptError, ScriptFresh, ScriptPlan,
	}
	seats := make([]seat, 0, n)
	for i := range n {
		number, place := i/perSession, i%perSession
		project := projects[number%len(projects)]
		own := tasksOf(project)
		s := seat{
			session: numbered(project, number/len(projects)),
			window:  numbered(own[place%len(own)].slug, place/len(own)),
			opens:   place == 0, project: project, task: own[place%len(own)].slug,
			kind: kinds[i%len(kinds)], seed: rng.Int64(),
		}
		if i < len(opening) {
			s.script = opening[i]
		} else {
			s.script = anyOpening(rng)
		}
		seats = append(seats, s)
	}
	return seats
}

// anyOpening picks a script as a large fleet would show it.
func anyOpening(rng *rand.Rand) Script {
	weights := []struct {
		script Script
		parts  int
	}{
		{ScriptWorking, 45},
		{ScriptDone, 30},
		{ScriptFresh, 10},
		{ScriptPermission, 5},
		{ScriptQuestion, 3},
		{ScriptPlan, 2},
		{ScriptError, 2},
		{ScriptLimited, 1},
		{ScriptCrash, 1},
		{ScriptExit, 1},
	}
	pick := rng.IntN(100)
	for _, w := range weights {
		if pick -= w.parts; pick < 0 {
			return w.script
		}
	}
	return ScriptWorking
}

// numbered tells repeated names apart: "api", "api-2", "api-3".
func numbered(name string, repeat int) string {
	if repeat == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, repeat+1)
}
