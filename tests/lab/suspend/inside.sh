#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# inside.sh: what guest.sh runs in the tmpfs it made.
exec >/dev/null 2>&1 </dev/null

say() { echo "mgx-suspend: $*" >/dev/kmsg; }

points() { grep -c '^ok' /tmp/bytes; }

cd /src/build/kselftest || exit
./bytes >/tmp/bytes 2>&1 &
pid=$!
sleep 5
for depth in freezer devices platform processors core; do
	before=$(points)
	echo "$depth" >/sys/power/pm_test && echo mem >/sys/power/state && say "ok $depth, after $before points"
	sleep 2
done
kill -0 "$pid" && say "ok bytes was under way all the time"
rc=0
wait "$pid" || rc=$?
((rc)) || say "ok bytes passes: $(grep -o 'pass:.*' /tmp/bytes)"
say "bytes ended with status $rc; $(points) points passed"
grep -B 3 -m 5 'FAIL ' /tmp/bytes | while read -r line; do
	say "$line"
done
say end
sleep 1
echo 1 >/proc/sys/kernel/sysrq
echo o >/proc/sysrq-trigger
sleep 30
