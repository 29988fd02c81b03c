// Package telemetry exports what the engine measures: metrics for Prometheus to
// scrape, metrics and traces over OTLP. It is the only package that knows
// OpenTelemetry. It measures nothing by itself: the engine tells an Observer what it
// measures, and its snapshots and transitions say the rest, so that no figure can
// differ from the one that the dashboard and the API show.
//
// Nothing that a user has written leaves the machine by it: no text of a screen, no
// path, no name of a session, window, pane or repository is an attribute.
package telemetry

import (
	"fmt"
	"net"
	"net/url"
)

// The values of Config.Protocol.
const (
	ProtocolHTTP = "http"
	ProtocolGRPC = "grpc"
)

// OTLPFromEnv is the value of Config.OTLP that leaves the endpoint to OTEL_*.
const OTLPFromEnv = "env"

// Config says what is exported where. Its zero value exports nothing.
type Config struct {
	// Prometheus is the address at which /metrics can be scraped.
	Prometheus string `toml:"prometheus"`
	// OTLP is the URL of a receiver, or OTLPFromEnv.
	OTLP     string `toml:"otlp"`
	Protocol string `toml:"protocol"`
	// Traces sends spans over OTLP, too; Sample is the share of rounds that get one.
	Traces bool    `toml:"traces"`
	Sample float64 `toml:"sample"`
}

// Defaults are the settings that nobody has changed: nothing is exported.
func Defaults() Config { return Config{Protocol: ProtocolHTTP, Sample: 0.01} }

// On tells whether anything is exported.
func (c Config) On() bool { return c.Prometheus != "" || c.OTLP != "" }

// Fault is a setting that cannot be used.
type Fault struct{ Key, What, Suggestion string }

// Validate returns what is wrong with the settings.
func (c Config) Validate() []Fault {
	var faults []Fault
	if c.Prometheus != "" {
		if _, _, err := net.SplitHostPort(c.Prometheus); err != nil {
			faults = append(faults, Fault{"prometheus", fmt.Sprintf("%q is not an address", c.Prometheus), `write a host and a port, such as "127.0.0.1:9464"`})
		}
	}
	if c.OTLP != "" && c.OTLP != OTLPFromEnv {
		u, err := url.Parse(c.OTLP)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			faults = append(faults, Fault{"otlp", fmt.Sprintf("%q is no URL", c.OTLP), `write one such as "http://127.0.0.1:4318", or "env"`})
		}
	}
	if c.Traces && c.OTLP == "" {
		faults = append(faults, Fault{"traces", "there is no receiver to send them to", "set otlp, too"})
	}
	if !(c.Sample >= 0 && c.Sample <= 1) {
		faults = append(faults, Fault{"sample", fmt.Sprintf("%v is not between 0 and 1", c.Sample), "the default is 0.01"})
	}
	return faults
}
