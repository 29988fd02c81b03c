package picture

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// filmed is the document of frames that come a second apart.
func filmed(t *testing.T, screens ...string) string {
	t.Helper()
	frames := make([]Frame, len(screens))
	for i, screen := range screens {
		frames[i] = Frame{At: time.Duration(i) * time.Second, Screen: screen}
	}
	var b strings.Builder
	if err := Film(&b, frames, time.Duration(len(screens))*time.Second, Options{Title: "a film"}); err != nil {
		t.Fatal(err)
	}
	if _, err := parsed(b.String()); err != nil {
		t.Fatalf("not well-formed: %v\n%s", err, b.String())
	}
	return b.String()
}

func TestAFilmShowsEachRowWhileItIsThere(t *testing.T) {
	document := filmed(t, "title\none\n", "title\ntwo\n", "title\none\n", "title\none\n")
	for text, times := range map[string]int{">title<": 1, ">one<": 1, ">two<": 1} {
		if got := strings.Count(document, text); got != times {
			t.Errorf("%s is written %d times, want %d:\n%s", text, got, times, document)
		}
	}
	for _, want := range []string{
		"animation:4s step-end infinite",
		"{0%{visibility:visible}25%{visibility:hidden}}",         // the first one
		"{0%{visibility:hidden}25%{visibility:visible}50%",       // two
		"{0%{visibility:hidden}50%{visibility:visible}}",         // the second one stays to the end
		"@media (prefers-reduced-motion:reduce){.f{animation:no", // and then the first frame is seen
		`class="f s"`,
	} {
		if !strings.Contains(document, want) {
			t.Errorf("%q is missing:\n%s", want, document)
		}
	}
}

func TestAFilmThatStandsStillMovesNothing(t *testing.T) {
	if document := filmed(t, "same\n", "same\n"); strings.Contains(document, "@keyframes") {
		t.Errorf("it has keyframes:\n%s", document)
	}
}

func TestFramesOutOfOrderMakeNoFilm(t *testing.T) {
	for name, frames := range map[string][]Frame{
		"none":       nil,
		"after end":  {{At: 2 * time.Second, Screen: "x"}},
		"backwards":  {{At: time.Second / 2, Screen: "x"}, {Screen: "y"}},
		"not moving": {{Screen: "x"}, {Screen: "y"}},
	} {
		if err := Film(io.Discard, frames, time.Second, Options{}); !errors.Is(err, ErrNoFilm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
