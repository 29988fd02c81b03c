package tmuxpool

import (
	"bytes"
	"fmt"
	"testing"
	"unicode/utf8"
)

// escape writes bytes as tmux does for a control client: vis(3) with octal and
// C escapes, "$" escaped before the name of a variable, UTF-8 as it is.
func escape(in []byte) []byte {
	var out []byte
	for i := 0; i < len(in); {
		if r, n := utf8.DecodeRune(in[i:]); n > 1 && r != utf8.RuneError {
			out = append(out, in[i:i+n]...)
			i += n
			continue
		}
		next := byte(0)
		if i+1 < len(in) {
			next = in[i+1]
		}
		out = append(out, escapeByte(in[i], next)...)
		i++
	}
	return out
}

func escapeByte(c, next byte) string {
	switch {
	case c == '$' && (next == '_' || next == '{' || next|0x20 >= 'a' && next|0x20 <= 'z'):
		return `\$`
	case c == '\\':
		return `\\`
	case c == '\n' || c == '\t' || c >= ' ' && c <= '~':
		return string(rune(c))
	case c == 0 && !isOctal(next):
		return `\0`
	}
	names := map[byte]string{'\r': `\r`, '\b': `\b`, '\a': `\a`, '\v': `\v`, '\f': `\f`}
	if name, ok := names[c]; ok {
		return name
	}
	return fmt.Sprintf(`\%03o`, c)
}

func FuzzUnescapeUndoesEscape(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "\x1b[31mred\x1b[0m", `C:\new\table\0`, "$HOME ${x} $5 $", "é\xff\xc3(", "\x00" + "1", "\r\a\b\v\f\t\n",
		`\033`, "\\\x1b", `\$HOME`, `\\$`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if out := unescape(escape(in)); !bytes.Equal(in, out) {
			t.Errorf("%q came back as %q", in, out)
		}
	})
}

func FuzzUnescapeNeverGrowsOrPanics(f *testing.F) {
	f.Add([]byte(`\`))
	f.Add([]byte(`\03`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if out := unescape(bytes.Clone(in)); len(out) > len(in) {
			t.Errorf("%q became %q", in, out)
		}
	})
}

func BenchmarkUnescape(b *testing.B) {
	text := bytes.Repeat([]byte(`\033[38;5;42mcoloured words\033[39m `), 400)
	b.SetBytes(int64(len(text)))
	buffer := make([]byte, len(text))
	for b.Loop() {
		copy(buffer, text)
		unescape(buffer)
	}
}
