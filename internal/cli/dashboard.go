package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/mattn/go-isatty"

	"agentwatch/engine"
	"agentwatch/themes"
	"agentwatch/tmuxpool"
	"agentwatch/ui"
)

func themeUsage() string {
	return "colours: " + strings.Join(themes.Names(), ", ") + " (default: by the terminal's background)"
}

// errNoTerminal is returned when the dashboard has no terminal to draw on.
var errNoTerminal = errors.New("the dashboard needs a terminal; for scripts there are `agentwatch list --json` and `agentwatch watch`")

// errDumbTerminal is returned when the terminal cannot move its cursor.
var errDumbTerminal = errors.New("the dashboard needs a terminal that can place its cursor, and TERM says that this one cannot")

// runDashboard runs engine and screen until the user quits.
func runDashboard(ctx context.Context, p Process, o watchOptions, theme string) error {
	options, err := dashboardOptions(p, theme)
	if err != nil {
		return err
	}
	service, err := o.service(p, tmuxpool.Options{})
	if err != nil {
		return err
	}
	defer record(p, service, !o.noHistory)()
	return show(ctx, p, o, service, options)
}

// dashboardOptions checks what the screen needs.
func dashboardOptions(p Process, theme string) (ui.Options, error) {
	in, inOK := p.Stdin.(descriptor)
	out, outOK := p.Stdout.(descriptor)
	if !terminal(in, inOK) || !terminal(out, outOK) {
		return ui.Options{}, usageError{errNoTerminal}
	}
	if term := p.Getenv("TERM"); term == "" || term == "dumb" {
		return ui.Options{}, usageError{errDumbTerminal}
	}
	options := ui.Options{
		NoColor: p.Getenv("NO_COLOR") != "", Version: versionText(p.Version), Input: p.Stdin, Output: p.Stdout,
	}
	if theme = appearance(p, theme, &options); theme != "" {
		chosen, err := themes.Load(theme)
		if err != nil {
			return ui.Options{}, usageError{fmt.Errorf("--theme: %w", err)}
		}
		options.Theme = chosen
	}
	return options, nil
}

// show runs a service and the dashboard on it, until the user quits.
func show(ctx context.Context, p Process, o watchOptions, service *engine.Service, options ui.Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	var following sync.WaitGroup
	defer following.Wait()
	following.Go(func() { followFiles(ctx, p, service) })
	following.Go(func() { followConfiguration(ctx, p, o, service) })
	err := ui.Run(ctx, service, options)
	cancel()
	return errors.Join(err, <-ended)
}

// descriptor is a stream that may be a terminal.
type descriptor interface{ Fd() uintptr }

// terminal tells whether a stream, as its conversion to a descriptor gave it,
// is a terminal.
func terminal(stream descriptor, ok bool) bool {
	return ok && isatty.IsTerminal(stream.Fd())
}
