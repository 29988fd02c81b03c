// Package redact masks what a user may not want to send to others in the text of a
// screen: secrets, paths, addresses and names. What is masked keeps its width, so
// that the screen keeps its layout.
package redact

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// Sort is what was masked.
type Sort string

// The sorts.
const (
	SortSecret  Sort = "secret"
	SortAddress Sort = "address"
	SortPath    Sort = "path"
	SortName    Sort = "name"
)

// pattern finds what is to be masked: its first group, or all of it.
type pattern struct {
	sort Sort
	re   *regexp.Regexp
}

// Redactor masks texts. It is safe for concurrent use.
type Redactor struct {
	patterns []pattern
}

// minName is the length from which a name is masked: a shorter one is part of too
// many words.
const minName = 3

// New returns a Redactor that masks the names as well, such as the user's and the
// host's, wherever they stand as a word.
func New(names ...string) *Redactor {
	r := &Redactor{patterns: []pattern{
		{SortSecret, regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*-----)?`)},
		{SortSecret, regexp.MustCompile(`\b(?:sk|pk|rk|gh[pousr]|github_pat|glpat|xox[abeprs]|AKIA|ASIA|AIza|ya29|eyJ|hf|npm|pypi|key|tok)[-_.]?[A-Za-z0-9][-_.A-Za-z0-9]{11,}`)},
		{SortSecret, regexp.MustCompile(`(?i)\b(?:authorization|cookie|bearer|basic)\b[:=]?[ \t]+(?:(?:bearer|basic|token)[ \t]+)?["']?([^\s"']{6,})`)},
		{SortSecret, regexp.MustCompile(`(?i)[-_a-z0-9]*(?:secret|token|passw(?:or)?d|passphrase|api[-_ ]?key|credential)s?["']?[ \t]*[:=][ \t]*["']?([^\s"']{4,})`)},
		{SortAddress, regexp.MustCompile(`\b[a-z][-+.a-z0-9]*://([^\s"'<>│|)\]]+)`)},
		{SortAddress, regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)*`)},
		{SortAddress, regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`)},
		{SortPath, regexp.MustCompile(`(?:^|[^\w/])((?:~|\.{1,2})/[^\s"'` + "`" + `│|<>()\[\]:,;]+)`)},
		{SortPath, regexp.MustCompile(`(?:^|[^\w/])(/[^\s/"'` + "`" + `│|<>()\[\]:,;]+/[^\s"'` + "`" + `│|<>()\[\]:,;]*)`)},
		{SortPath, regexp.MustCompile(`\b([A-Za-z]:\\[^\s"'│|<>]+)`)},
		{SortPath, regexp.MustCompile(`(?:^|[^\w./])([\w.@-]+(?:/[\w.@-]+)*/[\w@.-]+\.[A-Za-z]\w{0,5})\b`)},
		{SortPath, regexp.MustCompile(`(?:^|[^\w./])([\w.@-]+/[\w.@-]+/[\w./@-]+)`)},
		// What looks drawn by lot: long, with letters and digits.
		{SortSecret, regexp.MustCompile(`\b[A-Za-z0-9_+-]*(?:[A-Za-z][A-Za-z_+-]*[0-9]|[0-9][0-9_+-]*[A-Za-z])[A-Za-z0-9_+-]*`)},
	}}
	for _, name := range names {
		if len([]rune(name)) >= minName {
			r.patterns = append(r.patterns, pattern{SortName, regexp.MustCompile(`(?i)(?:^|[^\pL\pN])(` + regexp.QuoteMeta(name) + `)(?:$|[^\pL\pN])`)})
		}
	}
	return r
}

// minLot is the length from which what looks drawn by lot is a secret, minLotDigits
// how many digits it has at least.
const (
	minLot       = 20
	minLotDigits = 3
)

// Masked counts what was masked, by sort.
type Masked map[Sort]int

// span is a part of a text, in runes.
type span struct {
	from, to int
	sort     Sort
}

// Text returns the text with all that is to be masked, and counts it in masked.
// Escape sequences are left as they are, also inside of what is masked.
func (r *Redactor) Text(text string, masked Masked) string {
	runes, drawn := visible(text)
	plain := make([]rune, 0, len(drawn))
	for _, i := range drawn {
		plain = append(plain, runes[i])
	}
	for _, s := range r.spans(plain) {
		masked[s.sort]++
		for _, at := range drawn[s.from:s.to] {
			runes[at] = mask(runes[at])
		}
	}
	return string(runes)
}

// visible splits a text into its runes and the indices of those that no escape
// sequence has.
func visible(text string) (runes []rune, drawn []int) {
	runes = []rune(text)
	for i := 0; i < len(runes); i++ {
		if runes[i] != 0x1b {
			drawn = append(drawn, i)
			continue
		}
		if i++; i < len(runes) && runes[i] == '[' {
			for i++; i < len(runes) && (runes[i] < 0x40 || runes[i] > 0x7e); i++ {
			}
		}
	}
	return runes, drawn
}

// spans are what is to be masked, in order and apart from each other.
func (r *Redactor) spans(plain []rune) []span {
	text := string(plain)
	// at is the rune at each byte.
	at := make([]int, len(text)+1)
	n := 0
	for i := range text {
		at[i] = n
		n++
	}
	at[len(text)] = n
	var all []span
	for _, p := range r.patterns {
		for from := 0; from < len(text); {
			found := p.re.FindStringSubmatchIndex(text[from:])
			if found == nil {
				break
			}
			begin, end := found[0], found[1]
			if len(found) > 2 && found[2] >= 0 {
				begin, end = found[2], found[3]
			}
			s := span{at[from+begin], at[from+end], p.sort}
			if p.re.NumSubexp() > 0 || p.sort != SortSecret || secret(text[from+begin:from+end]) {
				all = append(all, s, r.wrapped(plain, s))
			}
			from += max(end, found[0]+1)
		}
	}
	all = slices.DeleteFunc(all, func(s span) bool { return s.from >= s.to })
	slices.SortFunc(all, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	var apart []span
	for _, s := range all {
		if last := len(apart) - 1; last >= 0 && s.from < apart[last].to {
			apart[last].to = max(apart[last].to, s.to)
			continue
		}
		apart = append(apart, s)
	}
	return apart
}

// secret reports whether what a pattern has found is long and mixed enough.
func secret(word string) bool {
	digits := strings.Count(strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return '0'
		}
		return c
	}, word), "0")
	return len(word) >= minLot && digits >= minLotDigits || strings.HasPrefix(word, "-----BEGIN") || digits > 0 && prefixed(word)
}

// prefixed reports whether a word begins as keys of known services do.
func prefixed(word string) bool {
	for _, prefix := range []string{"sk-", "pk-", "rk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "AKIA", "ASIA", "AIza", "ya29", "eyJ", "hf_", "npm_", "pypi-"} {
		if strings.HasPrefix(word, prefix) {
			return true
		}
	}
	return false
}

// frame are the characters that a program draws around its text.
const frame = " \t│┃║|▌▐╎┊"

// wrapped is the rest of a span that reaches the end of its row, in the next row.
func (r *Redactor) wrapped(plain []rune, s span) span {
	i := s.to
	for i < len(plain) && strings.ContainsRune(frame, plain[i]) {
		i++
	}
	if i >= len(plain) || plain[i] != '\n' || s.sort == SortName {
		return span{}
	}
	for i++; i < len(plain) && strings.ContainsRune(frame, plain[i]); i++ {
	}
	end := i
	for end < len(plain) && !unicode.IsSpace(plain[end]) && !strings.ContainsRune(frame, plain[end]) {
		end++
	}
	// An item, a rule or a cursor of the next row is not its rest.
	if end-i < 2 || !wordy(plain[i]) {
		return span{}
	}
	return span{i, end, s.sort}
}

func wordy(c rune) bool {
	return c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("/-_.", c))
}

// mask is what stands for a character.
func mask(c rune) rune {
	switch {
	case unicode.IsDigit(c):
		return '0'
	case unicode.IsUpper(c):
		return 'X'
	case unicode.IsLetter(c) && ansi.StringWidth(string(c)) == 2:
		return '口'
	case unicode.IsLetter(c):
		return 'x'
	default:
		return c
	}
}

// maxWord is how long an argument may be that is taken for a word of the program's.
const maxWord = 20

var plainWord = regexp.MustCompile(`^[a-z0-9@._-]+$`)

// Argument masks an argument of a command: of a path, the folders that lead to it,
// but not what names a package; and what the user has written.
func (r *Redactor) Argument(argument string, masked Masked) string {
	if strings.ContainsRune(argument, '/') && !strings.ContainsAny(argument, " \t\n=:") {
		keep := strings.LastIndexByte(argument, '/') + 1
		for _, packages := range []string{"/node_modules/", "/site-packages/"} {
			if i := strings.Index(argument, packages); i >= 0 {
				keep = i
			}
		}
		if keep > 1 {
			masked[SortPath]++
		}
		return strings.Map(mask, argument[:keep]) + argument[keep:]
	}
	flag, value, has := strings.Cut(argument, "=")
	if strings.HasPrefix(flag, "-") && plainWord.MatchString(strings.ToLower(flag)) {
		if !has {
			return argument
		}
		masked[SortSecret]++
		return flag + "=" + strings.Map(mask, value)
	}
	if len(argument) > maxWord || !plainWord.MatchString(argument) {
		masked[SortSecret]++
		return strings.Map(mask, argument)
	}
	return r.Text(argument, masked)
}
