#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# enter.sh CMD...: runs CMD inside the lab's Debian root, the repository at
# /src and the build directory at /src/build. All mounts are made in a mount
# namespace that ends with CMD, so nothing is left behind.
#
# MGX_LAB_ROOT: another root than build/lab/root (setup.sh uses it).
# MGX_LAB_LAYERS: directories, separated by ':', of layers over the root, the last
# one takes what is written; see layer.sh.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

root=${MGX_LAB_ROOT:-$ROOT}
(($#)) || die "usage: tests/lab/enter.sh CMD..."
[[ -x $root/bin/bash ]] || die "there is no lab in $root; run 'make lab'"

ns=(--mount --propagation private)
if ((EUID != 0)); then
	ns+=(--user --map-root-user --map-auto)
fi

mkdir -p "$BUILD"
[[ $BUILD == "$REPO/build" ]] || mkdir -p "$REPO/build"

export MGX_LAB_LAYERS=${MGX_LAB_LAYERS:-}
exec unshare "${ns[@]}" /bin/bash "$LAB_SRC/enter-inner.sh" \
	"$root" "$REPO" "$BUILD" "$@"
