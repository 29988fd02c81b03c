package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"agentwatch/engine"
	"agentwatch/engine/client"
	"agentwatch/internal/fleet"
	"agentwatch/internal/hub"
	"agentwatch/ui/sanitize"
)

// exitAway is the exit code where a machine that was asked for cannot be reached.
const exitAway = 5

// wordHere stands for this machine where hosts are named.
const wordHere = "here"

// machines says which machines a command is about: by default this one alone.
type machines struct {
	words []string
	// ofHub are those of them that a hub shows; they are not asked themselves.
	ofHub map[string]hub.Host
}

// addFlag adds the flag that names them.
func (m *machines) addFlag(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&m.words, "hosts", nil,
		"the machines: all, or names of [[fleet.host]], of hosts of the hub, and \"here\", parted by commas (default: here);\nexit code 5 when one cannot be reached")
}

// chosen are the machines that the flag names: whether this one is among them, and
// the others. Errors are the caller's mistakes.
func (m machines) chosen(p Process) (here bool, hosts []fleet.Host, err error) {
	if len(m.words) == 0 {
		return true, nil, nil
	}
	configured := configuredHosts(p)
	for _, word := range m.words {
		_, shown := m.ofHub[word]
		switch {
		case shown:
			continue
		case word == wordHere:
			here = true
			continue
		case word == "all":
			here = true
			if len(configured) == 0 && m.ofHub != nil {
				continue
			}
		}
		named, err := hostsNamed(configured, word)
		if err != nil {
			return false, nil, err
		}
		for _, h := range named {
			if !slices.ContainsFunc(hosts, func(other fleet.Host) bool { return other.Name == h.Name }) {
				hosts = append(hosts, h)
			}
		}
	}
	return here, m.withoutHub(hosts), nil
}

// hostsNamed are the hosts that a word stands for: "all", a configured name, or an ssh
// destination with a user.
func hostsNamed(configured []fleet.Host, word string) ([]fleet.Host, error) {
	if strings.ContainsRune(word, '@') {
		h, err := fleet.ParseHost(word)
		if err != nil {
			return nil, usageError(err)
		}
		return []fleet.Host{h}, nil
	}
	named, err := fleet.Named(configured, word)
	if err == nil {
		return named, nil
	}
	known := "no [[fleet.host]] is configured"
	if len(configured) > 0 {
		known = "[[fleet.host]] has " + strings.Join(hostNames(configured), ", ")
	}
	return nil, usageError(fmt.Errorf("%w; %s", err, known))
}

func hostNames(hosts []fleet.Host) []string {
	names := make([]string, 0, len(hosts))
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	return names
}

// paneName is a pane as users name it: "%3", or "dev1:%3" on another machine.
type paneName struct{ host, pane string }

// parsePaneName reads one; ok is false for what does not name a pane.
func parsePaneName(word string) (name paneName, ok bool) {
	name.pane = word
	if host, pane, found := strings.Cut(word, ":"); found {
		name.host, name.pane = host, pane
	}
	if name.host == wordHere {
		name.host = ""
	}
	return name, strings.HasPrefix(name.pane, "%") && !strings.HasPrefix(word, ":")
}

// machine is one that is asked: this one, or a host over a connection of its own.
type machine struct {
	*client.Client
	visited *fleet.Visited
}

// name is the host's name; "" for this machine.
func (m machine) name() string {
	if m.visited == nil {
		return ""
	}
	return m.visited.Host.Name
}

// snapshot is what the machine sees now. With repositories those have been read.
func (m machine) snapshot(ctx context.Context, repositories bool) (*engine.Snapshot, error) {
	ask := m.Client.Snapshot
	if repositories {
		ask = m.Client.SnapshotWithRepositories
	}
	s, err := ask(ctx)
	if err == nil && m.visited != nil {
		m.visited.Localize(s)
	}
	return s, err
}

// onPane asks the machine that a pane is on.
func (a asking) onPane(ctx context.Context, name paneName, question func(context.Context, machine) error) error {
	if name.host == "" {
		_, err := asked(ctx, a, func(ctx context.Context, c *client.Client) error { return question(ctx, machine{Client: c}) })
		return err
	}
	named, err := hostsNamed(configuredHosts(a.process), name.host)
	if err != nil {
		return err
	}
	return awayCoded(fleet.Visit(ctx, named[0], func(ctx context.Context, v *fleet.Visited) error {
		return question(ctx, machine{v.Client, v})
	}))
}

// awayCoded gives the error of a host that cannot be reached its exit code.
func awayCoded(err error) error {
	if away := new(fleet.AwayError); errors.As(err, &away) {
		return coded(errors.New(sanitize.Text(err.Error())), exitAway)
	}
	return err
}

// visitTime bounds how long the hosts of one command are waited for.
const visitTime = 40 * time.Second

// onMachines asks several machines side by side; question is called concurrently.
// The error is of this machine; away says which hosts could not be asked, and has the
// exit code for that.
func (a asking) onMachines(ctx context.Context, m machines, question func(context.Context, machine) error) (from source, away, err error) {
	here, hosts, err := m.chosen(a.process)
	if err != nil {
		return sourceInstance, nil, err
	}
	from = sourceInstance
	var work sync.WaitGroup
	if here {
		work.Go(func() {
			from, err = asked(ctx, a, func(ctx context.Context, c *client.Client) error { return question(ctx, machine{Client: c}) })
		})
	}
	away = visited(ctx, hosts, question)
	work.Wait()
	return from, away, err
}

// visited asks hosts side by side, and says which could not be asked, with the exit
// code for that.
func visited(ctx context.Context, hosts []fleet.Host, question func(context.Context, machine) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, visitTime, errors.New("it does not answer in time"))
	defer cancel()
	var problems []error
	for i, failed := range fleet.VisitAll(ctx, hosts, func(ctx context.Context, v *fleet.Visited) error { return question(ctx, machine{v.Client, v}) }) {
		switch is := new(fleet.AwayError); {
		case failed == nil:
		case errors.As(failed, &is):
			problems = append(problems, errors.New(sanitize.Text(failed.Error())))
		default:
			problems = append(problems, fmt.Errorf("%s: %s", hosts[i].Name, sanitize.Text(failed.Error())))
		}
	}
	if len(problems) > 0 {
		return coded(errors.Join(problems...), exitAway)
	}
	return nil
}

// snapshot is what the machines see now, as one: this machine first, then the hosts
// in the order in which they were named.
func (a asking) snapshot(ctx context.Context, m machines, repositories bool) (s *engine.Snapshot, from source, away, err error) {
	m, silent, err := m.withHub(ctx, a.process)
	if err != nil {
		return nil, sourceInstance, nil, err
	}
	var mu sync.Mutex
	parts := make(map[string]*engine.Snapshot)
	from, away, err = a.onMachines(ctx, m, func(ctx context.Context, one machine) error {
		part, err := one.snapshot(ctx, repositories)
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			parts[one.name()] = part
		}
		return err
	})
	if err != nil {
		return nil, from, away, err
	}
	if len(m.words) == 0 {
		return parts[""], from, away, nil
	}
	_, hosts, _ := m.chosen(a.process)
	order := m.addTo(parts, append([]string{""}, hostNames(hosts)...))
	return joined(parts, order), from, awayOf(away, silent), nil
}

// joined is one snapshot of those of several machines.
func joined(parts map[string]*engine.Snapshot, order []string) *engine.Snapshot {
	s := &engine.Snapshot{At: time.Now(), Ready: true}
	for _, name := range order {
		part, found := parts[name]
		if !found {
			continue
		}
		s.Ready = s.Ready && part.Ready
		s.Panes += part.Panes
		s.Snoozed += part.Snoozed
		s.Agents = append(s.Agents, part.Agents...)
		for u, n := range part.Counts {
			s.Counts[u] += n
		}
		if name == "" {
			s.Servers, s.Notices = part.Servers, append(s.Notices, part.Notices...)
			continue
		}
		for _, n := range part.Notices {
			n.Text = name + ": " + n.Text
			s.Notices = append(s.Notices, n)
		}
	}
	return s
}

// unread is watchOptions.unread of what this machine shows, if it is among those
// that were asked.
func (m machines) unread(p Process, o watchOptions, s *engine.Snapshot) error {
	if len(m.words) > 0 && !slices.Contains(m.words, "all") && !slices.Contains(m.words, wordHere) {
		return nil
	}
	return o.unread(p, s)
}

// never is an error for each host that was named and has never been heard. Where all
// are meant, the others are watched while those are tried again.
func (m machines) never(s *engine.Snapshot) error {
	if slices.Contains(m.words, "all") {
		return nil
	}
	var problems []error
	for _, h := range s.Hosts {
		if h.Heard.IsZero() && h.Problem != "" {
			away := fleet.AwayError{Host: h.Name, Problem: h.Problem}
			problems = append(problems, errors.New(sanitize.Text(away.Error())))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return coded(errors.Join(problems...), exitAway)
}

// heard reports whether each machine that is named has been heard of: what of one is
// not known yet may still be that it is away. With "all" those count that there are.
func (m machines) heard(s *engine.Snapshot) bool {
	return slices.Contains(m.words, "all") || !slices.ContainsFunc(s.Hosts, func(h engine.HostStatus) bool { return h.Heard.IsZero() })
}

// watched is what a command that stays watches: this machine, or several.
type watched interface {
	Subscribe() (<-chan *engine.Snapshot, func())
	Transitions(ctx context.Context, take func(*engine.Transition) error) error
}

// monitored lets use watch the machines. named are those that are meant, "" being
// this one; nil where that is the only one.
func (a asking) monitored(ctx context.Context, m machines, use func(ctx context.Context, monitor watched, named map[string]bool) error) error {
	with, _, err := m.withHub(ctx, a.process)
	if err != nil {
		return err
	}
	here, hosts, err := with.chosen(a.process)
	if err != nil {
		return err
	}
	named := map[string]bool{"": here}
	for _, h := range hosts {
		named[h.Name] = true
	}
	for name := range with.ofHub {
		named[name] = true
	}
	options := fleet.Options{Hosts: hosts, ReadOnly: true}
	if m.asksHub(a.process) {
		if options.Hub, err = openHub(a.process, hubFlags{}, nil); err != nil {
			return err
		}
	}
	if options.Hub != nil {
		defer options.Hub.Close()
		if slices.Contains(m.words, "all") {
			// Its hosts come and go.
			named = nil
		}
	}
	return useMonitor(ctx, a.process, a.options, func(ctx context.Context, local *client.Monitor) error {
		if len(m.words) == 0 {
			return use(ctx, local, nil)
		}
		monitor := fleet.Open(ctx, local, options)
		defer monitor.Close()
		return use(ctx, monitor, named)
	})
}
