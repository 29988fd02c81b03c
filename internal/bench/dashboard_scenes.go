package bench

import (
	"context"
	"slices"
	"strings"
)

// scene is how a view is brought up, and keys that have an effect there.
type scene struct {
	// lead are the keys that show the view, shown what is then on the screen.
	lead, shown []string
	// keys are pressed in turn. None is a lone escape: that is only one after a
	// wait for what else it could begin.
	keys []string
	// effect returns what tells that the i-th key has had its effect, on a screen
	// that was like rows before.
	effect func(i int, rows []string) func([]string) bool
}

// Keys as a terminal sends them.
const (
	keyUp    = "\x1b[A"
	keyDown  = "\x1b[B"
	keyRight = "\x1b[C"
	keyLeft  = "\x1b[D"
)

// scenes are those of the views, by their names. Selected is the most urgent
// agent and the one after it; neither changes its state.
func scenes() map[string]scene {
	moves := []string{keyDown, keyUp}
	return map[string]scene{
		"board":    {shown: []string{"pool", "rounds"}, keys: moves, effect: barMoves},
		"grid":     {lead: []string{"2"}, shown: []string{"agents"}, keys: []string{keyRight, keyLeft}, effect: barMoves},
		"focus":    {lead: []string{"3"}, shown: []string{"facts", "of history"}, keys: []string{keyUp, "G"}, effect: turns(" back ─", "─ live ─")},
		"timeline": {lead: []string{"4"}, shown: []string{"agents worked"}, keys: moves, effect: barMoves},
		"engine":   {lead: []string{"5"}, shown: []string{"now would make"}, keys: []string{"1", "5"}, effect: turns("urgency", "now would make")},
		"inbox":    {lead: []string{"6"}, shown: []string{"waited for you today"}, keys: moves, effect: barMoves},
	}
}

// arrange shows the view.
func (s scene) arrange(ctx context.Context, p *program) error {
	if _, err := p.await(ctx, drawTime, showing("agents")); err != nil {
		return err
	}
	for _, key := range s.lead {
		if err := p.press(key); err != nil {
			return err
		}
	}
	_, err := p.await(ctx, drawTime, showing(s.shown...))
	return err
}

// showing tells whether a screen has all the texts.
func showing(texts ...string) func([]string) bool {
	return func(rows []string) bool {
		screen := strings.Join(rows, "\n")
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(screen, text) })
	}
}

// turns is the effect of keys of which every other shows the one text and the
// next the other.
func turns(odd, even string) func(int, []string) func([]string) bool {
	return func(i int, _ []string) func([]string) bool {
		if i%2 == 0 {
			return showing(odd)
		}
		return showing(even)
	}
}

// barMoves is the effect of keys that select: the bar of the selection has moved.
func barMoves(_ int, before []string) func([]string) bool {
	at := bars(before)
	return func(rows []string) bool {
		now := bars(rows)
		return len(now) > 0 && !slices.Equal(now, at)
	}
}

// place is a cell of the screen.
type place struct{ row, column int }

// bars are the cells with the bar of what is selected.
func bars(rows []string) []place {
	var at []place
	for y, row := range rows {
		for x, cell := range []rune(row) {
			if cell == '▌' {
				at = append(at, place{y, x})
			}
		}
	}
	return at
}
