package spelling

import "testing"

func TestTheNearestWordIsTheOneThatMayHaveBeenMeant(t *testing.T) {
	words := []string{"push", "priority", "sequential", "größe"}
	for word, want := range map[string]string{
		"psuh": "push", "PUSH": "push", "prioritty": "priority", "seqential": "sequential", "grösse": "größe",
		"banana": "", "x": "", "": "",
	} {
		if got, ok := Nearest(word, words); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t", word, got, ok)
		}
	}
}
