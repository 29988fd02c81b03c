#!/usr/bin/env bash
# test-race.sh: runs all tests with the race detector. Now and then that dies of a fault of
# its own ("ThreadSanitizer: CHECK failed"), and the process of a package's tests with it,
# though no test has failed. Then, and only then, what has not passed runs once more.
set -euo pipefail
cd "$(dirname "$0")/.."

output=$(mktemp)
trap 'rm -f "$output"' EXIT
all() { "${GO:-go}" test -race -timeout 10m ./... 2>&1 | tee "$output"; }

all && exit 0
if ! grep -q '^ThreadSanitizer: CHECK failed' "$output" || grep -qE '^ *--- FAIL|^panic:|DATA RACE|\[build failed\]' "$output"; then
	exit 1
fi
echo "The race detector has died of a fault of its own; what has not passed is tested once more."
all
