package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"agentwatch/engine/api"
	"agentwatch/internal/fleet"
	"agentwatch/ui/sanitize"
)

// hostsTime bounds how long all hosts are tried.
const hostsTime = 45 * time.Second

// hostRecord is what came of the try to reach a host.
type hostRecord struct {
	Name    string `json:"name"`
	Way     string `json:"way"`
	State   string `json:"state"`
	Version string `json:"version,omitempty"`
	Agents  int    `json:"agents"`
	NeedYou int    `json:"need_you"`
	// Took is how long the connection took, in milliseconds.
	Took int64 `json:"took_ms"`
	// Ahead is how far its clock is ahead of this machine's, in milliseconds.
	Ahead   int64  `json:"ahead_ms"`
	Problem string `json:"problem,omitempty"`
}

func newHosts(p Process) *cobra.Command {
	var words []string
	var asJSON bool
	list := func(checked bool) func(*cobra.Command, []string) error {
		return func(cmd *cobra.Command, args []string) error {
			return runHosts(cmd.Context(), p, append(words, args...), checked, asJSON, cmd.OutOrStdout())
		}
	}
	cmd := &cobra.Command{
		Use:   "hosts",
		Short: "Says how each of the other machines is",
		Long: "hosts connects to every machine of [[fleet.host]], or to those that --host names, and says what\n" +
			"agents there are, and what to do where a machine cannot be reached.",
		Example: "  agentwatch hosts\n  agentwatch hosts --host alice@dev1",
		Args:    noArguments,
		RunE:    list(false),
	}
	cmd.PersistentFlags().StringArrayVar(&words, "host", nil, "this machine: an ssh destination, or a name of [[fleet.host]] (repeatable)")
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print an array of JSON objects")
	cmd.AddCommand(&cobra.Command{
		Use:     "check [HOST...]",
		Short:   "Exits with 1 when one of them cannot be reached",
		Example: "  agentwatch hosts check && agentwatch",
		RunE:    list(true),
	}, newHostsInstall(p))
	return cmd
}

// errHostsAway is what a check comes to when not all hosts can be reached.
var errHostsAway = errors.New("not every host can be reached")

func runHosts(ctx context.Context, p Process, words []string, checked, asJSON bool, out io.Writer) error {
	hosts, err := fleet.Choose(configuredHosts(p), words)
	if err != nil {
		return usageError(err)
	}
	if len(hosts) == 0 {
		return usageError(errors.New("no host is named: write [[fleet.host]] into the configuration, or give --host DESTINATION"))
	}
	records := tryHosts(ctx, hosts)
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(records)
	} else {
		err = writeHosts(out, records)
	}
	if err != nil {
		return fmt.Errorf("hosts: write: %w", err)
	}
	for _, r := range records {
		if checked && r.Problem != "" {
			return errHostsAway
		}
	}
	return nil
}

func tryHosts(ctx context.Context, hosts []fleet.Host) []hostRecord {
	ctx, cancel := context.WithTimeoutCause(ctx, hostsTime, errors.New("it does not answer in time"))
	defer cancel()
	places := make(map[string]*hostRecord, len(hosts))
	records := make([]hostRecord, len(hosts))
	for i, h := range hosts {
		records[i] = hostRecord{Name: h.Name, Way: h.Way(), State: "away"}
		places[h.Name] = &records[i]
	}
	failures := fleet.VisitAll(ctx, hosts, func(ctx context.Context, v *fleet.Visited) error {
		r := places[v.Host.Name]
		r.State, r.Version, r.Took, r.Ahead = "live", v.Hello.Version, v.Took.Milliseconds(), v.Ahead().Milliseconds()
		s, err := v.Snapshot(ctx)
		if err == nil {
			r.Agents, r.NeedYou = len(s.Agents), api.StatusOf(s).NeedUser()
		}
		return err
	})
	for i, err := range failures {
		var away *fleet.AwayError
		switch {
		case errors.As(err, &away):
			records[i].Problem = away.Problem
		case err != nil:
			records[i].Problem = err.Error()
		}
	}
	return records
}

// writeHosts writes a table, and below it what is wrong.
func writeHosts(w io.Writer, records []hostRecord) error {
	headers := []string{"HOST", "STATE", "REACHED BY", "VERSION", "AGENTS", "NEED YOU", "CONNECTED IN"}
	t := plainTable(4, headers...)
	for _, r := range records {
		agents, need, took := "", "", ""
		if r.State == "live" {
			agents, need, took = strconv.Itoa(r.Agents), strconv.Itoa(r.NeedYou), strconv.FormatInt(r.Took, 10)+" ms"
		}
		t.Row(r.Name, r.State, sanitize.Text(r.Way), sanitize.Text(r.Version), agents, need, took)
	}
	if _, err := lipgloss.Fprint(w, trimmed(t)); err != nil {
		return err
	}
	for _, r := range records {
		if r.Problem != "" {
			if _, err := fmt.Fprintf(w, "%s: %s\n", r.Name, sanitize.Text(r.Problem)); err != nil {
				return err
			}
		}
	}
	return nil
}
