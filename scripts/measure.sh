#!/usr/bin/env bash
# Runs the commands whose figures docs/measured.md gives, and prints them together:
# measure.sh [PART...]. All of it takes an hour on two cores, and only what is
# measured on a machine with nothing else to do can be compared; each part says how
# busy it was. With SHORT=1 each command is only tried: its figures are worth
# nothing; with CORPUS=FILE labelled screens are scored, too. --list names the parts.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
binary=${BINARY:-bin/agentwatch}
failed=()

# The table: a part, what it measures, and its command; then its short form, where
# that is another one.
parts() {
	part shares-50 "where a round's time goes, 50 panes" \
		"$binary bench --shares --agents 50 --rounds 15" "$binary bench --shares --agents 5 --rounds 1"
	part shares-1000 "the same, 1000 panes" \
		"$binary bench --shares --agents 1000 --rounds 3" "$binary bench --shares --agents 8 --rounds 1"
	part live-50 "the running monitor, 50 agents" \
		"$binary bench --live --agents 50 --changes 120 --quiet 20s --soak 0" "$binary bench --live --agents 5 --changes 2 --quiet 1s --soak 0"
	part live-1000 "the running monitor, 1000 agents" \
		"$binary bench --live --agents 1000 --changes 40 --quiet 12s --soak 0" "$binary bench --live --agents 8 --changes 2 --quiet 1s --soak 0"
	part soak "the growth of the tmux server over 10 000 rounds" \
		"$binary bench --live --agents 50 --changes 1 --quiet 1s --soak 10000" "$binary bench --live --agents 5 --changes 1 --quiet 1s --soak 20"
	part rest-ui "the whole program at rest, 50 agents" \
		"$binary bench --ui --live --agents 50 --quiet 20s" "$binary bench --ui --live --agents 5 --quiet 1s --keys 2"
	part ui "the dashboard: bytes, processor, keys" \
		"$binary bench --ui --agents 40,1000 --views grid,board" "$binary bench --ui --agents 8 --views board --span 1s --keys 2"
	part rounds "one round by every strategy, without colours" \
		"$binary bench --agents 50 --rounds 3 --colours=false" "$binary bench --agents 5 --rounds 1 --colours=false"
	part rounds-coloured "one round by every strategy and link" \
		"$binary bench --agents 50 --rounds 10" "$binary bench --agents 4 --rounds 1"
	part rounds-1000 "one round, 1000 panes" \
		"$binary bench --agents 1000 --rounds 3 --plain=false" "$binary bench --agents 8 --rounds 1 --plain=false"
	part link "captures by control clients and by batches" \
		"go test ./tmuxpool -run XXX -bench Link -benchtime 300ms" "go test ./tmuxpool -run XXX -bench Link/.*/50 -benchtime 1x"
	part detect "what judging a screen costs" \
		"go test ./health -run XXX -bench Detect" "go test ./health -run XXX -bench Detect -benchtime 1x"
	part accuracy "how often it is right, on the screens that can be given away" \
		"go test -count=1 ./health -run EveryCapture"
	[ -z "${CORPUS:-}" ] || part corpus "the same, on labelled screens of yours" "$binary eval --kind-given $CORPUS"
	part cache "hits on the load of the origin, in virtual time" \
		"go test -count=1 ./engine/monitor -run OriginsLoad -v"
	part observing "what exporting costs where it is off" \
		"go test ./engine/monitor -run XXX -bench Observing" "go test ./engine/monitor -run XXX -bench Observing -benchtime 1x"
	part foresight "what one turn costs the forecast" \
		"go test ./internal/foresight -run XXX -bench ATurn" "go test ./internal/foresight -run XXX -bench ATurn -benchtime 1x"
	part scaling "the pool, and publishing, under a load that grows and falls" \
		"scripts/scaling.sh bin/plots"
	part hub "a hub of 200 hosts, killed, cut off and frozen (needs redis-server)" \
		"go test -count=1 -tags fleet -timeout 20m -v -run 'TwoHundred|Killed|CutOff|Freezes' ./internal/hub" \
		"go vet -tags fleet ./internal/hub"
	if "$binary" bench --help 2>&1 | grep -q -- --fleet; then
		part fleet "a fleet" "$binary bench --fleet"
	fi
}

# part runs one of the table, when it is wanted.
part() {
	local name=$1 about=$2 command=$3
	if [ -n "${list:-}" ]; then
		printf '%-16s %s\n' "$name" "$about"
		return
	fi
	[ -z "${SHORT:-}" ] || command=${4:-$3}
	if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then return; fi
	found=$((found + 1))
	printf '\n## %s: %s\n\n    %s\n\nload %s, %s\n\n' "$name" "$about" "$command" "$(load)" "$(date -u +%FT%TZ)"
	if ! bash -c "$command" 2>&1 </dev/null; then
		echo "FAILED"
		failed+=("$name")
	fi
}

# load is how busy the machine is.
load() { uptime | sed 's/.*load averages\{0,1\}: //; s/,.*//'; }

list=""
[ "${1:-}" != --list ] || { list=yes; shift; }
wanted=("$@")
found=0
[ -n "$list" ] || [ -x "$binary" ] || { echo "measure.sh: $binary is missing: run make build" >&2; exit 1; }
if [ -z "$list" ]; then
	echo "# agentwatch $("$binary" version 2>/dev/null | head -1), $(uname -sm), $(getconf _NPROCESSORS_ONLN) cores, $(tmux -V)"
	[ -z "${SHORT:-}" ] || echo "Tried only: these figures are worth nothing."
fi
parts
[ -n "$list" ] || [ "$found" -gt 0 ] || { echo "measure.sh: no part is called ${wanted[*]}; --list names them" >&2; exit 1; }
if [ ${#failed[@]} -gt 0 ]; then
	echo "measure.sh: failed: ${failed[*]}" >&2
	exit 1
fi
