#!/bin/sh
# agentwatch in tmux: a key that opens the dashboard, one that goes to the next
# agent that needs you, and the agents in the status line. With TPM, or by
#
#   run-shell /path/to/agentwatch.tmux
#
# in tmux.conf, after the options (set -g @agentwatch-key g):
#
#   @agentwatch-key       key after the prefix that opens the dashboard. Without it
#                         a, or A where a is bound to something else
#   @agentwatch-open      popup (default), window or pane; tmux below 3.2 has no popups
#   @agentwatch-size      of the popup 90% (default) or 120x40, of the pane 50% (default)
#   @agentwatch-next-key  key after the prefix that goes to the next agent that needs
#                         you. Without it, none
#   @agentwatch-status    on (default): #{agentwatch_status} in status-left and
#                         status-right becomes what `agentwatch status --format tmux` prints
#   @agentwatch-command   path of the program, where it is not found by itself
#
# Sourcing it again takes over changed options. A key that you have bound anew
# since then stays yours.
set -eu

folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

# option NAME DEFAULT prints a setting of the user's.
option() {
	set -- "$(tmux show-option -gqv "@agentwatch-$1")" "$2"
	printf '%s\n' "${1:-$2}"
}

# tell says what is wrong: in the status line, or where nobody is attached to
# whoever runs this.
tell() {
	if [ -n "$(tmux list-clients -F x)" ]; then
		tmux display-message "agentwatch: $1"
	else
		echo "agentwatch: $1"
	fi
}

# has_version MAJOR MINOR tells whether the server is at least that new. One
# without a number (master) is. Before 3.2 it tells its version only once somebody is
# there, and not while it reads its configuration.
has_version() {
	{ tmux display-message -p '#{version}' 2>/dev/null || tmux -V; } | awk -v major="$1" -v minor="$2" '{
		sub(/^[^0-9]*/, ""); n = split($0, v, /[^0-9]+/)
		exit !(n < 2 || v[1] > major || v[1] == major && v[2] >= minor) }'
}

# find_program prints the path of agentwatch. The PATH of a tmux server is often
# shorter than that of a shell.
find_program() {
	given=$(option command '')
	case $given in \~/*) given=$HOME/${given#??} ;; esac
	for candidate in "${given:-$(command -v agentwatch || :)}" "$folder/agentwatch" "$folder/bin/agentwatch" \
		"${HOME:-}/go/bin/agentwatch" "${HOME:-}/.local/bin/agentwatch"; do
		if [ -x "$candidate" ] && [ ! -d "$candidate" ]; then
			printf '%s\n' "$candidate"
			return
		fi
		[ -z "$given" ] || return 0
	done
}

# binding KEY prints what a key after the prefix does; nothing for a free one.
binding() {
	tmux list-keys -T prefix | KEY=$1 awk '{
		for (i = 2; i < NF && $i != "-T"; i++);
		key = $(i + 2)
		if (length(key) > 1) sub(/^\\/, "", key)
		if (key == ENVIRON["KEY"]) { $1 = $1; print } }'
}

# leave NAME frees the key that was bound for NAME, if it still is as we bound it.
leave() {
	key=$(tmux show-option -gqv "@agentwatch_bound_$1")
	if [ -n "$key" ] && [ "$(binding "$key")" = "$(tmux show-option -gqv "@agentwatch_binding_$1")" ]; then
		tmux unbind-key -T prefix "$key"
	fi
	tmux set-option -gqu "@agentwatch_bound_$1"
	tmux set-option -gqu "@agentwatch_binding_$1"
}

# take NAME KEY COMMAND... binds a key and remembers how.
take() {
	name=$1 key=$2
	shift 2
	if ! tmux bind-key -T prefix "$key" "$@"; then
		tell "no key is called $key"
		return 0
	fi
	tmux set-option -g "@agentwatch_bound_$name" "$key"
	tmux set-option -g "@agentwatch_binding_$name" "$(binding "$key")"
}

# open_key prints the key for the dashboard: the user's, else the first free one.
open_key() {
	asked=$(option key '')
	for key in ${asked:-a A}; do
		if [ -n "$asked" ] || [ -z "$(binding "$key")" ]; then
			printf '%s\n' "$key"
			return
		fi
	done
}

# is_size TEXT tells whether tmux takes it for a width or a height.
is_size() { printf '%s\n' "$1" | grep -Eqx '[1-9][0-9]{0,3}%?'; }

# take_open KEY PROGRAM binds the key to the way in which the user wants it.
take_open() {
	how=$(option open popup)
	case $how in
	popup) has_version 3 2 || how=window ;;
	window | pane) ;;
	*)
		tell "@agentwatch-open is popup, window or pane, and not $how"
		how=window
		;;
	esac
	usual=90%
	[ "$how" = popup ] || usual=50%
	size=$(option size "$usual")
	width=${size%%x*} height=${size#*x}
	if ! is_size "$width" || ! is_size "$height"; then
		tell "@agentwatch-size is a size such as 90% or 120x40, and not $size"
		width=$usual height=$usual
	fi
	# What it says when it fails stays readable: -EE, and sh waiting for a key.
	# shellcheck disable=SC2016 # sh is to expand it, not we
	wait_on_failure='"$0" || { echo "(press enter)"; read -r _; }'
	case $how in
	popup) take open "$1" display-popup -EE -w "$width" -h "$height" "'$2'" ;;
	pane) take open "$1" split-window -h -l "$width" sh -c "$wait_on_failure" "$2" ;;
	window)
		if has_version 3 2; then
			# -S goes to the window where it is open already.
			take open "$1" new-window -S -n agentwatch sh -c "$wait_on_failure" "$2"
		else
			# if-shell does that where new-window has no -S.
			take open "$1" if-shell -F '#{m:* agentwatch *, #{W:#{window_name} ,#{window_name} }}' \
				'select-window -t :=agentwatch' "new-window -n agentwatch sh -c '$wait_on_failure' '$2'"
		fi
		;;
	esac
}

# show_status PROGRAM puts the program where the placeholder is.
show_status() {
	for line in status-left status-right; do
		before=$(tmux show-option -gqv "$line")
		after=$(printf '%s\n' "$before" | STATUS="#('$1' status --format tmux 2>&1)" awk '{
			while (at = index($0, "#{agentwatch_status}"))
				$0 = substr($0, 1, at - 1) ENVIRON["STATUS"] substr($0, at + 20)
			print }')
		[ "$after" = "$before" ] || tmux set-option -g "$line" "$after"
	done
}

leave open
leave next
program=$(find_program)
case $program in
*[\'\"\`\#%\(\)\\\$\;]*)
	tell "the path $program has characters that tmux would interpret: give @agentwatch-command another one"
	exit
	;;
esac
key=$(open_key)
next=$(option next-key '')
if [ -z "$program" ]; then
	missing="agentwatch: the program is not found; install it, or set @agentwatch-command to its path"
	[ -z "$key" ] || take open "$key" display-message "$missing"
	[ -z "$next" ] || take next "$next" display-message "$missing"
	exit
fi
if [ -n "$key" ]; then
	take_open "$key" "$program"
else
	tell "the keys a and A are taken: set @agentwatch-key to another one"
fi
if [ -n "$next" ]; then
	take next "$next" run-shell -b "exec '$program' next --client #{q:client_name}"
fi
if [ "$(option status on)" != off ]; then
	show_status "$program"
fi
