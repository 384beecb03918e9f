#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mgxtop-inner.sh: second half of test-mgxtop.sh, in the lab's root. TAP.
set -uo pipefail

PATIENCE=${PATIENCE:-200} # tenths of a second until a screen shows what it should
dir=$(mktemp -d)
rec=$dir/recording
n=0
export TMUX_TMPDIR=$dir
unset NO_COLOR
trap 'tmux kill-server 2>/dev/null; rm -rf "$dir"' EXIT

# --- a recording -----------------------------------------------------------------

# channel ID KIND NAME NODE STATE BYTES
channel()
{
	printf '{"id":%d,"kind":"%s","name":"%s","node":%d,"state":"%s","verify":"off",
		"credits":8,"depth":2,"inflight":0,"refused":0,"copies":9,"bytes":%d,
		"errors":0,"ns":1,"p50_ns":20000,"p99_ns":40000,"latency":[]}' "$@" | tr -d '\n\t'
}

# sample SEQ MIB STATE: totals after MIB per channel; STATE is that of dma0chan0.
sample()
{
	local bytes=$(($2 * 1048576))

	printf '{"format":1,"seq":%d,"epoch":1,"time_ms":%d,"period_ms":1000,"replay":false,' \
		"$1" $((1763848800000 + $1 * 1000))
	printf '"kernel":"6.12","module":{"version":"0.1.0","interface":1,"hooks":"armed","reserve":64},'
	printf '"monitor":true,"policy":{"state":"active","name":"pol_a","enable_seq":1,'
	printf '"since_ms":1763848800000,"parameters":[],"nr_rejected":0,"reject_reason":null},'
	printf '"last_exit":{"policy":"pol_b","kind":"error_bpf","code":0,"message":"no luck"},'
	printf '"events":{"calls":%d,"batches":%d},"reasons":{},"channels":[' "$1" $(($1 * 10))
	channel 0 caller caller -1 up $((bytes / 2))
	printf ,
	channel 1 cpu cpu0 0 up "$bytes"
	printf ,
	channel 2 dmaengine dma0chan0 1 "$3" $((bytes * 3 / 2))
	printf '],"choices":[{"reason":"syscall","size":"2M","src":0,"dst":1,"batches":%d,' \
		$(($1 * 10))
	printf '"folios":9,"held":0,"bytes":%d,"submits":9,"submit_bytes":9,"refused":0,"done":9,' \
		"$bytes"
	printf '"copied":%d,"fallback":0,"errors":0,"copy_ns":1,"first_ns":1,' "$bytes"
	printf '"latency":[[64,%d]],"first":[]}],"flows":[]}\n' $(($1 * 10))
}

# As long as the test may take: nothing moves in all that comes later.
record()
{
	sample 1 32 up
	sample 2 64 failed
	sample 3 64 failed | awk '{
		for (seq = 3; seq < 1200; seq++) {
			line = $0
			sub(/"seq":3,/, "\"seq\":" seq ",", line)
			sub(/"time_ms":[0-9]*,/, "\"time_ms\":" (1763848800 + seq) "000,", line)
			print line
		}
	}'
}

# --- points ------------------------------------------------------------------------

# point STATUS NAME [FILE]: FILE is shown if it failed.
point()
{
	n=$((n + 1))
	if (($1 == 0)); then
		echo "ok $n - $2"
		return
	fi
	echo "not ok $n - $2"
	[[ -z ${3:-} ]] || sed 's/^/# /' "$3"
}

# --- without a terminal --------------------------------------------------------------

plain_tests()
{
	local out=$dir/plain

	mgxtop --replay "$rec" >"$out" </dev/null
	point $? "not a terminal: ends by itself, status 0" "$out"
	! grep -q $'\033' "$out"
	point $? "not a terminal: no escape sequences" "$out"
	grep -q '^96.0 MiB/s  10 batches/s' "$out"
	point $? "not a terminal: 16 + 32 + 48 MiB in a second are 96.0 MiB/s" "$out"
	grep -qE '^ *2 dma0chan0 +dmaengine +1 failed +48.0 +20.0 +40.0' "$out"
	point $? "not a terminal: the row of a channel" "$out"
	grep -q '^last: pol_b ended: error_bpf: no luck' "$out"
	point $? "not a terminal: how the last policy ended" "$out"
	[[ $(mgxtop -r "$rec" -n 3 </dev/null | grep -cE '^[0-9.]+ MiB/s') == 3 ]]
	point $? "--samples 3: three reports"
	mgxtop -r "$rec" --filter CPU --sort total </dev/null >"$out"
	grep -q '1 of 3 channels have' "$out" && ! grep -q dma0chan0 "$out"
	point $? "--filter: the others are gone" "$out"
	mgxtop -r "$rec" --sort mib/s </dev/null >"$out"
	[[ $(grep -oE 'caller |cpu0|dma0chan0' "$out" | tr -d '\n ') == dma0chan0cpu0caller* ]]
	point $? "--sort mib/s: the highest first" "$out"
}

# usage NAME ARGS...: wrong ones give status 2 and one line.
usage()
{
	local name=$1 rc
	shift

	mgxtop "$@" >"$dir/out" 2>"$dir/err" </dev/null
	rc=$?
	((rc == 2)) && [[ $(wc -l <"$dir/err") == 1 && $(<"$dir/err") == mgxtop:* ]]
	point $? "$name" "$dir/err"
}

usage_tests()
{
	usage "an unknown option is refused" --wrong
	usage "a word too many is refused" word
	usage "a delay that is none is refused" --delay soon
	usage "a sample count of 0 is refused" --samples 0
	usage "a column that there is not is refused" --sort colour
	mgxtop --replay "$dir/nothing" 2>"$dir/err" </dev/null
	(($? == 1)) && grep -q "$dir/nothing" "$dir/err"
	point $? "a recording that is not there: status 1, named" "$dir/err"
}

# --- on a terminal ---------------------------------------------------------------------

screen() { tmux capture-pane -p -t top; }

# shows PATTERN: until the screen has it.
shows()
{
	local i

	for ((i = 0; i < PATIENCE; i++)); do
		screen >"$dir/screen" 2>/dev/null
		grep -qE -- "$1" "$dir/screen" && return
		sleep 0.1
	done
	return 1
}

# start WIDTH HEIGHT [ENVIRONMENT...]: the server before may still be about to end
start()
{
	local width=$1 height=$2 i
	shift 2

	tmux kill-server 2>/dev/null
	for ((i = 0; i < PATIENCE; i++)); do
		tmux -f /dev/null new-session -d -s top -x "$width" -y "$height" \
			"env TERM=tmux-256color $* mgxtop --replay $rec; echo ended \$?; sleep 600" 2>/dev/null &&
			return
		sleep 0.1
	done
}

# key NAME KEYS PATTERN: KEYS bring PATTERN to the screen.
key()
{
	local name=$1 pattern=${*: -1}

	tmux send-keys -t top "${@:2:$#-2}"
	shows "$pattern"
	point $? "$name" "$dir/screen"
}

key_tests()
{
	start 110 30
	shows 'dma0chan0 .* 40.0 .*'
	point $? "terminal: figures" "$dir/screen"
	grep -q dma0chan0 "$dir/screen" || {
		echo "Bail out! mgxtop shows nothing"
		exit 1
	}
	key "2: decisions by reason and size" 2 'syscall +2M +[0-9]+ '
	key "3: history" 3 'Time +MiB/s +caller'
	key "4: events, with the channel that failed" 4 'dma0chan0.*failed'
	key "Tab: the first screen again" Tab 'Id\*? +Name'
	key "s: sorted by name" s 'Name\*'
	key "r: reversed" r 'Name\^'
	key "<: by id" '<' 'Id\*'
	key "h: help" h 'this help'
	key "?: and back" '?' 'Id\* '
	key "/: asks for a filter" / '^filter:'
	key "a filter, while it is typed" c p u '1 of 3 channels'
	key "Enter: the filter stays" Enter 'q end '
	key "Escape: all channels" Escape 'dma0chan0'
	key "p: held" p '\[held\]'
	key "p: goes on" p '^q end'
	key "q: ends, status 0" q 'ended 0'
}

# The widest line of the screen, and whether it still has figures.
size_tests()
{
	start 110 30
	shows dma0chan0
	tmux resize-window -t top -x 40 -y 10
	# tmux leaves the last lines as they were until mgxtop has drawn anew.
	shows 'policy pol_a' && shows '^q end  h help  1-4'
	[[ $(screen | wc -l) -le 10 ]] && grep -q 'policy pol_a' "$dir/screen"
	point $? "resized to 40x10: head and keys are there" "$dir/screen"
	key "40x10: scrolls down to the last channel" Down Down Down Down 'dma0chan0'
	tmux resize-window -t top -x 110 -y 30
	shows 'dma0chan0 .* 40.0 .*'
	point $? "resized back: whole rows" "$dir/screen"
	tmux resize-window -t top -x 3 -y 1
	sleep 0.5
	tmux resize-window -t top -x 110 -y 30
	shows 'dma0chan0 .* 40.0 .*'
	point $? "survives a terminal of 3x1" "$dir/screen"
}

# colours: does the screen have any?
colours() { tmux capture-pane -p -e -t top | grep -qE $'\033\\[([0-9;]*;)?3[1-7]m'; }

colour_tests()
{
	start 110 30
	shows dma0chan0
	colours
	point $? "a terminal: colours"
	start 110 30 NO_COLOR=1
	shows dma0chan0
	! colours
	point $? "NO_COLOR: none"
}

record >"$rec"
command -v mgxtop >/dev/null || {
	echo "Bail out! build/bin/mgxtop is missing; run 'make lab-build'"
	exit 1
}
plain_tests
usage_tests
key_tests
size_tests
colour_tests
echo "1..$n"
