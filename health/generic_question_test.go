package health

import "testing"

// These screens are the ends of real ones of mastracode 0.32, which has no profile.

const mastraQuestion = `╭────────────────────────────────╮
│ » ask me which database to use │
╰────────────────────────────────╯

  I need one decision from you first.

╭──────────────────────────────────────────────────────────────────────────────╮
│ Question                                                                     │
│ Which database should the service use?                                       │
│                                                                              │
│ → PostgreSQL  Server database, strong consistency                            │
│   SQLite  Single file, no server                                             │
│   ✎ Custom response...                                                       │
│ ↑↓ to navigate · Enter to select · Esc to skip                               │
╰──────────────────────────────────────────────────────────────────────────────╯


╭──────────────────────────────────────────────────────────────────────────────╮
│ •                                                                            │
╰──────────────────────────────────────────────────────────────────────────────╯
▐build▌openai/gpt-5.5▌ 1m4s`

const mastraAnswered = `╭──────────────────────────────────────────────────────────────────────────────╮
│ Question                                                                     │
│ Which database should the service use?                                       │
│                                                                              │
│ ✓  PostgreSQL                                                                │
│    SQLite                                                                    │
│                                                                              │
╰──────────────────────────────────────────────────────────────────────────────╯


╭──────────────────────────────────────────────────────────────────────────────╮
│ ›                                                                            │
╰──────────────────────────────────────────────────────────────────────────────╯
▐build▌openai/gpt-5.5▌ 1s ✓`

const mastraFailed = `╭───────────────────────╮
│ » refactor the parser │
╰───────────────────────╯

 Error: Server error. The API may be experiencing issues. (retry in 5s)


╭──────────────────────────────────────────────────────────────────────────────╮
│ ›                                                                            │
╰──────────────────────────────────────────────────────────────────────────────╯
▐build▌openai/gpt-5.5▌ 1s ×`

const mastraLeft = ` Error: Failed to process successful response


╭──────────────────────────────────────────────────────────────────────────────╮
│ / exit                                                                       │
│   → exit        Exit the TUI                                                 │
╰──────────────────────────────────────────────────────────────────────────────╯
▐build▌openai/gpt-5.5▌ 1s ×

ada@box:/home/ada/calc# `

func TestAProgramWithoutAProfileAsksInABoxAboveItsPlaceToType(t *testing.T) {
	d := NewDetector()
	for name, c := range map[string]struct {
		o    Observation
		want State
	}{
		"it asks":             {restartedIn(mastraQuestion, false, "mastracode"), StateWaiting},
		"it has been told":    {restartedIn(mastraAnswered, false, "mastracode"), StateIdle},
		"its turn has failed": {restartedIn(mastraFailed, false, "mastracode"), StateError},
		"it has left": {Observation{Before: "mastracode", Screen: mastraLeft, Width: 80, Processes: []Process{
			{PID: 10, Comm: "bash", Args: []string{"bash"}, Foreground: true},
		}}, StateExited},
		"it was started again": {restartedIn(mastraLeft+"mastracode", false, "mastracode"), StateStarting},
	} {
		if v := d.Detect(c.o); v.Kind != "mastracode" || v.State != c.want {
			t.Errorf("%s: %s %s by %s (%q), want %s", name, v.Kind, v.State, v.Evidence.Rule, v.Evidence.Text, c.want)
		}
	}
}
