#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test.sh: the kselftests, with what is for debug kernels alone (migration.sh), on
# debug kernels, which it builds first: any report of KASAN, lockdep,
# DMA_API_DEBUG, kmemleak ... fails. TAP, as by 'make test'.
#
# TESTS='name ...': these programs only; KERNELS='debug-7': on this one only.
set -euo pipefail
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

export KERNELS=${KERNELS:-debug-7 debug-6.12}
"$LAB_SRC/setup.sh" | sed 's/^/# /'
# shellcheck disable=SC2086 # a list
"$LAB_SRC/debug/kernel.sh" $KERNELS | sed 's/^/# /'
exec "$LAB_SRC/test.sh"
