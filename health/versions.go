package health

import (
	"slices"
	"strconv"
	"strings"
)

// Without returns a detector that has no profile of a kind: its agents are then
// read as those of a program that nobody has described.
func (d *Detector) Without(kind Kind) *Detector {
	kept := slices.DeleteFunc(slices.Clone(d.profiles), func(p *profile) bool { return p.Kind == kind })
	return &Detector{profiles: kept, generic: d.generic}
}

// HasProfile reports whether a profile describes the kind.
func (d *Detector) HasProfile(kind Kind) bool {
	return slices.ContainsFunc(d.profiles, func(p *profile) bool { return p.Kind == kind })
}

// MadeFor reports whether the kind's profile says that it was made with the
// version of the program.
func (d *Detector) MadeFor(kind Kind, version string) bool {
	i := slices.IndexFunc(d.profiles, func(p *profile) bool { return p.Kind == kind })
	return i >= 0 && versionWithin(version, d.profiles[i].Seen)
}

// versionWithin reports whether a version is among those that a text names: a
// list of "1.2" (and all 1.2.x), "1.x", "1.2 to 1.4" and "1.2 and later". What
// cannot be read names none.
func versionWithin(version, text string) bool {
	v, ok := parseVersion(version)
	if !ok {
		return false
	}
	return slices.ContainsFunc(strings.Split(text, ","), func(part string) bool {
		part = strings.TrimSpace(part)
		from, to, isRange := strings.Cut(part, " to ")
		from, open := strings.CutSuffix(from, " and later")
		first, ok := parseVersion(from)
		if !ok {
			return false
		}
		switch {
		case open:
			return slices.Compare(v, first) >= 0
		case isRange:
			last, ok := parseVersion(to)
			return ok && slices.Compare(v, first) >= 0 && (slices.Compare(v, last) <= 0 || startsWith(v, last))
		default:
			return startsWith(v, first)
		}
	})
}

func startsWith(v, prefix []int) bool {
	return len(v) >= len(prefix) && slices.Equal(v[:len(prefix)], prefix)
}

// parseVersion reads the numbers of "v1.2.3"; a last "x" stands for any, and
// what follows a "-" or "+" does not count.
func parseVersion(text string) ([]int, bool) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "v")
	if i := strings.IndexAny(text, "-+"); i >= 0 {
		text = text[:i]
	}
	var numbers []int
	for _, part := range strings.Split(strings.TrimSuffix(text, ".x"), ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	return numbers, true
}

// Newer reports whether a version of a kind's program is later than all that its
// profile says it was made with; those are in the second result, as the profile
// writes them.
func (d *Detector) Newer(kind Kind, version string) (newer bool, known string) {
	i := slices.IndexFunc(d.profiles, func(p *profile) bool { return p.Kind == kind })
	v, ok := parseVersion(version)
	if i < 0 || !ok {
		return false, ""
	}
	known = d.profiles[i].Seen
	if known == "" || versionWithin(version, known) {
		return false, known
	}
	for part := range strings.SplitSeq(known, ",") {
		from, to, isRange := strings.Cut(part, " to ")
		if !isRange {
			to = from
		}
		if last, ok := parseVersion(to); !ok || slices.Compare(v, last) <= 0 {
			return false, known
		}
	}
	return true, known
}
