package picture

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// canvasOf draws a screen in the default colours.
func canvasOf(text string) *canvas {
	o := Options{Palette: Mocha()}
	return readGrid(text, o).draw(o)
}

func TestNeighbouringLinesBecomeOne(t *testing.T) {
	document := drawn(t, "┌──┐\n│  │\n└──┘", Options{})
	const want = `d="M4 9.5H32M4 47.5H32M4.5 9V48M31.5 9V48"`
	if !strings.Contains(document, want) || strings.Count(document, "<path") != 1 {
		t.Errorf("a frame is not the one path with %s:\n%s", want, document)
	}
}

func TestNeighbouringBlocksBecomeOne(t *testing.T) {
	document := drawn(t, "\x1b[41m  \n  ", Options{})
	if want := `d="M0 0h18v38h-18z"`; !strings.Contains(document, want) {
		t.Errorf("%s is missing in\n%s", want, document)
	}
}

func TestARoundedCornerMeetsBothItsNeighbours(t *testing.T) {
	for corner, want := range map[string]string{
		"╭": "M4.5 14A4.5 4.5 0 0 1 9 9.5", "╮": "M4.5 14A4.5 4.5 0 0 0 0 9.5",
		"╯": "M4.5 5A4.5 4.5 0 0 1 0 9.5", "╰": "M4.5 5A4.5 4.5 0 0 0 9 9.5",
	} {
		if document := drawn(t, corner, Options{}); !strings.Contains(document, want) {
			t.Errorf("%s is not drawn as %s:\n%s", corner, want, document)
		}
	}
}

// reaches lists the edges of the cell that the character's lines touch.
func reaches(r rune) string {
	c := canvasOf(string(r))
	edges := make(map[string]bool)
	for _, with := range c.lines.order {
		for _, s := range c.lines.of[with] {
			start, end, length := "L", "R", float64(cellWidth)
			if s.vertical {
				start, end, length = "U", "D", cellHeight
			}
			if s.from <= 0 {
				edges[fmt.Sprint(start, with.width)] = true
			}
			if s.to >= length {
				edges[fmt.Sprint(end, with.width)] = true
			}
		}
	}
	var all []string
	for e := range edges {
		all = append(all, e)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestBoxCharactersReachTheEdgesThatTheyJoin(t *testing.T) {
	for r, want := range map[rune]string{
		'─': "L1 R1", '━': "L3 R3", '│': "D1 U1", '┃': "D3 U3", '┌': "D1 R1", '┛': "L3 U3", '├': "D1 R1 U1",
		'┿': "D1 L3 R3 U1", '╄': "D1 L1 R3 U3", '═': "L1 R1", '╬': "D1 L1 R1 U1", '╞': "D1 R1 U1", '╥': "D1 L1 R1",
		'╴': "L1", '╹': "U3", '╼': "L1 R3", '┄': "", '╱': "",
	} {
		if got := reaches(r); got != want {
			t.Errorf("%c reaches %q, not %q", r, got, want)
		}
	}
}

func TestEveryShapeLeavesAMarkWithinItsCell(t *testing.T) {
	for r := rune(0x2500); r <= 0x28ff; r++ {
		text := string(r)
		if _, kind := shapeOf(text); kind == noShape {
			continue
		}
		c := canvasOf(text)
		marks := len(c.curves.order) + len(c.dots.order)
		for _, with := range c.lines.order {
			for _, s := range c.lines.of[with] {
				marks++
				across, along := float64(cellHeight), float64(cellWidth)
				if s.vertical {
					across, along = along, across
				}
				if s.from < 0 || s.to > along || s.from > s.to || s.at < 0 || s.at > across {
					t.Errorf("%c (%U) draws %+v", r, r, s)
				}
			}
		}
		for _, colour := range c.blocks.order {
			for _, b := range c.blocks.of[colour] {
				marks++
				if b.x < 0 || b.y < 0 || b.width <= 0 || b.height <= 0 || b.x+b.width > cellWidth || b.y+b.height > cellHeight {
					t.Errorf("%c (%U) draws %+v", r, r, b)
				}
			}
		}
		if marks == 0 || len(c.text.order) > 0 {
			t.Errorf("%c (%U) is not drawn as a shape", r, r)
		}
	}
}

// covered is the area of a character's blocks.
func covered(r rune) float64 {
	c, sum := canvasOf(string(r)), 0.0
	for _, colour := range c.blocks.order {
		for _, b := range c.blocks.of[colour] {
			sum += b.width * b.height
		}
	}
	return sum
}

func TestBlocksGrowWithTheirEighthsAndComplementsFillTheCell(t *testing.T) {
	for _, ladder := range []string{"▁▂▃▄▅▆▇█", "▏▎▍▌▋▊▉█"} {
		last := 0.0
		for _, r := range ladder {
			if now := covered(r); now <= last {
				t.Errorf("%c covers %v, no more than the one before it", r, now)
			} else {
				last = now
			}
		}
	}
	for _, pair := range []string{"▀▄", "▌▐", "▖▜", "▗▛", "▘▟", "▝▙", "▚▞"} {
		two := []rune(pair)
		if sum := covered(two[0]) + covered(two[1]); sum != cellWidth*cellHeight {
			t.Errorf("%c and %c cover %v", two[0], two[1], sum)
		}
	}
}

func TestRunsKeepTheirPlaces(t *testing.T) {
	document := drawn(t, "  one two   three\x1b[1mbold\x1b[0m ▲ x", Options{})
	for _, want := range []string{
		`<text x="18" y="14" textLength="63">one two</text>`, `<text x="108" y="14" textLength="45">three</text>`,
		`<text x="153" y="14" textLength="36">bold</text>`, `<text x="202.5" y="14" text-anchor="middle">▲</text>`,
		`<text x="216" y="14">x</text>`,
	} {
		if !strings.Contains(document, want) {
			t.Errorf("%s is missing in\n%s", want, document)
		}
	}
}
