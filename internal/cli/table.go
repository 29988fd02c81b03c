package cli

import (
	"regexp"
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
)

// plainTable is a table without lines. Its first columns are aligned at their
// left, as many as texts says; those after them, figures, at their right.
func plainTable(texts int, headers ...string) *table.Table {
	return table.New().
		Border(lipgloss.HiddenBorder()).BorderTop(false).BorderBottom(false).BorderLeft(false).
		BorderRight(false).BorderColumn(false).BorderHeader(false).Headers(headers...).
		StyleFunc(func(row, column int) lipgloss.Style {
			cell := lipgloss.NewStyle().PaddingRight(2)
			if column >= texts {
				cell = cell.Align(lipgloss.Right)
			}
			if row == table.HeaderRow {
				return cell.Bold(true)
			}
			return cell
		})
}

// padding is what a table has at the end of a line: spaces, also within colours.
var padding = regexp.MustCompile(`(?: |\x1b\[[0-9;]*m)+\n$`)

// trimmed is the table without the spaces at the ends of its lines: a terminal
// would wrap a line for them.
func trimmed(t *table.Table) string {
	var b strings.Builder
	for line := range strings.Lines(t.Render() + "\n") {
		b.WriteString(padding.ReplaceAllStringFunc(line, func(end string) string { return strings.ReplaceAll(end, " ", "") }))
	}
	return b.String()
}
