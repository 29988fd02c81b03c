package steps

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// outcome is what a result tells.
type outcome struct {
	// lasting is the result without what differs from one run to the next though
	// nothing has changed: times and durations.
	lasting string
	// told is the line that tells most.
	told string
	// failed is set when it tells of a failure, waits when it tells that something is
	// not ready yet, or may come out well when it is tried again.
	failed, waits bool
}

// mostResult is how much of a result is looked at, half of it at each end, in bytes.
const mostResult = 32 << 10

// read looks at a result; failed says that its program calls it a failure, printed
// that it is what a command has printed, of which the end tells most.
func read(result string, failed, printed bool) outcome {
	if len(result) > mostResult {
		result = result[:mostResult/2] + "\n" + result[len(result)-mostResult/2:]
	}
	if strings.ContainsRune(result, '\x1b') {
		result = ansi.Strip(result)
	}
	lower := strings.ToLower(strings.ToValidUTF8(result, ""))
	mayFail := slices.ContainsFunc([]string{"fail", "error", "not ok ", "panic:", "traceback", "fatal:", "make: ***", "npm err", "undefined reference"}, func(sign string) bool {
		return strings.Contains(lower, sign)
	})
	o := outcome{failed: failed, waits: saysWait(lower)}
	var lasting strings.Builder
	lasting.Grow(len(result))
	first, last, counted, failing := "", "", "", ""
	for line := range strings.Lines(strings.ToValidUTF8(result, "")) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		first, last = cmp.Or(first, line), line
		lasting.WriteString(timeless(line))
		lasting.WriteByte('\n')
		if !mayFail {
			continue
		}
		switch lower := strings.ToLower(line); {
		case countsFailures(lower):
			counted = last
		case failing == "" && tellsFailure(lower):
			failing = last
		}
	}
	o.lasting = lasting.String()
	o.failed = o.failed || counted != "" || failing != ""
	if !printed {
		last = strings.TrimPrefix(first, "<tool_use_error>")
	}
	o.told = Line(cmp.Or(counted, failing, last))
	return o
}

// mostLine bounds a text that is shown, in characters.
const mostLine = 80

// Line is untrusted text in one line, bounded and without control characters.
func Line(text string) string {
	var b strings.Builder
	n, gap := 0, false
	for _, r := range ansi.Strip(text[:min(len(text), 16*mostLine)]) {
		switch {
		case unicode.IsSpace(r):
			gap = n > 0
		case r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co) || r == '`':
		case n >= mostLine:
			return b.String() + "…"
		default:
			if gap {
				b.WriteByte(' ')
				n++
				gap = false
			}
			b.WriteRune(r)
			n++
		}
	}
	return b.String()
}

// place is a file's name with the folders next to it.
func place(file string) string {
	parts := strings.Split(file, "/")
	if len(parts) > 4 {
		return Line("…/" + strings.Join(parts[len(parts)-3:], "/"))
	}
	return Line(file)
}

// timeless leaves out durations and times of day.
func timeless(line string) string {
	if !strings.ContainsAny(line, "0123456789") {
		return line
	}
	var b strings.Builder
	for i := 0; i < len(line); {
		if !isDigit(line[i]) {
			b.WriteByte(line[i])
			i++
			continue
		}
		end := i
		colons := 0
		for end < len(line) && (isDigit(line[end]) || (line[end] == '.' || line[end] == ':') && end+1 < len(line) && isDigit(line[end+1])) {
			if line[end] == ':' {
				colons++
			}
			end++
		}
		unit := unitAt(line, end)
		switch {
		case unit > 0:
			b.WriteByte('~')
			end += unit
		case colons >= 2, colons == 1 && clock(line[i:end]):
			b.WriteByte('~')
		default:
			b.WriteString(line[i:end])
		}
		i = end
	}
	return b.String()
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// clock tells whether a number with one colon is a time of day: a line and a column
// have no leading zeros.
func clock(text string) bool {
	hour, minute, _ := strings.Cut(text, ":")
	return len(hour) == 2 && len(minute) >= 2 && isDigit(minute[1]) && minute[0] < '6' && (hour[0] == '0' || hour[0] == '1' || hour[0] == '2' && hour[1] < '4')
}

// unitAt is the length of a unit of time at an index, with the blank before it; 0 when
// there is none.
func unitAt(line string, at int) int {
	blank := 0
	if at < len(line) && line[at] == ' ' {
		blank = 1
	}
	rest := line[at+blank:]
	for _, unit := range [...]string{"milliseconds", "seconds", "second", "minutes", "minute", "secs", "sec", "mins", "min", "ms", "µs", "us", "ns", "s", "m", "h"} {
		if after, ok := strings.CutPrefix(rest, unit); ok {
			if next, _ := utf8.DecodeRuneInString(after); after == "" || !unicode.IsLetter(next) {
				return blank + len(unit)
			}
		}
	}
	return 0
}

// countsFailures tells whether a line counts failures, and more than none.
func countsFailures(lower string) bool {
	if !strings.Contains(lower, "fail") && !strings.Contains(lower, "error") {
		return false
	}
	for _, word := range [...]string{"failed", "failing", "failures", "failure", "errors", "error"} {
		at := strings.Index(lower, word)
		if at < 0 {
			continue
		}
		before := strings.TrimRight(lower[:at], " ")
		digits := before[len(strings.TrimRight(before, "0123456789")):]
		rest := lower[at+len(word):]
		if next, _ := utf8.DecodeRuneInString(rest); unicode.IsLetter(next) || next == '-' {
			continue
		}
		if after := strings.TrimLeft(rest, "=: "); digits == "" && after != rest {
			digits = after[:len(after)-len(strings.TrimLeft(after, "0123456789"))]
		}
		if strings.Trim(digits, "0") != "" {
			return true
		}
	}
	return false
}

// tellsFailure tells whether a line says that something has failed.
func tellsFailure(lower string) bool {
	return slices.ContainsFunc([]string{
		"fail", "--- fail", "not ok ", "panic:", "traceback (most recent call last)", "error:", "error[", "fatal:", "make: ***", "npm err", "undefined reference",
	}, func(sign string) bool { return strings.HasPrefix(lower, sign) }) || strings.Contains(lower, ": error:")
}

// saysWait tells whether a result says that it is too early, or that another try may
// help.
func saysWait(lower string) bool {
	return slices.ContainsFunc([]string{
		"pending", "in progress", "queued", "not ready", "not yet", "refused", "timed out", "timeout", "temporarily", "try again", "retry", "too many requests",
		"rate limit", "bad gateway", "unavailable", "could not resolve", "unreachable", "busy", "waiting", "starting", "still running", "doesn't want to proceed",
		"rejected", "interrupted", "cancelled by", "canceled by", "aborted by",
	}, func(sign string) bool { return strings.Contains(lower, sign) })
}

// waits tells whether a command waits for something, or asks how far something is that
// changes by itself: it is rightly asked again.
func waits(command string) bool {
	command = strings.ToLower(command)
	if strings.Contains(command, "tail -f") {
		return true
	}
	waiting := []string{
		"sleep", "wait", "watch", "poll", "until", "ping", "curl", "wget", "nc", "ps", "pgrep", "pidof", "lsof", "ss", "netstat", "jobs", "top", "kubectl", "helm",
		"docker", "podman", "gh", "glab", "systemctl", "journalctl", "squeue", "sacct", "status", "healthcheck", "ready", "date", "uptime", "ssh", "scp", "rsync",
		"aws", "gcloud", "az", "terraform", "fetch", "pull", "push", "clone", "deploy", "logs",
	}
	for word := range strings.FieldsFuncSeq(command, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if slices.Contains(waiting, word) {
			return true
		}
	}
	return false
}

// grows tells whether a file is one that something else may be writing.
func grows(name string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc([]string{".log", ".out", ".output", ".err", ".pid", ".txt", ".status"}, func(end string) bool { return strings.HasSuffix(lower, end) }) ||
		strings.Contains(lower, "/tmp/") || strings.Contains(lower, "log")
}
