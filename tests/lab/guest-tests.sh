#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-tests.sh RUN [NAME...]: runs the kselftests that tests.list names (all,
# or NAMEs only), each with its time limit and with the module loaded and no
# policy attached. Prints each program's TAP as a subtest and searches the
# kernel log after each, so that the culprit is known. Figures go to
# build/logs/RUN.results.
set -uo pipefail

# shellcheck source=tap.sh
. /src/tests/lab/tap.sh
# shellcheck source=guest-prepare.sh
. /src/tests/lab/guest-prepare.sh

run=$1
shift
dir=/src/build/kselftest
logs=/src/build/logs
results=$logs/$run.results

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

# kernel_log NAME: what the kernel said since NAME began.
kernel_log() { dmesg | sed -n "/mgx-lab: begin $1\$/,\$p"; }

run_one()
{
	local name=$1 limit=$2 log=$logs/$run-$1.tap

	echo "# running $name"
	echo "mgx-lab: begin $name" >/dev/kmsg
	if prepare >"$log" 2>&1; then
		tap_run "$limit" "$log" "$dir/$name"
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

main()
{
	local name limit

	cd "$dir" || return
	while read -r name limit _; do
		[[ -n $name && $name != '#'* ]] || continue
		wanted "$name" "$@" || continue
		run_one "$name" "${limit:-120}" </dev/null
	done <tests.list
}

main "$@"
