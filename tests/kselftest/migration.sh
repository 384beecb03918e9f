#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# migration.sh: the kernel's own selftest "migration", from the source that this
# debug kernel is made of (see tests/lab/debug/kernel.sh), with mgx_cpu attached:
# threads and processes read memory that is moved to and fro below them.
# kselftest-timeout: 300
# kselftest-guest: debug
# shellcheck disable=SC2317 # some functions are called by ok()
set -u

# shellcheck source=../lab/engine/guest/tap.sh
. /src/tests/lab/engine/guest/tap.sh

selftest=/src/build/debug/$(uname -r)/selftest/migration
events=/sys/kernel/migrate_ext/events
huge=hugepages/hugepages-2048kB/nr_hugepages
HUGE_PAGES=2

# hugepages COUNT: on each node; the selftest of 6.12 does not ask for its own.
hugepages()
{
	local node

	for node in /sys/devices/system/node/node[0-9]*/; do
		echo "$1" >"$node$huge" || return
	done
}

cleanup()
{
	mgxctl unload >/dev/null 2>&1
	hugepages 0
}
trap cleanup EXIT

ok "huge pages on each node" hugepages "$HUGE_PAGES"
ok "mgx_cpu is attached" mgxctl load mgx_cpu
before=$(cat "$events/pages_copied")
# Its cases and its plan are counted as ours.
"$selftest"
status=$?
is "$status" 0 "the selftest's status"
pages=$(($(cat "$events/pages_copied") - before))
echo "# $pages pages copied by the policy's channel"
point $((pages > 0)) "the policy had pages copied"
is "$(cat /sys/kernel/migrate_ext/ops)" mgx_cpu "mgx_cpu is still attached"
done_testing
