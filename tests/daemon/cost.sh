#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# cost.sh: in a guest whose clock counts instructions (see tests/bench/run.sh):
# what the monitor adds to a batch. The parts of mgxd are stopped meanwhile.
set -euo pipefail

move=/src/build/bench/move
pages=8192
batch=8 # pages: small batches, so that their cost shows

# cost: instructions per batch
cost() { awk -v page="$("$move" $pages)" -v batch=$batch 'BEGIN { printf "%.0f\n", page * batch }'; }

attached() { bpftool map dump pinned /sys/fs/bpf/migrate_ext/monitor/status 2>/dev/null | grep -q '"attached": 1'; }

mgxctl load mgx_reason --set limit_pages=$batch --set min_bytes=0 >/dev/null
"$move" $pages >/dev/null
without=$(cost)
mgxd >/dev/null &
for ((i = 0; i < 100; i++)); do
	attached && break
	sleep 0.2
done
attached
parts=$(pidof mgxd)
# shellcheck disable=SC2086 # several
kill -STOP $parts
"$move" $pages >/dev/null
with=$(cost)
# shellcheck disable=SC2086 # several
kill -CONT $parts
echo "$(uname -r): a batch of $batch pages takes $without instructions, $with with the monitor: $((with - without)) more"
kill %1
wait
