#!/usr/bin/env sh
# Installs a program where it is missing, with the machine's own package
# manager: ensure-program.sh PROGRAM (tmux, dbus-daemon, python3, shellcheck,
# prometheus, redis-server, sshd). The services of the last three are not started.
set -eu
program=$1

if command -v "$program" >/dev/null 2>&1; then
	exit 0
fi

# package PROGRAM MANAGER prints the package that has the program.
package() {
	case "$1:$2" in
	dbus-daemon:dnf | dbus-daemon:zypper) echo dbus-daemon ;;
	dbus-daemon:*) echo dbus ;;
	sshd:apk | sshd:pacman | sshd:zypper) echo openssh ;;
	sshd:*) echo openssh-server ;;
	redis-server:apt | redis-server:zypper) echo redis-server ;;
	redis-server:*) echo redis ;;
	prometheus:dnf) echo golang-github-prometheus ;;
	python3:apt) echo python3-minimal ;;
	shellcheck:dnf | shellcheck:zypper) echo ShellCheck ;;
	python3:pacman) echo python ;;
	*) echo "$1" ;;
	esac
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		echo "$program is not installed, and installing it needs root: run '$*' as root" >&2
		exit 1
	fi
}

echo "$program is not installed; installing it" >&2
if command -v apt-get >/dev/null 2>&1; then
	as_root apt-get update -qq
	# With this run level the package's service is not started.
	as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq "$(package "$program" apt)"
elif command -v brew >/dev/null 2>&1; then
	brew install "$(package "$program" brew)"
elif command -v dnf >/dev/null 2>&1; then
	as_root dnf install -y -q "$(package "$program" dnf)"
elif command -v pacman >/dev/null 2>&1; then
	as_root pacman -S --noconfirm "$(package "$program" pacman)"
elif command -v apk >/dev/null 2>&1; then
	as_root apk add --quiet "$(package "$program" apk)"
elif command -v zypper >/dev/null 2>&1; then
	as_root zypper --non-interactive install "$(package "$program" zypper)"
else
	echo "no package manager that this script knows: install $program by hand" >&2
	exit 1
fi

if [ "$program" = prometheus ] && [ -d /run/systemd/system ]; then
	as_root systemctl disable --now prometheus prometheus-node-exporter 2>/dev/null || true
fi
if [ "$program" = redis-server ] && [ -d /run/systemd/system ]; then
	as_root systemctl disable --now redis-server 2>/dev/null || true
fi
if [ "$program" = sshd ] && [ -d /run/systemd/system ]; then
	as_root systemctl disable --now ssh 2>/dev/null || true
fi
