#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# dmatest.sh: the kernel's own dmatest against mgx_sim as a provider of
# dmaengine: several channels, several threads on each, in order and out of
# order. It compares every byte, also those around the copy.
# kselftest-timeout: 120
# shellcheck disable=SC2317 # some functions are called by ok()
set -u

# shellcheck source=../lab/engine/guest/tap.sh
. /src/tests/lab/engine/guest/tap.sh

build=/src/build
sim=/sys/kernel/mgx_sim
dmatest=$build/engine/$(uname -r)/dmatest.ko
SLOTS=4 THREADS=3 ITERATIONS=40

cleanup()
{
	rmmod dmatest mgx_sim 2>/dev/null
}
trap cleanup EXIT

# set_all FILE VALUE: a setting of each engine
set_all()
{
	local slot

	for slot in "$sim"/*/; do
		echo "$2" >"$slot$1"
	done
}

# least FILE: the lowest of the engines' counters
least()
{
	cat "$sim"/*/stats/"$1" | sort -n | head -n 1
}

# run_dmatest BUFFER-SIZE: what it says is in $log
run_dmatest()
{
	local mark="mgx-dmatest-$SRANDOM"

	echo "$mark" >/dev/kmsg
	insmod "$dmatest" iterations="$ITERATIONS" threads_per_chan="$THREADS" \
		test_buf_size="$1" timeout=60000 run=1 || return
	cat /sys/module/dmatest/parameters/wait >/dev/null
	rmmod dmatest || return
	log=$(dmesg | sed -n "/$mark/,\$p")
}

# passed NAME: each thread's summary is there, without a failure
passed()
{
	is "$(grep -cE "summary $ITERATIONS tests, 0 failures" <<<"$log")" \
		$((SLOTS * THREADS)) "$1: $((SLOTS * THREADS)) threads, $ITERATIONS copies each, no failure"
	is "$(grep -E 'summary .*[1-9][0-9]* failures|mismatch|overwritten|not copied|timed out' <<<"$log")" \
		"" "$1: not a byte is wrong"
}

ok "mgx_sim loads" insmod "$build/$(uname -r)/mgx_sim.ko" slots="$SLOTS" node=0,0,1,1
set_all latency_ns 1000
before=$(least bytes)
ok "dmatest runs" run_dmatest 16384
passed "in order"
ok "every engine has copied" test "$(least bytes)" -gt "$before"
set_all out_of_order 1
set_all jitter_ns 50000
ok "dmatest runs again" run_dmatest 65536
passed "out of order"
is "$(cat "$sim"/*/stats/errors | sort -nu)" 0 "no engine counts an error"
ok "mgx_sim unloads" rmmod mgx_sim
done_testing
