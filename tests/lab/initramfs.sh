#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# initramfs.sh RELEASE OUT: runs inside the lab's root. Makes the initramfs of
# a kernel: busybox, the modules that reach the root file system, and initramfs-init.
set -euo pipefail

release=$1 out=$2 root=/
# A debug kernel has its modules where it was built.
[[ -d /lib/modules/$release ]] || root=/src/build/debug/$release
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

modules=(virtio_pci virtio_blk 9pnet_virtio 9p overlay)

# module_files: the files to load, in order, dependencies first.
module_files()
{
	local mod

	for mod in "${modules[@]}"; do
		modprobe -d "$root" -S "$release" --show-depends "$mod"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

mkdir -p "$dir"/{bin,dev,proc,mod,root}
cp /bin/busybox "$dir/bin/busybox"
cp "$here/initramfs-init" "$dir/init"
chmod 755 "$dir/init"
n=100
while read -r file; do
	n=$((n + 1))
	name=$(basename "$file")
	xz -dc "$file" >"$dir/mod/$n-${name%.xz}"
done < <(module_files)

(cd "$dir" && find . | busybox cpio -o -H newc) | gzip -1 >"$out.tmp"
mv "$out.tmp" "$out"
