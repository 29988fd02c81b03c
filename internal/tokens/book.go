package tokens

import (
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// answer is what one answer of a model has used.
type answer struct {
	// key tells an answer from others: programs write one several times. Empty when it
	// is written once.
	key      string
	at       time.Time
	model    string
	count    Count
	recorded float64
}

// book sums the answers of one session by day and model. One that comes again counts
// as it came last.
type book struct {
	location *time.Location
	uses     map[useKey]*Use
	seen     map[string]answer
	// order are the keys in seen as they came, of which the last mostSeen are kept: an
	// answer comes again soon after, or in the copy of a session, whose reader is told.
	order []string
	// elsewhere tells whether another session has that answer already; nil when there
	// is no other.
	elsewhere func(key string) bool
}

type useKey struct{ day, model string }

// mostSeen bounds how many answers of a session can come again. mostUses bounds how
// many days and models it can have.
const (
	mostSeen = 4096
	mostUses = 4096
)

func newBook(location *time.Location, elsewhere func(string) bool) *book {
	return &book{location: location, uses: make(map[useKey]*Use), seen: make(map[string]answer), elsewhere: elsewhere}
}

// add takes an answer over.
func (b *book) add(a answer) {
	a.count, a.recorded, a.model = a.count.cleaned(), max(a.recorded, 0), plain(a.model)
	if a.key != "" {
		if before, again := b.seen[a.key]; again {
			b.enter(before, -1)
			b.seen[a.key] = a
			b.enter(a, 1)
			return
		}
		if b.elsewhere != nil && b.elsewhere(a.key) {
			return
		}
		if len(b.order) >= mostSeen {
			for _, old := range b.order[:mostSeen/2] {
				delete(b.seen, old)
			}
			b.order = append(b.order[:0], b.order[mostSeen/2:]...)
		}
		b.seen[a.key], b.order = a, append(b.order, a.key)
	}
	b.enter(a, 1)
}

// enter adds an answer, or takes one back.
func (b *book) enter(a answer, times int64) {
	key := useKey{DayOf(a.at, b.location), a.model}
	use := b.uses[key]
	if use == nil {
		if len(b.uses) >= mostUses {
			return
		}
		use = &Use{Day: key.day, Model: key.model}
		b.uses[key] = use
	}
	if times < 0 {
		use.Input, use.CacheRead = use.Input-a.count.Input, use.CacheRead-a.count.CacheRead
		use.CacheWrite, use.Output = use.CacheWrite-a.count.CacheWrite, use.Output-a.count.Output
		use.Recorded -= a.recorded
		use.Count = use.Count.cleaned()
		return
	}
	use.Count = use.Count.Plus(a.count)
	use.Recorded += a.recorded
}

// list returns the uses by day and model, without those of nothing.
func (b *book) list() []Use {
	var all []Use
	for _, use := range b.uses {
		if use.Total() > 0 || use.Recorded > 0 {
			all = append(all, *use)
		}
	}
	byDay(all)
	return all
}

// mostText bounds texts that are taken from files, in characters.
const mostText = 200

// plain is untrusted text in one line, without control characters and bounded.
func plain(text string) string {
	if len(text) > 8*mostText {
		text = text[:8*mostText]
	}
	var out []rune
	gap := false
	for _, r := range ansi.Strip(text) {
		switch {
		case unicode.IsSpace(r):
			gap = len(out) > 0
		case r == utf8.RuneError, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co):
		case len(out) >= mostText:
			return string(out) + "…"
		default:
			if gap {
				out, gap = append(out, ' '), false
			}
			out = append(out, r)
		}
	}
	return string(out)
}
