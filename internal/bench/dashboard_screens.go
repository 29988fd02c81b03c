package bench

import (
	"fmt"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// scriptServer is the socket that scripted agents claim to live on.
const scriptServer = "/tmp/tmux-1000/default"

// scriptAgent is the i-th agent: of 40, 4 need an answer, 4 have finished or are
// limited, 20 work and 12 are idle.
func scriptAgent(i int, now time.Time) engine.Agent {
	roles := [...]struct {
		state  health.State
		wait   health.WaitReason
		unseen bool
	}{
		{state: health.StateWorking},
		{state: health.StateIdle},
		{state: health.StateWorking},
		{state: health.StateWaiting, wait: health.WaitPermission},
		{state: health.StateWorking},
		{state: health.StateIdle},
		{state: health.StateWorking},
		{state: health.StateIdle, unseen: true},
		{state: health.StateWorking},
		{state: health.StateIdle},
	}
	role := roles[i%len(roles)]
	sessions := [...]string{"api", "web", "ml", "ops", "docs"}
	kinds := [...]health.Kind{"claude", "codex", "gemini"}
	a := engine.Agent{
		Ref: health.PaneRef{Server: scriptServer, Pane: fmt.Sprintf("%%%d", i)}, Server: "default", Session: sessions[i%len(sessions)],
		Window: fmt.Sprintf("task-%d", i), WindowIndex: i / len(sessions), Kind: kinds[i%len(kinds)], State: role.state, Wait: role.wait,
		Unseen: role.unseen, Since: now.Add(-time.Duration(40+i*37%3000) * time.Second), Confidence: 0.97,
		Evidence: health.Evidence{Source: health.SourceScreen, Rule: "working.spinner", Line: 45, Text: "Noodling…"},
		Activity: spinnerText(i), Title: "fix the login test", CWD: "/home/ada/src/api", Command: "node", PID: 4000 + i, PanePID: 3000 + i,
		Width: paneWidth, Height: paneHeight, ActiveAt: now, CheckedAt: now, Revision: 1, Composer: paneHeight - 2,
	}
	if role.state == health.StateWaiting {
		a.Activity = "Do you want to proceed?"
		a.Dialog = &health.Dialog{Question: a.Activity, Options: []health.Option{{Key: "1", Label: "Yes", Selected: true}, {Key: "2", Label: "No"}}}
	}
	for at, step := a.Since.Add(-50*time.Minute), i; at.Before(a.Since); step++ {
		turn := [...]engine.Urgency{engine.UrgencyWorking, engine.UrgencyWaiting, engine.UrgencyWorking, engine.UrgencyIdle}
		a.Past = append(a.Past, engine.Phase{At: at, Urgency: turn[step%len(turn)]})
		at = at.Add(time.Duration(3+step*5%9) * time.Minute)
	}
	a.Past = append(a.Past, engine.Phase{At: a.Since, Urgency: a.Urgency()})
	return a
}

func spinnerText(step int) string {
	return fmt.Sprintf("Noodling… (%ds · ↓ %d tokens · esc to interrupt)", 12+step/10, 400+31*step)
}

// scriptRow is the n-th row that an agent prints.
func scriptRow(n int) string {
	switch n % 4 {
	case 0:
		return fmt.Sprintf("\x1b[%sm●\x1b[0m \x1b[1mUpdate\x1b[0m(internal/worker/retry_%d.go)", sgrDone, n)
	case 1:
		return fmt.Sprintf("\x1b[%sm  ⎿  \x1b[0mUpdated with %d additions and %d removals", sgrDim, n*7%90, n*3%40)
	case 2:
		return fmt.Sprintf("\x1b[%sm      %d \x1b[%sm+  if left := time.Until(deadline) - reserve%d; left < %d*time.Millisecond {\x1b[0m", sgrDim, n%400, sgrAdded, n, n*53%900)
	default:
		return fmt.Sprintf("\x1b[%sm      %3d \x1b[0m   return fmt.Errorf(\x1b[%sm\"attempt %%d given up: %%w\"\x1b[0m, %d, err)", sgrDim, n%400, sgrString, n)
	}
}

// scriptScreen is a screen after so many rows.
func scriptScreen(rows int) string {
	const chrome = 6
	var out strings.Builder
	for n := rows - (paneHeight - chrome); n < rows; n++ {
		out.WriteString(scriptRow(max(n, 0)))
		out.WriteByte('\n')
	}
	glyphs := [...]string{"✢", "✳", "✶", "✻", "✽"}
	rule := "\x1b[" + sgrDim + "m" + strings.Repeat("─", paneWidth) + "\x1b[0m\n"
	fmt.Fprintf(&out, "\n\x1b[%sm%s %s\x1b[0m\n\n%s❯ \n%s", sgrAccent, glyphs[rows%len(glyphs)], spinnerText(rows), rule, rule)
	return out.String()
}

// scriptHistory is all that was printed, at most so many rows, and the screen.
func scriptHistory(printed, most int) string {
	var out strings.Builder
	for n := max(printed-most, 0); n < printed-paneHeight; n++ {
		out.WriteString(scriptRow(n))
		out.WriteByte('\n')
	}
	return out.String() + scriptScreen(printed)
}
