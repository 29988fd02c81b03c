// Package patch makes the diff of a folder fit to be shown: rows that say what they are,
// without what could harm a terminal or a page. It is pure.
package patch

import (
	"strings"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
)

// Kind is what a row of a diff is.
type Kind uint8

// The kinds of rows. File is the row that names a file, Note what is said about it.
const (
	Context Kind = iota
	File
	Hunk
	Added
	Removed
	Note
)

// Row is a row of a diff. Its text has no control characters.
type Row struct {
	Kind Kind
	Text string
	// File is the place of its file.
	File int
}

// Read makes a diff one text of all files. Each begins at its row in starts.
func Read(d engine.Diff) (rows []Row, starts []int) {
	for i, f := range d.Files {
		if i > 0 {
			rows = append(rows, Row{Context, "", i - 1})
		}
		starts = append(starts, len(rows))
		name := sanitize.Text(f.Path)
		if f.From != "" {
			name = sanitize.Text(f.From) + " => " + name
		}
		rows = append(rows, Row{File, name, i})
		for _, row := range Of(f) {
			row.File = i
			rows = append(rows, row)
		}
	}
	if d.Omitted > 0 {
		last := max(len(d.Files)-1, 0)
		rows = append(rows, Row{Context, "", last}, Row{Note, Omitted(d), last})
	}
	return rows, starts
}

// Omitted says how many files are not listed.
func Omitted(d engine.Diff) string {
	return "cut off: " + format.Plural(d.Omitted, "further file") + " not listed"
}

// Of are the rows of one file, without the one that names it.
func Of(f engine.FileDiff) (rows []Row) {
	header := true
	for line := range strings.Lines(f.Patch) {
		header = (header || strings.HasPrefix(line, "diff --git ")) && !strings.HasPrefix(line, "@@")
		kind, text := shown(strings.TrimSuffix(line, "\n"), header)
		if text != "" || !header {
			rows = append(rows, Row{Kind: kind, Text: text})
		}
	}
	switch {
	case f.Cut:
		rows = append(rows, Row{Kind: Note, Text: "cut off: the rest of this file's diff is too large"})
	case f.Patch == "" && f.Change == engine.FileUntracked:
		rows = append(rows, Row{Kind: Note, Text: "a repository of its own, or gone"})
	case f.Patch != "" && f.Added+f.Removed == 0 && f.Change == engine.FileUntracked && !f.Binary:
		rows = append(rows, Row{Kind: Note, Text: "empty"})
	}
	return rows
}

// shown is a line of a patch as it is shown. Of the headers only those say anything
// that the file's own row does not.
func shown(line string, header bool) (Kind, string) {
	if header {
		for _, telling := range []string{"old mode ", "new mode ", "Binary files "} {
			if strings.HasPrefix(line, telling) {
				return Note, sanitize.Text(line)
			}
		}
		return Note, ""
	}
	if line == "" {
		return Context, ""
	}
	kind := map[byte]Kind{'+': Added, '-': Removed, '@': Hunk, '\\': Note}[line[0]]
	return kind, line[:1] + sanitize.Text(untabbed(line[1:]))
}

// untabbed writes tabs as spaces, up to each fourth column.
func untabbed(text string) string {
	const stop = 4
	if !strings.Contains(text, "\t") {
		return text
	}
	var out strings.Builder
	column := 0
	for i, part := range strings.Split(text, "\t") {
		if i > 0 {
			gap := stop - column%stop
			out.WriteString(block.Spaces(gap))
			column += gap
		}
		out.WriteString(part)
		column += block.Width(sanitize.Text(part))
	}
	return out.String()
}
