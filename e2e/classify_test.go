package e2e

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

func TestClassifyAnswersEveryLineAndGoesOnAfterABadOne(t *testing.T) {
	c := corpus(t)["claude-code/waiting-question-80x24-1"]
	good, err := json.Marshal(struct {
		ID     string `json:"id"`
		Kind   string `json:"kind"`
		Screen string `json:"screen"`
		Title  string `json:"title"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
	}{c.ID, c.Kind, c.Screen, c.Title, c.Width, c.Height})
	if err != nil {
		t.Fatal(err)
	}
	in := strings.Join([]string{
		string(good), `{"id": "cut off`, `{"id": "none"}`, `{"id": "bad", "screen": "x", "processes": ["nonsense"]}`, "", string(good),
	}, "\n")
	command := exec.Command(program, "classify")
	command.Stdin = strings.NewReader(in)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines, want 5:\n%s", len(lines), out)
	}
	for i, line := range lines {
		var got struct {
			ID, Kind, State, Rule, Error string
			Confidence                   float64
			Line                         int
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("line %d: %v", i, err)
		}
		if bad := i > 0 && i < 4; bad != (got.Error != "") {
			t.Errorf("line %d: %s", i, line)
		} else if !bad && (got.ID != c.ID || got.Kind != "claude" || got.State != "waiting" || got.Rule == "" || got.Line == 0) {
			t.Errorf("line %d: %s", i, line)
		}
	}
}
