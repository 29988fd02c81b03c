#!/usr/bin/env bash
# Checks what `make release-snapshot` has built: check-release.sh [DIST]
# The archive and the package for this machine are unpacked into a folder of
# their own and tried; with root's rights the package is also installed there
# and removed again. Nothing of the machine is changed.
set -euo pipefail
cd "$(dirname "$0")/.."
dist=${1:-bin/dist}
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

fail() { echo "check-release.sh: $1" >&2; exit 1; }

# A shell without sha256sum (macOS) has shasum.
sums() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

# same FILE compares a sorted list with standard input, and shows the difference.
same() { diff -u "$1" - >&2 || fail "what is in $2 is not what should be"; }

tried() { # PROGRAM
	local said
	said=$("$1" version)
	[ "$said" = "agentwatch $version" ] || fail "$1 says \"$said\", and should be version $version"
}

# page checks a manual page on standard input. man warns of what it cannot read.
page() {
	cat >"$work/agentwatch.1"
	grep -qF "agentwatch ${version//-/}" <(tr -d '\\-' <"$work/agentwatch.1") || fail "the manual page is not of version $version"
	for section in NAME SYNOPSIS DESCRIPTION OPTIONS COMMANDS 'EXIT STATUS' FILES ENVIRONMENT EXAMPLES; do
		grep -qxF ".SH $section" "$work/agentwatch.1" || fail "the manual page has no section $section"
	done
	! command -v mandoc >/dev/null || mandoc -Tlint -W warning "$work/agentwatch.1" || fail "the manual page is not well-formed"
}

completions() { # BASH ZSH FISH
	bash -n "$1" || fail "$1 is no script for bash"
	grep -q '^ *complete .* agentwatch$' "$1" || fail "$1 is not for bash"
	grep -qx '#compdef agentwatch' "$2" || fail "$2 is not for zsh"
	grep -q '^complete -c agentwatch' "$3" || fail "$3 is not for fish"
}

archive() { # FILE
	local top
	top=$(basename "$1" .tar.gz)
	{
		printf '%s\n' CHANGELOG.md LICENSE README.md THIRD_PARTY_LICENSES agentwatch agentwatch.1 agentwatch.tmux \
			completions/_agentwatch completions/agentwatch.bash completions/agentwatch.fish
		printf '%s\n' docs/*.md
	} | sed "s|^|$top/|" | LC_ALL=C sort >"$work/wanted"
	tar tzf "$1" | grep -v '/$' | LC_ALL=C sort | same "$work/wanted" "$1"
	case $top in *"_$platform") ;; *) return 0 ;; esac
	tar xzf "$1" -C "$work"
	tried "$work/$top/agentwatch"
	page <"$work/$top/agentwatch.1"
	completions "$work/$top/completions/"{agentwatch.bash,_agentwatch,agentwatch.fish}
	[ -x "$work/$top/agentwatch.tmux" ] || fail "the plugin for tmux cannot be run"
	found="$found archive"
}

package() { # FILE
	local root=$work/package share=$work/package/usr/share
	[ "$(dpkg-deb -f "$1" Depends)" = tmux ] || fail "$1 does not depend on tmux"
	{
		printf '%s\n' bin/agentwatch share/agentwatch/agentwatch.tmux share/bash-completion/completions/agentwatch \
			share/fish/vendor_completions.d/agentwatch.fish share/zsh/vendor-completions/_agentwatch \
			share/lintian/overrides/agentwatch share/man/man1/agentwatch.1.gz
		printf 'share/doc/agentwatch/%s\n' README.md THIRD_PARTY_LICENSES.gz changelog.gz copyright docs/*.md
	} | sed 's|^|./usr/|' | LC_ALL=C sort >"$work/wanted"
	dpkg-deb --fsys-tarfile "$1" | tar t | grep -v '/$' | LC_ALL=C sort | same "$work/wanted" "$1"
	dpkg-deb --fsys-tarfile "$1" | tar tv | awk '$2 != "root/root" || $1 !~ /^(drwxr-xr-x|-rw[-x]r-[-x]r-[-x])$/ { print; bad = 1 } END { exit bad }' ||
		fail "files of $1 have the wrong owner or mode"
	[ "$(dpkg-deb -f "$1" Architecture)" = "$(dpkg --print-architecture)" ] || return 0
	rm -rf "$root"
	dpkg-deb -x "$1" "$root"
	tried "$root/usr/bin/agentwatch"
	gzip -dc "$share/man/man1/agentwatch.1.gz" | page
	completions "$share/bash-completion/completions/agentwatch" "$share/zsh/vendor-completions/_agentwatch" "$share/fish/vendor_completions.d/agentwatch.fish"
	[ "$(id -u)" != 0 ] || installed "$1"
	! command -v lintian >/dev/null || linted "$1"
	found="$found package"
}

# installed installs and removes a package in a root of its own, without tmux.
installed() {
	local root=$work/root
	mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
	: >"$root/var/lib/dpkg/status"
	dpkg --root="$root" --force-depends --log=/dev/null --install "$1" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "$1 cannot be installed"; }
	dpkg --root="$root" --verify agentwatch >"$work/log" 2>&1 || echo "dpkg --verify failed" >>"$work/log"
	[ ! -s "$work/log" ] || { cat "$work/log" >&2; fail "$1 is not installed as packed"; }
	tried "$root/usr/bin/agentwatch"
	dpkg --root="$root" --log=/dev/null --purge agentwatch >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "$1 cannot be removed"; }
	[ ! -e "$root/usr" ] || fail "removing $1 leaves $(find "$root/usr")"
}

# linted asks Debian's own checker. The field for variants of an architecture is
# newer than it.
linted() {
	lintian --allow-root --fail-on error,warning --suppress-tags unknown-field "$1" || fail "lintian is not content with $1"
}

[ -f "$dist/metadata.json" ] || fail "there is no release in $dist: run make release-snapshot"
version=$(sed -n 's/.*"version":"\([^"]*\)".*/\1/p' "$dist/metadata.json")
[ -n "$version" ] || fail "$dist/metadata.json names no version"
platform=$(go env GOOS)_$(go env GOARCH)
found=
(cd "$dist" && sums -c SHA256SUMS >"$work/log" 2>&1) || { cat "$work/log" >&2; fail "checksums differ"; }
archives=0
for file in "$dist"/*.tar.gz; do
	archive "$file"
	archives=$((archives + 1))
done
[ "$archives" = 4 ] || fail "there are $archives archives instead of 4"
if command -v dpkg-deb >/dev/null; then
	for file in "$dist"/*.deb; do package "$file"; done
	[ "$found" = " archive package" ] || fail "only tried:$found"
fi
echo "release $version is well; tried on $platform:$found"
