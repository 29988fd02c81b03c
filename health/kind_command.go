package health

import (
	"slices"
	"strings"
)

// command is a process's command line, wrappers and interpreters taken off.
type command struct {
	// name is the base name of the program or script, path the whole of it.
	name, path string
	// args are the arguments behind it.
	args []string
	// role is what the program is when it is no agent.
	role ProcessState
	// script is set when an interpreter runs it: its name may tell nothing.
	script bool
}

// maxWrappers is how many wrappers may stand before a program.
const maxWrappers = 8

// resolveCommand takes off what stands before the program proper: "sudo -u me
// env A=1 node --flag /x/cli.js -v" is the script /x/cli.js with -v.
func resolveCommand(proc Process) command {
	args := proc.Args
	if len(args) == 0 {
		return command{name: proc.Comm, path: proc.Comm, role: programRole(proc.Comm)}
	}
	script := false
	for range maxWrappers {
		name := programName(args[0])
		rest := args[1:]
		switch {
		case isShell(name):
			file, inline := shellScript(rest)
			if inline {
				// Whatever it runs is a process of its own; a builtin is the
				// shell's.
				return command{name: name, path: args[0], role: ProcessOther}
			}
			if file == nil {
				return command{name: name, path: args[0], role: ProcessShell}
			}
			rest = file
		case isWrapper(name):
			rest = skipWrapperArgs(rest)
		case isInterpreter(name):
			rest, script = interpreterScript(rest), runsJavaScript(name)
		default:
			return command{name: name, path: args[0], args: rest, role: programRole(name), script: script}
		}
		if len(rest) == 0 {
			return command{name: name, path: args[0], role: ProcessOther}
		}
		args = rest
	}
	return command{name: programName(args[0]), path: args[0], role: ProcessOther}
}

// programName is the base name of a path, without the dash of a login shell.
func programName(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	return strings.TrimPrefix(strings.TrimSuffix(name, ".exe"), "-")
}

// programRole is what a program that is no agent says about the pane.
func programRole(name string) ProcessState {
	switch {
	case isShell(name):
		return ProcessShell
	case hidesPrograms(name) || isInterpreter(name) || isWrapper(name) || name == "":
		return ProcessUnknown
	}
	return ProcessOther
}

func isShell(name string) bool {
	switch name {
	case "sh", "bash", "zsh", "fish", "dash", "ksh", "mksh", "tcsh", "csh", "ash", "nu", "xonsh", "elvish", "pwsh":
		return true
	}
	return false
}

func isWrapper(name string) bool {
	switch name {
	case "env", "sudo", "doas", "nohup", "timeout", "gtimeout", "nice", "ionice", "time", "stdbuf", "setsid",
		"caffeinate", "unbuffer", "rlwrap", "systemd-run", "firejail", "chrt", "taskset":
		return true
	}
	return false
}

func isInterpreter(name string) bool {
	switch name {
	case "node", "nodejs", "bun", "deno", "tsx", "npx", "bunx", "npm", "pnpm", "yarn", "uv", "uvx", "pipx", "ruby":
		return true
	}
	return name == "python" || strings.HasPrefix(name, "python3") || name == "python2"
}

// runsJavaScript tells whether an interpreter is one that agents are bundled
// for, under names that tell nothing.
func runsJavaScript(name string) bool {
	switch name {
	case "node", "nodejs", "bun", "deno", "tsx", "npx", "bunx":
		return true
	}
	return false
}

// hidesPrograms tells whether a program runs others where we cannot see them.
func hidesPrograms(name string) bool {
	switch name {
	case "ssh", "mosh", "mosh-client", "et", "docker", "podman", "nerdctl", "kubectl", "oc", "lxc", "incus",
		"distrobox", "toolbox", "machinectl", "nsenter", "chroot", "bwrap", "vagrant", "limactl", "orb", "devcontainer",
		"tmux", "screen", "zellij", "script", "asciinema", "expect", "su", "telnet", "picocom", "minicom":
		return true
	}
	return false
}

// shellScript returns the script that a shell runs and its arguments; inline
// is set for a command given with -c, whose programs show by themselves.
func shellScript(args []string) (file []string, inline bool) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--rcfile" || arg == "--init-file" || arg == "-o" || arg == "+o" || arg == "-O":
			i++
		case strings.HasPrefix(arg, "--"):
		case strings.HasPrefix(arg, "-"):
			if strings.Contains(arg, "c") {
				return nil, true
			}
		default:
			return args[i:], false
		}
	}
	return nil, false
}

// skipWrapperArgs drops a wrapper's flags, their values, assignments and
// durations.
func skipWrapperArgs(args []string) []string {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "-u" || arg == "-g" || arg == "-n" || arg == "-k" || arg == "-s" || arg == "-C" || arg == "--signal":
			i++
		case strings.HasPrefix(arg, "-") || strings.Contains(arg, "="):
		case arg[:min(1, len(arg))] >= "0" && arg[:min(1, len(arg))] <= "9":
		default:
			return args[i:]
		}
	}
	return nil
}

// interpreterScript drops an interpreter's flags, their values and the word
// that says "run". Code given on the command line is no script.
func interpreterScript(args []string) []string {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "-r" || arg == "--require" || arg == "--import" || arg == "--loader" || arg == "-X" || arg == "-W" ||
			arg == "--package" || arg == "--conditions":
			i++
		case arg == "-e" || arg == "--eval" || arg == "-c" || arg == "-p" || arg == "--print":
			return nil
		case strings.HasPrefix(arg, "-"):
		case arg == "run" || arg == "exec" || arg == "x" || arg == "dlx" || arg == "tool":
		default:
			return args[i:]
		}
	}
	return nil
}

// match tells whether the command is the profile's agent, and whether it does
// one task without a screen.
func (c commandProfile) match(cmd command, comm string) (oneShot, ok bool) {
	if !c.runs(cmd) && (!slices.Contains(c.Programs, comm) || cmd.role == ProcessShell) {
		return false, false
	}
	return c.converses(cmd)
}

// matchStem is match for a program whose name is one of the profile's with more
// behind it, such as kimi-code or codex-x86_64-unknown-linux-musl, or with the
// title of its own that a process can show in place of its command line.
func (c commandProfile) matchStem(cmd command, comm string) (oneShot, ok bool) {
	for _, name := range [...]string{cmd.name, comm} {
		if cmd.role != ProcessShell && slices.Contains(c.Programs, programStem(name)) {
			return c.converses(cmd)
		}
	}
	return false, false
}

// programStem takes off what installers and titles add to a program's name.
func programStem(name string) string {
	name, _, _ = strings.Cut(name, " ")
	for _, platform := range [...]string{"-linux", "-darwin", "-x86_64", "-aarch64", "-x64", "-arm64"} {
		name, _, _ = strings.Cut(name, platform)
	}
	for _, ending := range [...]string{"-code", "-cli", "-agent", "_cli", "-tui"} {
		if stem, ok := strings.CutSuffix(name, ending); ok && stem != "" {
			return stem
		}
	}
	return name
}

// converses tells by its arguments whether the command is a conversation, and
// whether it does one task without a screen.
func (c commandProfile) converses(cmd command) (oneShot, ok bool) {
	for i := 0; i < len(cmd.args); i++ {
		arg := cmd.args[i]
		if slices.Contains(c.OneShotFlags, arg) {
			return true, true
		}
		if slices.Contains(c.ValueFlags, arg) {
			i++
			continue
		}
		if strings.HasPrefix(arg, "-") {
			continue
		}
		if slices.Contains(c.Services, arg) || (len(c.Requires) > 0 && !slices.Contains(c.Requires, arg)) {
			return false, false
		}
		return slices.Contains(c.OneShots, arg) || hasAny(cmd.args[i:], c.OneShotFlags), true
	}
	return false, len(c.Requires) == 0
}

func hasAny(args, flags []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool { return slices.Contains(flags, arg) })
}

// runs tells whether the command's program or script is the profile's.
func (c commandProfile) runs(cmd command) bool {
	if slices.Contains(c.Programs, cmd.name) {
		return true
	}
	for _, fragment := range c.Packages {
		// npx takes the bare name of a package, with or without a version.
		name := strings.Trim(fragment, "/")
		if strings.Contains(cmd.path, fragment) || (strings.HasPrefix(name, "@") && strings.HasPrefix(cmd.path, name)) {
			return true
		}
	}
	return false
}

// isVersion tells whether name is a bare version such as 2.1.330.
func isVersion(name string) bool {
	dots := 0
	for i := range len(name) {
		switch c := name[i]; {
		case c == '.':
			dots++
		case c < '0' || c > '9':
			return false
		}
	}
	return dots == 2 && !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".")
}
