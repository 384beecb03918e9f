#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test.sh [SERIES...]: pages are moved and verified while the guest is suspended
# and resumed, as deep as the kernel's pm_test goes; on each kernel of the lab, or
# on SERIES. TAP; the exit status is 0 only if all points passed.
set -uo pipefail
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../points.sh
. "$LAB_SRC/points.sh"

# said CONSOLE SERIES WHAT: a point, whether the guest said so.
said()
{
	local line rc=0

	line=$(tr -d '\r' <"$1" | grep -ao "mgx-suspend: ok $3.*") || rc=$?
	line=${line#mgx-suspend: ok }
	ok "$rc" "$2: ${line:-$3}"
}

one_kernel()
{
	local series=$1 console=$LOGS/suspend-$1.console what

	rm -f "$console"
	# The guest ends by sysrq, without a word to vm.sh.
	"$LAB_SRC/vm.sh" -k "$series" -n "suspend-$series" -t 900 "bash /src/tests/lab/suspend/guest.sh" \
		>"$LOGS/suspend-$series.log" 2>&1
	for what in freezer devices platform processors core 'bytes was' 'bytes passes'; do
		said "$console" "$series" "$what"
	done
	"$LAB_SRC/dmesg-check.sh" "$console"
	ok $? "$series: the kernel does not complain"
}

mapfile -t all < <(kernels | cut -d ' ' -f 1)
(($#)) || set -- "${all[@]}"
for series; do
	kernel_release "$series" >/dev/null || exit
	one_kernel "$series"
done
done_testing
