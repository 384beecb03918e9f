#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# initramfs.sh RELEASE OUT: runs in the lab's root with the layer arm64. Makes the
# guest's whole root, since not all of its machines have a disk or a network: a
# shell, what was built for arm64, where the lab's guests have it, and libraries.
set -euo pipefail

release=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)
lab=$(dirname "$here")
arm=/src/build/arm64
libraries=/usr/lib/aarch64-linux-gnu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# needs FILE...: the shared libraries they name
needs() { aarch64-linux-gnu-objdump -p "$@" 2>/dev/null | awk '$1 == "NEEDED" { print $2 }' | sort -u; }

# add_libraries FILE...: theirs, and those of these
add_libraries()
{
	local name

	for name in $(needs "$@"); do
		[[ ! -e $dir/lib/$name ]] || continue
		cp -L "$libraries/$name" "$dir/lib/$name"
		add_libraries "$dir/lib/$name"
	done
}

module() { aarch64-linux-gnu-strip --strip-debug -o "$dir/run/$(basename "$1")" "$1"; }

mkdir -p "$dir"/{bin,dev,lib,proc,run,sys,tmp,root,etc} "$dir"/src/{tests/lab,build/logs}
cp "$arm/root/usr/bin/busybox" "$arm/root/usr/bin/bash" "$dir/bin"
cp "$here/init" "$dir/init"
cp "$lab"/{lib.sh,tap.sh,tap.awk,guest-prepare.sh,guest-tests.sh,dmesg-check.sh,dmesg-allow} "$dir/src/tests/lab"
cp -r "$arm/kselftest" "$arm/bpf" "$arm/bin" "$dir/src/build"
rm -rf "$dir"/src/build/bin/user-obj "$dir"/src/build/kselftest/lib
for file in /src/build/"$release"/*.ko "$arm"/zynqmp/dma/xilinx/*.ko; do
	module "$file"
done
# Where guest-prepare.sh looks for it.
mkdir "$dir/src/build/$release"
for file in "$dir"/run/*.ko; do
	ln -s "/run/$(basename "$file")" "$dir/src/build/$release"
done
find "$dir/src/build" -type f \( -name '*.d' -o -name '*.o.d' \) -delete
mapfile -t programs < <(find "$dir/src/build/bin" "$dir/src/build/kselftest" -maxdepth 1 -type f -perm -u+x ! -name '*.sh')
aarch64-linux-gnu-strip --strip-debug "${programs[@]}"
add_libraries "$dir/bin/bash" "${programs[@]}"
cp -L /usr/lib/ld-linux-aarch64.so.1 "$dir/lib"
(cd "$dir" && find . | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >"$out.tmp"
mv "$out.tmp" "$out"
