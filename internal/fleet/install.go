package fleet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"agentwatch/engine/stdio"
)

// Installed says what an installation came to.
type Installed struct {
	// Path is where the program is on the host, Found whether commands over ssh find
	// it there.
	Path  string
	Found bool
}

// PlatformError is returned when a host needs another build than the running one.
type PlatformError struct{ Host, OS, Arch string }

// Error says which.
func (e *PlatformError) Error() string {
	return fmt.Sprintf("%s is %s/%s, for which this build is not", e.Host, e.OS, e.Arch)
}

// platforms are what uname -sm says of those that agentwatch is built for.
var platforms = map[string][2]string{
	"Linux x86_64": {"linux", "amd64"}, "Linux aarch64": {"linux", "arm64"}, "Linux arm64": {"linux", "arm64"},
	"Darwin x86_64": {"darwin", "amd64"}, "Darwin arm64": {"darwin", "arm64"},
}

// receive writes what comes in beside the place where the program is to be, and says
// where that is and what its SHA-256 is.
const receive = `set -e
place=$(command -v agentwatch || true)
if [ -z "$place" ] || [ ! -w "$(dirname "$place")" ]; then
	place=$HOME/.local/bin/agentwatch
	[ ! -w /usr/local/bin ] || place=/usr/local/bin/agentwatch
fi
mkdir -p "$(dirname "$place")"
cat > "$place.new"
chmod 755 "$place.new"
echo "$place"
{ sha256sum "$place.new" 2>/dev/null || shasum -a 256 "$place.new"; } | cut -d " " -f 1`

// replace puts it in the place of the one before at once, and says what a command
// finds then.
const replace = `mv -f "$1.new" "$1" && command -v agentwatch || true`

// Install copies a program to a host that is reached by ssh: it is compared, and only
// then takes the place of the one before. goos and goarch are what it is built for.
func Install(ctx context.Context, h Host, path, goos, goarch string) (Installed, error) {
	if h.SSH == "" {
		return Installed{}, fmt.Errorf("%s is not reached by ssh: copy agentwatch there by the means of its command", h.Name)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return Installed{}, err
	}
	uname, err := h.run(ctx, nil, "uname -sm")
	if err != nil {
		return Installed{}, err
	}
	switch is, known := platforms[uname]; {
	case !known:
		return Installed{}, fmt.Errorf("%s is %q, for which there is no agentwatch", h.Name, printable(uname))
	case is != [2]string{goos, goarch}:
		return Installed{}, &PlatformError{h.Name, is[0], is[1]}
	}
	out, err := h.run(ctx, bytes.NewReader(program), "sh -c "+quoted(receive))
	if err != nil {
		return Installed{}, err
	}
	place, sum, _ := strings.Cut(out, "\n")
	if want := sha256.Sum256(program); sum != hex.EncodeToString(want[:]) || !strings.HasPrefix(place, "/") {
		return Installed{}, fmt.Errorf("what has arrived on %s is not what was sent; nothing was replaced", h.Name)
	}
	found, err := h.run(ctx, nil, "sh -c "+quoted(replace)+" sh "+quoted(place))
	return Installed{Path: place, Found: found == place}, err
}

// run runs a command on a host over ssh, and returns what it prints.
func (h Host) run(ctx context.Context, in io.Reader, command string) (string, error) {
	args := slices.Concat(sshOptions(), []string{"--", h.SSH, command})
	cmd := exec.CommandContext(ctx, "ssh", args...)
	cmd.Stdin = in
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err == nil {
		return strings.TrimSpace(string(out)), nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		lines := strings.Split(strings.TrimSpace(complaint.String()), "\n")
		err = &stdio.CommandError{Command: "ssh", Code: exit.ExitCode(), Said: strings.TrimSpace(lines[len(lines)-1])}
	}
	return "", &AwayError{Host: h.Name, Problem: problem(h, err)}
}
