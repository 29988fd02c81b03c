package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
	"agentwatch/ui/roster"
)

// git runs git in a folder, as somebody.
func git(t *testing.T, folder string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// repository makes one with a commit, in a folder of its own.
func (s *stage) repository(name string) string {
	s.t.Helper()
	folder := filepath.Join(s.dir, "repos", name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		s.t.Fatal(err)
	}
	s.write(filepath.Join(folder, "main.go"), "package main\n\nfunc main() {}\n", 0o644)
	git(s.t, folder, "init", "-q", "-b", "main")
	git(s.t, folder, "add", ".")
	git(s.t, folder, "commit", "-q", "-m", "first")
	return folder
}

// playIn is play, in a folder.
func (s *stage) playIn(server *tmuxtest.Server, session, folder string, c captured) string {
	s.t.Helper()
	actor := s.actor(c.Kind, c.Title, strings.TrimRight(c.Screen, "\n"))
	start := []string{"new-session", "-d", "-P", "-F", "#{pane_id}", "-s", session, "-c", folder, "-x", "80", "-y", "24"}
	return server.Run(append(start, actor...)...)
}

func TestWhatAnAgentWorksOnIsListedShownGroupedAndFollowed(t *testing.T) {
	t.Parallel()
	u, screens, s := newUser(t), corpus(t), newStage(t)
	server := tmuxtest.New(t, tmuxtest.Size(80, 24))
	api, web := s.repository("api"), s.repository("web")
	git(t, api, "worktree", "add", "-q", "-b", "fix", filepath.Join(s.dir, "repos", "api-fix"))
	fix := filepath.Join(s.dir, "repos", "api-fix")
	s.write(filepath.Join(fix, "main.go"), "package main\n\nfunc main() { run() }\n\nfunc run() {}\n", 0o644)
	idle := screens["claude-code/idle-declined-80x24-1"]
	one := s.playIn(server, "one", fix, idle)
	s.playIn(server, "two", api, idle)
	s.playIn(server, "three", web, idle)
	type working struct {
		Pane string
		Repo struct {
			Name, Branch, Worktree string
			Dirty, Added, Removed  int
		}
	}
	var agents []working
	tmuxtest.Eventually(t, patience, "all three to be listed", func() bool {
		got := u.run(server, "list", "--json")
		agents = nil
		return json.Unmarshal([]byte(got.out), &agents) == nil && len(agents) == 3
	})
	for _, a := range agents {
		if a.Pane == one && (a.Repo.Name != "api" || a.Repo.Branch != "fix" || a.Repo.Worktree != "api-fix" ||
			a.Repo.Dirty != 1 || a.Repo.Added != 3 || a.Repo.Removed != 1) {
			t.Errorf("%+v", a)
		}
		if a.Repo.Branch == "" {
			t.Errorf("a list that looks once says nothing of a repository: %+v", a)
		}
	}
	d := openDashboard(u, 160, 40, server)
	d.shows("fix *1 +3 -1")
	for range roster.ByRepository {
		d.press("O")
	}
	d.shows("api 2", "web 1")
	s.write(filepath.Join(web, "new.go"), "package main\n", 0o644)
	git(t, web, "checkout", "-q", "-b", "redesign")
	server.Run("send-keys", "-t", "three", "x", "Enter")
	d.shows("redesign *1")
	d.quit()
}
