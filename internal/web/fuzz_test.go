package web

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"testing"
	"time"

	"agentwatch/themes"
)

// FuzzWhatAPageSendsIsUnderstoodOrRefusedAndTypesNothing plays what a paired page may
// send: the server of a page that must not answer types nothing, whatever it is asked.
func FuzzWhatAPageSendsIsUnderstoodOrRefusedAndTypesNothing(f *testing.F) {
	for _, seed := range []string{
		`{"auth":{"token":"x"}}`, `{"follow":{"panes":["a","b"],"figures":true}}`, `{"ack":18446744073709551615}`,
		`{"ask":1,"scrollback":{"agent":"%A","rows":-5}}`, `{"ask":2,"explain":{"agent":"%A"}}`, `{"ask":3,"pasts":{"agents":["%A",""]}}`,
		`{"ask":4,"plan":{"agent":"%A","action":"approve","option":-1}}`, `{"ask":5,"plan":{"agent":"%A","action":"keys","keys":["C-c","\u0000"]}}`,
		`{"ask":6,"give":{"nonce":""}}`, `{"ask":7,"seen":{"agent":"%A"}}`, `[]`, `null`, `{"ask":-1}`,
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	m := &fakeMonitor{}
	s, err := New(Options{Monitor: m, Themes: new(themes.Set), Now: time.Now, AllowText: true})
	if err != nil {
		f.Fatal(err)
	}
	open, err := New(Options{Monitor: m, Themes: new(themes.Set), Now: time.Now, AllowAnswers: true})
	if err != nil {
		f.Fatal(err)
	}
	for _, server := range []*Server{s, open} {
		server.hub.take(snapshot(agents(3)))
	}
	f.Fuzz(func(t *testing.T, data []byte, reads bool) {
		server := open
		if reads {
			server = s
		}
		// An id is the server's choice.
		data = bytes.ReplaceAll(data, []byte("%A"), []byte(server.hub.board.ids[ref(0)]))
		var sent message
		if json.Unmarshal(data, &sent) != nil {
			return
		}
		p := &page{server: server, shown: math.MaxUint64, woken: make(chan struct{}, 1), asking: make(chan struct{}, maxAsked), screens: make(map[string]uint64), nonces: newNonces(time.Now)}
		p.acknowledge(sent.Ack)
		if sent.Follow != nil {
			panes := sent.Follow.Panes
			server.hub.follow(p, panes[:min(len(panes), maxFollowed)], sent.Follow.Figures)
		}
		value, err := p.answerTo(context.Background(), sent.question)
		if _, unwritable := json.Marshal(value); unwritable != nil {
			t.Errorf("%s is answered with %#v: %v", data, value, unwritable)
		}
		if _, planned := value.(planned); planned && err == nil && reads {
			t.Errorf("%s is planned without --allow-answers", data)
		}
		if typed := m.answers(); len(typed) > 0 {
			t.Errorf("%s has typed %v", data, typed)
		}
	})
}
