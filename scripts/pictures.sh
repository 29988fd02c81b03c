#!/usr/bin/env bash
# Makes the documents' pictures from the demo: pictures.sh [NAME...]
# One dashboard runs in a private tmux server, is resized and shown each view in
# turn, and what its pane shows is drawn as docs/NAME.svg; one is a film of half a
# minute. BINARY and OUT say
# which program and where to; KEEP_TEXT=1 keeps the captured screens beside them.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=${BINARY:-bin/agentwatch}
out=${OUT:-docs}
patience=30 # seconds until a text must be there
wanted=("$@")
made=()
helpers=()

# The table. Each line: name, size in cells, how many seconds the demo must have
# run, keys (tmux names, "" for none), what the picture shows in words, and then
# the texts that must be on the screen before it is taken: such as the view alone
# shows ("grid" is also in the name of an agent).
pictures() {
	view board    120x40 20 "" "The board: who needs you first, what each agent does, and the selected one's screen" "agents 12"
	view grid     160x44 25 "2" "The grid: every agent's screen at once" "space mark"
	view focus    140x40 25 "3" "The focus view: one agent, its screen and its past" "of history"
	view inbox    100x30 25 "6" "The inbox: every question that waits for an answer" "waited for you today"
	view engine   120x40 30 "5" "The engine room: what watching costs, layer by layer" "what each costs"
	overlay palette  120x40 30 "1 :" "The command palette" "commands"
	overlay themes   120x40 30 "1 T" "The theme picker" "tried at once"
	overlay strategy 120x40 30 "1 s" "The strategy picker" "forecast"
	overlay help     120x40 30 "1 ?" "The help" "marked by you"
	view timeline 140x30 75 "4" "The timeline: what every agent did in the last minutes" "agents worked"
	film demo     100x30 75 "1 Home" "Half a minute of agentwatch: who needs you, an answer, what an agent has changed, a search, the other views"
}

# scene is what is done in the film: how many seconds nothing is done, then keys.
scene() {
	after 2.5 Tab
	after 1.5 Tab
	approvable
	after 1.5 y
	after 3 Enter
	after 3 2
	after 3 1 Enter
	after 2.5 D
	after 3 Escape
	after 0.5 S r e t r y Enter
	after 3 Escape
	after 0.3 4
	after 2.5 6
	after 2.5 1
	after 1.5
}

# Of the demo with five hosts, of which one is lost after 25 seconds.
fleet_pictures() {
	view fleet    140x40 32 "" "Five other machines in one list; of one nothing is heard" "not heard of"
}

# Of 200 hosts with 50 agents each on a hub.
hub_pictures() {
	view fleet-200 160x44 25 "" "10,000 agents on 200 hosts in one dashboard" "agents 10000"
}

work=$(mktemp -d "${TMPDIR:-/tmp}/agentwatch-pictures-XXXXXX")
mkdir "$work/home" "$work/tmp"
mkdir -p "$out"

# tmux on our own server: no other socket directory, no configuration.
server() { env -u TMUX -u TMUX_PANE TMUX_TMPDIR="$work" tmux -u -L "agentwatch-pictures-$$" -f /dev/null "$@"; }

# The dashboard is asked to quit, so that its demo leaves nothing; then our
# server is ended whatever has become of it.
cleanup() {
	local code=$? deadline=$((SECONDS + 15))
	trap - EXIT INT TERM HUP
	server send-keys -t pictures: C-c 2>/dev/null || true
	while server has-session -t pictures 2>/dev/null && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.1; done
	server kill-server 2>/dev/null || true
	[ ${#helpers[@]} = 0 ] || kill -KILL "${helpers[@]}" 2>/dev/null || true
	wait
	rm -rf -- "$work"
	exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
	echo "pictures.sh: $1; the screen is:" >&2
	server capture-pane -p -t pictures: >&2 || echo "(the dashboard has ended)" >&2
	[ ! -s "$work/complaint" ] || cat "$work/complaint" >&2
	exit 1
}

screen() { server capture-pane -p -t pictures: 2>/dev/null || fail "the dashboard is gone"; }

# edges has the first and the last row of a screen of the given height, nothing
# while one of them is blank: what a resize has left is not taken for a picture.
edges() { awk -v last="$1" 'NR == 1 && NF { first = $0 } NR == last && NF && first { print first; print }' | tr -d '0-9'; }

# settled waits until all texts are there and the edges stay the same.
settled() { # HEIGHT TEXT...
	local height=$1 deadline=$((SECONDS + patience)) before="" now shown text missing
	shift
	while :; do
		shown=$(screen)
		missing=""
		for text in "$@"; do
			grep -qiF -- "$text" <<<"$shown" || missing=$text
		done
		now=$(edges "$height" <<<"$shown")
		[ -z "$missing" ] && [ -n "$now" ] && [ "$now" = "$before" ] && return
		[ "$SECONDS" -lt "$deadline" ] || fail "\"${missing:-a screen of $height rows}\" did not come within $patience s"
		before=$now
		sleep 0.25
	done
}

skipped() {
	[ ${#wanted[@]} -gt 0 ] || return 1
	local name
	for name in "${wanted[@]}"; do [ "$name" != "$1" ] || return 1; done
}

# view takes one picture of the table.
view() {
	local name=$1 width=${2%x*} height=${2#*x} age=$3 keys=$4 title=$5
	shift 5
	! skipped "$name" || return 0
	server resize-window -t pictures: -x "$width" -y "$height"
	settled "$height"
	# The demo's past is real: there is no way but to let it pass.
	while [ "$SECONDS" -lt $((started + age)) ]; do sleep 0.5; done
	for key in $keys; do
		server send-keys -t pictures: "$key"
		sleep 0.05 # two keys in one read can be taken for one
	done
	settled "$height" "$@"
	server capture-pane -p -e -N -t pictures: >"$work/$name.ansi"
	"$binary" picture --width "$width" --height "$height" --title "$title" <"$work/$name.ansi" >"$work/$name.svg"
	mv "$work/$name.svg" "$out/$name.svg"
	[ -z "${KEEP_TEXT:-}" ] || mv "$work/$name.ansi" "$out/$name.ansi"
	made+=("$name")
	echo "$out/$name.svg: ${width}x$height, $(wc -c <"$out/$name.svg") bytes"
}

# overlay takes a picture of something that lies over a view, and closes it.
overlay() {
	local before
	! skipped "$1" || return 0
	view "$@"
	before=$(edges "${2#*x}" < <(screen))
	server send-keys -t pictures: Escape
	local deadline=$((SECONDS + patience))
	while [ "$(edges "${2#*x}" < <(screen))" = "$before" ]; do
		[ "$SECONDS" -lt "$deadline" ] || fail "$1 did not close"
		sleep 0.1
	done
}

# after lets seconds pass, then presses keys.
after() {
	local key
	sleep "$1"
	shift
	for key in "$@"; do
		server send-keys -t pictures: "$key"
		sleep 0.08
	done
}

# approvable goes on to an agent whose question can be approved.
approvable() {
	local tries
	for tries in 1 2 3 4 5 6; do
		sleep 0.4
		! screen | tail -1 | grep -q "y approve" || return 0
		server send-keys -t pictures: Tab
	done
	fail "nobody asks to be approved (looked $tries times)"
}

# film takes a moving picture of a scene: what the pane shows each quarter of a
# second, where it is another one than before.
film() {
	local name=$1 width=${2%x*} height=${2#*x} age=$3 keys=$4 title=$5 key
	! skipped "$name" || return 0
	server resize-window -t pictures: -x "$width" -y "$height"
	settled "$height"
	while [ "$SECONDS" -lt $((started + age)) ]; do sleep 0.5; done
	for key in $keys; do
		server send-keys -t pictures: "$key"
		sleep 0.1
	done
	sleep 4.5 # what the last key came to is shown for four seconds
	settled "$height" agents "? help"
	: >"$work/filming"
	sample "$work/$name.film" &
	local camera=$!
	scene
	rm "$work/filming"
	wait "$camera"
	"$binary" picture --film --width "$width" --height "$height" --title "$title" <"$work/$name.film" >"$work/$name.svg"
	mv "$work/$name.svg" "$out/$name.svg"
	made+=("$name")
	echo "$out/$name.svg: ${width}x$height, $(grep -c $'^\f' "$work/$name.film") frames, $(wc -c <"$out/$name.svg") bytes"
}

# sample writes what the pane shows, with times, while it is filmed.
sample() {
	local began=$EPOCHREALTIME before="" now
	began=${began/[.,]/}
	since() { local t=$EPOCHREALTIME; t=$((${t/[.,]/} - began)); printf '\f%d.%06d\n' $((t / 1000000)) $((t % 1000000)); }
	while [ -e "$work/filming" ]; do
		now=$(server capture-pane -p -e -N -t pictures:)
		if [ "$now" != "$before" ]; then
			since
			printf '%s\n' "$now"
			before=$now
		fi
		sleep 0.25
	done >"$1"
	since >>"$1"
}

[ -x "$binary" ] || { echo "pictures.sh: $binary is missing: run make build" >&2; exit 1; }
binary=$(realpath "$binary")
# begin starts a dashboard; leave ends it.
begin() { # COMMAND
	# A TERM of tmux's own would have the dashboard reduce its colours to 256.
	server start-server \; set-option -s default-terminal xterm-256color \; set-option -sa terminal-features ',*:RGB' \; \
		set-option -g status off \; \
		new-session -d -s pictures -x 120 -y 40 \
		"exec env -u NO_COLOR -u TMUX -u TMUX_PANE HOME='$work/home' TMPDIR='$work/tmp' TMUX_TMPDIR='$work/tmp' \
		XDG_CONFIG_HOME='$work/home' XDG_STATE_HOME='$work/home' XDG_DATA_HOME='$work/home' XDG_CACHE_HOME='$work/home' \
		LC_ALL=C.UTF-8 COLORTERM=truecolor $1 2>'$work/complaint'"
	started=$SECONDS
	settled 40 agents
}

leave() {
	local deadline=$((SECONDS + patience))
	server send-keys -t pictures: C-c
	while server has-session -t pictures 2>/dev/null; do
		[ "$SECONDS" -lt "$deadline" ] || fail "the dashboard does not end"
		sleep 0.1
	done
}

wants() {
	local name
	for name in "$@"; do skipped "$name" || return 0; done
	return 1
}

begin "'$binary' demo ${DEMO_FLAGS:-}"
pictures
if wants fleet; then
	leave
	begin "'$binary' demo --hosts 5 --agents 18"
	fleet_pictures
fi
if wants fleet-200; then
	leave
	redis-server --port 0 --unixsocket "$work/redis" --save "" --dir "$work" >/dev/null &
	helpers+=($!)
	while [ ! -S "$work/redis" ]; do sleep 0.1; done
	mkfifo "$work/orders" "$work/none"
	exec 8<>"$work/orders" 9<>"$work/none"
	"$binary" bench-machine hosts "unix://$work/redis" 200 50 3<&8 4>/dev/null &
	helpers+=($!)
	echo "changes 50" >&8
	begin "'$binary' bench-machine dashboard unix://$work/redis 10000 3<'$work/none' 4>/dev/null"
	hub_pictures
fi
for name in "${wanted[@]}"; do
	case " ${made[*]} " in *" $name "*) ;; *) echo "pictures.sh: no picture is called $name" >&2; exit 1 ;; esac
done
