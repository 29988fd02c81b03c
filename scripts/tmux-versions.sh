#!/usr/bin/env bash
# Unpacks other releases of tmux than the system's, from the Debian packages of
# other suites, and runs them through their own loader. Nothing of the system is
# changed; it needs apt and a Debian source in its configuration.
#   tmux-versions.sh DIR [SUITE...]    makes DIR/SUITE/bin/tmux for each suite
# The suites are those of release. One that has another release by now is left out,
# with a word on it: what has not been looked at is no fault of a change here. (Debian
# keeps no older packages but in its snapshots, which not every machine can reach.)
# apt makes sure that the packages are Debian's.
set -euo pipefail

# release SUITE prints the release of tmux that a suite is known for.
release() {
	case $1 in
	bullseye) echo 3.1c ;;
	bookworm) echo 3.3a ;;
	trixie) echo 3.5a ;;
	sid) echo 3.8 ;;
	*)
		echo "tmux-versions: no release is known for $1" >&2
		exit 1
		;;
	esac
}

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

# unpack SUITE RELEASE downloads tmux and the libraries it needs and unpacks them. It
# fails with 3 when the suite has another release.
unpack() {
	local suite=$1 d=$dir/$1 found packages loader libs
	mkdir -p "$d/root" "$d/bin" "$d/apt/state/lists/partial" "$d/apt/cache/archives/partial"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(source_uri) $suite main" >"$d/apt/sources.list"
	local apt=(-qq -o "Dir::Etc::sourcelist=$d/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o "Dir::State=$d/apt/state" -o "Dir::Cache=$d/apt/cache" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root)
	apt-get "${apt[@]}" update
	found=$(apt-cache "${apt[@]}" madison tmux | awk 'NR == 1 {sub(/-[^-]*$/, "", $3); print $3}')
	if [ "$found" != "$2" ]; then
		echo "$suite: it has tmux ${found:-of no release} by now, and not $2: left out"
		return 3
	fi
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
	release=$(release "$suite")
	if [ ! -x "$dir/$suite/bin/tmux" ]; then
		# Not as a condition: in one, -e would not hold within unpack.
		set +e
		(set -e && unpack "$suite" "$release")
		code=$?
		set -e
		[ $code -ne 3 ] || continue
		[ $code -eq 0 ] || exit $code
	fi
	echo "$suite: $("$dir/$suite/bin/tmux" -V)"
done
