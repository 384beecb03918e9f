#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# demo-guest.sh CHANNELS: the guest's side of 'make demo': a live redis is moved
# back and forth between two NUMA nodes, copied as a BPF policy decides, by the
# CPU that migrates and by the channels of an I/OAT engine under the stock
# driver. Fails if a byte of its data changed, or if the policy or the engine had
# no part in it. What the module counted for each channel goes to the file
# CHANNELS: "id kind name node bytes F.C", the last its name outside, or "-".
set -euo pipefail
# shellcheck source=guest-prepare.sh
. /src/tests/lab/guest-prepare.sh
# shellcheck source=engine/guest/lib.sh
. /src/tests/lab/engine/guest/lib.sh

KEYS=${DEMO_KEYS:-200000}
MOVES=${DEMO_MOVES:-6}
POLICY=mgx_roundrobin
WIDTH=4 # channels per batch
SYSFS=/sys/kernel/migrate_ext
EVENTS=$SYSFS/events
SOCK=/run/redis.sock
BENCH=

say() { printf 'demo: %s\n' "$*"; }

fail()
{
	printf 'demo: error: %s\n' "$*" >&2
	exit 1
}

redis() { redis-cli -s "$SOCK" "$@"; }

vmstat_of() { awk -v n="$1" '$1 == n { print $2 }' /proc/vmstat; }

event() { cat "$EVENTS/$1"; }

# --- the engine --------------------------------------------------------------------

# channel_ids KIND: lowest first
channel_ids()
{
	grep -lx "$1" "$SYSFS"/channels/*/kind | sed -E 's|.*/([0-9]+)/kind|\1|' | sort -n
}

# The driver tests itself while it is loaded: count from then on.
start_engine()
{
	load_driver || fail "the stock ioatdma driver does not load"
	((${#engine_name[@]})) || fail "ioatdma finds no engine"
	ask reset counters || fail "the engine does not answer: $reply"
	echo 1 >/sys/module/migrate_ext/parameters/dmaengine
	mapfile -t channels < <(channel_ids dmaengine)
	((${#channels[@]})) || fail "migrate_ext got no channel of dmaengine"
	# A host that is busy makes an engine slow, not dead.
	echo 5000 >/sys/module/migrate_ext/parameters/deadline_ms
}

start_policy()
{
	load_policy "$POLICY" --set "first=${channels[0]}" \
		--set "last=${channels[-1]}" --set "width=$WIDTH" --set free_cpu=1
	[[ $(cat "$SYSFS/ops") == "$POLICY" ]] || fail "$POLICY is not attached"
}

# Counters stand still once the policy has gone: then they can be compared.
save_channels()
{
	local dir name

	mgxctl unload
	for dir in $(printf '%s\n' "$SYSFS"/channels/* | sort -V); do
		name=$(<"$dir/name")
		echo "${dir##*/} $(<"$dir/kind") $name $(<"$dir/node") $(<"$dir/bytes")" \
			"${engine_name[$name]:--}"
	done >"$1"
}

# --- the database ----------------------------------------------------------------

start_redis()
{
	local i

	redis-server --port 0 --unixsocket "$SOCK" --save '' --appendonly no \
		--enable-debug-command yes --daemonize yes --dir /run \
		--logfile /run/redis.log >/dev/null
	for ((i = 0; i < 100; i++)); do
		[[ $(redis ping 2>/dev/null) == PONG ]] && return
		sleep 0.1
	done
	fail "redis-server does not start: $(tail -n 1 /run/redis.log)"
}

# Every value differs and fills its page: a byte copied wrong shows in the digest.
fill_redis()
{
	local step=20000 i

	for ((i = 0; i < KEYS; i += step)); do
		redis eval 'for i = ARGV[1], ARGV[2] - 1 do
			redis.call("SET", "key:" .. i, string.rep(redis.sha1hex(i), 13)) end' \
			0 "$i" "$((i + step < KEYS ? i + step : KEYS))" >/dev/null
		(((i + step) % 100000)) || say "filled redis with $((i + step)) keys"
	done
	[[ $(redis dbsize) == "$KEYS" ]] || fail "redis holds $(redis dbsize) keys, not $KEYS"
}

digest() { redis debug digest; }

# The benchmark reads and writes without a pause, in a database of its own, so
# that the digest of ours has to stay the same.
start_benchmark()
{
	redis-benchmark -s "$SOCK" -t set,get -c 4 -d 400 -r 20000 -n 1000000000 \
		--dbnum 1 -q >/dev/null 2>&1 &
	BENCH=$!
}

stop_benchmark()
{
	kill "$BENCH" 2>/dev/null || fail "redis-benchmark ended by itself"
	wait "$BENCH" 2>/dev/null || true
	redis -n 1 flushdb >/dev/null
}

ops_per_second() { redis info stats | tr -d '\r' | sed -n 's/^instantaneous_ops_per_sec://p'; }

# --- the moves -------------------------------------------------------------------

# figures: pages migrated, batches, batches declined, pages copied by the
# policy, pages copied by the kernel; since boot.
figures()
{
	echo "$(vmstat_of pgmigrate_success) $(event batches) $(event batches_declined)" \
		"$(event pages_copied) $(event pages_kernel)"
}

# on_node PID NODE: percentage of the process' pages that are on the node.
on_node()
{
	tr ' ' '\n' <"/proc/$1/numa_maps" |
		awk -F = -v n="N$2" '/^N[0-9]+=/ { all += $2; if ($1 == n) here += $2 }
			END { printf "%d", all ? 100 * here / all : 0 }'
}

# row LABEL PID TO START-FIGURES SINCE: one line of the table.
row()
{
	local a b
	read -ra a <<<"$4"
	read -ra b <<<"$(figures)"
	printf '%-9s %9d %8d %8d %10d %10d %8d%% %6d.%d %9s\n' "$1" \
		$((b[0] - a[0])) $((b[1] - a[1])) $((b[1] - a[1] - b[2] + a[2])) \
		$((b[3] - a[3])) $((b[4] - a[4])) "$(on_node "$2" "$3")" \
		$((($(now) - $5) / 10)) $((($(now) - $5) % 10)) "$(ops_per_second)"
}

# now: tenths of a second.
now() { awk '{ printf "%d", $1 * 10 }' /proc/uptime; }

header()
{
	printf '%-9s %9s %8s %8s %10s %10s %9s %8s %9s\n' move migrated batches decided \
		'by policy' 'by kernel' 'arrived' seconds 'redis/s'
}

# move PID FROM TO: one move, with a line every two seconds while it lasts.
move()
{
	local start since job next

	start=$(figures)
	since=$(now)
	next=$((since + 20))
	migratepages "$1" "$2" "$3" &
	job=$!
	while kill -0 "$job" 2>/dev/null; do
		sleep 0.2
		(($(now) >= next)) || continue
		next=$(($(now) + 20))
		row "  $2 -> $3 .." "$1" "$3" "$start" "$since"
	done
	wait "$job" || fail "migratepages $1 $2 $3 failed"
	row "$2 -> $3" "$1" "$3" "$start" "$since"
}

moves()
{
	local pid=$1 i from=0

	migratepages "$pid" 1 0
	header
	for ((i = 0; i < MOVES; i++)); do
		move "$pid" "$from" "$((1 - from))"
		from=$((1 - from))
	done
}

# --- the end ---------------------------------------------------------------------

# summary START-FIGURES BEFORE AFTER
summary()
{
	local a b
	read -ra a <<<"$1"
	read -ra b <<<"$(figures)"
	echo
	printf 'kernel %s, policy %s: %d keys of redis, %d moves under load\n' \
		"$(uname -r)" "$POLICY" "$KEYS" "$MOVES"
	printf '  %d pages migrated (%d MiB), %d batches, %d decided by the policy\n' \
		$((b[0] - a[0])) $(((b[0] - a[0]) / 256)) $((b[1] - a[1])) \
		$((b[1] - a[1] - b[2] + a[2]))
	printf '  copied as the policy decided: %d pages; by the kernel itself: %d\n' \
		$((b[3] - a[3])) $((b[4] - a[4]))
	printf '  pieces that a channel failed on: %d; given up, since the engine was late: %d\n' \
		"$(event folios_redone)" "$(event folios_limbo)"
	printf '  held back from the policy: %d unexpected references, %d private mappings\n' \
		"$(event held_refs)" "$(event held_mapping)"
	printf '  digest before: %s\n  digest after:  %s\n' "$2" "$3"
	((b[0] > a[0])) || fail "not a page was migrated"
	((b[3] > a[3])) || fail "not a page was copied as the policy decided"
	[[ $2 == "$3" ]] || fail "the data changed while it was moved"
	say "the data is unchanged"
}

main()
{
	local pid before after start channels

	# Only migratepages is to move memory here, so that the figures are its own.
	echo 0 >/proc/sys/kernel/numa_balancing
	load_module
	start_engine
	start_policy
	start_redis
	fill_redis
	pid=$(redis info server | tr -d '\r' | sed -n 's/^process_id://p')
	before=$(digest)
	say "redis-server $pid: $(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$pid/status") MiB, digest $before"
	start_benchmark
	start=$(figures)
	moves "$pid"
	stop_benchmark
	after=$(digest)
	mgxctl status
	save_channels "$1"
	summary "$start" "$before" "$after"
}

main "$@"
