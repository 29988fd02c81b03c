package cli

import (
	"strings"
	"testing"

	"agentwatch/engine"
)

func TestALongTextIsSaidAgainInShort(t *testing.T) {
	enter, err := engine.ParseKey("Enter")
	if err != nil {
		t.Fatal(err)
	}
	long := engine.Outcome{Text: strings.Repeat("x", 1_000_000), Keys: []engine.Key{enter}}
	if got := typedWords(long); len(got) > 2*typedCells || !strings.HasSuffix(got, "…\" Enter") {
		t.Errorf("%d bytes, ending in %q", len(got), got[max(0, len(got)-20):])
	}
	short := engine.Outcome{Text: "go on", Keys: long.Keys}
	if got := typedWords(short); got != `"go on" Enter` {
		t.Error(got)
	}
}
