#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tree.sh MACHINE OUT [coherent]: runs in the lab's root with the layer arm64.
# Makes the device tree of a machine with two NUMA nodes: memory in halves, CPUs in
# halves, engines on node 0 or, where there are several, in halves. "coherent":
# its engines see the caches, so that nothing is synchronised for them.
set -euo pipefail

machine=$1 out=$2 coherent=${3:-}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tree=$dir/tree.dtb

# set_node PATH NODE: puts what PATH describes on a NUMA node.
set_node() { fdtput -t x "$tree" "$1" numa-node-id "$2"; }

# halves PATH...: the first half on node 0, the second on node 1.
halves()
{
	local i=0 path

	for path; do
		set_node "$path" $((2 * i / $#))
		i=$((i + 1))
	done
}

children() { fdtget -l "$tree" "$1" | grep -E "^$2@" | sort | sed "s,^,${1%/}/,"; }

# memory ADDRESS SIZE NODE, in the cells of this tree. Not by the name "memory":
# QEMU writes nodes of that name anew, without their numbers.
memory()
{
	local path=/ram@$1 cells=()

	[[ $(fdtget -t u "$tree" / '#address-cells') == 1 ]] || cells=(0)
	fdtput -cp "$tree" "$path"
	fdtput -t s "$tree" "$path" device_type memory
	fdtput -t x "$tree" "$path" reg "${cells[@]}" "$1" "${cells[@]}" "$2"
	set_node "$path" "$3"
}

distances()
{
	fdtput -cp "$tree" /distance-map
	fdtput -t s "$tree" /distance-map compatible numa-distance-map-v1
	fdtput -t u "$tree" /distance-map distance-matrix 0 0 10 0 1 20 1 0 20 1 1 10
}

versal()
{
	local engine

	qemu-system-aarch64 -M "xlnx-versal-virt,dumpdtb=$tree" -smp 4 -m 2G
	memory 0 40000000 0
	memory 40000000 40000000 1
	mapfile -t engines < <(children / dma)
	halves "${engines[@]}"
	for engine in "${engines[@]}"; do
		[[ -z $coherent ]] || fdtput "$tree" "$engine" dma-coherent
	done
}

# The board's own tree, from the kernel's package. The GPU has the last 64 MiB. The
# first serial port is for Bluetooth there, and would be no terminal.
raspi()
{
	local engine

	cp "/usr/lib/modules/$(basename /usr/src/linux-headers-*-arm64 | sed s/linux-headers-//)/dtb/broadcom/bcm2837-rpi-3-b.dtb" "$tree"
	memory 0 1e000000 0
	memory 1e000000 1e000000 1
	fdtput -r "$tree" /soc/serial@7e201000/bluetooth
	engine=$(children /soc dma-controller)
	set_node "$engine" 0
	[[ -z $coherent ]] || fdtput "$tree" "$engine" dma-coherent
}

case $machine in
xlnx-versal-virt) versal ;;
raspi3b) raspi ;;
*) echo "tree.sh: error: no machine '$machine'; there are xlnx-versal-virt and raspi3b" >&2; exit 1 ;;
esac
mapfile -t cpus < <(children /cpus cpu)
halves "${cpus[@]}"
distances
cp "$tree" "$out"
