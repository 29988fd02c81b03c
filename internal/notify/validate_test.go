package notify

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
)

func TestTheDefaultsAreValid(t *testing.T) {
	if problems := Defaults().Validate(); len(problems) != 0 {
		t.Error(problems)
	}
}

// file is a configuration as it stands in a file.
type file struct {
	Notify Config `toml:"notify"`
}

const wholeFile = `
[notify]
batch = "2s"
per_minute = 20

[notify.channels.phone]
type = "ntfy"
url = "https://ntfy.sh/$NTFY_TOPIC"
headers = { Authorization = "Bearer $NTFY_TOKEN" }
priority = "high"

[notify.channels.log]
type = "command"
command = ["cat >> ~/agents.log"]
shell = true

[[notify.rules]]
to = ["waiting", "done"]
kinds = ["cl*"]
after = "0s"
channels = ["bell", "log"]
escalate = { after = "10m", channels = ["phone"] }

[[notify.quiet]]
start = "22:00"
end = "07:30"
days = ["mon", "Tuesday"]
pass = ["crashed"]
pass_channels = ["log"]

[notify.mute]
sessions = ["scratch-*"]
`

func TestAFileIsReadOverTheDefaults(t *testing.T) {
	f := file{Notify: Defaults()}
	if err := toml.Unmarshal([]byte(wholeFile), &f); err != nil {
		t.Fatal(err)
	}
	c := f.Notify
	if problems := c.Validate(); len(problems) != 0 {
		t.Error(problems)
	}
	if !c.Enabled || c.After != Duration(defaultAfter) || c.Batch != Duration(2*time.Second) || len(c.Channels) != 4 || c.Channels["bell"].Type != TypeBell {
		t.Errorf("what the file does not name has changed: %+v", c)
	}
	if len(c.Rules) != 1 || *c.Rules[0].After != 0 || c.Rules[0].Cooldown != nil || c.Rules[0].Escalate.After != Duration(10*time.Minute) {
		t.Errorf("the file's rules take the place of the default ones: %+v", c.Rules)
	}
}

func TestEveryMistakeIsFoundWithItsPath(t *testing.T) {
	negative := Duration(-1)
	c := Defaults()
	c.Batch, c.PerMinute = -1, 0
	c.Channels["a"] = Channel{Type: "telegraph"}
	c.Channels["b"] = Channel{Type: TypeWebhook}
	c.Channels["c"] = Channel{Type: TypeSlack, URL: "ftp://example.com"}
	c.Channels["d"] = Channel{Type: TypeNtfy, URL: "https://", Priority: "loud"}
	c.Channels["e"] = Channel{Type: TypeCommand}
	c.Channels["f"] = Channel{Type: TypeBell, URL: "https://x", Command: []string{"x"}, Headers: map[string]string{"A": "b"}, Show: 1}
	c.Rules = []Rule{
		{To: []string{"waitng"}, From: []string{"x"}, Kinds: []string{"["}, Channels: []string{"bel"}, After: &negative, Cooldown: &negative},
		{Escalate: &Escalation{After: Duration(time.Second)}},
		{To: []string{"done"}},
	}
	c.Quiet = []Quiet{{Start: "25:00", End: "x", Days: []string{"someday"}, Pass: []string{"x"}, PassChannels: []string{"y"}}, {Start: "08:00", End: "08:00"}}
	c.Mute = Mute{Kinds: []string{"["}, Sessions: []string{"["}}
	want := []string{
		"notify.batch", "notify.per_minute", "notify.channels.a.type", "notify.channels.b.url", "notify.channels.c.url",
		"notify.channels.d.url", "notify.channels.d.priority", "notify.channels.e.command", "notify.channels.f.url",
		"notify.channels.f.command", "notify.channels.f.headers", "notify.channels.f.show", "notify.rules[0].to[0]",
		"notify.rules[0].from[0]", "notify.rules[0].kinds[0]", "notify.rules[0].channels[0]", "notify.rules[0].after",
		"notify.rules[0].cooldown", "notify.rules[1].to", "notify.rules[1].escalate.channels", "notify.rules[1].escalate.after",
		"notify.rules[2].channels", "notify.quiet[0].start", "notify.quiet[0].end", "notify.quiet[0].days[0]",
		"notify.quiet[0].pass[0]", "notify.quiet[0].pass_channels[0]", "notify.quiet[1].end", "notify.mute.kinds[0]", "notify.mute.sessions[0]",
	}
	var got []string
	for _, p := range c.Validate() {
		got = append(got, p.Path)
		if p.Text == "" || p.Suggestion == "" {
			t.Errorf("%s says too little: %+v", p.Path, p)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if _, err := New(Options{Config: c}); !errors.Is(err, ErrConfig) {
		t.Errorf("New takes it all the same: %v", err)
	}
}
