package themes

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// folderWith writes files into a new folder.
func folderWith(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// wantProblems fails unless there is one error for each text, in that order.
func wantProblems(t *testing.T, problems []error, want ...string) {
	t.Helper()
	if len(problems) != len(want) {
		t.Fatalf("%d errors, want %d: %v", len(problems), len(want), problems)
	}
	for i, text := range want {
		if !strings.Contains(problems[i].Error(), text) || !strings.HasPrefix(problems[i].Error(), "themes: ") {
			t.Errorf("got %q, want %q in it", problems[i], text)
		}
	}
}

func mustLoad(t *testing.T, set *Set, name string) *Theme {
	t.Helper()
	theme, err := set.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return theme
}

func TestWithoutAFolderThereAreTheBuiltInThemes(t *testing.T) {
	for _, folder := range []string{"", filepath.Join(t.TempDir(), "none"), t.TempDir()} {
		set, problems := LoadSet(folder)
		wantProblems(t, problems)
		if !slices.Equal(set.Names(), Names()) {
			t.Errorf("%q: got %v", folder, set.Names())
		}
	}
}

func TestTheUsersThemesStandBesideTheBuiltInOnes(t *testing.T) {
	set, problems := LoadSet(folderWith(t, map[string]string{
		"Abend.toml": "inherits = \"nord\"\ntitle = \"Am Abend\"\n[colours]\nwaiting = \"#ffff00\"\n",
		"readme.md":  "no theme",
		".#a.toml":   "an editor's lock",
	}))
	wantProblems(t, problems)
	if want := append([]string{"Abend"}, Names()...); !slices.Equal(set.Names(), want) {
		t.Fatalf("got %v", set.Names())
	}
	if theme := mustLoad(t, set, "Abend"); theme.Title != "Am Abend" || theme.Colours.Waiting.String() != "#ffff00" {
		t.Errorf("got %+v", theme)
	}
	if _, err := Load("Abend"); !errors.Is(err, ErrUnknown) {
		t.Errorf("the built-in themes know the user's: %v", err)
	}
}

func TestAFileReplacesTheBuiltInThemeOfItsName(t *testing.T) {
	set, problems := LoadSet(folderWith(t, map[string]string{
		"mocha.toml": "inherits = \"mocha\"\n[colours]\nwaiting = \"#ffff00\"\n",
		"latte.toml": "inherits = \"nord\"\n",
		"heir.toml":  "inherits = \"mocha\"\n",
	}))
	wantProblems(t, problems)
	for _, theme := range []*Theme{mustLoad(t, set, "mocha"), set.Default(true), mustLoad(t, set, "heir")} {
		if theme.Colours.Waiting.String() != "#ffff00" {
			t.Errorf("%s waits in %v", theme.Name, theme.Colours.Waiting)
		}
	}
	if set.Default(false).Dark {
		t.Error("the default for a light background is dark")
	}
	if !slices.Equal(set.Names(), slices.Sorted(slices.Values(append(Names(), "heir")))) {
		t.Errorf("got %v", set.Names())
	}
}

func TestABadFileIsLeftOutAndTheOthersLoad(t *testing.T) {
	set, problems := LoadSet(folderWith(t, map[string]string{
		"a.toml":     "inherits = \"mocha\"\n[colours]\nwaitng = \"#ffff00\"\n",
		"b.toml":     "inherits = \"a\"\n",
		"c.toml":     "inherits = \"latte\"\n",
		"d.toml":     "inherits = \"cc\"\n",
		"mocha.toml": "nonsense",
		"heir.toml":  "inherits = \"mocha\"\n",
		"\x1b.toml":  "inherits = \"mocha\"\n",
	}))
	wantProblems(t, problems,
		`\x1b.toml": the name of a theme has`,
		`a.toml:3: unknown key colours.waitng, did you mean "waiting"?`,
		`b.toml:1: inherits: "a" has an error of its own`,
		`d.toml:1: inherits: unknown theme "cc", did you mean "c"?`,
		"mocha.toml:1: ")
	if mustLoad(t, set, "c").Dark || !mustLoad(t, set, "mocha").Dark || !mustLoad(t, set, "heir").Dark {
		t.Error("what is left is not what it should be")
	}
	if _, err := set.Load("b"); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

func TestThemesThatInheritInACircleAreLeftOut(t *testing.T) {
	set, problems := LoadSet(folderWith(t, map[string]string{
		"a.toml":    "inherits = \"b\"\n",
		"b.toml":    "inherits = \"a\"\n",
		"self.toml": "\ninherits = \"self\"\n",
	}))
	wantProblems(t, problems,
		`a.toml:1: inherits: "b" has an error of its own`,
		"b.toml:1: inherits: a circle of a, b, a",
		"self.toml:2: inherits: a circle of self, self")
	if !slices.Equal(set.Names(), Names()) {
		t.Errorf("got %v", set.Names())
	}
}

func TestAnUnknownNameSuggestsTheUsersOwn(t *testing.T) {
	set, problems := LoadSet(folderWith(t, map[string]string{"midnight.toml": "inherits = \"mocha\"\n"}))
	wantProblems(t, problems)
	for typed, meant := range map[string]string{"midnigth": "midnight", "Tokyonight": "tokyo-night", "gruvbox": "", "roze-pine": "rose-pine"} {
		_, err := set.Load(typed)
		if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "there are ") {
			t.Fatalf("got %v", err)
		}
		if want := "did you mean \"" + meant + "\"?"; meant != "" && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %q, want %q", typed, err, want)
		}
	}
}

func TestOnlyRegularFilesOfSensibleSizeAreRead(t *testing.T) {
	folder := folderWith(t, map[string]string{
		"huge.toml":  string(bytes.Repeat([]byte("#\n"), maxFileBytes/2+1)),
		"large.toml": "inherits = \"mocha\"\n" + strings.Repeat("#", maxFileBytes-19),
		"zz":         "inherits = \"mocha\"\n",
	})
	in := func(name string) string { return filepath.Join(folder, name) }
	for _, err := range []error{
		os.Mkdir(in("folder.toml"), 0o700),
		os.Symlink(in("folder.toml"), in("linked-folder.toml")),
		os.Symlink(in("zz"), in("linked.toml")),
		os.Symlink(in("nowhere"), in("dangling.toml")),
		os.Symlink(in("loop.toml"), in("loop.toml")),
		syscall.Mkfifo(in("pipe.toml"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	set, problems := LoadSet(folder)
	wantProblems(t, problems, "dangling.toml", "huge.toml is larger than 1 MiB", "linked-folder.toml is not a regular file",
		"loop.toml", "pipe.toml is not a regular file")
	mustLoad(t, set, "linked")
	mustLoad(t, set, "large")
	if len(set.Names()) != len(Names())+2 {
		t.Errorf("got %v", set.Names())
	}
}

func TestAFolderThatIsAFileIsAnError(t *testing.T) {
	set, problems := LoadSet(filepath.Join(folderWith(t, map[string]string{"themes": ""}), "themes"))
	wantProblems(t, problems, "not a directory")
	if set.Default(true).Name != "mocha" {
		t.Error("the built-in themes are gone")
	}
}
