package health

import "strings"

// The forms in which systems give a command line. They are read on every system,
// so that every system's tests cover them.

// splitArgs reads /proc/PID/cmdline: each argument ends with NUL. Programs that
// write a title over their arguments leave NULs behind, which are no arguments.
func splitArgs(raw string) []string {
	raw = strings.TrimRight(raw, "\x00")
	if raw == "" {
		return nil
	}
	return strings.Split(raw, "\x00")
}

// parseProcArgs reads what follows the count in macOS's kern.procargs2: the path
// of the program, NULs up to an aligned address, count arguments that each end
// with NUL, then the environment. An answer that was cut short gives the
// arguments that are there.
func parseProcArgs(raw string, count int) []string {
	_, rest, ok := strings.Cut(raw, "\x00")
	if !ok {
		return nil
	}
	rest = strings.TrimLeft(rest, "\x00")
	var args []string
	for len(args) < count && rest != "" && len(raw)-len(rest) < maxCommandLine {
		var arg string
		arg, rest, _ = strings.Cut(rest, "\x00")
		args = append(args, arg)
	}
	return args
}
