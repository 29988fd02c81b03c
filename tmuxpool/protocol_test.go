package tmuxpool

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// parse feeds text in chunks of the given sizes, over and over.
func parse(text string, sizes ...int) (messages []Message, err error) {
	var p Parser
	for i := 0; text != "" && err == nil; i++ {
		n := len(text)
		if len(sizes) > 0 {
			n = min(n, max(sizes[i%len(sizes)], 1))
		}
		err = p.Feed([]byte(text[:n]), func(m Message) { messages = append(messages, m) })
		text = text[n:]
	}
	return messages, err
}

func block(second int64, number uint64, flags int, failed bool, body string) Message {
	var b []byte
	if body != "" {
		b = []byte(body)
	}
	return Message{Kind: MessageBlock, Block: Block{
		Second: second, Number: number, Flags: flags, Failed: failed, Body: b,
	}}
}

func TestTheParserReadsWhatTmuxSays(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []Message
	}{
		"an empty block": {"%begin 10 2 1\n%end 10 2 1\n", []Message{block(10, 2, 1, false, "")}},
		"a failure":      {"%begin 10 2 1\nno\n%error 10 2 1\n", []Message{block(10, 2, 1, true, "no\n")}},
		"fakes in a body": {
			"%begin 10 2 1\n%end 10 2 0\n%end 10 3 1\n%begin 10 2 1\n%exit\n%error 11 2 1\n%end 10 2 1 \n%end 10 2 1\n",
			[]Message{block(10, 2, 1, false, "%end 10 2 0\n%end 10 3 1\n%begin 10 2 1\n%exit\n%error 11 2 1\n%end 10 2 1 \n")},
		},
		"a notification": {
			"%session-changed $1 a b\n",
			[]Message{{Kind: MessageNotification, Name: "session-changed", Text: "$1 a b"}},
		},
		"a bare exit":           {"%exit\n", []Message{{Kind: MessageExit}}},
		"an exit with a reason": {"%exit too far behind\n", []Message{{Kind: MessageExit, Text: "too far behind"}}},
		"what follows an exit":  {"%exit\nbye\n", []Message{{Kind: MessageExit}}},
		"bytes that are no text": {
			"%begin 1 1 1\n\xff\x00\r\n%end 1 1 1\n", []Message{block(1, 1, 1, false, "\xff\x00\r\n")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse(tc.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheParserRefusesWhatCannotBe(t *testing.T) {
	for _, text := range []string{
		"hello\n", "\n", "%\n", "%end 1 1 1\n", "%error 1 1 1\n", "%begin\n", "%begin 1 1\n", "%begin 1 1 1 1\n",
		"%begin -1 1 1\n", "%begin 1  1\n", "%begin 99999999999999999999 1 1\n", "%begin 1 x 1\n",
	} {
		if _, err := parse(text); !errors.Is(err, ErrProtocol) {
			t.Errorf("%q gives %v", text, err)
		}
	}
}

func TestALineWithoutAnEndIsRefusedBeforeItEatsAllMemory(t *testing.T) {
	var p Parser
	var err error
	chunk := []byte(strings.Repeat("x", 1<<20))
	for i := 0; err == nil && i < 2*maxLine>>20; i++ {
		err = p.Feed(chunk, func(Message) {})
	}
	if !errors.Is(err, ErrProtocol) {
		t.Errorf("got %v", err)
	}
}

func TestAnyBodySurvivesInAnyChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.OneOf(
			rapid.StringMatching(`[^\n]*`),
			rapid.StringMatching(`%(begin|end|error) [0-9]{1,2} [0-9]{1,2} [01]`),
			rapid.Just("%exit"),
		)
		lines := rapid.SliceOf(line).Draw(t, "lines")
		body := strings.Join(lines, "\n")
		if len(lines) > 0 {
			body += "\n"
		}
		// Three digits: no drawn line can be the true end.
		text := "%begin 100 200 1\n" + body + "%end 100 200 1\n%sessions-changed\n"
		sizes := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 8).Draw(t, "sizes")
		got, err := parse(text, sizes...)
		if err != nil {
			t.Fatal(err)
		}
		want := []Message{
			block(100, 200, 1, false, body), {Kind: MessageNotification, Name: "sessions-changed"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzParserDoesNotDependOnChunks(f *testing.F) {
	f.Add("%begin 1 2 1\nx\n%end 1 2 1\n%exit\n", uint8(3))
	f.Add("%begin 1 2 0\n%error 1 2 0\n%window-add @1\nx", uint8(1))
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		whole, err := parse(text)
		parts, partsErr := parse(text, int(size))
		if fmt.Sprint(err) != fmt.Sprint(partsErr) {
			t.Fatalf("%v, in parts %v", err, partsErr)
		}
		if diff := cmp.Diff(whole, parts); diff != "" {
			t.Error(diff)
		}
	})
}

func BenchmarkParser(b *testing.B) {
	row := strings.Repeat("\x1b[38;5;42mcoloured words\x1b[39m ", 8) + "\n"
	text := []byte("%begin 1 2 1\n" + strings.Repeat(row, 50) + "%end 1 2 1\n")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var p Parser
		if err := p.Feed(text, func(Message) {}); err != nil {
			b.Fatal(err)
		}
	}
}
