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
