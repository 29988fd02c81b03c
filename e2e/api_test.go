package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

func TestTheExamplesOfTheAPIWorkWithCurl(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	s := newStage(t)
	folder, _ := s.changedRepository("api")
	server, pane := simulatedIn(u, folder, "claude", "permission", "waiting")
	// All that the user watches is this server.
	s.write(filepath.Join(u.configFolder(), "config.toml"), fmt.Sprintf("[watch]\nsockets = [%q]\n", server.SocketPath()), 0o600)
	d := openIn(u, 120, 40)
	d.shows("1 needs you")
	awaitRecorded(u, server, "waiting")
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 5 {
		t.Fatalf("%d examples", len(blocks))
	}
	define := blocks[0][1]
	for _, block := range blocks[1:] {
		for _, example := range strings.Split(strings.TrimSpace(block[1]), "\napi ") {
			example = "api " + strings.TrimPrefix(example, "api ")
			command := exec.Command("sh", "-c", define+example)
			command.Env = append(os.Environ(), "SOCKET="+u.socket(), "SERVER="+server.SocketPath(), "PANE="+strings.Replace(pane, "%", "%25", 1))
			if strings.Contains(example, "-d ") || strings.Contains(example, "@uri") {
				command.Env = append(command.Env, "PANE="+pane)
			}
			command.Stderr = nil
			out, err := command.Output()
			var answer map[string]any
			if err != nil || json.Unmarshal(out, &answer) != nil || answer["error"] != nil {
				t.Errorf("%s\n%s\n%v", example, out, err)
			}
		}
	}
	d.quit()
}

func TestAgesAndMarksStayWhenTheEngineProcessIsKilled(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server, pane := simulated(u, "claude", "permission", "waiting")
	d := openDashboard(u, 120, 40, server)
	d.shows("1 needs you")
	server.SendKeys(pane, "1")
	d.lacks("1 needs you")
	server.SendKeys(pane, "Escape")
	d.shows("finished, unseen")
	for range 10 {
		since := list(u, server)[0].Since
		e, ok := u.engine()
		if !ok {
			t.Fatal("no engine process answers")
		}
		if err := syscall.Kill(e.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		killed := time.Now()
		tmuxtest.Eventually(t, patience, "another engine process", func() bool {
			next, ok := u.engine()
			return ok && next.ID != e.ID
		})
		t.Logf("another answers after %s", time.Since(killed))
		if agents := list(u, server); len(agents) != 1 || !agents[0].Unseen || !near(t, agents[0].Since, since) {
			t.Errorf("done since %s became %+v", since, agents)
		}
	}
	d.quit()
}

// near reports whether two times differ by what it takes to see a change.
func near(t *testing.T, a, b string) bool {
	t.Helper()
	first, err := time.Parse(time.RFC3339, a)
	if err != nil {
		t.Fatal(err)
	}
	second, err := time.Parse(time.RFC3339, b)
	if err != nil {
		t.Fatal(err)
	}
	return first.Sub(second).Abs() <= 2*time.Second
}
