package tmuxpool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Socket is where a tmux server listens.
type Socket struct {
	// Path is absolute, with symbolic links resolved.
	Path string
	// Name is the path's last element: "default" for the default server.
	Name string
}

// DiscoverOptions say where to look for servers.
type DiscoverOptions struct {
	// Names are socket names as for "tmux -L", Paths paths as for "tmux -S".
	// With either of them nothing else is looked at.
	Names []string
	Paths []string
	// Env reads TMUX and TMUX_TMPDIR; os.Getenv when nil.
	Env func(string) string
	// UID is the user whose servers are wanted; negative for our own.
	UID int
	// DialTimeout bounds the connection to one socket; 250 ms when zero.
	DialTimeout time.Duration
	// Known tells of a path whether the server there is known to answer, so that it
	// need not be dialled: each connection costs the server a client. Nil for none.
	Known func(path string) bool
}

const defaultDialTimeout = 250 * time.Millisecond

// FindTmux returns the path of the tmux program, or ErrTmuxMissing.
func FindTmux() (string, error) {
	path, err := exec.LookPath("tmux")
	if err != nil {
		return "", ErrTmuxMissing
	}
	return path, nil
}

// Discover returns the live servers, sorted by name, then path. Stale sockets
// are left out. With Names or Paths a socket that is missing or does not answer
// is one of the problems (ErrNoServer, ErrPermission); without them, only a
// folder that cannot be read is. A socket that is there and accepts nobody in
// time counts as found: a Server will say that it hangs.
func Discover(ctx context.Context, opts DiscoverOptions) (found []Socket, problems []error) {
	if opts.Env == nil {
		opts.Env = os.Getenv
	}
	if opts.UID < 0 {
		opts.UID = os.Getuid()
	}
	if opts.DialTimeout <= 0 {
		opts.DialTimeout = defaultDialTimeout
	}
	named := len(opts.Names)+len(opts.Paths) > 0
	candidates, err := opts.candidates(named)
	if err != nil {
		problems = append(problems, err)
	}
	seen := make(map[string]bool, len(candidates))
	for _, path := range candidates {
		socket, err := opts.probeSocket(ctx, path)
		if err != nil {
			if named {
				problems = append(problems, err)
			}
			continue
		}
		if !seen[socket.Path] {
			seen[socket.Path] = true
			found = append(found, socket)
		}
	}
	slices.SortFunc(found, func(a, b Socket) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Path, b.Path))
	})
	return found, problems
}

// candidates lists the paths worth dialling.
func (o DiscoverOptions) candidates(named bool) ([]string, error) {
	folder := o.folder()
	if named {
		paths := slices.Clone(o.Paths)
		for _, name := range o.Names {
			paths = append(paths, filepath.Join(folder, name))
		}
		return paths, nil
	}
	var paths []string
	if path, _, ok := strings.Cut(o.Env("TMUX"), ","); ok && path != "" {
		paths = append(paths, path)
	}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return paths, fmt.Errorf("tmuxpool: look for servers: %w", err)
	}
	for _, entry := range entries {
		if entry.Type()&(os.ModeSocket|os.ModeSymlink) != 0 {
			paths = append(paths, filepath.Join(folder, entry.Name()))
		}
	}
	return paths, nil
}

// folder is where tmux keeps the sockets of the user.
func (o DiscoverOptions) folder() string {
	base := o.Env("TMUX_TMPDIR")
	if base == "" {
		base = "/tmp"
	}
	return filepath.Join(base, "tmux-"+strconv.Itoa(o.UID))
}

// Selection names what the options watch, in such a way that options which find
// the same servers have the same selection. It is empty for all servers of the
// user's in the usual folder.
func (o DiscoverOptions) Selection() []string {
	if o.Env == nil {
		o.Env = os.Getenv
	}
	if o.UID < 0 {
		o.UID = os.Getuid()
	}
	folder := resolved(o.folder())
	var names []string
	if len(o.Names)+len(o.Paths) > 0 {
		paths, _ := o.candidates(true)
		for _, path := range paths {
			names = append(names, resolved(path))
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	usual := DiscoverOptions{Env: func(string) string { return "" }, UID: o.UID}
	if folder != resolved(usual.folder()) {
		names = append(names, folder+"/")
	}
	// The server that we run in is watched wherever it listens.
	if path, _, inside := strings.Cut(o.Env("TMUX"), ","); inside && path != "" {
		if path = resolved(path); filepath.Dir(path) != folder {
			names = append(names, path)
		}
	}
	return names
}

// resolved is a path without symbolic links, as far as it exists.
func resolved(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(folder, filepath.Base(path))
	}
	return path
}

// probeSocket resolves a path and connects to it once, unless it is known.
func (o DiscoverOptions) probeSocket(ctx context.Context, path string) (Socket, error) {
	fail := func(err error) (Socket, error) {
		return Socket{}, fmt.Errorf("tmuxpool: connect to %s: %w", path, dialError(err))
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fail(err)
	}
	if real, err = filepath.Abs(real); err != nil {
		return fail(err)
	}
	if o.Known != nil && o.Known(real) {
		return Socket{Path: real, Name: filepath.Base(real)}, nil
	}
	err = dial(ctx, real, o.DialTimeout)
	if err != nil && !errors.Is(dialError(err), ErrServerHung) {
		return fail(err)
	}
	return Socket{Path: real, Name: filepath.Base(real)}, nil
}

// dial connects to a socket and hangs up. tmux sees a client that never said
// who it is, and forgets it.
func dial(ctx context.Context, path string, timeout time.Duration) error {
	dialer := net.Dialer{Timeout: timeout}
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err != nil {
		return err
	}
	return conn.Close()
}
