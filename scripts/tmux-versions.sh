#!/usr/bin/env bash
# Unpacks other releases of tmux than the system's, from the Debian packages of
# other suites, and runs them through their own loader. Nothing of the system is
# changed; it needs apt and a Debian source in its configuration.
#   tmux-versions.sh DIR [SUITE...]    makes DIR/SUITE/bin/tmux for each suite
# The suites: bullseye (3.1c), bookworm (3.3a), trixie (3.5a), sid (the newest).
set -euo pipefail

dir=${1:?usage: tmux-versions.sh DIR [SUITE...]}
shift
[ $# -gt 0 ] || set -- bullseye bookworm trixie sid
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

source_uri() {
	local uri
	uri=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)
	if [ -z "$uri" ] && [ -r /etc/apt/sources.list ]; then
		uri=$(awk '/^deb / {for (i = 2; i <= NF; i++) if ($i ~ /^http/) {print $i; exit}}' /etc/apt/sources.list)
	fi
	if [ -z "$uri" ]; then
		echo "tmux-versions: this needs a Debian system: no Debian source in the configuration of apt" >&2
		exit 1
	fi
	echo "$uri"
}

# unpack SUITE downloads tmux and the libraries it needs and unpacks them.
unpack() {
	local suite=$1 d=$dir/$1 packages loader libs
	mkdir -p "$d/root" "$d/bin" "$d/apt/state/lists/partial" "$d/apt/cache/archives/partial"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(source_uri) $suite main" >"$d/apt/sources.list"
	local apt=(-qq -o "Dir::Etc::sourcelist=$d/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o "Dir::State=$d/apt/state" -o "Dir::Cache=$d/apt/cache" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root)
	apt-get "${apt[@]}" update
	packages=$(apt-get "${apt[@]}" --print-uris -y install --no-install-recommends tmux |
		grep -oE "[a-z0-9.+-]+_[^ ]*\.deb" | sed 's/_.*//' |
		grep -E '^(tmux|libc6|libevent|libtinfo|libutempter|libsystemd|libcap|libgcc|libjemalloc|libcrypt|liblz|libzstd|libgcrypt|libgpg)' | sort -u)
	# shellcheck disable=SC2086 # one word a package
	(cd "$d" && apt-get "${apt[@]}" download $packages && for f in *.deb; do dpkg -x "$f" root; done && rm -f ./*.deb)
	# The loader is ld-linux-*.so.N, behind which older suites have a ld-2.31.so.
	loader=$(find "$d/root" -name 'ld-linux-*.so.*' -type f | head -1)
	[ -n "$loader" ] || loader=$(find "$d/root" -name 'ld-2.*.so' -type f | head -1)
	libs=$(find "$d/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
	printf '#!/bin/sh\nexec %s --library-path %s %s/root/usr/bin/tmux "$@"\n' "$loader" "$libs" "$d" >"$d/bin/tmux.new"
	chmod +x "$d/bin/tmux.new"
	"$d/bin/tmux.new" -V >/dev/null
	mv "$d/bin/tmux.new" "$d/bin/tmux"
}

for suite in "$@"; do
	[ -x "$dir/$suite/bin/tmux" ] || unpack "$suite"
	echo "$suite: $("$dir/$suite/bin/tmux" -V)"
done
