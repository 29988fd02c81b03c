package tmuxpool

import "testing"

func TestVersionsAreReadAsTmuxWritesThem(t *testing.T) {
	for raw, want := range map[string]Version{
		"tmux 3.3a":    {Major: 3, Minor: 3, Suffix: "a"},
		"3.6":          {Major: 3, Minor: 6},
		"next-3.6\n":   {Major: 3, Minor: 6},
		"tmux 3.4-rc2": {Major: 3, Minor: 4, Suffix: "-rc2"},
		"2.10":         {Major: 2, Minor: 10},
		"openbsd-7.5":  {Major: newestKnown, Suffix: "openbsd-7.5"},
		"tmux master":  {Major: newestKnown, Suffix: "master"},
	} {
		want.Raw = raw
		if got, err := ParseVersion(raw); err != nil || got != want {
			t.Errorf("%q reads as %+v, %v", raw, got, err)
		}
	}
	for _, raw := range []string{"", "tmux", "3", "x.y", "3.", "next-", ".5", "-1.2", "3.99999"} {
		if got, err := ParseVersion(raw); err == nil {
			t.Errorf("%q reads as %+v", raw, got)
		}
	}
}

func TestWhatAVersionCanDo(t *testing.T) {
	for raw, want := range map[string][5]bool{ // usable, controllable, leaks, filters, row ends
		"2.9": {false, false, false, false, false}, "3.0a": {true, false, false, false, false}, "3.1c": {true, false, false, false, true},
		"3.2": {true, true, true, true, true}, "3.3a": {true, true, true, true, true},
		"3.4": {true, false, true, true, true}, "3.5a": {true, false, true, true, true},
		"3.6": {true, true, false, true, true}, "4.0": {true, true, false, true, true}, "master": {true, true, false, true, true},
	} {
		v, err := ParseVersion(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := [5]bool{v.usable(), v.controllable(), v.leaksPrinted(), v.canFilter(), v.keepsRowEnds()}; got != want {
			t.Errorf("%s: %v, not %v", raw, got, want)
		}
	}
}

func FuzzParseVersion(f *testing.F) {
	f.Add("tmux 3.3a")
	f.Add("next-3.6")
	f.Fuzz(func(t *testing.T, raw string) {
		if v, err := ParseVersion(raw); err == nil && (v.Major < 0 || v.Minor < 0) {
			t.Errorf("%q reads as %+v", raw, v)
		}
	})
}
