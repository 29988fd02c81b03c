package cli

import (
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
