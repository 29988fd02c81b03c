package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

// codexSession writes the file of a codex session that was made in a folder today.
func (s *stage) codexSession(home, folder string) (path string) {
	s.t.Helper()
	text, err := os.ReadFile("../internal/tokens/testdata/codex-0.169.0.jsonl")
	if err != nil {
		s.t.Fatal(err)
	}
	now := time.Now()
	made := strings.NewReplacer("/src/app", folder, "2026-11-29T20:52", now.UTC().Format("2006-01-02T15:04")).Replace(string(text))
	path = filepath.Join(home, ".codex", "sessions", now.Format("2006"), now.Format("01"), now.Format("02"), "rollout-1.jsonl")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	s.write(path, made, 0o600)
	return path
}

func TestTokensOfAnAgentAreListedShownAndReportedAndPricedByTheUsersTableAlone(t *testing.T) {
	t.Parallel()
	u, screens, s := newUser(t), corpus(t), newStage(t)
	server := tmuxtest.New(t, tmuxtest.Size(80, 24))
	folder, home := s.repository("api"), filepath.Join(s.dir, "home")
	c := screens["codex/idle-typed-80x24-1"]
	actor := append([]string{"env", "HOME=" + home}, s.actor("codex", c.Title, strings.TrimRight(c.Screen, "\n"))...)
	server.Run(append([]string{"new-session", "-d", "-s", "one", "-c", folder, "-x", "80", "-y", "24"}, actor...)...)
	path := s.codexSession(home, folder)
	var agents []struct {
		Tokens struct {
			Today struct {
				Input int
				Cost  float64
			}
			Window  int
			Version string
		}
	}
	tmuxtest.Eventually(t, patience, "the agent's tokens to be listed", func() bool {
		got := u.run(server, "list", "--json")
		agents = nil
		return json.Unmarshal([]byte(got.out), &agents) == nil && len(agents) == 1 && agents[0].Tokens.Today.Input == 3800
	})
	if a := agents[0].Tokens; a.Window != 258400 || a.Version != "0.169.0" || a.Today.Cost != 0 {
		t.Errorf("%+v", a)
	}
	d := openDashboard(u, 160, 40, server)
	d.shows("3.9k today")
	d.press("Enter")
	d.shows("3.9k tokens", "99.2 % left")
	s.write(filepath.Join(u.configFolder(), "config.toml"), "[tokens]\ncurrency = \"EUR\"\n[[tokens.prices]]\nmodel = \"gpt-5*\"\ninput = 1000\noutput = 1000\n", 0o600)
	d.shows("3.89 EUR")
	// What is added to the file is read when the agent prints.
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(file, `{"timestamp":%q,"type":"token_usage_record","payload":{"response_id":"r9","usage":{"input_tokens":1000,"output_tokens":0}}}`+"\n", time.Now().Format(time.RFC3339))
	if err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	server.Run("send-keys", "-t", "one", "x", "Enter")
	d.shows("4.89 EUR")
	got := u.command("report", "--tokens", "--json")
	out, err := got.Output()
	var rows []struct {
		Kind, Folder, Model string
		Input               int
		Cost                float64
	}
	if err != nil || json.Unmarshal(out, &rows) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	found := false
	for _, row := range rows {
		found = found || row.Kind == "codex" && row.Folder == folder && row.Model == "gpt-5-codex" && row.Input == 4800 && row.Cost > 4.89 && row.Cost < 4.9
	}
	if !found {
		t.Errorf("the report has no such row: %s", out)
	}
	d.press("1")
	d.shows("rounds")
	d.quit()
}

func TestABudgetThatIsExceededIsTold(t *testing.T) {
	t.Parallel()
	u, screens, s := newUser(t), corpus(t), newStage(t)
	server := tmuxtest.New(t, tmuxtest.Size(80, 24))
	folder, home, told := s.repository("api"), filepath.Join(s.dir, "home"), filepath.Join(s.dir, "told")
	s.write(filepath.Join(u.configFolder(), "config.toml"), fmt.Sprintf(
		"[notify]\n[notify.channels.file]\ntype = \"command\"\ncommand = [\"sh\", \"-c\", \"echo \\\"$AW_TITLE\\\" >> %s\"]\n"+
			"[[notify.rules]]\nbudget = { tokens = 4000 }\nchannels = [\"file\"]\n", told), 0o600)
	c := screens["codex/idle-cleared-40x24-1"]
	actor := append([]string{"env", "HOME=" + home}, s.actor("codex", c.Title, strings.TrimRight(c.Screen, "\n"))...)
	server.Run(append([]string{"new-session", "-d", "-s", "one", "-c", folder, "-x", "80", "-y", "24"}, actor...)...)
	path := s.codexSession(home, folder)
	d := openDashboard(u, 120, 40, server)
	d.shows("3.9k today")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(file, `{"timestamp":%q,"type":"token_usage_record","payload":{"response_id":"r9","usage":{"input_tokens":1000,"output_tokens":0}}}`+"\n", time.Now().Format(time.RFC3339))
	if err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	server.Run("send-keys", "-t", "one", "x", "Enter")
	tmuxtest.Eventually(t, patience, "the budget to be told of", func() bool {
		text, err := os.ReadFile(told)
		return err == nil && strings.Contains(string(text), "has used 4 892 tokens today, more than 4 000")
	})
	d.quit()
}
