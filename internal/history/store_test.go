package history

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestThePathIsThatOfTheXDGSpecification(t *testing.T) {
	for _, c := range []struct{ state, home, want string }{
		{"/state", "/home/u", "/state/agentwatch/history.db"},
		{"", "/home/u", "/home/u/.local/state/agentwatch/history.db"},
		{"relative", "/home/u", "/home/u/.local/state/agentwatch/history.db"},
		{"", "", ""},
		{"", "relative", ""},
	} {
		got := Path(func(name string) string {
			return map[string]string{"XDG_STATE_HOME": c.state, "HOME": c.home}[name]
		})
		if got != c.want {
			t.Errorf("state %q, home %q: %q, want %q", c.state, c.home, got, c.want)
		}
	}
}

func TestEveryEntryIsReadBackAsItWasWritten(t *testing.T) {
	s := opened(t, Options{})
	at := noon().Local()
	run := NewRunID()
	transition := Transition{
		Run: run, Seq: 7, At: at, Since: at.Add(-time.Hour), Agent: api(), From: engine.UrgencyWorking, To: engine.UrgencyWaiting,
		Wait: health.WaitPermission, Source: health.SourceScreen, Rule: "claude.dialog", Text: "Do you want \x1b[1mthis\x1b[0m? 'é' 漢", First: true, Gone: true,
	}
	answer := Answer{At: at, Agent: api(), Action: "choose", Text: "1. Yes", Outcome: OutcomeRefused, Reason: "it asks something else now", By: "web: phone"}
	notification := Notification{At: at, Agent: api(), Channel: "desktop", Outcome: OutcomeFailed, Error: "no bus"}
	appended(t, s, RunBegun{Run: run, Socket: api().Socket, At: at}, transition, answer, notification)
	ctx := context.Background()
	if diff := cmp.Diff([]Transition{transition}, all(t, s.Transitions(ctx, Filter{}))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Answer{answer}, all(t, s.Answers(ctx, Filter{}))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Notification{notification}, all(t, s.Notifications(ctx, Filter{}))); diff != "" {
		t.Error(diff)
	}
}

func TestAFilterGivesWhatItSaysAndNothingElse(t *testing.T) {
	s := opened(t, Options{})
	run, other := NewRunID(), api()
	other.Session, other.Pane, other.Kind = "web", "%2", "codex"
	entries := []Entry{RunBegun{Run: run, Socket: api().Socket, At: noon()}}
	for i := range uint64(6) {
		e := change(run, i, noon().Add(time.Duration(i)*time.Minute), engine.UrgencyIdle, engine.UrgencyWorking)
		if i%2 == 1 {
			e.Agent, e.To = other, engine.UrgencyDone
		}
		e.Carried = i == 4
		entries = append(entries, e)
	}
	appended(t, s, entries...)
	for name, c := range map[string]struct {
		filter Filter
		want   []uint64
	}{
		"everything, newest first": {Filter{}, []uint64{5, 3, 2, 1, 0}},
		"oldest first":             {Filter{OldestFirst: true, Limit: 2}, []uint64{0, 1}},
		"since":                    {Filter{Since: noon().Add(3 * time.Minute)}, []uint64{5, 3}},
		"until":                    {Filter{Until: noon().Add(3 * time.Minute)}, []uint64{2, 1, 0}},
		"session":                  {Filter{Session: "web"}, []uint64{5, 3, 1}},
		"kind":                     {Filter{Kind: "claude"}, []uint64{2, 0}},
		"pane":                     {Filter{Pane: "%2"}, []uint64{5, 3, 1}},
		"state":                    {Filter{States: []engine.Urgency{engine.UrgencyDone, engine.UrgencyIdle}}, []uint64{5, 3, 1}},
		"limit":                    {Filter{Limit: 1}, []uint64{5}},
		"what tells no change":     {Filter{Carried: true, Kind: "claude"}, []uint64{4, 2, 0}},
	} {
		var got []uint64
		for _, e := range all(t, s.Transitions(context.Background(), c.filter)) {
			got = append(got, e.Seq)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAnEntryThatIsGivenAgainIsKeptOnce(t *testing.T) {
	s := opened(t, Options{})
	run := NewRunID()
	e := change(run, 1, noon(), engine.UrgencyIdle, engine.UrgencyWorking)
	for range 3 {
		appended(t, s, RunBegun{Run: run, Socket: api().Socket, At: noon()}, e, RunEnded{Run: run, At: noon()})
	}
	if got := all(t, s.Transitions(context.Background(), Filter{})); len(got) != 1 {
		t.Errorf("it is there %d times", len(got))
	}
}

func TestWhatIsKeptIsForTheUserAlone(t *testing.T) {
	s := opened(t, Options{})
	appended(t, s, RunBegun{Run: 1, Socket: "x", At: noon()})
	for path, want := range map[string]os.FileMode{
		filepath.Dir(s.Path()): 0o700, s.Path(): 0o600, s.Path() + "-wal": 0o600, s.Path() + "-shm": 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(path), got, want)
		}
	}
}

func TestTheFileIsWrittenAheadAndSyncedWithEachCommit(t *testing.T) {
	s := opened(t, Options{})
	var mode string
	var synchronous, vacuum int
	err := s.write.QueryRow("SELECT journal_mode, synchronous, auto_vacuum FROM pragma_journal_mode, pragma_synchronous, pragma_auto_vacuum").
		Scan(&mode, &synchronous, &vacuum)
	if err != nil || mode != "wal" || synchronous != 2 || vacuum != 2 {
		t.Errorf("journal %s, synchronous %d (2 is full), auto vacuum %d (2 is incremental), %v", mode, synchronous, vacuum, err)
	}
}

func TestReadingWhereNothingIsSaysSoAndMakesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agentwatch", "history.db")
	if _, err := Open(context.Background(), Options{Path: path, ReadOnly: true}); !errors.Is(err, ErrNone) {
		t.Errorf("error %v, want ErrNone", err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
}

func TestSeveralProcessesCanOpenANewHistoryAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	var together sync.WaitGroup
	for i := range 8 {
		together.Go(func() {
			s, err := Open(context.Background(), Options{Path: path, Delay: time.Millisecond})
			if err != nil {
				t.Error(err)
				return
			}
			appended(t, s, change(RunID(i), 1, noon(), engine.UrgencyIdle, engine.UrgencyWorking))
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	together.Wait()
	if got := all(t, opened(t, Options{Path: path}).Transitions(context.Background(), Filter{})); len(got) != 8 {
		t.Errorf("%d entries, want 8", len(got))
	}
}

func TestAReaderSeesWhatIsWrittenMeanwhile(t *testing.T) {
	s := opened(t, Options{})
	reader := opened(t, Options{Path: s.Path(), ReadOnly: true})
	appended(t, s, change(1, 1, noon(), engine.UrgencyIdle, engine.UrgencyWorking))
	if got := all(t, reader.Transitions(context.Background(), Filter{})); len(got) != 1 {
		t.Errorf("%d entries", len(got))
	}
	if err := reader.Append(context.Background(), RunEnded{Run: 1, At: noon()}); !errors.Is(err, ErrClosed) {
		t.Errorf("writing with a reader: %v", err)
	}
}

func TestAFileThatCannotBeUsedIsLeftAsItIs(t *testing.T) {
	damaged := []byte(strings.Repeat("this is no database\n", 500))
	newer, foreign := filepath.Join(t.TempDir(), "newer.db"), filepath.Join(t.TempDir(), "foreign.db")
	for path, text := range map[string]string{
		newer:   "CREATE TABLE t (x); PRAGMA application_id = 0x61677774; PRAGMA user_version = 99",
		foreign: "CREATE TABLE t (x)",
	} {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(text); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	read := func(path string) []byte {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	for name, c := range map[string]struct {
		content []byte
		want    error
		hint    string
	}{
		"no database": {damaged, ErrDamaged, ".recover"}, "a newer one": {read(newer), ErrNewer, "update"},
		"another program's": {read(foreign), ErrForeign, "move it away"},
	} {
		path := filepath.Join(t.TempDir(), "history.db")
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, readOnly := range []bool{false, true} {
			_, err := Open(context.Background(), Options{Path: path, ReadOnly: readOnly})
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.hint) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", name, err)
			}
			if diff := cmp.Diff(c.content, read(path)); diff != "" {
				t.Errorf("%s was changed", name)
			}
		}
	}
}

func TestAFolderThatCannotBeMadeIsAClearError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(file, "agentwatch", "history.db")
	if _, err := Open(context.Background(), Options{Path: path}); err == nil || !strings.Contains(err.Error(), "history: open "+path) {
		t.Errorf("error %v", err)
	}
	if _, err := Open(context.Background(), Options{}); err == nil || !strings.Contains(err.Error(), "XDG_STATE_HOME") {
		t.Errorf("error %v", err)
	}
}

func TestAFullDiskAcknowledgesNothingAndLosesNothing(t *testing.T) {
	s := opened(t, Options{})
	appended(t, s, change(1, 1, noon(), engine.UrgencyIdle, engine.UrgencyWorking))
	var pages int
	if err := s.write.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		if err := s.write.QueryRow("PRAGMA max_page_count = " + strconv.Itoa(n)).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages)
	var many []Entry
	for i := range uint64(500) {
		many = append(many, change(1, 10+i, noon(), engine.UrgencyIdle, engine.UrgencyWorking))
	}
	err := s.Append(context.Background(), many...)
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "make room") {
		t.Fatalf("error %v, want ErrFull", err)
	}
	if got := all(t, s.Transitions(context.Background(), Filter{})); len(got) != 1 {
		t.Errorf("%d entries, want the one from before", len(got))
	}
	limit(pages + 1000)
	appended(t, s, many...)
	if got := all(t, s.Transitions(context.Background(), Filter{})); len(got) != 501 {
		t.Errorf("%d entries when there is room again, want 501", len(got))
	}
}

func TestWhatIsNotTakenIsCounted(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{})
	// The writer cannot go on while somebody else writes.
	hold, err := sql.Open("sqlite", "file:"+s.Path()+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := hold.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var waiting []<-chan error
	for i := range uint64(maxQueued + 10) {
		waiting = append(waiting, s.Record(change(1, i, noon(), engine.UrgencyIdle, engine.UrgencyWorking)))
	}
	if err := errors.Join(tx.Rollback(), hold.Close()); err != nil {
		t.Fatal(err)
	}
	refused := uint64(0)
	for _, done := range waiting {
		if err := <-done; errors.Is(err, ErrQueueFull) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	kept := len(all(t, s.Transitions(context.Background(), Filter{})))
	if refused == 0 || refused != s.Dropped() || kept != maxQueued+10-int(refused) {
		t.Errorf("%d refused, %d counted, %d kept", refused, s.Dropped(), kept)
	}
}

func TestAnImpossibleEntryIsRefusedAlone(t *testing.T) {
	s := opened(t, Options{})
	bad := s.Record(change(1, 1, time.Time{}, engine.UrgencyIdle, engine.UrgencyWorking))
	worse := s.Record(change(1, 2, noon(), 77, engine.UrgencyWorking))
	good := s.Record(change(1, 3, noon(), engine.UrgencyIdle, engine.UrgencyWorking))
	if <-bad == nil || <-worse == nil {
		t.Error("an impossible entry is taken")
	}
	if err := <-good; err != nil {
		t.Error(err)
	}
}
