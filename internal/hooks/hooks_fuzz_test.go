package hooks

import (
	"encoding/json"
	"reflect"
	"testing"
)

// The settings of other programs are whatever their users have made of them: hooks go
// in and out again, and nothing else changes.
func FuzzHooksGoInAndOutOfAnySettings(f *testing.F) {
	for _, text := range theirs() {
		f.Add(text)
	}
	f.Add(`{"hooks":{"Stop":[{"hooks":[{"command":"@agentwatch_state"}]},7,null]}}`)
	f.Add(`{"hooks":{"Stop":{}}}`)
	f.Add(`{"a.b":{"*":1},"hooks":{"":[]},"hooks":{"x":[1]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var before any
		if json.Unmarshal([]byte(text), &before) != nil {
			before = nil
		}
		for _, p := range Programs() {
			if have, _ := p.Installed(text); have > 0 {
				continue // they have been there before
			}
			with, err := p.Install(text)
			if err != nil {
				continue
			}
			if have, all := p.Installed(with); have != all {
				t.Errorf("%s: %d of %d hooks are in\n%s", p.Name, have, all, with)
			}
			if p.events == nil {
				continue
			}
			without, err := p.Remove(with)
			if err != nil {
				t.Fatalf("%s: %v in\n%s", p.Name, err, with)
			}
			if have, _ := p.Installed(without); have != 0 {
				t.Errorf("%s: %d hooks are left\n%s", p.Name, have, without)
			}
			settings, ok := before.(map[string]any)
			if !ok || hasEmptyHooks(settings) || without == "" {
				continue
			}
			var after any
			if err := json.Unmarshal([]byte(without), &after); err != nil {
				t.Fatalf("%s: what is left is no JSON: %v\n%s", p.Name, err, without)
			}
			if !reflect.DeepEqual(before, after) {
				t.Errorf("%s: before\n%s\nafter\n%s", p.Name, text, without)
			}
		}
	})
}

// hasEmptyHooks tells whether there is something empty in the hooks, which goes with
// ours.
func hasEmptyHooks(settings map[string]any) bool {
	hooks, ok := settings["hooks"].(map[string]any)
	if _, there := settings["hooks"]; there && (!ok || len(hooks) == 0) {
		return true
	}
	for _, list := range hooks {
		if all, ok := list.([]any); !ok || len(all) == 0 {
			return true
		}
	}
	return false
}
