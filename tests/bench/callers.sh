#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# callers.sh - in the lab: what a page costs when several threads migrate at once,
# each 512 pages of its own. Under -icount with one CPU the sum of all their work.
set -euo pipefail

[[ -d /sys/module/migrate_ext ]] || insmod "/src/build/$(uname -r)/migrate_ext.ko"
mgxbench move -s 4K -b 512 -m 2M -t 1,2,4,8 -r 3 -p mgx_noop -p mgx_cpu \
	-k "QEMU's -icount, one CPU: a nanosecond is an instruction" \
	-j "/src/build/bench/$(uname -r).callers.json" |
	awk '/^4K/ { printf "%-10s %2d callers %9.1f\n", $5, $3, 4096e3 / $6 }'
