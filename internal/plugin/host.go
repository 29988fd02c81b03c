package plugin

import (
	"context"
	"fmt"
	"time"

	"agentwatch/engine"
)

// run keeps the executable's process alive until ctx ends. When it returns,
// nothing of it lives.
func (e *Executable) run(ctx context.Context) {
	var failures []time.Time
	for {
		stderr, err := e.live(ctx)
		if ctx.Err() != nil {
			e.fail(engine.StrategyStarting, ctx.Err(), "")
			return
		}
		select {
		case <-e.revive:
			// Asked for while it lived: that was the other chance.
		default:
		}
		now := time.Now()
		failures = append(recent(failures, now.Add(-e.limits.window)), now)
		if len(failures) >= e.limits.failures {
			e.fail(engine.StrategyQuarantined, err, stderr)
			failures = nil
			if pause(ctx, 0, e.revive) != nil {
				return
			}
			continue
		}
		e.fail(engine.StrategyFailing, err, stderr)
		backoff := min(e.limits.backoff<<(len(failures)-1), e.limits.maxBackoff)
		if pause(ctx, backoff, e.revive) != nil {
			return
		}
	}
}

// recent are the times after a moment.
func recent(times []time.Time, after time.Time) []time.Time {
	for len(times) > 0 && times[0].Before(after) {
		times = times[1:]
	}
	return times
}

// pause waits for a time, or until woken; for a time of 0 only that. It returns
// an error when ctx has ended.
func pause(ctx context.Context, d time.Duration, woken <-chan struct{}) error {
	var due <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
	case <-woken:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// signal wakes whoever waits on a channel with room for one.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// live is one life of the process. It returns the end of its standard error and
// why it has ended, which is never nil.
func (e *Executable) live(ctx context.Context) (stderr string, err error) {
	p, err := startProcess(ctx, e.path)
	if err != nil {
		return "", fmt.Errorf("it cannot be started: %w", err)
	}
	defer func() {
		grace := time.Duration(0)
		if ctx.Err() != nil {
			grace = e.limits.grace
		}
		p.end(grace)
		stderr = p.stderr.text()
	}()
	if err := p.send(ctx, Hello{Protocol: ProtocolVersion, Hello: "agentwatch", Version: e.version}, e.limits.handshake); err != nil {
		return "", fmt.Errorf("handshake: %w", err)
	}
	line, err := p.receive(ctx, e.limits.handshake)
	if err != nil {
		return "", fmt.Errorf("handshake: %w", err)
	}
	summary, err := readWelcome(line, string(e.name))
	if err != nil {
		return "", err
	}
	e.serve(summary)
	return "", e.converse(ctx, p)
}

// converse sends one request after another and reads their answers until
// something goes wrong or ctx ends.
func (e *Executable) converse(ctx context.Context, p *process) error {
	for id := uint64(0); ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.exited:
			return p.died()
		case line, ok := <-p.lines:
			if !ok {
				return p.died()
			}
			return fmt.Errorf("it wrote without being asked: %.80q", line)
		case <-e.wake:
		}
		for c := e.take(); c != nil; c = e.take() {
			id++
			if err := e.ask(ctx, p, c, id); err != nil {
				return err
			}
		}
	}
}

// ask sends one request and reads its answer.
func (e *Executable) ask(ctx context.Context, p *process, c *call, id uint64) error {
	c.sent = time.Now()
	if err := p.send(ctx, requestOf(id, c.server, c.in), e.limits.call); err != nil {
		return err
	}
	line, err := p.receive(ctx, e.limits.call)
	if err != nil {
		return err
	}
	plan, err := readAnswer(line, id, c.server, c.in)
	if err != nil {
		return err
	}
	e.answered(c, plan)
	return nil
}
