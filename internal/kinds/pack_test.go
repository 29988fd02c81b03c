package kinds

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"agentwatch/health"
)

const packedProfile = `kind = 'packed'
seen = '1.2'
common = true
signs = ['welcome to packed']

[command]
programs = ['packed']

[layout]
prompts = '>'
ruled = true
items = '●'
users = '>'
`

// sealed is a folder that is a pack.
func sealed(t *testing.T, version string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "packed.toml"), []byte(packedProfile), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Seal(folder, Manifest{Name: "mine", Version: version}); err != nil {
		t.Fatal(err)
	}
	return folder
}

// archived writes files into a .tar.gz archive.
func archived(t *testing.T, files map[string]string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "pack.tar.gz")
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	zipped := gzip.NewWriter(out)
	archive := tar.NewWriter(zipped)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if err := archive.WriteHeader(&tar.Header{Name: file, Mode: 0o600, Size: int64(len(files[file])), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(files[file])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAPackIsInstalledReplacedUsedAndRemoved(t *testing.T) {
	user := filepath.Join(t.TempDir(), "kinds")
	knows := func() bool {
		detector, problems := Load(user)
		if len(problems) > 0 {
			t.Error(problems)
		}
		return detector.HasProfile("packed")
	}
	if knows() {
		t.Fatal("it is known without the pack")
	}
	folder := sealed(t, "1.0")
	archive := archived(t, map[string]string{
		"mine-2.0/packed.toml": packedProfile, "mine-2.0/pack.toml": strings.Replace(read(t, filepath.Join(folder, ManifestName)), "1.0", "2.0", 1),
	})
	for _, from := range []struct{ name, version string }{{folder, "1.0"}, {archive, "2.0"}} {
		before := stamps(user)
		p, err := ReadPack(from.name)
		if err != nil {
			t.Fatal(err)
		}
		with, broken := LoadWith(user, p)
		if len(broken) > 0 || !with.HasProfile("packed") {
			t.Errorf("with the pack: %v", broken)
		}
		if err := p.Install(user); err != nil {
			t.Fatal(err)
		}
		packs, problems := Installed(user)
		if len(packs) != 1 || packs[0].Version != from.version || len(problems) > 0 || !knows() {
			t.Errorf("installed are %v, %v", packs, problems)
		}
		if slices.Equal(before, stamps(user)) {
			t.Error("whoever watches the folder does not see that")
		}
	}
	if err := Remove(user, "mine"); err != nil || knows() {
		t.Errorf("removed: %v", err)
	}
	if err := Remove(user, "mine"); err == nil {
		t.Error("what is not there was removed")
	}
	for _, name := range []string{"..", "../kinds", ""} {
		if err := Remove(user, name); err == nil {
			t.Errorf("%q was removed", name)
		}
	}
}

func TestTheUsersOwnProfilesHaveTheLastWord(t *testing.T) {
	user := t.TempDir()
	p, err := ReadPack(sealed(t, "1.0"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Install(user); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(user, "a.toml"), []byte("kind = 'packed'\nseen = '9.9'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	detector, problems := Load(user)
	if len(problems) > 0 || !detector.MadeFor("packed", "9.9") || detector.MadeFor("packed", "1.2") {
		t.Errorf("%v", problems)
	}
}

func TestAnInstalledPackThatWasChangedIsLeftOutAndSaid(t *testing.T) {
	user := t.TempDir()
	p, err := ReadPack(sealed(t, "1.0"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Install(user); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(user, packsFolder, "mine", "packed.toml"), []byte(packedProfile+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	detector, problems := Load(user)
	if detector.HasProfile("packed") || len(problems) != 1 || !errors.Is(problems[0], ErrPack) || !strings.Contains(problems[0].Error(), "checksum") {
		t.Errorf("%v", problems)
	}
}

func TestWhatIsNoPackIsRefusedWithTheReason(t *testing.T) {
	good := map[string]string{"packed.toml": packedProfile, ManifestName: read(t, filepath.Join(sealed(t, "1.0"), ManifestName))}
	for name, c := range map[string]struct {
		change func(files map[string]string)
		want   string
	}{
		"no manifest":    {func(f map[string]string) { delete(f, ManifestName) }, "no pack.toml"},
		"no profile":     {func(f map[string]string) { f[ManifestName] = "name='a'\nversion='1'\n"; delete(f, "packed.toml") }, "no profile"},
		"a file more":    {func(f map[string]string) { f["other.toml"] = "kind='x'" }, "checksum of other.toml"},
		"a file less":    {func(f map[string]string) { delete(f, "packed.toml") }, "which is not there"},
		"a changed file": {func(f map[string]string) { f["packed.toml"] += " " }, "checksum of packed.toml"},
		"a program":      {func(f map[string]string) { f["run.sh"] = "" }, "checksum of run.sh"},
		"a hidden file":  {func(f map[string]string) { f[".profile"] = "" }, "the file name"},
		"a strange name": {func(f map[string]string) { f["A b.toml"] = "" }, "the file name"},
		"a wrong name":   {func(f map[string]string) { f[ManifestName] = strings.Replace(f[ManifestName], "mine", "../mine", 1) }, "its name"},
		"an unknown key": {func(f map[string]string) { f[ManifestName] = "run = 'x'\n" + f[ManifestName] }, "pack.toml"},
		"a huge profile": {func(f map[string]string) { f["packed.toml"] = strings.Repeat("#", maxProfileBytes+1) }, "larger than"},
		"the same twice": {func(f map[string]string) { f["again/packed.toml"] = packedProfile }, "the file name"},
		"no version":     {func(f map[string]string) { f[ManifestName] = strings.Replace(f[ManifestName], "1.0", "", 1) }, "its version"},
	} {
		files := maps.Clone(good)
		c.change(files)
		if _, err := ReadPack(archived(t, files)); !errors.Is(err, ErrPack) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if p, err := ReadPack(archived(t, good)); err != nil || p.Name != "mine" {
		t.Errorf("a good one: %v", err)
	}
	if _, err := ReadPack(filepath.Join(t.TempDir(), "nowhere")); err == nil {
		t.Error("what is not there was read")
	}
	broken := &Pack{Manifest: Manifest{Name: "broken"}, Profiles: []health.ProfileFile{{Path: "x.toml", Text: []byte("kind = 'x'\nno_such_key = 1\n")}}}
	if _, problems := LoadWith(t.TempDir(), broken); len(problems) != 1 || !strings.Contains(problems[0].Error(), "no_such_key") {
		t.Errorf("a profile that is not valid: %v", problems)
	}
}
