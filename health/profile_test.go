package health

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestEveryKindHasAProfileThatIdentifiesItByItsProgram(t *testing.T) {
	d := NewDetector()
	for kind, command := range map[Kind]string{
		"claude": "claude", "codex": "codex", "gemini": "node /usr/lib/node_modules/@google/gemini-cli/dist/index.js",
		"opencode": "opencode", "qwen": "node /x/node_modules/@qwen-code/qwen-code/cli.js", "copilot": "node /x/@github/copilot/index.js",
		"cursor": "cursor-agent", "aider": "python3 -m aider --model x", "amp": "node --no-warnings /x/@sourcegraph/amp/dist/main.js",
		"goose": "goose session", "droid": "droid", "cline": "cline", "continue": "node /x/@continuedev/cli/dist/cn.js",
		"pi": "bun /x/@mariozechner/pi-coding-agent/dist/cli.js", "crush": "crush", "kiro": "kiro-cli chat", "kimi": "uvx kimi-cli",
		"auggie": "npx @augmentcode/auggie", "grok": "grok", "amazonq": "q chat", "kilo": "kilo", "devin": "devin",
		"hermes": "hermes", "vibe": "uv run vibe", "agy": "agy", "omp": "omp", "mcode": "mcode", "qodercli": "qodercli",
	} {
		for _, wrapper := range []string{"", "sudo -u me ", "env A=1 ", "timeout 5m "} {
			if id := d.Identify(Observation{Processes: foreground(wrapper + command)}); id.Kind != kind || id.Process != ProcessAlive {
				t.Errorf("%q is %q %s, want %q", wrapper+command, id.Kind, id.Process, kind)
			}
		}
	}
	for _, command := range []string{"q", "q --version", "pip install aider-chat", "npm view @google/gemini-cli", "kiro-cli doctor"} {
		if id := d.Identify(Observation{Processes: foreground(command)}); id.Process == ProcessAlive && !id.OneShot {
			t.Errorf("%q is taken for %q", command, id.Kind)
		}
	}
}

func TestABrokenProfileNamesFileLineAndProblemAndChangesNothing(t *testing.T) {
	for text, want := range map[string]struct {
		line    int
		problem string
	}{
		"kind = 'x'\nprogramms = ['x']\n":                                                   {2, `no key is called "programms"`},
		"kind = 'x'\n[command]\nprograms = 'x'\n":                                           {3, ""},
		"kind = 'x'\nsigns = ['x'\n":                                                        {0, ""},
		"kind = 'Big Name'\nsigns = ['x']\n":                                                {1, "kind must be a word"},
		"kind = 'x'\n":                                                                      {1, "nothing identifies x"},
		"kind = 'x'\nsigns = ['x']\n[[dialog]]\nid = 'y.z'\n":                               {4, "must start with"},
		"kind = 'x'\nsigns = ['x']\n[[marker]]\nid = 'x.a'\n":                               {4, "has nothing to look for"},
		"kind = 'x'\nsigns = ['x']\n[[marker]]\nregion = 'middle'\n":                        {4, "no region is called"},
		"kind = 'x'\nsigns = ['x']\n[[marker]]\nstate = 'sleeping'\n":                       {4, "no state is called"},
		"kind = 'x'\nsigns = ['x']\n[[fact]]\nfact = 'cost'\nneeds = 'c'\npattern = '(a'\n": {6, "pattern of the fact cost"},
		"kind = 'x'\nsigns = ['x']\n[[fact]]\nfact = 'cost'\nneeds = 'c'\npattern = 'a'\n":  {6, "needs one group"},
		"kind = 'claude'\n[layout]\nruled = 'yes'\n":                                        {3, ""},
	} {
		d, problems := NewDetector().With(ProfileFile{Path: "/c/x.toml", Text: []byte(text)})
		if len(problems) != 1 {
			t.Errorf("%q: problems %v", text, problems)
			continue
		}
		var broken *ProfileError
		if !errors.As(problems[0], &broken) || !errors.Is(problems[0], ErrProfile) {
			t.Errorf("%q: error %v", text, problems[0])
			continue
		}
		if broken.File != "/c/x.toml" || (want.line > 0 && broken.Line != want.line) || !strings.Contains(broken.Problem, want.problem) {
			t.Errorf("%q: got %v, want line %d and %q", text, broken, want.line, want.problem)
		}
		if id := d.Identify(Observation{Processes: foreground("claude")}); id.Kind != KindClaude {
			t.Errorf("%q: claude is no longer known", text)
		}
	}
}

func TestAUsersProfileAddsAKind(t *testing.T) {
	d, problems := NewDetector().With(ProfileFile{Path: "robo.toml", Text: []byte(
		"kind = 'robo'\ncommon = true\n[command]\nprograms = ['robo']\n[layout]\nprompts = '>'\nruled = true\n" +
			"[[dialog]]\nid = 'robo.dialog.permission'\nwait = 'permission'\nheadings = ['MAY I run this?']\n")})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	screen := "May I run this?\n❯ 1. Yes\n  2. No\n\nEnter to select · Esc to cancel\n"
	v := d.Detect(Observation{Processes: foreground("robo"), Screen: screen})
	if v.Kind != "robo" || v.State != StateWaiting {
		t.Errorf("got %s %s by %s", v.Kind, v.State, v.Evidence.Rule)
	}
}

func TestAUsersProfileChangesABuiltInKindAndKeepsTheRest(t *testing.T) {
	base := NewDetector()
	d, problems := base.With(ProfileFile{Path: "claude.toml", Text: []byte(
		"kind = 'claude'\n[command]\nprograms = ['claude', 'my-claude']\n")})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if id := d.Identify(Observation{Processes: foreground("my-claude")}); id.Kind != KindClaude {
		t.Errorf("my-claude is %q", id.Kind)
	}
	if id := base.Identify(Observation{Processes: foreground("my-claude")}); id.Kind != KindNone {
		t.Errorf("the detector it came from has changed, too: %q", id.Kind)
	}
	for _, c := range readCaptures(t) {
		if c.Kind != KindClaude {
			continue
		}
		if v := d.Detect(c.observation()); v.Kind != c.Kind || !c.accepts(v.State) {
			t.Errorf("%s: got %s %s by %s", c.ID, v.Kind, v.State, v.Evidence.Rule)
		}
	}
}

// All detectors share the built-in profiles: here each is changed by another,
// which sets about everything, and none may be written to.
func TestAUsersProfileNeverWritesIntoABuiltInOne(t *testing.T) {
	names, err := fs.Glob(builtinProfiles, "profiles/*.toml")
	if err != nil {
		t.Fatal(err)
	}
	var files []ProfileFile
	for i, name := range names {
		text, err := builtinProfiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		kind := func(name string) string { return strings.TrimSuffix(path.Base(name), ".toml") }
		from, to := kind(name), kind(names[(i+1)%len(names)])
		// The kind itself, and the names of its rules.
		changed := regexp.MustCompile(`'`+from+`(['.])`).ReplaceAll(text, []byte("'"+to+"$1"))
		files = append(files, ProfileFile{Path: to + ".toml", Text: changed})
	}
	d, problems := NewDetector().With(files...)
	if len(problems) > 0 || len(d.profiles) != len(names) {
		t.Fatalf("%d profiles, problems %v", len(d.profiles), problems)
	}
	if reflect.DeepEqual(d.profiles, builtin()) {
		t.Error("nothing has changed")
	}
	for i, fresh := range loadBuiltin() {
		if !reflect.DeepEqual(builtin()[i], fresh) {
			t.Errorf("the built-in profile of %s has changed", fresh.Kind)
		}
	}
}

func FuzzProfile(f *testing.F) {
	f.Add("kind = 'x'\nsigns = ['x']\n[[marker]]\nid = 'x.a'\nstate = 'working'\nregion = 'live'\nany = ['a']\n")
	f.Add("kind = 'claude'\n[layout]\nprompts = '\\u0000'\n")
	f.Add("[[fact]]\npattern = '('\n")
	f.Fuzz(func(t *testing.T, text string) {
		d, _ := NewDetector().With(ProfileFile{Path: "f.toml", Text: []byte(text)})
		d.Detect(Observation{Screen: "● a\n\n❯ \n", Processes: foreground("claude")})
	})
}

// The example of docs/kinds.md must work as it stands there.
func TestTheExampleInTheGuideAddsAKind(t *testing.T) {
	guide, err := os.ReadFile("../docs/kinds.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(guide), "```toml")
	example, _, found := strings.Cut(example, "```")
	if !found {
		t.Fatal("the guide has no example")
	}
	d, problems := NewDetector().With(ProfileFile{Path: "myagent.toml", Text: []byte(example)})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	v := d.Detect(Observation{
		Processes: foreground("myagent"),
		Screen:    "● I will look.\n\n  Allow this command?\n\n❯ 1. Yes\n  2. No\n\n  Enter to select · Esc to cancel\n",
	})
	if v.Kind != "myagent" || v.State != StateWaiting || v.Wait != WaitPermission || v.Evidence.Rule != "myagent.dialog.permission" {
		t.Errorf("got %s %s %s by %s", v.Kind, v.State, v.Wait, v.Evidence.Rule)
	}
	if v.Dialog == nil || len(v.Dialog.Options) != 2 || v.Activity != "Allow this command?" {
		t.Errorf("dialog %+v, activity %q", v.Dialog, v.Activity)
	}
}
