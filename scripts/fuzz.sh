#!/usr/bin/env bash
# Runs every fuzz target of the module for a short time: fuzz.sh [TIME]
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-5s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Go's fuzzing now and then reports the end of its own time as a failure
# ("context deadline exceeded"), without an input that fails. That is none.
fuzz() {
	if go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" "$1" >"$log" 2>&1; then
		return 0
	fi
	if ! grep -q 'Failing input written' "$log" && grep -q '^ *context deadline exceeded$' "$log"; then
		return 0
	fi
	cat "$log"
	return 1
}
grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r dir; do
	grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | sed 's/^func //' | while read -r target; do
		echo "fuzz $dir $target"
		fuzz "$dir" "$target"
	done
done
