#!/usr/bin/env bash
# Runs the command of each row of docs/origin.md, and says which failed. A test that
# matches nothing is a failure.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
mkdir -p bin

# The last column of the table, without the backslashes that the table needs.
commands() {
	# shellcheck disable=SC2016
	sed -n 's/^| .* | `\(.*\)` |$/\1/p' docs/origin.md | sed 's/\\|/|/g'
}

failed=0
while IFS= read -r command; do
	if out=$(bash -c "$command" 2>&1 </dev/null) && [ "$(grep -c 'no tests to run' <<<"$out")" -lt "$(grep -c . <<<"$out")" ]; then
		echo "works: $command"
	else
		echo "FAILS: $command"
		tail -20 <<<"$out"
		failed=1
	fi
done < <(commands)
exit "$failed"
