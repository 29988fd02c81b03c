package plugin

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
)

// told is what a manager has told last.
type told struct {
	mu         sync.Mutex
	strategies []engine.Strategy
	problems   []error
	times      int
}

func (l *told) take(strategies []engine.Strategy, problems []error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.strategies, l.problems = strategies, problems
	l.times++
}

// text is "name status" of all, then the problems.
func (l *told) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	for _, s := range l.strategies {
		word := string(s.Name())
		if f, ok := s.(engine.Fallible); ok {
			word += " " + f.Health().Status.String()
		}
		all = append(all, word)
	}
	for _, p := range l.problems {
		all = append(all, p.Error())
	}
	return strings.Join(all, ", ")
}

// manage runs a manager until the test ends.
func manage(t *testing.T, o Options) (*Manager, *told) {
	t.Helper()
	o.Every, o.limits = 20*time.Millisecond, impatient()
	m, latest := NewManager(o), &told{}
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { m.Run(ctx, latest.take) })
	t.Cleanup(func() {
		stop()
		work.Wait()
	})
	return m, latest
}

func TestStrategiesAreFoundWhenTheyAppearChangeAndDisappear(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "strategies")
	configured, err := Compile(night())
	if err != nil {
		t.Fatal(err)
	}
	m, latest := manage(t, Options{Folders: []string{folder}, Configured: []engine.Strategy{configured}, Problems: []error{errors.New("the configuration is wrong")}})
	await := func(want string) {
		t.Helper()
		eventually(t, want, func() bool { return latest.text() == want })
	}
	await("night ok, the configuration is wrong")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	script(t, folder, "one", wellBehaved("one"))
	await("night ok, one ok, the configuration is wrong")
	script(t, folder, "two", "exit 1")
	await("night ok, one ok, two quarantined, the configuration is wrong")
	script(t, folder, "two", wellBehaved("two"))
	await("night ok, one ok, two ok, the configuration is wrong")
	if !m.Settled() {
		t.Error("not settled")
	}
	for _, name := range []string{"one", "two"} {
		if err := os.Remove(filepath.Join(folder, filePrefix+name)); err != nil {
			t.Fatal(err)
		}
	}
	await("night ok, the configuration is wrong")
	latest.mu.Lock()
	defer latest.mu.Unlock()
	if settled := m.Settled(); !settled || latest.times > 8 {
		t.Errorf("settled %v, told %d times", settled, latest.times)
	}
}

func TestFilesThatMustNotBeRunAreRefusedWithTheRemedy(t *testing.T) {
	folder, other := t.TempDir(), t.TempDir()
	for name, mode := range map[string]os.FileMode{"good": 0o755, "plain": 0o644, "open": 0o757, "tool.py": 0o755, "": 0o755} {
		path := script(t, folder, name, "exit 1")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	script(t, other, "good", "exit 1")
	if err := os.Mkdir(filepath.Join(folder, filePrefix+"dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(folder, filePrefix+"link")); err != nil {
		t.Fatal(err)
	}
	script(t, folder, "README", "exit 1")
	strategies, problems := Discover(Options{Folders: []string{folder, other, filepath.Join(folder, "missing")}})
	if len(strategies) != 1 || strategies[0].Name() != "good" {
		t.Errorf("found %v", strategies)
	}
	want := map[string]string{
		filePrefix + "plain": "chmod +x", filePrefix + "open": "chmod o-w", filePrefix + "tool.py": `"tool.py" has other characters`,
		filePrefix: "it is missing", filePrefix + "dir": "not a regular file", filePrefix + "link": "no such file",
		filePrefix + "README": "other characters", filePrefix + "good": "its name is taken by " + folder,
	}
	for _, problem := range problems {
		var r Refusal
		if !errors.As(problem, &r) {
			t.Errorf("%v", problem)
			continue
		}
		base := filepath.Base(r.Path)
		if w := want[base]; w == "" || !strings.Contains(r.Reason, w) {
			t.Errorf("%s: %q, want %q", base, r.Reason, w)
		}
		delete(want, base)
	}
	if len(want) > 0 {
		t.Errorf("not refused: %v", want)
	}
}

func TestAFolderThatEverybodyMayWriteToIsNotTrusted(t *testing.T) {
	folder := t.TempDir()
	script(t, folder, "good", "exit 1")
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	strategies, problems := Discover(Options{Folders: []string{folder}})
	if len(strategies) != 0 || len(problems) != 1 || !strings.Contains(problems[0].Error(), "chmod o-w") {
		t.Errorf("found %v, problems %v", strategies, problems)
	}
}

func TestTheFolderIsThatOfTheConfiguration(t *testing.T) {
	for want, env := range map[string]map[string]string{
		"/x/agentwatch/strategies":               {"XDG_CONFIG_HOME": "/x", "HOME": "/home/me"},
		"/home/me/.config/agentwatch/strategies": {"XDG_CONFIG_HOME": "relative", "HOME": "/home/me"},
		"":                                       {},
	} {
		if got := Folder(func(key string) string { return env[key] }); got != want {
			t.Errorf("%v: %q, want %q", env, got, want)
		}
	}
}

// repository is the module's root.
const repository = "../.."

// copyExample copies a file into a folder as a user would install it.
func copyExample(t *testing.T, from, folder string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(filepath.Join(folder, filepath.Base(from)), os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// byName returns a strategy that the manager has told of.
func (l *told) byName(name engine.StrategyName) engine.Strategy {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.strategies, func(s engine.Strategy) bool { return s.Name() == name })
	if i < 0 {
		return nil
	}
	return l.strategies[i]
}
