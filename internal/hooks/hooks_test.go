package hooks

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// theirs are settings as users have them.
func theirs() []string {
	return []string{
		"", "{}", "{\n  \"model\": \"opus\",\n  \"permissions\": {\"allow\": [\"Bash(ls:*)\"]}\n}\n",
		"{\n  \"hooks\": {\n    \"Stop\": [\n      {\"hooks\": [{\"type\": \"command\", \"command\": \"notify-send done\"}]}\n    ],\n    \"PreToolUse\": [{\"matcher\": \"Bash\", \"hooks\": []}]\n  },\n  \"theme\": \"dark\"\n}\n",
	}
}

func meaning(t interface{ Fatalf(string, ...any) }, text string) (value any) {
	if text == "" {
		text = "{}"
	}
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return value
}

func TestWhatIsInstalledIsTakenAwayAgainAndTheRestStays(t *testing.T) {
	for _, p := range Programs() {
		for _, before := range theirs() {
			if p.events == nil && before != "" {
				continue
			}
			with, err := p.Install(before)
			if err != nil {
				t.Fatal(p.Name, err)
			}
			if have, all := p.Installed(with); have != all {
				t.Errorf("%s: %d of %d in\n%s", p.Name, have, all, with)
			}
			if again, err := p.Install(with); err != nil || again != with {
				t.Errorf("%s: twice: %v\n%s", p.Name, err, again)
			}
			for _, line := range strings.Split(strings.TrimSpace(before), "\n") {
				if text := strings.Trim(line, " ,{}[]"); !strings.Contains(with, text) {
					t.Errorf("%s: %q is gone from\n%s", p.Name, text, with)
				}
			}
			after, err := p.Remove(with)
			if err != nil || p.events != nil && !reflect.DeepEqual(meaning(t, before), meaning(t, after)) {
				t.Errorf("%s: %v\n%s\nis now\n%s", p.Name, err, before, after)
			}
		}
	}
}

// What an earlier build has installed gives way to what this one does.
func TestHooksOfAnEarlierBuildAreMadeAnew(t *testing.T) {
	p, _ := Find("codex")
	before := p
	before.byFolder = false
	old, err := before.Install(`{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "notify-send done"}]}]}}`)
	if err != nil {
		t.Fatal(err)
	}
	with, err := p.Install(old)
	if err != nil || strings.Contains(with, "$TMUX_PANE") || strings.Count(with, "@agentwatch_state") != 4 || !strings.Contains(with, "notify-send done") {
		t.Errorf("%v\n%s", err, with)
	}
}

func TestAnySettingsMeanTheSameAfterwards(t *testing.T) {
	key := rapid.SampledFrom([]string{"model", "hooks.", "Stop", "a b", "ü", "env", "\\", "*"})
	p, _ := Find("claude")
	rapid.Check(t, func(t *rapid.T) {
		settings := map[string]any{}
		for k, v := range rapid.MapOf(key, rapid.String()).Draw(t, "settings") {
			settings[k] = v
		}
		own := map[string]any{}
		for _, event := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"Stop", "SessionEnd", "PostToolUse"}), rapid.ID[string]).Draw(t, "events") {
			own[event] = []any{map[string]any{"hooks": []any{map[string]any{"type": "command", "command": rapid.String().Draw(t, "command")}}}}
		}
		if len(own) > 0 {
			settings["hooks"] = own
		}
		text, err := json.MarshalIndent(settings, "", rapid.SampledFrom([]string{"", "  ", "\t"}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		with, err := p.Install(string(text))
		if err != nil {
			t.Fatal(err)
		}
		meaning(t, with)
		after, err := p.Remove(with)
		if err != nil || !reflect.DeepEqual(meaning(t, string(text)), meaning(t, after)) {
			t.Fatalf("%v\n%s\nis now\n%s", err, text, after)
		}
	})
}

func TestAFileOfAnotherFormIsLeftAlone(t *testing.T) {
	p, _ := Find("claude")
	for _, text := range []string{"{", "[]", "// mine\n{}", `{"hooks": []}`, `{"hooks": {"Stop": {}}}`} {
		if _, err := p.Install(text); !errors.Is(err, ErrFile) {
			t.Errorf("%s: installed: %v", text, err)
		}
		if _, err := p.Remove(text); !errors.Is(err, ErrFile) {
			t.Errorf("%s: removed: %v", text, err)
		}
	}
	if _, err := Find("vim"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "a", "b.json")
	for _, text := range []string{"one", "two", ""} {
		if err := Write(path, text); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(path); err != nil || got != text {
			t.Errorf("%q, %v", got, err)
		}
	}
}
