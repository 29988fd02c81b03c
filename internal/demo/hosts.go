package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// MaxHosts is how many other machines a demo can have.
const MaxHosts = 8

// hostNames are what they are called.
var hostNames = [MaxHosts]string{"dev1", "dev2", "build", "gpu", "lab", "ci", "edge", "stage"}

// When machines are lost, from the start of the demo on: one for good, one for a time.
const (
	lostAt, lostAgain = 25 * time.Second, 55 * time.Second
	lostForGoodAt     = 40 * time.Second
)

// Machine is another machine of a demo, which is on this one.
type Machine struct {
	Name string
	// Command serves its engine over standard input and output.
	Command []string
	demo    *Demo
	// served has the number of the process that serves now, away is there while the
	// machine cannot be reached.
	served, away string
}

// Machines are the other machines of a demo. The zero value has none.
type Machines struct {
	all    []*Machine
	cancel context.CancelFunc
	work   sync.WaitGroup
}

// reachScript is the command of a machine: it fails as ssh does while the machine is
// away.
const reachScript = `#!/bin/sh
cd "$(dirname "$0")" || exit
if [ -e away ]; then
	sleep 1
	echo 'ssh: connect to host %[1]s port 22: Connection timed out' >&2
	exit 255
fi
echo $$ > served
unset TMUX TMUX_PANE
HOME=$PWD/home XDG_CONFIG_HOME=$PWD/home/.config XDG_STATE_HOME='%[2]s' XDG_RUNTIME_DIR=$PWD
export HOME XDG_CONFIG_HOME XDG_STATE_HOME XDG_RUNTIME_DIR
exec '%[3]s' serve --stdio --alone -S "$PWD/demo"
`

// hostConfig is the configuration of a machine's user: what is told, the one who looks
// is told here.
const hostConfig = "[notify]\nenabled = false\n"

// furnish writes what the machine needs.
func (m *Machine) furnish(executable string) error {
	if strings.ContainsRune(executable+m.demo.StateFolder(), '\'') {
		return errors.New("its program has a quote in its path")
	}
	folder := m.demo.box.path("home", ".config", "agentwatch")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	script := fmt.Sprintf(reachScript, m.Name, m.demo.StateFolder(), executable)
	return errors.Join(
		os.WriteFile(folder+"/config.toml", []byte(hostConfig), 0o600),
		os.WriteFile(m.Command[0], []byte(script), 0o700),
	)
}

// StartHosts starts so many other machines with their share of the agents of o, which
// has the rest afterwards.
func StartHosts(ctx context.Context, o *Options, count int) (*Machines, error) {
	m := &Machines{cancel: func() {}}
	if count == 0 {
		return m, nil
	}
	filled, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	*o = filled
	share := o.Agents / (count + 1)
	for i, name := range hostNames[:count] {
		there := *o
		there.Agents, there.Seed = share, o.Seed+int64(i)+1
		d, err := Start(ctx, there)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("host %s: %w", name, err), m.Close())
		}
		one := &Machine{Name: name, demo: d, served: d.box.path("served"), away: d.box.path("away")}
		one.Command = []string{d.box.path("reach-" + name)}
		m.all = append(m.all, one)
		if err := one.furnish(there.Executable); err != nil {
			return nil, errors.Join(fmt.Errorf("host %s: %w", name, err), m.Close())
		}
	}
	o.Agents -= share * count
	directing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m.cancel = cancel
	if count > 1 {
		m.work.Go(func() { m.all[count-1].lose(directing, lostAt, lostAgain) })
		m.work.Go(func() { m.all[count-2].lose(directing, lostForGoodAt, 0) })
	}
	return m, nil
}

// All are the machines.
func (m *Machines) All() []*Machine { return m.all }

// lose makes the machine one that cannot be reached, from a time on until another; 0
// for ever. What serves it is frozen, as a machine is that has lost its network.
func (m *Machine) lose(ctx context.Context, from, until time.Duration) {
	if !passes(ctx, from) {
		return
	}
	if err := os.WriteFile(m.away, nil, 0o600); err != nil {
		return
	}
	if pid := m.pid(); pid > 1 {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
	}
	if until > 0 && passes(ctx, until-from) {
		_ = os.Remove(m.away)
	}
}

// pid is the process that serves the machine; 0 for none.
func (m *Machine) pid() int {
	text, err := os.ReadFile(m.served)
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// passes waits for a time and reports whether ctx has lasted.
func passes(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Close removes the machines. Nobody may watch them any more.
func (m *Machines) Close() error {
	m.cancel()
	m.work.Wait()
	failures := make([]error, len(m.all))
	var closing sync.WaitGroup
	for i, one := range m.all {
		closing.Go(func() { failures[i] = one.demo.Close() })
	}
	closing.Wait()
	return errors.Join(failures...)
}
