package health

import (
	"strings"
	"testing"
)

func BenchmarkDetect(b *testing.B) {
	d := NewDetector()
	for _, c := range readCaptures(b) {
		if c.Width < 200 {
			continue
		}
		b.Run(c.ID, func(b *testing.B) {
			o := c.observation()
			b.ReportAllocs()
			for b.Loop() {
				d.Detect(o)
			}
		})
	}
	full := Observation{Kind: KindClaude, Width: 200, Screen: claudeFrame("", strings.Repeat(
		"  Text of an answer that fills the whole width of the pane, again and again: … ● ─ 12s \n", 46), "✽ Baking… (5s)")}
	b.Run("full", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.Detect(full)
		}
	})
}
