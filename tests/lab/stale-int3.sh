#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# stale-int3.sh [SECONDS]: in a guest, without migrate_ext: flips a static key
# of the scheduler as fast as it goes while all CPUs switch tasks, that is: the
# kernel changes code that runs at that moment. A guest of TCG with a thread
# per CPU dies of it sooner or later: see emulator-fault.sh.
#
#	tests/lab/vm.sh -k 6.12 -n stale-int3 /src/tests/lab/stale-int3.sh 600
set -euo pipefail
seconds=${1:-600}
key=/proc/sys/kernel/sched_schedstats

! grep -q '^migrate_ext ' /proc/modules || { echo "migrate_ext is loaded"; exit 1; }
trap 'kill $(jobs -p) 2>/dev/null' EXIT

for _ in 1 2 3 4 5 6; do
	yes | cat >/dev/null &
done
n=0
while ((SECONDS < seconds)); do
	echo 1 >"$key"
	echo 0 >"$key"
	n=$((n + 2))
	((n % 2000)) || echo "$n times after $SECONDS s"
done
echo "code was changed $n times in $seconds s; nothing happened"
