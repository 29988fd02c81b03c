package health

import (
	"hash/fnv"
	"strings"
)

// digest hashes the rows before end. What moves without meaning is left out:
// status lines, hints at the right edge, spinners, elapsed times and token
// counts. It is 0 when there is no text.
func (p *profile) digest(s screen, end int) uint64 {
	h := fnv.New64a()
	var line []byte
	some := false
	for i := range min(end, len(s.rows)) {
		r := s.rows[i]
		if r.blank() || rightAligned(r, s.width) {
			continue
		}
		if sort := p.readStatus(s, i); sort != notStatus && sort != statusFinished {
			continue
		}
		line = appendSteady(line[:0], r.text)
		_, _ = h.Write(append(line, '\n')) // a hash never fails to write
		some = true
	}
	if !some {
		return 0
	}
	return h.Sum64()
}

// readDraft returns what stands in the composer, as a digest, and whether a command
// is typed there.
func (p *profile) readDraft(s screen, c composer) (digest uint64, command bool) {
	draft := p.draft(s, s, c)
	h := fnv.New64a()
	_, _ = h.Write(appendSteady(nil, draft)) // a hash never fails to write
	return h.Sum64(), strings.HasPrefix(draft, "/")
}

// appendSteady appends text without braille spinners and with every duration
// and token count replaced by the same character.
func appendSteady(line []byte, text string) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c >= '0' && c <= '9' {
			end := i
			for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == '.') {
				end++
			}
			if counts(text[end:]) {
				line = append(line, '0')
			} else {
				line = append(line, text[i:end]...)
			}
			i = end
			continue
		}
		// U+2800 to U+28FF are E2 A0..A3 xx in UTF-8.
		if c == 0xe2 && i+2 < len(text) && text[i+1]&^3 == 0xa0 {
			i += 3
			continue
		}
		line = append(line, c)
		i++
	}
	return line
}

// counts tells whether what follows a number makes it a duration or a count of
// tokens.
func counts(after string) bool {
	if after == "" {
		return false
	}
	switch after[0] {
	case 's', 'm', 'h':
		return len(after) == 1 || !isLetter(after[1])
	case 'k':
		after = after[1:]
	}
	return hasPrefixFold(after, " tokens")
}
