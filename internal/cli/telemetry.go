package cli

import (
	"fmt"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/config"
	"agentwatch/internal/telemetry"
)

// aboutTelemetry is the topic of the exporter's notices.
const aboutTelemetry engine.NoticeTopic = "telemetry"

// telemetrySection are the settings of internal/telemetry.
func telemetrySection() *config.Section[telemetry.Config] {
	return config.NewSection("telemetry", config.Spec[telemetry.Config]{
		About: "Metrics and traces for Prometheus and OpenTelemetry: docs/telemetry.md. Nothing is exported unless you say where to. " +
			"No text of a screen, no path and no name of yours is in them. A running engine process takes a change over.",
		Defaults: telemetry.Defaults,
		Settings: []config.Setting{
			{
				Key: "prometheus", Example: `"127.0.0.1:9464"`,
				Meaning: "The address at which Prometheus can scrape /metrics. Whoever reaches it can read them.",
			},
			{
				Key: "otlp", Example: `"http://127.0.0.1:4318"`,
				Meaning: "The URL of an OTLP receiver; \"env\" takes it from OTEL_EXPORTER_OTLP_ENDPOINT.",
			},
			{Key: "protocol", Values: []string{telemetry.ProtocolHTTP, telemetry.ProtocolGRPC}, Meaning: "How OTLP is spoken: \"http\" (protobuf) or \"grpc\"."},
			{Key: "traces", Meaning: "Send spans of rounds, answers and notifications, too."},
			{Key: "sample", Meaning: "The share of rounds that get a span, 0 to 1. Those that are slower than 1 s, or fail, always get one."},
		},
		Check: func(c telemetry.Config) []config.Fault {
			var faults []config.Fault
			for _, f := range c.Validate() {
				faults = append(faults, config.Fault{Key: f.Key, What: f.What, Suggestion: f.Suggestion})
			}
			return faults
		},
	})
}

// export puts the settings of the telemetry in force. What goes wrong is a notice:
// the engine goes on without.
func (h *hosted) export(c telemetry.Config) {
	if err := h.telemetry.Configure(c); err != nil {
		h.telemetryFailed(err)
		return
	}
	h.Tell(aboutTelemetry)
}

func (h *hosted) telemetryFailed(err error) {
	h.Tell(aboutTelemetry, engine.Notice{Severity: engine.SeverityInfo, Text: fmt.Sprintf("telemetry was not exported at %s: %v", time.Now().Format("15:04"), err)})
}
