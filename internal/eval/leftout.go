package eval

import (
	"cmp"
	"maps"
	"slices"

	"agentwatch/health"
)

// LeftOut is how well the detector judges what its profiles were not made from.
type LeftOut struct {
	// Kinds has a row for each kind that has a profile: the text of its samples
	// judged without it, as that of a program that nobody has described.
	Kinds []KindLeftOut `json:"kinds"`
	// Versions has a row for each version of a kind that has a profile.
	Versions []VersionLeftOut `json:"versions"`
	// Within and Beyond sum the versions that the profiles say they were made for,
	// and the others.
	Within Score `json:"within"`
	Beyond Score `json:"beyond"`
}

// KindLeftOut is the score of a kind without its profile.
type KindLeftOut struct {
	Score
	// OtherKind are samples that, with all facts but the kind, were taken for an
	// agent of another kind.
	OtherKind int `json:"other_kind"`
}

// VersionLeftOut is the score of one version.
type VersionLeftOut struct {
	Score
	// MadeFor is set when the profile says that it was made for the version.
	MadeFor bool `json:"made_for"`
}

// LeaveOut scores the samples without what was made for them. A kind is left out
// by taking its profile away. A version cannot be left out in that way: profiles
// are written by hand, and no rule says from which version it was made. The
// honest figure is that of the versions that a profile does not claim; they are
// scored with everything else in force.
func LeaveOut(d *health.Detector, samples []Sample, mode Mode) LeftOut {
	result := LeftOut{Within: Score{Name: "made for"}, Beyond: Score{Name: "others"}}
	byKind := make(map[string][]Sample)
	versions := make(map[string]VersionLeftOut)
	for _, s := range samples {
		if !d.HasProfile(health.Kind(s.Kind)) {
			continue
		}
		byKind[s.Kind] = append(byKind[s.Kind], s)
		if s.Version == "" {
			continue
		}
		g := s.grade(d.Detect(s.observe(mode)))
		row := versions[s.Kind+" "+s.Version]
		row.Name, row.MadeFor = s.Kind+" "+s.Version, d.MadeFor(health.Kind(s.Kind), s.Version)
		row.count(g)
		versions[row.Name] = row
		if row.MadeFor {
			result.Within.count(g)
		} else {
			result.Beyond.count(g)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		without, row := d.Without(health.Kind(kind)), KindLeftOut{Score: Score{Name: kind}}
		for _, s := range byKind[kind] {
			// The process table names a program that has a profile, and would say that
			// it has been replaced: the screen alone tells what the structure gives.
			row.count(s.grade(without.Detect(s.observe(ModeScreenOnly))))
			v := without.Detect(s.observe(ModeAll))
			if v.Kind != health.KindNone && string(v.Kind) != kind {
				row.OtherKind++
			}
		}
		result.Kinds = append(result.Kinds, row)
	}
	result.Versions = slices.SortedFunc(maps.Values(versions), func(a, b VersionLeftOut) int { return cmp.Compare(a.Name, b.Name) })
	return result
}
