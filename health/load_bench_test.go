package health

import "testing"

func BenchmarkLoadingTheBuiltInProfiles(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		loadBuiltin()
	}
}

// BenchmarkDetectUnknownPane is what a pane without an agent costs whose
// programs cannot be seen: every kind is tried.
func BenchmarkDetectUnknownPane(b *testing.B) {
	d := NewDetector()
	for _, c := range readCaptures(b) {
		if c.Width < 200 || c.Kind != KindClaude {
			continue
		}
		o := Observation{CurrentCommand: "ssh", Screen: c.Screen, Width: c.Width}
		b.Run(c.ID, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.Detect(o)
			}
		})
		return
	}
}
