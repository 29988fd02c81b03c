package engine

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"
)

// stored yields screens, one a second.
func stored(texts ...string) iter.Seq2[StoredText, error] {
	return func(yield func(StoredText, error) bool) {
		for i, text := range texts {
			if !yield(StoredText{At: time.Unix(int64(i), 0).UTC(), Text: text}, nil) {
				return
			}
		}
	}
}

func TestARowOfStoredScreensIsFoundOnceAndNotWhereItIsStillShown(t *testing.T) {
	screens := stored("needle 1\nx", "needle 1\nneedle 2", "needle 2\nneedle live", "y\nneedle 1  ")
	live := Found{Rows: []FoundRow{{Row: -1, Text: "needle live", Match: true}}}
	q := SearchQuery{Pattern: "needle"}
	found, cut, err := q.InStored(t.Context(), screens, live)
	got := ""
	for _, row := range found.Rows {
		got += fmt.Sprint(row.At.Unix(), " ", row.Row, " ", row.Text, "; ")
	}
	if want := "0 -2 needle 1; 1 -1 needle 2; 3 -1 needle 1; "; err != nil || cut || got != want || found.Matches != 3 || found.Searched != 8 {
		t.Errorf("%s %v %v %+v", got, cut, err, found)
	}
	q.Most = 1
	if found, _, err = q.InStored(t.Context(), screens, live); err != nil || len(found.Rows) != 1 || found.Rows[0].At.Unix() != 3 || found.Matches != 3 {
		t.Errorf("the newest: %+v, %v", found, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, cut, err = q.InStored(ended, screens, live); !cut || err != nil {
		t.Errorf("ended early: %v, %v", cut, err)
	}
}
