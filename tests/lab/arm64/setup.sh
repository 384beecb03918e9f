#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# setup.sh: what the lab takes to build for arm64 and to boot it: a layer over its
# root (see ../layer.sh); in build/arm64/root a shell, as packages that are only
# unpacked; in build/arm64/zynqmp the kernel's own source of a driver that Debian
# leaves out. Does nothing when it is there.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

LAB_TAG=arm64
# Architecture-specific, and not to be installed beside those of the lab.
UNPACK=(bash busybox-static)
DRIVER=(drivers/dma/dmaengine.h drivers/dma/xilinx/zynqmp_dma.c)

# unpack PACKAGE...: runs in the layer.
unpack()
{
	local deb

	rm -rf /src/build/arm64/root /src/build/arm64/deb
	mkdir -p /src/build/arm64/root /src/build/arm64/deb
	cd /src/build/arm64/deb || return
	apt-get -q download "${@/%/:arm64}" || return
	for deb in *.deb; do
		dpkg-deb -x "$deb" /src/build/arm64/root || return
	done
	rm -r /src/build/arm64/deb
}

# driver SERIES FILE...: runs in the layer. Tar stops when it has the files: who
# feeds it may die of that.
driver()
{
	local pkg=linux-source-$1
	shift

	rm -rf /src/build/arm64/zynqmp /src/build/arm64/deb
	mkdir -p /src/build/arm64/zynqmp /src/build/arm64/deb
	cd /src/build/arm64/deb || return
	apt-get -q download "$pkg" || return
	dpkg-deb --fsys-tarfile "$pkg"_*.deb | tar -xO "./usr/src/$pkg.tar.xz" |
		tar -xJ --no-same-owner -C /src/build/arm64/zynqmp --strip-components 2 \
			--wildcards --no-wildcards-match-slash --occurrence=1 \
			"${@/#/*/}"
	rm -r /src/build/arm64/deb
	cd /src/build/arm64/zynqmp && ls "${@#drivers/}"
}

main()
{
	local release series

	trap stop_step EXIT
	"$LAB_SRC/layer.sh" arm64
	mkdir -p "$ARM" "$LOGS"
	[[ $(cat "$ARM/recipe" 2>/dev/null) != "$(cat "$ARM_LAYER/recipe")" ]] || return 0
	release=$(arm_release)
	series=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$release")
	run_step "a shell for arm64" "$LOGS/arm64-unpack.log" \
		in_arm bash -c "$(declare -f unpack); unpack \"\$@\"" unpack "${UNPACK[@]}" ||
		die "cannot get ${UNPACK[*]} (log: $LOGS/arm64-unpack.log)"
	run_step "source of zynqmp_dma" "$LOGS/arm64-driver.log" \
		in_arm bash -c "$(declare -f driver); driver \"\$@\"" driver "$series" "${DRIVER[@]}" ||
		die "cannot get ${DRIVER[*]} of linux-source-$series (log: $LOGS/arm64-driver.log)"
	cp "$ARM_LAYER/recipe" "$ARM/recipe"
}

main
