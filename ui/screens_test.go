package ui

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/sanitize"
)

func TestColouredBlanksAreContentBetweenRowsAndNothingAfterThem(t *testing.T) {
	panel := "\x1b[0;48;2;30;30;30m    \x1b[m"
	got := trimTail(sanitize.Screen(panel + "\ntext\n" + panel + "\n\nlast\n" + panel + "\n   \n"))
	if diff := cmp.Diff([]string{panel, "text", panel, "", "last"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestBlanksThatNobodySeesMakeNoRowWider(t *testing.T) {
	if got := widestOf(sanitize.Screen("ab      \n\x1b[31mabc     ")); got != 3 {
		t.Errorf("%d cells wide", got)
	}
}

func TestATileKeepsTheBackgroundOfAShortRow(t *testing.T) {
	row := "\x1b[0;48;2;30;30;30m text" + strings.Repeat(" ", 60) + "\x1b[m"
	size := block.Size{W: 30, H: 5}
	for _, dense := range []func([]string, block.Size) []string{denseHead, denseTail} {
		if diff := cmp.Diff([]string{row}, dense([]string{row}, size)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestATileLeavesOutRulesAndRepeatedGaps(t *testing.T) {
	rows := []string{"", "────", "one", "", "  ", "────", "two", "three", "", ""}
	for height, want := range map[int][2][]string{
		9: {{"one", "", "two", "three"}, {"one", "", "two", "three"}},
		2: {{"one", "two"}, {"two", "three"}},
		1: {{"one"}, {"three"}},
	} {
		size := block.Size{W: 30, H: height}
		if diff := cmp.Diff(want[0], denseHead(rows, size)); diff != "" {
			t.Errorf("the head of %d: %s", height, diff)
		}
		if diff := cmp.Diff(want[1], denseTail(rows, size)); diff != "" {
			t.Errorf("the tail of %d: %s", height, diff)
		}
	}
}

func TestATileFindsTheQuestionBesideABarAndBehindAMark(t *testing.T) {
	a := &engine.Agent{State: health.StateWaiting, Dialog: &health.Dialog{Question: "Permission required: Edit calc.py"}}
	rows := []string{"  ┃", "  ┃  \x1b[33m△ \x1b[mPermission required", "  ┃    → Edit calc.py", "  ┃   Allow once"}
	if got := (tile{agent: a, screen: &screen{rows: rows}}).question(); got != 1 {
		t.Errorf("row %d", got)
	}
}
