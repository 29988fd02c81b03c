package foresight

import (
	"math"
	"slices"
	"time"
)

// Lengths are counted in bins, two for each doubling, from a second to some nine
// hours; the last bin has no end.
const (
	bins        = 31
	binsPerFold = 2
)

// position is where a length lies among the bins, with its fraction.
func position(d time.Duration) float64 {
	return min(max(math.Log2(max(d.Seconds(), 1))*binsPerFold, 0), bins-0.001)
}

// length is the inverse of position.
func length(position float64) time.Duration {
	return time.Duration(math.Exp2(position/binsPerFold) * float64(time.Second))
}

const (
	// memory is how much a turn still counts after each newer one, of whichever group:
	// a group that remembered for longer than the one above would know more than that
	// without there being anything to know. After 700 turns it is a half.
	memory = 1 - 1.0/1000
	// prior is how many turns the group above counts for, firstPrior how many what is
	// assumed of all turns at first does.
	prior      = 20
	firstPrior = 2
)

// lengths is what is known of the lengths of a group's turns: how many were seen in
// each bin, and how many of them ended there.
type lengths struct {
	seen, ended [bins]float64
	// at is which of the model's turns it last learnt from.
	at uint64
}

// learn takes in the model's turn number now.
func (l *lengths) learn(took time.Duration, ended bool, now uint64) {
	p := position(took)
	last := int(p)
	faded := math.Pow(memory, float64(now-l.at))
	l.at = now
	for i := range bins {
		l.seen[i] *= faded
		l.ended[i] *= faded
		if i < last {
			l.seen[i]++
		}
	}
	// Of the bin in which it ended, or was lost sight of, only a part was lived.
	if ended {
		l.seen[last]++
		l.ended[last]++
	} else {
		l.seen[last] += p - float64(last)
	}
}

// hazards are the chances to end in each bin for whoever gets there.
type hazards [bins]float64

// within returns the group's hazards as of the model's turn number now, drawn to
// those of the group above as long as there is little to go by; l may be nil.
func (l *lengths) within(above hazards, prior float64, now uint64) hazards {
	if l == nil {
		return above
	}
	var h hazards
	faded := math.Pow(memory, float64(now-l.at))
	for i := range bins {
		h[i] = (faded*l.ended[i] + prior*above[i]) / (faded*l.seen[i] + prior)
	}
	return h
}

// uninformed are hazards that nothing is known of.
func uninformed() hazards {
	var h hazards
	for i := range h {
		h[i] = 0.1
	}
	return h
}

// remaining returns after which further times the turn will have ended with the
// given chances, which must rise, when it has lasted for some time already.
func (h *hazards) remaining(elapsed time.Duration, chances []float64) []time.Duration {
	out := make([]time.Duration, 0, len(chances))
	p := position(elapsed)
	alive := 1.0
	for bin := int(p); bin < bins && len(out) < len(chances); bin++ {
		from := max(p, float64(bin))
		share := float64(bin) + 1 - from
		next := alive * math.Pow(1-min(h[bin], 0.999), share)
		if bin == bins-1 {
			next = 0
		}
		for len(out) < len(chances) && next <= 1-chances[len(out)] {
			part := 1.0
			if alive > next {
				part = (alive - (1 - chances[len(out)])) / (alive - next)
			}
			out = append(out, max(length(from+part*share)-elapsed, 0))
		}
		alive = next
	}
	for len(out) < len(chances) {
		out = append(out, length(bins)-min(elapsed, length(bins)))
	}
	return out
}

// maxGroups bounds what is kept; places come and go.
const maxGroups = 2048

// survival knows the lengths of all turns, of each kind's, of each kind's at a place,
// and of those there that followed a turn of about the same length.
type survival struct {
	groups map[string]*lengths
	clock  uint64
}

// levels are the groups that a turn belongs to, the widest first.
func levels(s Situation) [4]string {
	kind := "k\x00" + s.Kind
	place := kind + "\x00" + s.Place
	size := "first"
	if s.PreviousTook > 0 {
		size = string(rune('0' + int(position(s.PreviousTook))/6))
	}
	return [4]string{"", kind, place, place + "\x00" + size}
}

func (v *survival) learn(t Turn) {
	if v.groups == nil {
		v.groups = make(map[string]*lengths)
	}
	for _, name := range levels(t.Situation) {
		l := v.groups[name]
		if l == nil {
			l = &lengths{}
			v.groups[name] = l
		}
		l.learn(t.Took, t.End != EndUnknown, v.clock)
	}
	v.clock++
	if len(v.groups) > maxGroups {
		forgetHalf(v.groups, func(l *lengths) uint64 { return l.at })
	}
}

// forgetHalf gives up the half of what is learnt that was used least lately.
func forgetHalf[T any](learnt map[string]T, used func(T) uint64) {
	all := make([]uint64, 0, len(learnt))
	for _, l := range learnt {
		all = append(all, used(l))
	}
	slices.Sort(all)
	limit := all[len(all)/2]
	for name, l := range learnt {
		if used(l) < limit {
			delete(learnt, name)
		}
	}
}

// hazards returns those of a turn, and of all turns and its kind's turns alone.
func (v *survival) hazards(s Situation) (own, all, kind hazards) {
	own = uninformed()
	for i, name := range levels(s) {
		weight := float64(prior)
		if i == 0 {
			weight = firstPrior
		}
		own = v.groups[name].within(own, weight, v.clock)
		switch i {
		case 0:
			all = own
		case 1:
			kind = own
		}
	}
	return own, all, kind
}
