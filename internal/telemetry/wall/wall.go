// Package wall is what a team puts on its wall: a dashboard for Grafana and rules
// for Prometheus over the metrics of internal/telemetry, as one table. Its test
// writes packaging/grafana/agentwatch.json and packaging/prometheus/agentwatch.rules.yml
// with -update, and asks a real Prometheus for each expression.
package wall

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Window is what stands for the range of a rate in expressions: Grafana puts one in
// that fits the time between two scrapes.
const Window = "$__rate_interval"

// shape is how a panel shows its data.
type shape string

const (
	shapeNumber shape = "stat"
	shapeLines  shape = "timeseries"
	shapeStack  shape = "stack"
	shapeBars   shape = "bars"
	shapeHeat   shape = "heatmap"
)

// Query is one expression of a panel and what its lines are called.
type Query struct{ Expr, Legend string }

// Panel is one picture on the wall.
type Panel struct {
	Title, About string
	shape        shape
	unit         string // as Grafana calls it
	width        int    // of 24
	warnAt       float64
	Queries      []Query
}

// Row is a row of panels under a heading.
type Row struct {
	Title  string
	Panels []Panel
}

const needUser = `agentwatch_state=~"waiting|crashed|error"`

// quantile is a quantile of a histogram by labels.
func quantile(q float64, name, window string, by ...string) string {
	return fmt.Sprintf("histogram_quantile(%g, sum by (%s) (rate(%s_bucket[%s])))", q, strings.Join(append([]string{"le"}, by...), ", "), name, window)
}

// Rows are all panels.
func Rows() []Row {
	return []Row{
		{"Who needs you", []Panel{
			{"Need you now", "Agents that wait, have crashed or failed.", shapeNumber, "short", 4, 1, []Query{{"sum(agentwatch_agent_count{" + needUser + "})", ""}}},
			{"Longest wait now", "How long the agent that waits longest has waited.", shapeNumber, "s", 4, 900, []Query{{"max(agentwatch_agent_wait_oldest_seconds)", ""}}},
			{"Done, not looked at", "Agents that have finished since you looked last.", shapeNumber, "short", 4, 0, []Query{{`sum(agentwatch_agent_count{agentwatch_state="done"})`, ""}}},
			{"Working", "", shapeNumber, "short", 4, 0, []Query{{`sum(agentwatch_agent_count{agentwatch_state="working"})`, ""}}},
			{"Out of limits", "Agents whose provider lets them do nothing for now.", shapeNumber, "short", 4, 1, []Query{{`sum(agentwatch_agent_count{agentwatch_state="limited"})`, ""}}},
			{"Agents", "", shapeNumber, "short", 4, 0, []Query{{"sum(agentwatch_agent_count)", ""}}},
			{"What all agents are doing", "", shapeStack, "short", 16, 0, []Query{{"sum by (agentwatch_state) (agentwatch_agent_count)", "{{agentwatch_state}}"}}},
			{"Agents by kind", "", shapeStack, "short", 8, 0, []Query{{"sum by (agentwatch_kind) (agentwatch_agent_count)", "{{agentwatch_kind}}"}}},
		}},
		{"How long agents wait for you", []Panel{
			{"Waits that ended, by length", "Each wait counts when it is over.", shapeHeat, "s", 12, 0, []Query{{"sum by (le) (increase(agentwatch_agent_wait_duration_seconds_bucket[" + Window + "]))", "{{le}}"}}},
			{"Half of the waits are shorter than", "Over the last hour, by kind.", shapeLines, "s", 12, 0, []Query{{quantile(0.5, "agentwatch_agent_wait_duration_seconds", "1h", "agentwatch_kind"), "{{agentwatch_kind}}"}}},
			{"Time lost in waits, by reason", "Seconds of waiting in each hour.", shapeBars, "s", 12, 0, []Query{{"sum by (agentwatch_reason) (increase(agentwatch_agent_wait_duration_seconds_sum[1h]))", "{{agentwatch_reason}}"}}},
			{"How often you were needed", "Changes an hour into a state that needs you.", shapeBars, "short", 12, 0, []Query{{`sum by (agentwatch_to) (increase(agentwatch_agent_transitions_total{agentwatch_to=~"waiting|crashed|error|limited"}[1h]))`, "{{agentwatch_to}}"}}},
			{"Answers", "An hour, by what came of them: unconfirmed ones were typed, and the screen did not show that they worked.", shapeBars, "short", 12, 0, []Query{{"sum by (agentwatch_action, agentwatch_outcome) (increase(agentwatch_answers_total[1h]))", "{{agentwatch_action}} {{agentwatch_outcome}}"}}},
			{"Notifications", "An hour, by channel.", shapeBars, "short", 12, 0, []Query{{"sum by (agentwatch_channel, agentwatch_outcome) (increase(agentwatch_notifications_total[1h]))", "{{agentwatch_channel}} {{agentwatch_outcome}}"}}},
		}},
		{"Other machines", []Panel{
			{"Machines", "By state: stale ones have not been heard of, and what is shown of them is old.", shapeStack, "short", 8, 0, []Query{{"max by (agentwatch_state) (agentwatch_fleet_host_count)", "{{agentwatch_state}}"}}},
			{"Hub lost", "For how long it has not answered whoever asks.", shapeNumber, "s", 4, 1, []Query{{"max(agentwatch_hub_lost_seconds)", ""}}},
			{"Heard of last", "How long ago the live machine that was heard of longest ago was heard of.", shapeNumber, "s", 4, 15, []Query{{"max(agentwatch_fleet_lag_seconds)", ""}}},
			{"Pullers' load", "1 is as much as one can do: start another one before.", shapeLines, "percentunit", 8, 0, []Query{{"max by (instance) (agentwatch_fleet_load_ratio)", "{{instance}}"}}},
			{"At the hub", "99 % of what is done there is shorter.", shapeLines, "s", 8, 0, []Query{{quantile(0.99, "agentwatch_hub_operation_duration_seconds", Window, "agentwatch_operation"), "{{agentwatch_operation}}"}}},
			{"Failed at the hub", "A second, by kind of error.", shapeLines, "ops", 8, 0, []Query{{`sum by (error_type) (rate(agentwatch_hub_operation_duration_seconds_count{error_type!=""}[` + Window + "]))", "{{error_type}}"}}},
			{"Written anew as a whole", "An hour, by why: lost is what the hub has forgotten.", shapeBars, "short", 8, 0, []Query{{"sum by (agentwatch_reason) (increase(agentwatch_fleet_reputs_total[1h]))", "{{agentwatch_reason}}"}}},
		}},
		{"How well they are watched", []Panel{
			{"A change is seen within", "How late changes reach a verdict, at most.", shapeLines, "s", 12, 0, []Query{
				{quantile(0.5, "agentwatch_change_latency_seconds", Window), "half"},
				{quantile(0.99, "agentwatch_change_latency_seconds", Window), "99 %"},
			}},
			{"Rounds", "99 % of the rounds over a server's panes are shorter.", shapeLines, "s", 12, 0, []Query{{quantile(0.99, "agentwatch_round_duration_seconds", Window, "agentwatch_strategy"), "{{agentwatch_strategy}}"}}},
			{"Verdicts", "A second, by where they come from.", shapeStack, "ops", 8, 0, []Query{{"sum by (agentwatch_result) (rate(agentwatch_panes_checked_total[" + Window + "]))", "{{agentwatch_result}}"}}},
			{"Captures", "99 % of the exchanges with tmux are shorter.", shapeLines, "s", 8, 0, []Query{{quantile(0.99, "agentwatch_capture_duration_seconds", Window, "agentwatch_link"), "{{agentwatch_link}}"}}},
			{"Screens read", "", shapeLines, "Bps", 8, 0, []Query{{"sum by (agentwatch_link) (rate(agentwatch_capture_io_bytes_total[" + Window + "]))", "{{agentwatch_link}}"}}},
			{"Cache hits", "The share of questions that the cache answers.", shapeLines, "percentunit", 8, 0, []Query{{
				`sum by (agentwatch_layer) (rate(agentwatch_cache_lookups_total{agentwatch_result="hit"}[` + Window + `])) / sum by (agentwatch_layer) (rate(agentwatch_cache_lookups_total[` + Window + `]))`, "{{agentwatch_layer}}",
			}}},
			{"Cache entries", "", shapeLines, "short", 8, 0, []Query{{"sum by (agentwatch_layer) (agentwatch_cache_entry_count)", "{{agentwatch_layer}}"}}},
			{"Cache entries that left", "A second, by reason.", shapeLines, "ops", 8, 0, []Query{{"sum by (agentwatch_reason) (rate(agentwatch_cache_evictions_total[" + Window + "]))", "{{agentwatch_reason}}"}}},
			{"Connections", "Control clients; none where tmux is watched by batched processes.", shapeStack, "short", 12, 0, []Query{{"sum by (agentwatch_state) (agentwatch_pool_connection_count)", "{{agentwatch_state}}"}}},
			{"Waits for a connection", "99 % are shorter; and how many got none in time.", shapeLines, "s", 12, 0, []Query{
				{quantile(0.99, "agentwatch_pool_connection_wait_time_seconds", Window), "99 %"},
				{"sum(increase(agentwatch_pool_connection_timeouts_total[" + Window + "]))", "time-outs"},
			}},
		}},
	}
}

// Rule is an alert.
type Rule struct{ Name, Expr, For, Severity, Summary, About string }

// Rules are all alerts.
func Rules() []Rule {
	return []Rule{
		{"AgentWaitsLong", "max by (instance, agentwatch_kind) (agentwatch_agent_wait_oldest_seconds) > 900", "", "warning", "An agent ({{ $labels.agentwatch_kind }}) has waited for {{ $value | humanizeDuration }}", "Somebody has to answer it: agentwatch next goes to the most urgent one."},
		{"AgentCrashed", `sum by (instance, agentwatch_kind) (agentwatch_agent_count{agentwatch_state="crashed"}) > 0`, "1m", "warning", "{{ $value }} agents ({{ $labels.agentwatch_kind }}) have crashed", "Their programs have ended without a word of farewell."},
		{"AgentwatchDown", `up{job="agentwatch"} == 0`, "2m", "warning", "agentwatch does not answer on {{ $labels.instance }}", "Nobody watches the agents there. agentwatch serve keeps the engine process running."},
		{"HostStale", `sum by (instance) (agentwatch_fleet_host_count{agentwatch_state="stale"}) > 0`, "1m", "warning", "{{ $value }} machines have not been heard of", "What is shown of their agents is old, and nobody is told of them. agentwatch hosts says which and why."},
		{"HubLost", "max by (instance) (agentwatch_hub_lost_seconds) > 60", "", "warning", "{{ $labels.instance }} has not reached the hub for {{ $value | humanizeDuration }}", "agentwatch hub check says why."},
		{"ChangesSeenLate", "histogram_quantile(0.99, sum by (instance, le) (rate(agentwatch_change_latency_seconds_bucket[10m]))) > 2", "10m", "warning", "Changes are seen {{ $value | humanizeDuration }} late", "tmux or the machine is overloaded: agentwatch stats says what rounds cost."},
		{"ChecksFail", `sum by (instance) (rate(agentwatch_panes_checked_total{agentwatch_result="failed"}[10m])) > 0.1`, "10m", "warning", "Panes cannot be read", "agentwatch doctor says why."},
		{"PoolTimeouts", "sum by (instance) (increase(agentwatch_pool_connection_timeouts_total[10m])) > 0", "", "warning", "Captures got no connection in time", "The tmux server answers slowly, or not at all."},
		{"NotificationsFail", `sum by (instance, agentwatch_channel) (increase(agentwatch_notifications_total{agentwatch_outcome="failed"}[15m])) > 0`, "", "warning", "Notifications over {{ $labels.agentwatch_channel }} fail", "agentwatch notify test says why."},
	}
}

// RulesFile is the file of rules for Prometheus.
func RulesFile() []byte {
	var b strings.Builder
	b.WriteString("# Alerts over agentwatch's metrics. Made by go test ./internal/telemetry/wall -update.\ngroups:\n  - name: agentwatch\n    rules:\n")
	for _, r := range Rules() {
		fmt.Fprintf(&b, "      - alert: %s\n        expr: %s\n", r.Name, quoted(r.Expr))
		if r.For != "" {
			fmt.Fprintf(&b, "        for: %s\n", r.For)
		}
		fmt.Fprintf(&b, "        labels:\n          severity: %s\n        annotations:\n          summary: %s\n          description: %s\n", r.Severity, quoted(r.Summary), quoted(r.About))
	}
	return []byte(b.String())
}

// quoted is a text as YAML.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// object is a JSON object of Grafana's, which has no types that we could use.
type object = map[string]any

// Dashboard is the file of the dashboard for Grafana.
func Dashboard() ([]byte, error) {
	source := object{"type": "prometheus", "uid": "${datasource}"}
	var panels []object
	id, x, y, height := 0, 0, 0, 0
	for _, row := range Rows() {
		y, x, height = y+height, 0, 0
		id++
		panels = append(panels, object{"id": id, "type": "row", "title": row.Title, "collapsed": false, "panels": []any{}, "gridPos": object{"x": 0, "y": y, "w": 24, "h": 1}})
		y++
		for _, p := range row.Panels {
			if x+p.width > 24 {
				x, y = 0, y+height
			}
			height = p.height()
			id++
			panels = append(panels, p.json(id, source, object{"x": x, "y": y, "w": p.width, "h": height}))
			x += p.width
		}
	}
	dashboard := object{
		"title": "agentwatch", "uid": "agentwatch", "tags": []string{"agentwatch"}, "schemaVersion": 38, "version": 1, "editable": true,
		"description": "What the AI coding agents are doing, which of them need you, and for how long.",
		"refresh":     "10s", "time": object{"from": "now-6h", "to": "now"}, "panels": panels, "timezone": "browser",
		"templating": object{"list": []object{{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "current": object{}, "hide": 0}}},
	}
	text, err := json.MarshalIndent(dashboard, "", "  ")
	return append(text, '\n'), err
}

func (p Panel) height() int {
	if p.shape == shapeNumber {
		return 4
	}
	return 8
}

// json is the panel as Grafana reads it.
func (p Panel) json(id int, source, place object) object {
	kind := string(p.shape)
	custom := object{"fillOpacity": 10, "lineWidth": 2, "showPoints": "never"}
	switch p.shape {
	case shapeStack:
		kind = string(shapeLines)
		custom = object{"fillOpacity": 60, "lineWidth": 0, "showPoints": "never", "stacking": object{"mode": "normal"}}
	case shapeBars:
		kind = string(shapeLines)
		custom = object{"drawStyle": "bars", "fillOpacity": 80, "stacking": object{"mode": "normal"}}
	case shapeNumber, shapeHeat:
		custom = object{}
	case shapeLines:
	}
	steps := []object{{"color": "green", "value": nil}}
	if p.warnAt > 0 {
		steps = append(steps, object{"color": "orange", "value": p.warnAt})
	}
	var targets []object
	for i, q := range p.Queries {
		target := object{"refId": string(rune('A' + i)), "datasource": source, "expr": q.Expr, "legendFormat": q.Legend}
		if p.shape == shapeHeat {
			target["format"] = "heatmap"
		}
		targets = append(targets, target)
	}
	panel := object{
		"id": id, "type": kind, "title": p.Title, "description": p.About, "datasource": source, "gridPos": place, "targets": targets,
		"fieldConfig": object{"defaults": object{"unit": p.unit, "min": 0, "custom": custom, "thresholds": object{"mode": "absolute", "steps": steps}}, "overrides": p.colours()},
	}
	switch p.shape {
	case shapeNumber:
		panel["options"] = object{"colorMode": "background", "graphMode": "area", "reduceOptions": object{"calcs": []string{"lastNotNull"}}}
	case shapeHeat:
		panel["options"] = object{"calculate": false, "yAxis": object{"unit": p.unit}, "color": object{"scheme": "Oranges", "mode": "scheme"}}
	default:
		panel["options"] = object{"tooltip": object{"mode": "multi", "sort": "desc"}, "legend": object{"displayMode": "list", "placement": "bottom"}}
	}
	return panel
}

// colours gives the states the colours that they have in the dashboard on the terminal.
func (p Panel) colours() []object {
	if p.shape != shapeStack {
		return []object{}
	}
	states := []struct{ state, colour string }{
		{"waiting", "orange"},
		{"crashed", "dark-red"},
		{"error", "red"},
		{"limited", "purple"},
		{"done", "green"},
		{"working", "blue"},
		{"idle", "#8a8a8a"},
		{"unknown", "yellow"},
		{"starting", "light-blue"},
		{"exited", "#4a4a4a"},
	}
	var all []object
	for _, s := range states {
		all = append(all, object{
			"matcher":    object{"id": "byName", "options": s.state},
			"properties": []object{{"id": "color", "value": object{"mode": "fixed", "fixedColor": s.colour}}},
		})
	}
	return all
}
