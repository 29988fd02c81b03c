package themes

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/lucasb-eyer/go-colorful"
)

// distance is how different two colours look: CIEDE2000 as it is usually
// scaled, where about 2 is just seen side by side.
func distance(a, b color.Color) float64 {
	x, _ := colorful.MakeColor(a)
	y, _ := colorful.MakeColor(b)
	return x.DistanceCIEDE2000(y) * 100
}

// sight is a way to see colours: what one looks like to somebody.
type sight struct {
	name  string
	looks func(color.Color) color.Color
}

type matrix [3][3]float64

func (m matrix) times(r, g, b float64) (x, y, z float64) {
	row := func(i int) float64 { return m[i][0]*r + m[i][1]*g + m[i][2]*b }
	return row(0), row(1), row(2)
}

// through sees through a matrix that works on linear light.
func through(pick func(r, g, b float64) matrix) func(color.Color) color.Color {
	return func(c color.Color) color.Color {
		made, _ := colorful.MakeColor(c)
		r, g, b := made.LinearRgb()
		return colorful.LinearRgb(pick(r, g, b).times(r, g, b)).Clamped()
	}
}

func always(m matrix) func(r, g, b float64) matrix {
	return func(_, _, _ float64) matrix { return m }
}

// dichromacies are the three ways to see with two kinds of cones, each by two
// models where there are two that are good: Machado, Oliveira and Fernandes
// 2009 at full severity; Viénot, Brettel and Mollon 1999 for red and green;
// Brettel, Viénot and Mollon 1997 for blue (the numbers of libDaltonLens).
func dichromacies() []sight {
	tritan := func(r, g, b float64) matrix {
		if 0.03901*r-0.02788*g-0.01113*b >= 0 {
			return matrix{{1.01277, 0.13548, -0.14826}, {-0.01243, 0.86812, 0.14431}, {0.07589, 0.80500, 0.11911}}
		}
		return matrix{{0.93678, 0.18979, -0.12657}, {0.06154, 0.81526, 0.12320}, {-0.37562, 1.12767, 0.24796}}
	}
	return []sight{
		{"protanopia (Machado)", through(always(matrix{
			{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998},
		}))},
		{"protanopia (Viénot)", through(always(matrix{{0.11238, 0.88762, 0}, {0.11238, 0.88762, 0}, {0.00401, -0.00401, 1}}))},
		{"deuteranopia (Machado)", through(always(matrix{
			{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881},
		}))},
		{"deuteranopia (Viénot)", through(always(matrix{{0.29275, 0.70725, 0}, {0.29275, 0.70725, 0}, {-0.02234, 0.02234, 1}}))},
		{"tritanopia (Machado)", through(always(matrix{
			{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900},
		}))},
		{"tritanopia (Brettel)", through(tritan)},
	}
}

func TestTheDistanceIsThatOfTheStandard(t *testing.T) {
	// Pairs of the data that Sharma, Wu and Dalal published to test
	// implementations of CIEDE2000.
	cases := []struct{ l1, a1, b1, l2, a2, b2, want float64 }{
		{50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425},
		{50, 2.5, 0, 73, 25, -18, 27.1492},
		{60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644},
	}
	for _, c := range cases {
		// The library takes colours, not Lab values, and clamps neither.
		x, y := colorful.Lab(c.l1/100, c.a1/100, c.b1/100), colorful.Lab(c.l2/100, c.a2/100, c.b2/100)
		if got := x.DistanceCIEDE2000(y) * 100; math.Abs(got-c.want) > 0.05 {
			t.Errorf("got %.4f, want %.4f", got, c.want)
		}
	}
}

func TestADichromatConfusesWhatTheModelsSay(t *testing.T) {
	grey := color.RGBA{R: 0x80, G: 0x80, B: 0x80, A: 0xff}
	confused := map[string][2]color.RGBA{
		"protanopia":   {{R: 0xd8, G: 0x30, B: 0x30, A: 0xff}, {R: 0x5c, G: 0x58, B: 0x30, A: 0xff}},
		"deuteranopia": {{R: 0xc8, G: 0x50, B: 0x30, A: 0xff}, {R: 0x78, G: 0x78, B: 0x30, A: 0xff}},
		"tritanopia":   {{R: 0x20, G: 0x90, B: 0xd0, A: 0xff}, {R: 0x20, G: 0xa0, B: 0xa0, A: 0xff}},
	}
	for _, s := range dichromacies() {
		if d := distance(s.looks(grey), grey); d > 1 {
			t.Errorf("%s: grey looks %.1f away from grey", s.name, d)
		}
		own, _, _ := strings.Cut(s.name, " ")
		pair := confused[own]
		if d := distance(pair[0], pair[1]); d < 20 {
			t.Fatalf("%s: the pair is %.1f apart to begin with", own, d)
		}
		if d := distance(s.looks(pair[0]), s.looks(pair[1])); d > 6 {
			t.Errorf("%s: the pair that it confuses is %.1f apart", s.name, d)
		}
		other := confused["tritanopia"]
		if own == "tritanopia" {
			other = confused["protanopia"]
		}
		if d := distance(s.looks(other[0]), s.looks(other[1])); d < 13 {
			t.Errorf("%s: a pair that it tells apart is %.1f apart", s.name, d)
		}
	}
}
