package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// checkFolders looks whether agentwatch may write where the XDG specification
// puts its files.
func checkFolders(_ context.Context, s Surroundings) []Finding {
	var all []Finding
	for _, kind := range []struct{ name, variable, standard string }{
		{"configuration folder", "XDG_CONFIG_HOME", ".config"},
		{"state folder", "XDG_STATE_HOME", ".local/state"},
	} {
		base := s.Getenv(kind.variable)
		if base != "" && !filepath.IsAbs(base) {
			all = append(all, Finding{kind.name, Warn, fmt.Sprintf("%s=%s is not absolute and so without effect", kind.variable, base), "give it an absolute path"})
			base = ""
		}
		home := s.Getenv("HOME")
		if base == "" && home == "" {
			all = append(all, Finding{kind.name, Warn, "HOME and " + kind.variable + " are not set: nothing can be kept", "set HOME"})
			continue
		}
		if base == "" {
			base = filepath.Join(home, kind.standard)
		}
		all = append(all, folderFinding(kind.name, filepath.Join(base, "agentwatch"), mayWrite))
	}
	return all
}

// mayWrite tells whether files can be made in a folder. Nothing is written to
// find out.
func mayWrite(folder string) bool { return unix.Access(folder, unix.W_OK|unix.X_OK) == nil }

// folderFinding tells whether a folder can be written to or made.
func folderFinding(name, folder string, writable func(string) bool) Finding {
	for at := folder; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if errors.Is(err, os.ErrNotExist) && at != filepath.Dir(at) {
			continue
		}
		switch {
		case err != nil:
			return Finding{name, Fail, err.Error(), "let yourself enter " + filepath.Dir(at)}
		case !info.IsDir():
			return Finding{name, Fail, at + " is not a folder", "move it away"}
		case !writable(at):
			return Finding{name, Warn, at + " cannot be written to: nothing is kept", "chmod u+wx " + at + ", if it is yours"}
		case at != folder:
			return Finding{name, OK, folder + " (made when it is needed)", ""}
		default:
			return Finding{name, OK, folder, ""}
		}
	}
}

// childrenFile is there when the kernel lists the children of processes.
const childrenFile = "/proc/thread-self/children"

// checkProcesses looks whether the kernel tells the children of a process, which
// is how an agent behind a wrapper script is seen.
func checkProcesses(context.Context, Surroundings) []Finding {
	const name = "processes"
	if runtime.GOOS != "linux" {
		return []Finding{{name, OK, "read by the system's own calls", ""}}
	}
	if _, err := os.Stat(childrenFile); err != nil {
		return []Finding{{name, Warn, "the kernel does not list the children of processes: an agent behind a wrapper script is not seen", "boot a kernel with CONFIG_PROC_CHILDREN, and mount /proc"}}
	}
	return []Finding{{name, OK, "the kernel lists the children of processes", ""}}
}
