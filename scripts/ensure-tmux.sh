#!/usr/bin/env sh
# Installs tmux where it is missing, with the machine's own package manager.
set -eu

if command -v tmux >/dev/null 2>&1; then
	exit 0
fi

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		echo "tmux is not installed, and installing it needs root: run '$*' as root" >&2
		exit 1
	fi
}

echo "tmux is not installed; installing it" >&2
if command -v apt-get >/dev/null 2>&1; then
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq tmux
elif command -v brew >/dev/null 2>&1; then
	brew install tmux
elif command -v dnf >/dev/null 2>&1; then
	as_root dnf install -y -q tmux
elif command -v pacman >/dev/null 2>&1; then
	as_root pacman -S --noconfirm tmux
elif command -v apk >/dev/null 2>&1; then
	as_root apk add --quiet tmux
elif command -v zypper >/dev/null 2>&1; then
	as_root zypper --non-interactive install tmux
else
	echo "no package manager that this script knows: install tmux 3.2 or newer by hand" >&2
	exit 1
fi
