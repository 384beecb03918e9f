#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh: builds all for arm64 with the cross compiler: the module, as that of
# any kernel, in build/RELEASE; policies, tools, kselftests and the driver that
# Debian leaves out in build/arm64. Prints warnings and errors only.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

LAB_TAG=arm64
TARGET=aarch64-linux-gnu
CROSS=("CC=$TARGET-gcc" "AR=$TARGET-ar")
BPF=(TARGET_ARCH=arm64 "TRIPLET=$TARGET")
jobs=$(nproc)

# make_in DIR ARGUMENT...: in the lab's root, with the layer.
make_in()
{
	local dir=$1
	shift

	echo "building $dir"
	in_arm make --no-print-directory -j"$jobs" -C "$dir" "$@"
}

# modules: what is built against the kernel's headers.
modules()
{
	local kernel=(ARCH=arm64 "CROSS_COMPILE=$TARGET-" "KDIR=/usr/lib/modules/$release/build" "O=/src/build/$release")

	make_in /src/kernel "${kernel[@]}" || return
	make_in /src/tests/kmod "${kernel[@]}" || return
	cp -u "$ARM_SRC/Kbuild.zynqmp" "$ARM/zynqmp/dma/xilinx/Kbuild" || return
	make_in "/usr/lib/modules/$release/build" ARCH=arm64 "CROSS_COMPILE=$TARGET-" \
		M=/src/build/arm64/zynqmp/dma/xilinx modules
}

programs()
{
	make_in /src/bpf O=/src/build/arm64/bpf "${BPF[@]}" || return
	make_in /src/user O=/src/build/arm64/bin "${CROSS[@]}" || return
	make_in /src/tests/kselftest O=/src/build/arm64/kselftest "${CROSS[@]}" "${BPF[@]}"
}

all() { modules && programs; }

main()
{
	local start=$SECONDS

	trap stop_step EXIT
	release=$(arm_release)
	mkdir -p "$ARM/bin" "$LOGS"
	exec 9>"$BUILD/build.lock"
	flock 9
	run_step "module, policies, tools, tests" "$LOGS/arm64-build.log" all ||
		die "something does not build for arm64; $LOGS/arm64-build.log ends with: $(tail -n 20 "$LOGS/arm64-build.log")"
	grep -aE 'warning:' "$LOGS/arm64-build.log" | sort -u || true
	say "module, policies, tools, tests for $release: up to date ($((SECONDS - start)) s)"
}

main
