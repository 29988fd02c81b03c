#!/usr/bin/env sh
# Prints the licences of all that is in the released programs and not ours: the
# modules that are linked in on any platform, Go's own library, and the palettes
# of the themes. Their texts come from the module cache; a module without one
# is an error.
set -eu
cd "$(dirname "$0")/.."

rule() { printf '\n%s\n%s\n%s\n\n' "$line" "$1" "$line"; }
line=$(printf '%80s' '' | tr ' ' '=')

licences() { # FOLDER
	find "$1" -maxdepth 1 -type f \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' \) | LC_ALL=C sort
}

modules() {
	for os in linux darwin; do
		for arch in amd64 arm64; do
			env GOOS=$os GOARCH=$arch CGO_ENABLED=0 go list -deps \
				-f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}	{{.Dir}}{{end}}{{end}}' .
		done
	done | LC_ALL=C sort -u | sed '/^$/d'
}

echo "agentwatch is under the licence in LICENSE. Its program also has the following in it."
rule "The Go standard library and runtime, $(go env GOVERSION)"
# Distributions of Go keep the text at different places.
root=$(go env GOROOT)
if [ -f "$root/LICENSE" ]; then cat "$root/LICENSE"; else echo "BSD-3-Clause, https://go.dev/LICENSE"; fi

list=$(mktemp)
trap 'rm -f "$list"' EXIT
modules >"$list"
[ "$(wc -l <"$list")" -ge 10 ] || { echo "third-party.sh: go list names hardly any modules" >&2; exit 1; }
while IFS='	' read -r module folder; do
	found=$(licences "$folder")
	[ -n "$found" ] || { echo "third-party.sh: $module has no licence in $folder" >&2; exit 1; }
	printf '%s\n' "$found" | while read -r file; do
		rule "$module: ${file##*/}"
		cat "$file"
	done
done <"$list"

for palette in themes/palettes/*.toml; do
	rule "The palette ${palette##*/}"
	sed -n '/^#/!q; s/^# \{0,1\}//p' "$palette"
done
