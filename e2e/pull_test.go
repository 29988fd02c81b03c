package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"agentwatch/internal/tmuxtest"
)

func TestThePullRequestOfABranchIsShownOnlyWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	asked := filepath.Join(s.dir, "asked")
	tools := filepath.Join(s.dir, "tools")
	if err := os.MkdirAll(tools, 0o755); err != nil {
		t.Fatal(err)
	}
	s.write(filepath.Join(tools, "gh"), "#!/bin/sh\necho \"$@\" >> "+asked+`
echo '{"number":42,"title":"Fix the login","url":"https://example.org/42","state":"OPEN","reviewDecision":"APPROVED","statusCheckRollup":[{"conclusion":"FAILURE"},{"conclusion":"SUCCESS"}]}'
`, 0o755)
	u, screens := newUser(t, "PATH="+tools+":"+os.Getenv("PATH")), corpus(t)
	server := tmuxtest.New(t, tmuxtest.Size(80, 24))
	api := s.repository("api")
	s.playIn(server, "one", api, screens["claude-code/idle-declined-80x24-1"])
	d := openDashboard(u, 160, 40, server)
	d.shows("main")
	d.press("Enter")
	d.shows("branch   main")
	d.press("1")
	d.shows("rounds")
	d.quit()
	u.awaitNoEngine()
	if _, err := os.Stat(asked); err == nil {
		t.Error("gh was asked though nobody has allowed that")
	}
	s.write(filepath.Join(u.configFolder(), "config.toml"), "[watch]\npull_requests = true\n", 0o600)
	d = openDashboard(u, 160, 40, server)
	d.shows("#42")
	d.press("Enter")
	d.shows("#42 open, approved: Fix the login", "1 failed, 1 passed")
	var agents []struct {
		Pull struct {
			Number, Failed, Passed int
			State                  string
		}
	}
	got := u.run(server, "list", "--json")
	if err := json.Unmarshal([]byte(got.out), &agents); err != nil || len(agents) != 1 || agents[0].Pull.Number != 42 || agents[0].Pull.Failed != 1 || agents[0].Pull.State != "open" {
		t.Errorf("%v: %s", err, got.out)
	}
	d.press("1")
	d.shows("rounds")
	d.quit()
}
