// Package plottest draws what tests have measured over time, for documents.
package plottest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Folder is the environment variable with the folder that plots are written to; where
// it is empty, nobody wants them.
const Folder = "AGENTWATCH_PLOTS"

// Curve is one value over time.
type Curve struct {
	// Title says what it is, with its unit.
	Title, Colour string
	Values        []float64
}

// The sizes of a plot, in units of the picture.
const (
	width, height = 720, 90
	left, gap     = 60, 44
)

// Write writes a plot to the file of a name in the folder of plots, when there is one.
func Write(t testing.TB, name, title string, at []time.Duration, curves ...Curve) {
	t.Helper()
	folder := os.Getenv(Folder)
	if folder == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, name), []byte(Draw(title, at, curves...)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Draw draws curves as SVG: below each other, over the same time.
func Draw(title string, at []time.Duration, curves ...Curve) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`, left+width+20, len(curves)*(height+gap)+10)
	fmt.Fprintf(&b, "\n<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n", title)
	last := at[len(at)-1].Seconds()
	for i, curve := range curves {
		top := 0.0
		for _, v := range curve.Values {
			top = max(top, v)
		}
		y := float64(i*(height+gap) + 30)
		fmt.Fprintf(&b, `<text x="%d" y="%.0f" fill="#333333">%s</text><text x="%d" y="%.0f" text-anchor="end" fill="#333333">%.0f</text><text x="%d" y="%.0f" text-anchor="end" fill="#333333">0</text>`+"\n",
			left, y-8, curve.Title, left-6, y+10, top, left-6, y+height)
		fmt.Fprintf(&b, `<path d="M%d %.0f V%.0f H%d" fill="none" stroke="#bbbbbb"/><polyline fill="none" stroke="%s" stroke-width="2" points="`, left, y, y+height, left+width, curve.Colour)
		for n, v := range curve.Values {
			fmt.Fprintf(&b, "%.1f,%.1f ", left+width*at[n].Seconds()/last, y+height-height*v/max(top, 1))
		}
		b.WriteString("\"/>\n")
		for minute := 0.0; i == len(curves)-1 && minute*60 <= last+1; minute++ {
			fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" text-anchor="middle" fill="#333333">%.0f min</text>`, left+width*minute*60/last, y+height+16, minute)
		}
	}
	b.WriteString("\n</svg>\n")
	return b.String()
}
