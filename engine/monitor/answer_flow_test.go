package monitor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/answer"
	"agentwatch/health"
	"agentwatch/tmuxpool/typing"
)

// fakeTypist types into a fake server. A key goes to react, which may change the
// screen; when the screen is not that of the last look, from which every guard is
// made, it is refused.
type fakeTypist struct {
	server *fakeServer
	// react is what the program does with a key or a paste.
	react func(what string)
	// before is called right before something is typed.
	before func()
	tty    string

	mu    sync.Mutex
	seen  string
	typed []string
	looks int
}

func (f *fakeTypist) Look(_ context.Context, pane string) (typing.Look, error) {
	f.server.mu.Lock()
	screen, ok := f.server.screens[pane]
	f.server.mu.Unlock()
	if !ok {
		return typing.Look{}, typing.ErrGone
	}
	f.mu.Lock()
	f.seen = screen
	f.looks++
	f.mu.Unlock()
	return typing.Look{Pane: pane, PID: 1000, TTY: f.tty, Width: 80, Height: 24, Screen: screen, Rows: strings.Split(screen, "\n")}, nil
}

func (f *fakeTypist) Press(_ context.Context, pane string, keys []engine.Key, guard typing.Guard) error {
	return f.write(pane, answer.Words(keys, ""), guard)
}

func (f *fakeTypist) Paste(_ context.Context, pane, text string, guard typing.Guard) error {
	return f.write(pane, answer.Words(nil, text), guard)
}

func (f *fakeTypist) write(pane, what string, guard typing.Guard) error {
	if f.before != nil {
		f.before()
	}
	f.server.mu.Lock()
	screen := f.server.screens[pane]
	f.server.mu.Unlock()
	f.mu.Lock()
	same := screen == f.seen || guard.Rows() == 0
	if same {
		f.typed = append(f.typed, what)
	}
	f.mu.Unlock()
	if !same {
		return typing.ErrRefused
	}
	if f.react != nil {
		f.react(what)
	}
	return nil
}

// all is all that was typed.
func (f *fakeTypist) all() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.typed, ", ")
}

// answering runs a service with one claude that shows a screen, and a typist.
func answering(t *testing.T, screen string, o Options, test func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent)) {
	t.Helper()
	server := newFakeServer()
	server.show("%0", screen)
	running(t, o, map[string]*fakeServer{"one": server}, func(t *testing.T, s *Service) {
		typist := &fakeTypist{server: server}
		if !o.ReadOnly {
			s.typist = func(string, bool) answer.Typist { return typist }
		}
		s.unread = func(string) (int, bool) { return 0, true }
		test(t, s, typist, after(s, time.Second).Agents[0])
	})
}

// becomes makes the program show another screen when something is typed.
func (f *fakeTypist) becomes(screens map[string]string) {
	f.react = func(what string) {
		if next, ok := screens[what]; ok {
			f.server.show("%0", next)
		}
	}
}

const claudeTyped = "● Done.\n\n✻ Worked for 3s · done 7:13 AM\n\n" +
	"────────────────────────────────────────\n❯ go on\n────────────────────────────────────────\n  ⏸ manual mode on"

func TestAnApprovalIsTypedConfirmedAndTold(t *testing.T) {
	answering(t, claudeWaiting, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		f.becomes(map[string]string{"1": claudeWorking})
		told := s.Answers()
		got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)})
		if err != nil || !got.Sent || !got.Confirmed || got.What() != "1" || f.all() != "1" {
			t.Fatalf("%+v: %v, typed %s", got, err, f.all())
		}
		if got.Before != claudeWaiting || got.After != claudeWorking || got.Agent.Ref != a.Ref {
			t.Errorf("before %q, after %q", got.Before, got.After)
		}
		if kept, err := told.Next(context.Background()); err != nil || kept.What() != "1" || !kept.Confirmed {
			t.Errorf("told %+v: %v", kept, err)
		}
	})
}

func TestAKeyThatIsReadLateIsTypedOnceAndConfirmed(t *testing.T) {
	for _, late := range []time.Duration{0, time.Second, 5 * time.Second, answer.ConfirmFor - time.Second} {
		answering(t, claudeWaiting, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
			f.react = func(string) {
				time.AfterFunc(late, func() { f.server.show("%0", claudeWorking) })
			}
			got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionDeny, Seen: engine.SeenOf(a)})
			if err != nil || !got.Confirmed || got.Uncertain || f.all() != "2" {
				t.Errorf("%s late: %+v: %v, typed %s", late, got, err, f.all())
			}
		})
	}
}

func TestAKeyThatNeverHasAnEffectIsTypedOnceAndUncertain(t *testing.T) {
	answering(t, claudeWaiting, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		told := s.Answers()
		got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)})
		if !errors.Is(err, engine.ErrUnconfirmed) || !got.Sent || got.Confirmed || !got.Uncertain || f.all() != "1" {
			t.Errorf("%+v: %v, typed %s", got, err, f.all())
		}
		if kept, _ := told.Next(context.Background()); !kept.Sent || kept.Confirmed || kept.Problem == "" {
			t.Errorf("told %+v", kept)
		}
	})
}

func TestAKeyThatTheProgramHasNotReadIsUncertainAndNothingFollows(t *testing.T) {
	answering(t, claudeWaiting, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		s.unread = func(string) (int, bool) { return len(f.all()), true }
		// Somebody else answers meanwhile: the key is still on its way.
		f.react = func(string) { f.server.show("%0", claudeWorking) }
		r := engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)}
		got, err := s.Answer(context.Background(), r)
		if !errors.Is(err, engine.ErrUnconfirmed) || !got.Uncertain || f.all() != "1" {
			t.Errorf("%+v: %v, typed %s", got, err, f.all())
		}
		f.server.show("%0", claudeWaiting)
		got, err = s.Answer(context.Background(), r)
		if !errors.Is(err, engine.ErrChanged) || got.Sent || f.all() != "1" {
			t.Errorf("again, before it is read: %+v: %v, typed %s", got, err, f.all())
		}
	})
}

func TestOfTwoKeysThatInterruptTheSecondWaitsUntilItIsAskedFor(t *testing.T) {
	for _, c := range []struct {
		name, then, typed string
	}{
		{"asked for", "┃ ⬝⬝■■■■■■  esc again to interrupt", "Escape, Escape"},
		{"not asked for", "  ", "Escape"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answering(t, claudeWorking, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
				n := 0
				f.react = func(string) {
					if n++; n == 1 {
						time.AfterFunc(3*time.Second, func() { f.server.show("%0", claudeWorking+"\n"+c.then) })
					} else {
						f.server.show("%0", claudeIdle)
					}
				}
				err := interrupt(t.Context(), s, a, typing.KeyEscape, typing.KeyEscape)
				if f.all() != c.typed || (err == nil) != (c.typed == "Escape, Escape") {
					t.Errorf("%v, typed %s", err, f.all())
				}
			})
		})
	}
}

// interrupt gives an answer that interrupts by the given keys.
func interrupt(ctx context.Context, s *Service, a engine.Agent, keys ...engine.Key) error {
	w, _ := s.watcherOf(a.Ref)
	r := engine.Request{Target: a.Ref, Action: engine.ActionInterrupt, Seen: engine.SeenOf(a)}
	_, err := s.give(ctx, w, r, engine.AnswerPlan{Option: -1, Keys: keys}, new(engine.AnswerTrace))
	return err
}

func TestKeysStopAtADialogThatTheUserHasNotSeen(t *testing.T) {
	other := strings.ReplaceAll(claudeWaiting, "./run.sh", "./rm_all.sh")
	answering(t, claudeWaiting, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		f.becomes(map[string]string{"1": other})
		got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionKeys, Keys: []engine.Key{'1', '1'}, Seen: engine.SeenOf(a)})
		if !errors.Is(err, engine.ErrUnconfirmed) || !got.Sent || f.all() != "1" {
			t.Errorf("%+v: %v, typed %s", got, err, f.all())
		}
	})
}

func TestADialogThatHasChangedSinceItWasSeenGetsNothing(t *testing.T) {
	other := strings.ReplaceAll(claudeWaiting, "./run.sh", "./rm_all.sh")
	for name, change := range map[string]func(f *fakeTypist){
		"before the fresh look":     func(f *fakeTypist) { f.server.show("%0", other) },
		"between look and keys":     func(f *fakeTypist) { f.before = func() { f.server.show("%0", other) } },
		"answered by somebody else": func(f *fakeTypist) { f.before = func() { f.server.show("%0", claudeWorking) } },
		"the pane is gone":          func(f *fakeTypist) { f.server.drop("%0"); delete(f.server.screens, "%0") },
		"it never stands still then": func(f *fakeTypist) {
			f.before = func() { f.server.show("%0", claudeWaiting+strings.Repeat(" ", f.looks)) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			answering(t, claudeWaiting, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
				change(f)
				got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)})
				var changed *engine.ChangedError
				if !errors.As(err, &changed) || got.Sent || f.all() != "" || len(changed.Differences) == 0 {
					t.Errorf("%+v: %v, typed %s", got, err, f.all())
				}
			})
		})
	}
}

func TestNothingElseIsTypedThanWhatTheUserWasShown(t *testing.T) {
	answering(t, claudeWaiting, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		r := engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a), Shown: "chooses something by a key that the profile had before"}
		_, err := s.Answer(t.Context(), r)
		var changed *engine.ChangedError
		if !errors.As(err, &changed) || changed.Differences[0].Aspect != answer.AspectAnswer || f.all() != "" {
			t.Fatalf("%v; typed %q", err, f.all())
		}
		plan, err := s.Plan(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Shown = plan.Words
		f.becomes(map[string]string{"1": claudeWorking})
		if _, err := s.Answer(t.Context(), r); err != nil || f.all() == "" {
			t.Fatalf("%v; typed %q", err, f.all())
		}
	})
}

func TestAKeyThatComesTooLateAndLandsInTheComposerIsTakenBackAndReported(t *testing.T) {
	stray := strings.ReplaceAll(claudeTyped, "go on", "1")
	for name, c := range map[string]struct {
		screens      map[string]string
		typed, words string
	}{
		"it goes":               {map[string]string{"1": stray, "BSpace": claudeIdle}, "1, BSpace", "taken back"},
		"it stays":              {map[string]string{"1": stray}, "1, BSpace", "stands"},
		"the user types behind": {map[string]string{"1": strings.ReplaceAll(claudeTyped, "go on", "1 more")}, "1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			answering(t, claudeWaiting, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
				f.becomes(c.screens)
				got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)})
				reported := errors.Is(err, engine.ErrUnconfirmed) && !got.Confirmed && strings.Contains(err.Error(), c.words)
				if f.all() != c.typed || reported != (c.words != "") {
					t.Errorf("%+v: %v, typed %s", got, err, f.all())
				}
			})
		})
	}
}

func TestAKeyThatABusyProgramDrawsLateIsTakenBack(t *testing.T) {
	stray := strings.ReplaceAll(claudeTyped, "go on", "1")
	answering(t, claudeWaiting, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		f.react = func(what string) {
			f.server.show("%0", claudeIdle)
			if what == "1" {
				time.AfterFunc(700*time.Millisecond, func() { f.server.show("%0", stray) })
			}
		}
		_, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)})
		if !errors.Is(err, engine.ErrUnconfirmed) || f.all() != "1, BSpace" {
			t.Errorf("%v, typed %s", err, f.all())
		}
	})
}

func TestAReplyIsSeenInTheComposerBeforeItIsSent(t *testing.T) {
	answering(t, claudeIdle, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		f.becomes(map[string]string{`"go on"`: claudeTyped, "Enter": claudeWorking})
		got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionReply, Text: "go on\n", Seen: engine.SeenOf(a)})
		if err != nil || !got.Confirmed || f.all() != `"go on", Enter` || got.Text != "go on" {
			t.Errorf("%+v: %v, typed %s", got, err, f.all())
		}
	})
}

func TestATextThatDoesNotShowIsNotSent(t *testing.T) {
	answering(t, claudeIdle, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		f.becomes(map[string]string{`"go on"`: strings.ReplaceAll(claudeTyped, "go on", "something")})
		got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionReply, Text: "go on", Seen: engine.SeenOf(a)})
		if !errors.Is(err, engine.ErrUnconfirmed) || !got.Sent || f.all() != `"go on"` {
			t.Errorf("%+v: %v, typed %s", got, err, f.all())
		}
	})
}

func TestNothingIsTypedBehindADraftOfTheUsers(t *testing.T) {
	answering(t, claudeTyped, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		_, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionReply, Text: "hello", Seen: engine.SeenOf(a)})
		if !errors.Is(err, engine.ErrChanged) || !strings.Contains(err.Error(), "go on") || f.all() != "" {
			t.Errorf("%v, typed %s", err, f.all())
		}
	})
}

func TestTheCursorIsMovedOnlyFromWhereItIsSeen(t *testing.T) {
	trust := func(first, second string) string {
		return " Accessing workspace:\n\n /src/app\n\n Quick safety check: Is this a project you created or one you trust?\n\n " +
			first + " No, exit\n " + second + " Yes, I trust this folder\n\n Enter to confirm · Esc to cancel"
	}
	answering(t, trust("❯", " "), Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		f.becomes(map[string]string{"Down": trust(" ", "❯"), "Enter": claudeIdle})
		got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)})
		if err != nil || f.all() != "Down, Enter" {
			t.Errorf("%+v: %v, typed %s", got, err, f.all())
		}
	})
	answering(t, trust("❯", " "), Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		// The cursor does not move: enter would exit.
		got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)})
		if !errors.Is(err, engine.ErrUnconfirmed) || strings.Contains(f.all(), "Enter") {
			t.Errorf("%+v: %v, typed %s", got, err, f.all())
		}
	})
}

func TestTwoAnswersAtOnceToOnePaneAreOne(t *testing.T) {
	answering(t, claudeWaiting, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		r := engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)}
		var second error
		f.react = func(string) {
			_, second = s.Answer(context.Background(), r)
			f.server.show("%0", claudeWorking)
		}
		if _, err := s.Answer(context.Background(), r); err != nil {
			t.Errorf("the first: %v", err)
		}
		if !errors.Is(second, engine.ErrBusy) || f.all() != "1" {
			t.Errorf("the second: %v, typed %s", second, f.all())
		}
		if _, err := s.Answer(context.Background(), r); !errors.Is(err, engine.ErrChanged) {
			t.Errorf("one more for a dialog that is answered: %v", err)
		}
	})
}

func TestAPaneThatAnotherAgentwatchAnswersIsRefused(t *testing.T) {
	tty := filepath.Join(t.TempDir(), "tty")
	if err := os.WriteFile(tty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	answering(t, claudeWaiting, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		f.tty = tty
		f.becomes(map[string]string{"1": claudeWorking})
		r := engine.Request{Target: a.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(a)}
		unlock, ok := typing.Lock(tty)
		if _, err := s.Answer(context.Background(), r); !ok || !errors.Is(err, engine.ErrBusy) || f.all() != "" {
			t.Errorf("locked %v: %v, typed %s", ok, err, f.all())
		}
		unlock()
		if _, err := s.Answer(context.Background(), r); err != nil {
			t.Errorf("unlocked: %v", err)
		}
		if unlock, ok = typing.Lock(tty); !ok {
			t.Error("an answer that is over holds its lock")
		}
		unlock()
	})
}

func TestAReadOnlyServiceTypesNothingWhateverIsAsked(t *testing.T) {
	answering(t, claudeWaiting, Options{ReadOnly: true}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		for action := engine.ActionApprove; action <= engine.ActionKeys; action++ {
			r := engine.Request{Target: a.Ref, Action: action, Text: "x", Keys: []engine.Key{'1'}, Seen: engine.SeenOf(a)}
			if got, err := s.Answer(context.Background(), r); !errors.Is(err, engine.ErrReadOnly) || got.Sent {
				t.Errorf("%s: %+v, %v", action, got, err)
			}
		}
		if s.typist != nil || f.all() != "" {
			t.Errorf("a read-only service has a typist, typed %s", f.all())
		}
	})
}

func TestAnInterruptNeedsATurnAndStopsIt(t *testing.T) {
	answering(t, claudeWorking, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		f.becomes(map[string]string{"Escape": claudeIdle})
		got, err := s.Answer(context.Background(), engine.Request{Target: a.Ref, Action: engine.ActionInterrupt, Seen: engine.SeenOf(a)})
		if err != nil || !got.Confirmed || f.all() != "Escape" {
			t.Errorf("%+v: %v, typed %s", got, err, f.all())
		}
		gone := health.PaneRef{Server: "one", Pane: "%9"}
		if _, err := s.Answer(context.Background(), engine.Request{Target: gone, Action: engine.ActionInterrupt, Seen: engine.SeenOf(a)}); !errors.Is(err, engine.ErrUnknownPane) {
			t.Errorf("a pane that is not there: %v", err)
		}
	})
}

func TestKeysGoOneByOne(t *testing.T) {
	answering(t, claudeIdle, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		n := 0
		f.react = func(string) { n++; f.server.show("%0", claudeIdle+strings.Repeat("\nmore", n)) }
		r := engine.Request{Target: a.Ref, Action: engine.ActionKeys, Keys: []engine.Key{typing.KeyEscape, 'a', typing.KeyCtrlU}, Seen: engine.SeenOf(a)}
		if got, err := s.Answer(context.Background(), r); err != nil || f.all() != "Escape, a, C-u" || len(got.Keys) != 3 {
			t.Errorf("%+v: %v, typed %s", got, err, f.all())
		}
	})
}
