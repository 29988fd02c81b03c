package hub

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"agentwatch/engine"
)

// A hub may be anybody's: what it holds is refused, or harmless to show.
func FuzzWhatAHubHoldsIsRefusedOrHarmless(f *testing.F) {
	const id, pane = HostID("abcdefghij234567"), "s1.3"
	f.Add("aw:{main}:a:abcdefghij234567:s1.3", `{"v":1,"host":"abcdefghij234567","pane":"s1.3","epoch":7,"rev":1,"state":"waiting","session":"a\u001b]0;evil","past":[1,2,-9,200],"dialog":{"options":[{}]}}`)
	f.Add("aw:{main}:h:abcdefghij234567", `{"v":1,"id":"abcdefghij234567","name":"dev1","epoch":7,"servers":[{"id":"s1","name":"\u001b"}],"index":["s1.3"],"notices":["\n"]}`)
	f.Add("aw:{main}:l:abcdefghij234567", "7:1")
	f.Add("aw:{main}:l:", "bye:9007199254740993")
	f.Add("aw:{other}:hosts", `{"epoch":-1}`)
	f.Fuzz(func(t *testing.T, key, data string) {
		kind, named, at := keys{fleet: "main"}.parse(key)
		if kind == keyAgent && at == "" || kind == keyOther && named != "" {
			t.Errorf("key %q holds %d of host %q, pane %q", key, kind, named, at)
		}
		if epoch, _ := epochOf(data); epoch < 0 || epoch >= maxEpoch {
			t.Errorf("epoch %d of %q", epoch, data)
		}
		harmless := func(texts ...string) {
			for _, text := range texts {
				if len(text) > maxText || !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\a\b\t\n\r\x1b\x7f\u009b\u202e") {
					t.Errorf("%q can be shown", text)
				}
			}
		}
		if h, err := readHost(data, id); err == nil {
			harmless(append(append([]string{h.Name, h.Build}, h.Notices...), h.Index...)...)
			for _, s := range h.Servers {
				harmless(s.Name, s.Socket)
			}
		}
		r, err := readRecord(data, id, pane)
		if err != nil {
			return
		}
		a := r.agent("dev1", Server{ID: "s1"}, time.Second)
		harmless(string(a.Kind), a.Session, a.Window, a.Title, a.CWD, a.Command, a.Activity, a.Evidence.Rule, a.Evidence.Text)
		if d := a.Dialog; d != nil {
			harmless(append(d.Body, d.Question, d.Footer)...)
			for _, o := range d.Options {
				harmless(o.Key, o.Label)
			}
		}
		for _, phase := range phasesOf(r.Past, 0) {
			if phase.Urgency > engine.UrgencyExited {
				t.Errorf("a phase of urgency %d", phase.Urgency)
			}
		}
	})
}
