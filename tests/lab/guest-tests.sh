#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-tests.sh RUN [NAME...]: runs the kselftests that tests.list names (all,
# or NAMEs only), each with its time limit and with the module loaded and no
# policy attached. Prints each program's TAP as a subtest and searches the
# kernel log after each, so that the culprit is known. A debug kernel is asked
# last for memory that nothing points to, and whether its checks were on until
# the end. Figures go to build/logs/RUN.results.
set -uo pipefail

# shellcheck source=lib.sh
. /src/tests/lab/lib.sh
# shellcheck source=tap.sh
. /src/tests/lab/tap.sh
# shellcheck source=guest-prepare.sh
. /src/tests/lab/guest-prepare.sh

run=$1
shift
dir=/src/build/kselftest
logs=/src/build/logs
results=$logs/$run.results
factor=$(time_factor "$(uname -r)")
# Limits inside of the programs are longer, too: see lib/patience.c.
export MGX_TIME_FACTOR=$factor
# And some do less of the same, if test.sh says so.
MGX_LESS=$(sed -nE 's/.* mgx\.less=([0-9]+).*/\1/p' /proc/cmdline)
export MGX_LESS
kmemleak=/sys/kernel/debug/kmemleak

wanted()
{
	local name=$1 want
	shift

	(($#)) || return 0
	for want; do
		[[ $name == "$want" ]] && return 0
	done
	return 1
}

# Every program finds the same: module in, no policy.
prepare()
{
	load_module || return
	[[ -z $(cat /sys/kernel/migrate_ext/ops 2>/dev/null) ]] && return
	mgxctl unload >/dev/null 2>&1 || true
}

run_one()
{
	local name=$1 limit=$2 log=$logs/$run-$1.tap

	echo "# running $name"
	echo "mgx-lab: begin $name" >/dev/kmsg
	if prepare >"$log" 2>&1; then
		tap_run $((limit * factor)) "$log" "$dir/$name"
	else
		tap_passed=0 tap_failed=1 tap_skipped=0 tap_time=0 tap_why="the module does not load"
	fi
	kernel_log "$name" >"$logs/$run-$name.dmesg"
	if ! /src/tests/lab/dmesg-check.sh "$logs/$run-$name.dmesg" >>"$log" 2>&1; then
		tap_failed=$((tap_failed + 1))
		tap_why="${tap_why:+$tap_why; }the kernel complained"
	fi
	tap_report "$name" "$log" "$results"
}

# kcsan_sees: whether it reports a race that is there on purpose; the module is no
# other code than ours to it.
kcsan_sees()
{
	local tries

	insmod "${mgx_module%/*}/mgx_race.ko" || return
	for ((tries = 0; tries < 120; tries++)); do
		dmesg | grep -q 'KCSAN: data-race in race_main' && break
		sleep 1
	done
	rmmod mgx_race
	((tries < 120)) || {
		echo "KCSAN does not see the race of mgx_race.ko"
		return 1
	}
}

# checks_on: what a debug kernel has switched off by itself, for want of room or
# after its first report, found nothing since.
checks_on()
{
	if [[ $(uname -r) == *-kcsan ]]; then
		grep -Eqx 'enabled: +1' /sys/kernel/debug/kcsan || echo "KCSAN is off"
		kcsan_sees
		sed 's/^/mgx-lab: kcsan: /' /sys/kernel/debug/kcsan >/dev/kmsg
		return
	fi
	grep -Eq 'debug_locks: +1$' /proc/lockdep_stats ||
		echo "lockdep switched itself off"
	[[ $(cat /sys/kernel/debug/dma-api/disabled) == N ]] ||
		echo "DMA_API_DEBUG switched itself off"
	echo scan=off >"$kmemleak" 2>/dev/null || echo "kmemleak switched itself off"
}

# kcsan_on: what it finds while the kernel boots is not ours. In an emulator it has
# to look less often and longer: the other CPU may not run for some milliseconds.
kcsan_on()
{
	echo 100000 >/sys/module/kcsan/parameters/skip_watch
	echo 2000 >/sys/module/kcsan/parameters/udelay_task
	echo 500 >/sys/module/kcsan/parameters/udelay_interrupt
	echo on >/sys/kernel/debug/kcsan
}

# leaks: two scans, the second for what the first saw while it was on its way.
leaks()
{
	local i

	for i in 1 2; do
		sleep 6 # younger objects are not reported
		echo scan >"$kmemleak" || echo "kmemleak does not scan ($i)"
	done
	cat "$kmemleak"
}

# debug_point NAME CMD: a test that passes if CMD prints nothing.
debug_point()
{
	local log=$logs/$run-$1.tap

	echo "# running $1"
	tap_passed=1 tap_failed=0 tap_skipped=0 tap_time=$SECONDS tap_why=
	"$2" >"$log" 2>&1
	if [[ -s $log ]]; then
		tap_passed=0 tap_failed=1
	fi
	tap_time=$((SECONDS - tap_time))
	tap_report "$1" "$log" "$results"
}

main()
{
	local name limit

	cd "$dir" || return
	[[ $(uname -r) != *-kcsan ]] || kcsan_on
	while read -r name limit _; do
		[[ -n $name && $name != '#'* ]] || continue
		wanted "$name" "$@" || continue
		run_one "$name" "${limit:-120}" </dev/null
	done <tests.list
	is_debug "$(uname -r)" || return 0
	debug_point kernel-checks checks_on
	[[ $(uname -r) == *-kcsan ]] || debug_point kmemleak leaks
}

main "$@"
