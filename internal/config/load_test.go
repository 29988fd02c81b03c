package config

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// followed is a file that is watched within a bubble of time.
type followed struct {
	t    *testing.T
	p    program
	path string

	mu   sync.Mutex
	got  []File
	told [][]Problem
}

const every = time.Second

// follow runs a test on a watched file with an initial text; none when it is
// empty.
func follow(t *testing.T, text string, test func(*followed)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &followed{t: t, p: newProgram(t), path: filepath.Join(dir, "config.toml")}
		if text != "" {
			w.write(text)
		}
		ctx, cancel := context.WithCancel(t.Context())
		loader := Loader{Path: w.path, Schema: func([]byte) *Schema { return w.p.schema }}
		file, _ := loader.Load()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			loader.Watch(ctx, every, file, func(f File, problems []Problem) {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.got, w.told = append(w.got, f), append(w.told, problems)
			})
		}()
		test(w)
		cancel()
		<-ended
	})
}

func (w *followed) write(text string) {
	w.t.Helper()
	if err := os.WriteFile(w.path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// pass lets time go on, and checks how many changes have been told since the
// start.
func (w *followed) pass(looks, changes int) {
	w.t.Helper()
	time.Sleep(time.Duration(looks)*every + every/2)
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.got) != changes {
		w.t.Fatalf("%d changes were told, not %d", len(w.got), changes)
	}
}

func (w *followed) theme() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.p.General.In(w.got[len(w.got)-1]).Theme
}

// problems are those of a change.
func (w *followed) problems(change int) []Problem {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told[change]
}

func TestAChangeIsToldOnceTwoLooksHaveSeenTheSame(t *testing.T) {
	follow(t, "theme = 'nord'\n", func(w *followed) {
		w.pass(3, 0)
		w.write("theme = 'latte'\n")
		w.pass(0, 0)
		w.pass(3, 1)
		if w.theme() != "latte" {
			t.Error(w.theme())
		}
		w.pass(5, 1)
	})
}

func TestAFileThatIsBeingWrittenIsNotRead(t *testing.T) {
	follow(t, "theme = 'nord'\n", func(w *followed) {
		w.pass(0, 0) // between two looks, as all that follows
		for n := range 5 {
			w.write("theme = 'la" + strings.Repeat("t", n))
			time.Sleep(every)
		}
		w.write("theme = 'latte'\n")
		w.pass(3, 1)
		if len(w.problems(0)) > 0 {
			t.Error(w.problems(0))
		}
	})
}

func TestAFileThatIsReplacedByAnotherIsReadAnew(t *testing.T) {
	follow(t, "theme = 'nord'\n", func(w *followed) {
		old, err := os.Stat(w.path)
		if err != nil {
			t.Fatal(err)
		}
		// As large as the old one and as old: only that it is another tells.
		other := w.path + "~"
		if err := os.WriteFile(other, []byte("theme = 'auto'\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(other, old.ModTime(), old.ModTime()); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(other, w.path); err != nil {
			t.Fatal(err)
		}
		w.pass(3, 1)
		if w.theme() != "auto" {
			t.Error(w.theme())
		}
	})
}

func TestAFileThatIsGoneForAMomentIsNoChangeAndForLongMeansDefaults(t *testing.T) {
	follow(t, "theme = 'nord'\n", func(w *followed) {
		aside := w.path + "~"
		move := func(from, to string) {
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
		}
		w.pass(0, 0)
		move(w.path, aside)
		time.Sleep(every)
		move(aside, w.path)
		w.pass(3, 0)
		move(w.path, aside)
		w.pass(3, 1)
		if w.theme() != ThemeAuto || len(w.problems(0)) > 0 {
			t.Error(w.theme(), w.problems(0))
		}
		move(aside, w.path)
		w.pass(3, 2)
		if w.theme() != "nord" {
			t.Error(w.theme())
		}
	})
}

func TestAFolderThatComesLaterIsNoticed(t *testing.T) {
	follow(t, "", func(w *followed) {
		w.pass(2, 0)
		w.write("theme = 'nord'\n")
		w.pass(3, 1)
	})
}

func TestABrokenChangeIsToldAndLosesNothing(t *testing.T) {
	follow(t, "theme = 'nord'\n", func(w *followed) {
		w.write("theme = 'nor\n")
		w.pass(3, 1)
		if w.theme() != "nord" || len(w.problems(0)) != 1 {
			t.Error(w.theme(), w.problems(0))
		}
		w.write("theme = 'latte'\nmouse = 3\n")
		w.pass(3, 2)
		if w.theme() != "latte" || len(w.problems(1)) != 1 {
			t.Error(w.theme(), w.problems(0))
		}
	})
}

func TestAFileThatCannotBeReadIsAProblemAndNoFailure(t *testing.T) {
	p := newProgram(t)
	folder := t.TempDir()
	large := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(large, make([]byte, maxFileBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{folder, large} {
		f, problems := Loader{Path: path, Schema: func([]byte) *Schema { return p.schema }}.Load()
		if len(problems) != 1 || problems[0].Place() != path || p.General.In(f).Theme != ThemeAuto {
			t.Error(problems)
		}
	}
	for _, path := range []string{"", filepath.Join(folder, "none", "config.toml")} {
		f, problems := Loader{Path: path, Schema: func([]byte) *Schema { return p.schema }}.Load()
		if len(problems) > 0 || p.General.In(f).Theme != ThemeAuto {
			t.Error(problems)
		}
	}
}

func TestTheFolderFollowsTheXDGSpecification(t *testing.T) {
	for want, env := range map[string]map[string]string{
		"/x/agentwatch/config.toml":         {"XDG_CONFIG_HOME": "/x", "HOME": "/h"},
		"/h/.config/agentwatch/config.toml": {"XDG_CONFIG_HOME": "relative", "HOME": "/h"},
		"":                                  {},
	} {
		if got := Path(func(k string) string { return env[k] }); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
