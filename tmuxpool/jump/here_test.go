package jump

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

// tells waits until a program has written its place.
func tells(t *testing.T, file string) string {
	t.Helper()
	var text []byte
	tmuxtest.Eventually(t, patience, "the program tells where it is", func() bool {
		var err error
		text, err = os.ReadFile(file)
		return err == nil
	})
	return string(text)
}

func TestAProgramKnowsItsPaneAndThatAPopupHasNone(t *testing.T) {
	// The server is started in a pane of another one: every popup inherits that
	// pane's id, which here is also one of this server's.
	t.Setenv("TMUX_PANE", "%0")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s, d, dir := tmuxtest.New(t), newDesk(t), t.TempDir()
	s.Run("set-environment", "-g", "TMUX_PANE", "%0")
	s.Run("set-environment", "-g", hereVar, filepath.Join(dir, "pane"))
	pane := s.NewWindow("main", "w", program)
	if got := tells(t, filepath.Join(dir, "pane")); got != s.SocketPath()+"|"+pane+"|<nil>" {
		t.Errorf("in a pane: %s, not %s", got, pane)
	}
	if !strings.Contains(s.Run("list-commands"), "display-popup") {
		// Popups came with tmux 3.2.
		return
	}
	s.Run("set-environment", "-g", hereVar, filepath.Join(dir, "popup"))
	term := d.attach(s, "main")
	s.Run("display-popup", "-c", term.tty, "-E", program)
	if got := tells(t, filepath.Join(dir, "popup")); got != s.SocketPath()+"||<nil>" {
		t.Errorf("in a popup: %s", got)
	}
}

func TestTheSocketsPathIsResolvedAndOutsideThereIsNone(t *testing.T) {
	t.Parallel()
	s := tmuxtest.New(t)
	env := map[string]string{"TMUX": oddPath(t, s) + ",1,0"}
	got, err := Here(t.Context(), "tmux", func(name string) string { return env[name] }, os.Stdin)
	if err != nil || got != (Place{Socket: s.SocketPath()}) {
		t.Errorf("%v, %v", got, err)
	}
	got, err = Here(t.Context(), "tmux", func(string) string { return "" }, os.Stdin)
	if err != nil || got != (Place{}) {
		t.Errorf("outside: %v, %v", got, err)
	}
}

func TestFromAPopupTheClientWithTheNewestKeyJumps(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	home, target := only(s, "main"), s.NewSession("other", "cat")
	onlooker, term := d.attach(s, "main"), d.attach(s, "main")
	term.press("g")
	tmuxtest.Eventually(t, patience, "the key arrives", func() bool { return s.Capture(home) == "g" })
	done := to(t, jumper(s, ""), s, target)
	term.arrives(s, "other "+target)
	if got := onlooker.view(s); got != "main "+home || done.Back != "C-b L comes back" {
		t.Errorf("the other client shows %s; %+v", got, done)
	}
}
