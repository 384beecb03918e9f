#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# wall.sh ACCEL - in the lab, with its engines: the stock path, mgx_cpu and
# mgx_adaptive in turn, by the clock on the wall, under ACCEL (kvm or tcg). What
# counts is their ratio within one run.
set -euo pipefail

out=/src/build/bench/$(uname -r)
declare -A how=([kvm]="KVM" [tcg]="TCG with several threads, whose CPUs and engines share the host's")

[[ -d /sys/module/migrate_ext ]] || insmod "/src/build/$(uname -r)/migrate_ext.ko"
modprobe ioatdma
echo 1 >/sys/module/migrate_ext/parameters/dmaengine
mgxbench move -s 4K,64K,2M -b 64 -r 9 -w 4 -P -p mgx_cpu -p mgx_adaptive -j "$out.wall.json" \
	-k "wall clock, QEMU with ${how[$1]}"
mgxbench report -o "$out.wall.html" "$out.wall.json"
