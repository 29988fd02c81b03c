package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

func TestClassifyAnswersEveryLineAndGoesOnAfterABadOne(t *testing.T) {
	t.Parallel()
	u := newUser(t)
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
	command := u.command("classify")
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

func TestClassifyEndsOnAnInterrupt(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	command := u.command("classify")
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	// The first answer shows that it is at work, and waits for more.
	if _, err := in.Write([]byte("nonsense\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case <-ended:
		if code := command.ProcessState.ExitCode(); code != 130 {
			t.Errorf("exit status %d, want 130", code)
		}
	case <-time.After(patience):
		_ = command.Process.Kill()
		t.Error("it did not end")
	}
}
