package health

import "testing"

func TestAProfileSaysWhichVersionsItIsFor(t *testing.T) {
	for _, c := range []struct {
		version, text string
		want          bool
	}{
		{"2.1.330", "1.0 to 2.1.330", true},
		{"2.1.332", "1.0 to 2.1.330", false},
		{"0.2.100", "1.0 to 2.1.330", false},
		{"0.169.4", "0.98 to 0.169", true},
		{"0.171.0", "0.98 to 0.169", false},
		{"2.1.0", "1.x, 2.1", true},
		{"2.2.0", "1.x, 2.1", false},
		{"1.9", "1.x", true},
		{"0.36.0", "0.5 and later", true},
		{"0.4.9", "0.5 and later", false},
		{"0.24.4", "0.24", true},
		{"v0.24.4-beta.1", "0.24", true},
		{"0.240", "0.24", false},
		{"", "0.24", false},
		{"0.24", "", false},
		{"latest", "1.0 to 2.0", false},
	} {
		if got := versionWithin(c.version, c.text); got != c.want {
			t.Errorf("%q within %q: %v", c.version, c.text, got)
		}
	}
}

func TestEveryBuiltInProfileSaysItsVersionsInAFormThatIsRead(t *testing.T) {
	for _, p := range builtin() {
		version := p.Seen
		for i := 0; i < len(version); i++ {
			if version[i] == ' ' || version[i] == ',' {
				version = version[:i]
			}
		}
		if !versionWithin(version, p.Seen) {
			t.Errorf("%s: the versions %q are not read", p.Kind, p.Seen)
		}
	}
}

func TestADetectorWithoutAProfileStillHasTheOthers(t *testing.T) {
	d := NewDetector()
	without := d.Without(KindClaude)
	if without.HasProfile(KindClaude) || !without.HasProfile(KindCodex) || !d.HasProfile(KindClaude) {
		t.Error("not exactly one profile is missing")
	}
	if !d.MadeFor(KindClaude, "2.1.50") || without.MadeFor(KindClaude, "2.1.50") {
		t.Error("the versions are not those of the profile")
	}
}

func TestAVersionIsNewerOnlyThanAllThatTheProfileNames(t *testing.T) {
	d := NewDetector()
	for version, want := range map[string]bool{
		"2.1.50": false, "2.1.330": false, "2.1.331": true, "2.2.0": true, "3.0": true, "0.2.100": false, "": false, "next": false,
	} {
		if newer, known := d.Newer(KindClaude, version); newer != want || version == "3.0" && known != "1.0 to 2.1.330" {
			t.Errorf("%q: %t, known %q", version, newer, known)
		}
	}
	if newer, _ := d.Newer("kimi", "2.1.9"); newer {
		t.Error("2.1.9 is one of 2.1")
	}
	if newer, _ := d.Newer("kimi", "2.2.0"); !newer {
		t.Error("2.2.0 is newer than 1.x and 2.1")
	}
	if newer, _ := d.Newer("new", "1.0"); newer {
		t.Error("a program without a profile is newer than nothing")
	}
}
