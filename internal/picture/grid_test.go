package picture

import (
	"image/color"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// cellsOf reads one row.
func cellsOf(text string) []cell { return readGrid(text, Options{Palette: Mocha()}).rows[0] }

func TestWideCharactersTakeTwoCellsAndMarksNone(t *testing.T) {
	row := cellsOf("a漢e\u0301\tb")
	var got strings.Builder
	for _, c := range row {
		got.WriteString("[" + c.text + "]")
	}
	if want := "[a][漢][][e\u0301][ ][ ][ ][ ][b]"; got.String() != want {
		t.Errorf("%s, not %s", got.String(), want)
	}
	document := drawn(t, "a漢b", Options{})
	for _, want := range []string{
		`<text x="0" y="14">a</text>`, `<text x="18" y="14" text-anchor="middle">漢</text>`, `<text x="27" y="14">b</text>`,
	} {
		if !strings.Contains(document, want) {
			t.Errorf("%s is missing in\n%s", want, document)
		}
	}
}

func TestAWideCharacterThatTheEdgeCutsIsBlank(t *testing.T) {
	if document := drawn(t, "a漢", Options{Width: 2}); strings.Contains(document, "漢") {
		t.Errorf("half a character is drawn:\n%s", document)
	}
}

func TestTheCellsOfARowAreAsManyAsItsWidth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		for _, row := range readGrid(anyScreen(rt), Options{Width: 7, Palette: Mocha()}).rows {
			covered := 0
			for i, c := range row {
				if c.width > 0 && i != covered {
					rt.Fatalf("cell %d begins at %d: %v", i, covered, row)
				}
				covered += c.width
			}
			if covered != len(row) || len(row) > 7 {
				rt.Fatalf("%d cells cover %d: %v", len(row), covered, row)
			}
		}
	})
}

func TestStylesAreReadAndResolved(t *testing.T) {
	plain := look{fg: rgb(0xcdd6f4), bg: rgb(0x1e1e2e)}
	with := func(change func(*look)) look {
		l := plain
		change(&l)
		return l
	}
	for sequence, want := range map[string]look{
		"":                plain,
		"1;3":             with(func(l *look) { l.bold, l.italic = true, true }),
		"1;3;22;23":       plain,
		"4":               with(func(l *look) { l.underline = true }),
		"4:3":             with(func(l *look) { l.underline = true }),
		"4;24":            plain,
		"9":               with(func(l *look) { l.strike = true }),
		"31":              with(func(l *look) { l.fg = rgb(0xf38ba8) }),
		"38;5;1":          with(func(l *look) { l.fg = rgb(0xf38ba8) }),
		"38;5;208":        with(func(l *look) { l.fg = rgb(0xff8700) }),
		"38;5;240":        with(func(l *look) { l.fg = rgb(0x585858) }),
		"38;2;1;2;3":      with(func(l *look) { l.fg = rgb(0x010203) }),
		"38:2::1:2:3":     with(func(l *look) { l.fg = rgb(0x010203) }),
		"44":              with(func(l *look) { l.bg = rgb(0x89b4fa) }),
		"104;49":          plain,
		"7":               with(func(l *look) { l.fg, l.bg = l.bg, l.fg }),
		"8":               with(func(l *look) { l.fg = l.bg }),
		"2":               with(func(l *look) { l.fg = mix(l.fg, l.bg, 0.55) }),
		"2;7":             with(func(l *look) { l.fg, l.bg = l.bg, mix(l.fg, l.bg, 0.55) }),
		"1;31;44;7;9;4;0": plain,
	} {
		if got := cellsOf("\x1b[" + sequence + "mx")[0].look; got != want {
			t.Errorf("%q gives %+v, not %+v", sequence, got, want)
		}
	}
}

func TestSequencesThatDoNotStyleAreLeftOut(t *testing.T) {
	for _, text := range []string{
		"a\x1b[2Jb", "a\x1b[5Cb", "a\x1b]2;title\x07b", "a\x1b]8;;http://x\x1b\\b", "a\x1bP1$r\x1b\\b", "a\x1b_Gi=1\x1b\\b", "a\x00\x7fb",
	} {
		row := cellsOf(text)
		if len(row) != 2 || row[0].text != "a" || row[1].text != "b" {
			t.Errorf("%q gives %v", text, row)
		}
	}
}

func TestAnotherPaletteHasItsOwnColours(t *testing.T) {
	day := Palette{Foreground: rgb(0x111111), Background: rgb(0xffffff), ANSI: [16]color.RGBA{1: rgb(0xcc0000)}}
	document := drawn(t, "plain \x1b[31mred", Options{Palette: day})
	for _, want := range []string{`fill="#fff"`, `fill="#111"`, `fill="#c00"`} {
		if !strings.Contains(document, want) {
			t.Errorf("%s is missing in\n%s", want, document)
		}
	}
}
