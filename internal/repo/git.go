package repo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// git starts git in a folder.
type git struct {
	folder string
	// config overrides the configuration, as name=value.
	config []string
}

const (
	// longestLine bounds the part of a line that is kept, in bytes.
	longestLine = 64 << 10
	// killed is how long a git that was killed is waited for.
	killed = time.Second
	// mostFilters bounds the filters that are switched off.
	mostFilters = 200
)

// ErrFilter is returned for a configuration with filters that cannot be switched off.
var ErrFilter = errors.New("its configuration names filters that cannot be switched off")

// inert is a git that starts none of the filters which the configuration of a
// worktree's repository, or that of the user, names: by its attributes the
// repository says when, and it can configure what they start in turn.
func inert(ctx context.Context, root string) (git, error) {
	g := git{folder: root}
	filters := map[string]bool{}
	err := g.run(ctx, func(out io.Reader) error {
		return fields(out, func(key string) error {
			name, _ := strings.CutPrefix(key, "filter.")
			if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
				filters[name[:dot]] = true
			}
			// The name of what is overridden ends with the first equals sign.
			if strings.Contains(name, "=") || len(filters) > mostFilters {
				return fmt.Errorf("%w: %q", ErrFilter, name)
			}
			return nil
		})
	}, "config", "-z", "--includes", "--name-only", "--get-regexp", `^filter\..*\.(clean|smudge|process|required)$`)
	if err != nil && !exited(err, 1) {
		return git{}, err
	}
	for name := range filters {
		prefix := "filter." + name + "."
		g.config = append(g.config, prefix+"clean=", prefix+"smudge=", prefix+"process=", prefix+"required=false")
	}
	return g, nil
}

// exited reports whether git has ended with a status, by which some of its commands
// say no.
func exited(err error, status int) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == status
}

// fields calls visit with each part of what is written, until one fails. Parts end
// with a NUL.
func fields(out io.Reader, visit func(string) error) error {
	reader := bufio.NewReaderSize(out, longestLine)
	for {
		field, err := reader.ReadSlice(0)
		if err != nil {
			return ending(err)
		}
		if err := visit(string(field[:len(field)-1])); err != nil {
			return err
		}
	}
}

// word is the first line that git writes; empty when it says no by a status of 1.
func (g git) word(ctx context.Context, args ...string) (found string, err error) {
	err = g.lines(ctx, func(line []byte) {
		if found == "" {
			found = string(line)
		}
	}, args...)
	if exited(err, 1) {
		return "", nil
	}
	return found, err
}

// lines starts git and gives visit each line that it writes.
func (g git) lines(ctx context.Context, visit func(line []byte), args ...string) error {
	return g.run(ctx, func(out io.Reader) error {
		reader := bufio.NewReaderSize(out, longestLine)
		for {
			line, cut, err := reader.ReadLine()
			if err != nil {
				return ending(err)
			}
			visit(line)
			for cut {
				if _, cut, err = reader.ReadLine(); err != nil {
					return ending(err)
				}
			}
		}
	}, args...)
}

// ending is the error of an output that was read to its end.
func ending(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// errEnough is returned by a reader that has read all that it wants.
var errEnough = errors.New("enough")

// run starts git and lets read read what it writes. When read fails, git is killed.
func (g git) run(ctx context.Context, read func(io.Reader) error, args ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	options := readOnly()
	for _, override := range g.config {
		options = append(options, "-c", override)
	}
	cmd := exec.CommandContext(ctx, "git", append(options, args...)...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = g.folder, environment(os.Environ()), killed
	var complaint bytes.Buffer
	cmd.Stderr = &limited{buffer: &complaint, room: 4 << 10}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); errors.Is(err, exec.ErrNotFound) {
		return ErrNoGit
	} else if err != nil {
		return err
	}
	failed := read(out)
	if failed != nil {
		cancel()
	}
	err = cmd.Wait()
	switch {
	case errors.Is(failed, errEnough):
		return nil
	case failed != nil:
		return failed
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && complaint.Len() > 0:
		return fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(complaint.String()))
	case err != nil:
		return fmt.Errorf("git %s: %w", args[0], err)
	}
	return nil
}

// readOnly are the options under which git changes nothing and starts no hook.
// GIT_OPTIONAL_LOCKS alone is not enough: git diff refreshes the index in spite of
// it.
func readOnly() []string {
	return []string{
		"--no-pager", "--no-optional-locks", "-c", "diff.autoRefreshIndex=false", "-c", "core.fsmonitor=false",
		"-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false",
	}
}

// environment is that of git: without what would point it at another repository,
// and without a network.
func environment(own []string) []string {
	var env []string
	for _, pair := range own {
		if !strings.HasPrefix(pair, "GIT_") && !strings.HasPrefix(pair, "LC_") && !strings.HasPrefix(pair, "LANGUAGE=") {
			env = append(env, pair)
		}
	}
	return append(env, "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=", "LC_ALL=C")
}

// limited keeps the beginning of what is written to it.
type limited struct {
	buffer *bytes.Buffer
	room   int
}

// Write implements io.Writer. It never fails.
func (l *limited) Write(data []byte) (int, error) {
	kept := data[:min(len(data), l.room)]
	l.room -= len(kept)
	l.buffer.Write(kept)
	return len(data), nil
}
