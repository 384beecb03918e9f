#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# paths.sh count|speed|dma|core [CHANNELS] - in the lab: see path.c. Engines of
# mgx_sim, each of them a native channel and one of dmaengine; for core, the channels
# of mgx_poll, and for dma that of mgx_polldma.
set -euo pipefail

dir=/src/build/$(uname -r)
out=/src/build/bench/$(uname -r).$1${2:+-$2}.json
sim=/sys/kernel/mgx_sim

# engines SLOTS NODES MBPS LATENCY_NS
engines()
{
	local slot

	insmod "$dir/mgx_sim.ko" slots="$1" node="$2"
	for slot in "$sim"/*; do
		echo "$3" >"$slot/mbps"
		echo "$4" >"$slot/latency_ns"
	done
}

[[ -d /sys/module/migrate_ext ]] || insmod "$dir/migrate_ext.ko"
case $1 in
count) engines 1 0 1000000 0 ;;
speed) engines 4 0,0,1,1 100 2000 ;;
core) insmod "$dir/mgx_poll.ko" channels="${2:-1}" ;;
dma) insmod "$dir/mgx_polldma.ko" ;;
esac
[[ $1 == core ]] || echo 1 >/sys/module/migrate_ext/parameters/dmaengine
echo 10000 >/sys/module/migrate_ext/parameters/deadline_ms
/src/build/bench/path "$1" "$out"
[[ $1 != core ]] || rmmod mgx_poll
