package fold

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Expression is the regular expression that a text between slashes stands for, as in
// /exit (code )?[1-9]/; ok is false for any other text.
func Expression(text string) (expression string, ok bool) {
	if len(text) < 3 || text[0] != '/' || text[len(text)-1] != '/' {
		return "", false
	}
	return text[1 : len(text)-1], true
}

// Seek is the pattern that finds a text, or what a regular expression between slashes
// (RE2, whatever the case) matches.
func Seek(text string) (Pattern, error) {
	expression, ok := Expression(text)
	if !ok {
		return Of(text), nil
	}
	compiled, err := regexp.Compile("(?i)" + expression)
	if err != nil {
		return Pattern{}, fmt.Errorf("no regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return Pattern{text: text, expression: compiled}, nil
}

// matched are the places that the expression matches, widened to whole characters.
func (p Pattern) matched(text string) (found []Span) {
	ascii := isASCII(text)
	for _, at := range p.expression.FindAllStringIndex(text, -1) {
		if at[0] == at[1] {
			continue
		}
		span := Span{at[0], at[1]}
		if !ascii {
			span = widened(text, span)
		}
		if n := len(found); n > 0 && span.From < found[n-1].To {
			found[n-1].To = max(found[n-1].To, span.To)
			continue
		}
		found = append(found, span)
	}
	return found
}

// widened is a span with all of the characters that it is in.
func widened(text string, span Span) Span {
	wide := Span{-1, len(text)}
	for at := 0; at < len(text); {
		cluster, _ := ansi.FirstGraphemeCluster(text[at:], ansi.WcWidth)
		end := at + max(len(cluster), 1)
		if wide.From < 0 && span.From < end {
			wide.From = at
		}
		if span.To <= end {
			wide.To = end
			break
		}
		at = end
	}
	return Span{max(wide.From, 0), wide.To}
}
