#!/usr/bin/env sh
# Writes what a release has beside the program, made by the program itself:
#
#   generate-docs.sh OUT [VERSION]
#
# OUT gets agentwatch.1, completions/ and the licences of bundled modules, and
# debian/ with what a Debian package wants compressed. With SOURCE_DATE_EPOCH
# the same sources give the same files.
set -eu
cd "$(dirname "$0")/.."
out=${1:?usage: generate-docs.sh OUT [VERSION]}
version=${2:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
# Outside of a clone goreleaser's commit is one of the year 1.
[ "$epoch" -ge 0 ] || epoch=$(date +%s)

mkdir -p "$out/completions" "$out/debian"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# For this machine, whatever platform the release builds for.
env GOOS= GOARCH= CGO_ENABLED=0 go build -trimpath -ldflags "-X main.version=$version" -o "$work/agentwatch" .

# Nothing of this machine's environment gets into what is written.
ask() { env -i SOURCE_DATE_EPOCH="$epoch" TERM=dumb "$work/agentwatch" "$@"; }
ask man >"$out/agentwatch.1"
ask completion bash >"$out/completions/agentwatch.bash"
ask completion zsh >"$out/completions/_agentwatch"
ask completion fish >"$out/completions/agentwatch.fish"
scripts/third-party.sh >"$out/THIRD_PARTY_LICENSES"

when=$(date -u -d "@$epoch" '+%a, %d %b %Y %H:%M:%S +0000' 2>/dev/null || date -u -r "$epoch" '+%a, %d %b %Y %H:%M:%S +0000')
maintainer=$(sed -n 's/^ *maintainer: "\(.*\)"$/\1/p' .goreleaser.yaml)
# A version with a suffix is one before the release.
printf 'agentwatch (%s) unstable; urgency=medium\n\n  * Built from the sources of this version.\n\n -- %s  %s\n' \
	"$(printf '%s\n' "$version" | sed 's/-/~/')" "$maintainer" "$when" >"$work/changelog"
gzip -n9 <"$work/changelog" >"$out/debian/changelog.gz"
gzip -n9 <"$out/agentwatch.1" >"$out/debian/agentwatch.1.gz"
gzip -n9 <"$out/THIRD_PARTY_LICENSES" >"$out/debian/THIRD_PARTY_LICENSES.gz"
