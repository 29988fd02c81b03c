package ui

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"sync"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// Run shows the dashboard until the user quits, ctx ends, or SIGINT, SIGTERM or
// SIGHUP arrives; all of these are a good end and return nil. The terminal is
// restored on every way out. It returns an error when the terminal cannot be
// used.
func Run(ctx context.Context, m Monitor, o Options) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	model := New(m, o)
	defer model.Close()
	options := []tea.ProgramOption{tea.WithoutSignalHandler()}
	if o.Input != nil {
		options = append(options, tea.WithInput(o.Input))
	}
	if o.Output != nil {
		options = append(options, tea.WithOutput(o.Output))
	}
	if o.NoColor {
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	program, pacer := pace(model, options...)
	defer pacer.close()
	err := run(ctx, program)
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("ui: %w", err)
	}
	if unsaved := model.SaveNow(); unsaved != nil {
		// The screen is gone: this is the last place to say it.
		err = errors.Join(err, fmt.Errorf("ui: what you have set is not remembered: %w", unsaved))
	}
	return err
}

// quitTime is how long a program may take to quit until it is killed.
const quitTime = 3 * time.Second

// run runs a program until it ends, or until ctx does: then the program is asked
// to quit. Bubble Tea's own way to end with a context kills it, and closes the
// terminal while it is still being read.
func run(ctx context.Context, program *tea.Program) error {
	var ending sync.WaitGroup
	ended := make(chan struct{})
	ending.Go(func() {
		select {
		case <-ended:
			return
		case <-ctx.Done():
		}
		late := time.AfterFunc(quitTime, program.Kill)
		defer late.Stop()
		program.Quit()
		<-ended
	})
	_, err := program.Run()
	close(ended)
	ending.Wait()
	return err
}
