package tmuxpool_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"agentwatch/tmuxpool"
)

func TestASelectionNamesTheServersThatAreWatchedHoweverTheyAreNamed(t *testing.T) {
	base, folder := socketFolder(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(folder, "work"), link); err != nil {
		t.Fatal(err)
	}
	stale(t, filepath.Join(folder, "work"))
	options := func(names, paths []string) tmuxpool.DiscoverOptions {
		return tmuxpool.DiscoverOptions{Names: names, Paths: paths, UID: os.Getuid(), Env: func(name string) string {
			return map[string]string{"TMUX_TMPDIR": base}[name]
		}}
	}
	want := []string{filepath.Join(folder, "other"), filepath.Join(folder, "work")}
	for _, o := range []tmuxpool.DiscoverOptions{
		options([]string{"work", "other"}, nil), options([]string{"other", "work", "work"}, nil),
		options([]string{"other"}, []string{link}), options(nil, []string{folder + "/../" + filepath.Base(folder) + "/other", link}),
	} {
		if got := o.Selection(); !slices.Equal(got, want) {
			t.Errorf("%q %q: %q", o.Names, o.Paths, got)
		}
	}
}

func TestTheUsualServersHaveAnEmptySelectionAlsoWithinOneOfThem(t *testing.T) {
	base, folder := socketFolder(t)
	usual := "/tmp/tmux-" + strconv.Itoa(os.Getuid())
	for name, c := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"outside tmux":            {nil, nil},
		"in the default server":   {map[string]string{"TMUX": usual + "/default,1,0"}, nil},
		"in a server elsewhere":   {map[string]string{"TMUX": folder + "/x,1,0"}, []string{folder + "/x"}},
		"with a folder elsewhere": {map[string]string{"TMUX_TMPDIR": base}, []string{folder + "/"}},
		"in a server there":       {map[string]string{"TMUX_TMPDIR": base, "TMUX": folder + "/x,1,0"}, []string{folder + "/"}},
	} {
		o := tmuxpool.DiscoverOptions{UID: os.Getuid(), Env: func(name string) string { return c.env[name] }}
		if got := o.Selection(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
