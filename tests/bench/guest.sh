#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh - in the lab: the cost of a migrated page without the module, with
# it, and with policies, one after the other in the same boot. One line each:
# name, cost per page, difference to the stock kernel in per cent.
set -euo pipefail

MODULE=/src/build/$(uname -r)/migrate_ext.ko
MOVE=/src/build/bench/move
SYSFS=/sys/kernel/migrate_ext
PAGES=${BENCH_PAGES:-8192}
stock=

report()
{
	local value

	value=$("$MOVE" "$PAGES")
	stock=${stock:-$value}
	awk -v name="$1" -v value="$value" -v stock="$stock" 'BEGIN {
		printf "%-26s %9.1f %+7.2f %%\n", name, value,
			(value / stock - 1) * 100 }'
}

wait_idle()
{
	local i

	for ((i = 0; i < 100; i++)); do
		[[ $(cat "$SYSFS/hooked") == 0 ]] && return
		sleep 0.1
	done
	echo "bench: functions are still hooked" >&2
	exit 1
}

# with_policy NAME EVENT: EVENT must count pages, or the figure is not of NAME.
with_policy()
{
	local before

	before=$(cat "$SYSFS/events/$2")
	mgxctl load "$1" >/dev/null
	report "policy $1"
	mgxctl unload >/dev/null
	wait_idle
	sleep 1
	if (($(cat "$SYSFS/events/$2") - before < PAGES)); then
		echo "bench: $1 was not at work: $2 did not grow" >&2
		exit 1
	fi
}

if [[ -d $SYSFS ]]; then
	rmmod migrate_ext
fi
report "module not loaded"
insmod "$MODULE"
report "module loaded, no policy"
with_policy mgx_noop pages_kernel
with_policy mgx_cpu pages_used
report "policy detached"
