package history

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// anyRow draws a row: some come again and again, some differ a little, some are
// any bytes.
func anyRow() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "────────────────────────", "❯ ", "\x1b[1mBash\x1b[0m(./run.sh)"}),
		rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("\x1b[38;5;174m✻ Ruminating… (%ds · ↓ %d tokens)\x1b[39m", rapid.IntRange(0, 30).Draw(t, "s"), rapid.IntRange(0, 3).Draw(t, "n"))
		}),
		rapid.Custom(func(t *rapid.T) string { return strings.ReplaceAll(rapid.String().Draw(t, "text"), "\n", "") }),
	)
}

// changed draws the screen that follows another one: scrolled, with rows that
// are new, gone or written anew.
func changed(t *rapid.T, rows []string) []string {
	rows = slices.Clone(rows)
	for range rapid.IntRange(0, 4).Draw(t, "changes") {
		at := rapid.IntRange(0, len(rows)-1).Draw(t, "at")
		switch rapid.IntRange(0, 4).Draw(t, "change") {
		case 0:
			rows[at] = anyRow().Draw(t, "row")
		case 1:
			rows = slices.Insert(rows, at, anyRow().Draw(t, "row"))
		case 2:
			rows = slices.Delete(rows, at, at+1)
		case 3:
			rows = append(rows[at:], rows[:at]...)
		case 4:
			rows = rapid.SliceOfN(anyRow(), 1, 30).Draw(t, "another screen")
		}
		if len(rows) == 0 {
			rows = []string{""}
		}
	}
	return rows
}

func TestADifferenceMakesTheNextScreenFromTheOneBefore(t *testing.T) {
	c := newCompressor()
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.SliceOfN(anyRow(), 0, 30).Draw(t, "before")
		after := rapid.SliceOfN(anyRow(), 1, 30).Draw(t, "after")
		if len(before) > 0 && rapid.Bool().Draw(t, "alike") {
			after = changed(t, before)
		}
		steps, err := decompressed(c.compressed(difference(before, after)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := applied(before, steps)
		if err != nil || !slices.Equal(got, after) {
			t.Fatalf("%q, %v; want %q", got, err, after)
		}
	})
}

func TestWhatHasNotChangedCostsNextToNothing(t *testing.T) {
	var before []string
	for i := range 50 {
		before = append(before, fmt.Sprintf("row %d has a text of its own", i))
	}
	scrolled := append(slices.Clone(before[1:]), "new")
	counted := slices.Clone(before)
	counted[40] = "row 41 has a text of its own"
	for what, after := range map[string][]string{"nothing": before, "a row has come": scrolled, "a digit is another": counted} {
		if size := len(difference(before, after)); size > 12 {
			t.Errorf("%s: %d bytes", what, size)
		}
	}
}

func FuzzWhatMakesNoSenseIsNoScreen(f *testing.F) {
	before := []string{"one", "two", "three"}
	f.Add([]byte{writtenPlainly})
	f.Add([]byte{writtenPlainly, 3<<stepBits | stepCopy, 0})
	f.Add([]byte{writtenPlainly, 9<<stepBits | stepCopy, 9, 255})
	f.Add(newCompressor().compressed(difference(before, []string{"three", "thee", strings.Repeat("x", 200)})))
	f.Fuzz(func(t *testing.T, data []byte) {
		steps, err := decompressed(data)
		if err == nil {
			var rows []string
			if rows, err = applied(before, steps); err == nil && len(textOf(rows)) > maxScreen {
				t.Errorf("a screen of %d bytes", len(textOf(rows)))
			}
		}
		if err != nil && !errors.Is(err, errDifference) {
			t.Errorf("error %v", err)
		}
	})
}
