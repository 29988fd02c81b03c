package monitor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
)

// codexQuestion is a question of codex with the cursor on an option, counted from
// 0, and what is in the place for notes, empty while that is closed.
func codexQuestion(cursor int, notes string) string {
	rows := []string{"1. PostgreSQL         Server database", "2. SQLite             Single file", "3. None of the above  Optionally, add details in notes (tab)"}
	for i, row := range rows {
		mark := "    "
		if i == cursor {
			mark = "  › "
		}
		rows[i] = mark + row
	}
	foot := "  tab to add notes | enter to submit answer | esc to interrupt"
	if notes != "" {
		rows, foot = append(rows, "", "  › "+notes), "  tab or esc to clear notes | enter to submit answer"
	}
	return "• I need one decision from you first.\n\n\n  Question 1/1 (1 unanswered)\n  Which database should the service use?\n\n" +
		strings.Join(rows, "\n") + "\n\n" + foot
}

const codexWorking = "› ask me\n\n• Working (1s • esc to interrupt)\n\n\n› Ask Codex to do anything\n\n  gpt-5-codex default · /src/app"

// codexAsks runs a codex that asks, and takes keys as the real one does.
func codexAsks(t *testing.T, test func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent)) {
	t.Helper()
	answering(t, claudeIdle, Options{}, func(t *testing.T, s *Service, f *fakeTypist, _ engine.Agent) {
		processes, ok := s.processes.(*programs)
		if !ok {
			t.Fatalf("the processes are %T", s.processes)
		}
		processes.run(1000, "codex")
		cursor, notes := 0, ""
		f.react = func(what string) {
			switch what {
			case "Down":
				cursor++
			case "Tab":
				notes = "Add notes"
			case "Enter":
				f.server.show("%0", codexWorking)
				return
			default:
				notes = strings.Trim(what, `"`)
			}
			f.server.show("%0", codexQuestion(cursor, notes))
		}
		f.server.show("%0", codexQuestion(cursor, notes))
		test(t, s, f, after(s, 3*time.Second).Agents[0])
	})
}

func TestATextGoesIntoTheNotesOfTheOptionThatTakesOne(t *testing.T) {
	codexAsks(t, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionReply, Text: "CockroachDB", Seen: engine.SeenOf(a)})
		if want := `Down, Down, Tab, "CockroachDB", Enter`; err != nil || !got.Confirmed || f.all() != want {
			t.Errorf("%+v: %v, typed %s", got, err, f.all())
		}
	})
}

func TestATextThatTheNotesDoNotShowIsNotSent(t *testing.T) {
	codexAsks(t, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		react := f.react
		f.react = func(what string) {
			if what != `"CockroachDB"` {
				react(what)
			}
		}
		got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionReply, Text: "CockroachDB", Seen: engine.SeenOf(a)})
		if !errors.Is(err, engine.ErrUnconfirmed) || got.Confirmed || strings.Contains(f.all(), "Enter") {
			t.Errorf("%+v: %v, typed %s", got, err, f.all())
		}
	})
}

func TestNothingIsWrittenWhereThePlaceForNotesDoesNotOpen(t *testing.T) {
	codexAsks(t, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		react := f.react
		f.react = func(what string) {
			if what != "Tab" {
				react(what)
			}
		}
		_, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionReply, Text: "CockroachDB", Seen: engine.SeenOf(a)})
		if !errors.Is(err, engine.ErrUnconfirmed) || strings.Contains(f.all(), "CockroachDB") {
			t.Errorf("%v, typed %s", err, f.all())
		}
	})
}
