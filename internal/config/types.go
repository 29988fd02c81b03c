package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a time span as people write it: "250ms", "30s", "5m", "2h",
// "90d", also added up as in "1h30m".
type Duration struct{ time.Duration }

// day is what "d" stands for.
const day = 24 * time.Hour

// UnmarshalText reads a duration. Every number needs its unit, except 0.
func (d *Duration) UnmarshalText(text []byte) error {
	word := string(text)
	bad := fmt.Errorf("%q is not a length of time: write a number with ms, s, m, h or d, such as \"250ms\" or \"90d\"", word)
	rest, days := word, time.Duration(0)
	if number, after, found := strings.Cut(word, "d"); found {
		n, err := strconv.ParseUint(number, 10, 31)
		if err != nil || n > uint64(math.MaxInt64/day) {
			return bad
		}
		if days, rest = time.Duration(n)*day, after; rest == "" {
			rest = "0"
		}
	}
	parsed, err := time.ParseDuration(rest)
	if err != nil || parsed < 0 || days+parsed < days {
		return bad
	}
	d.Duration = days + parsed
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String returns the shortest way to write it.
func (d Duration) String() string {
	if d.Duration >= day && d.Duration%day == 0 {
		return strconv.FormatInt(int64(d.Duration/day), 10) + "d"
	}
	text := d.Duration.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Size is a number of bytes as people write it: "500MB", "2GiB". Units count by
// 1000, those with an i by 1024.
type Size struct{ Bytes int64 }

// unit is a unit of sizes.
type unit struct {
	name  string
	bytes int64
}

// units returns all units, those first that end in another's name.
func units() []unit {
	return []unit{
		{"KiB", 1 << 10},
		{"MiB", 1 << 20},
		{"GiB", 1 << 30},
		{"TiB", 1 << 40},
		{"kB", 1e3},
		{"KB", 1e3},
		{"MB", 1e6},
		{"GB", 1e9},
		{"TB", 1e12},
		{"B", 1},
	}
}

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	word := string(text)
	for _, u := range units() {
		number, found := strings.CutSuffix(word, u.name)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/u.bytes {
			break
		}
		s.Bytes = n * u.bytes
		return nil
	}
	return fmt.Errorf("%q is not a size: write a whole number with B, kB, MB, GB, KiB, MiB or GiB, such as \"500MB\"", word)
}

// MarshalText writes what UnmarshalText reads.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String returns the size in the largest unit in which it is a whole number.
func (s Size) String() string {
	best := unit{"B", 1}
	for _, u := range units() {
		if s.Bytes != 0 && s.Bytes%u.bytes == 0 && u.bytes > best.bytes {
			best = u
		}
	}
	return strconv.FormatInt(s.Bytes/best.bytes, 10) + best.name
}

// KeyList are the keys of one action: in the file one key, or a list of keys.
type KeyList []string

// UnmarshalText reads a single key; lists are read element by element.
func (k *KeyList) UnmarshalText(text []byte) error {
	*k = KeyList{string(text)}
	return nil
}
