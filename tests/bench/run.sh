#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [KERNEL]: instructions per migrated 4-KiB page on the lab's kernels,
# or on one of them. QEMU counts them (-icount): one is one nanosecond of the
# guest's clock. Results are kept in build/bench/<release>.txt.
set -euo pipefail
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

# shellcheck disable=SC2034 # lib.sh puts it before each message
LAB_TAG=bench

build()
{
	mkdir -p "$BUILD/bench"
	"$LAB_SRC/enter.sh" gcc -O2 -Wall -Wextra -Werror -o /src/build/bench/move \
		/src/tests/bench/move.c -lnuma
}

# One CPU is online, so that nothing else runs on the instruction clock.
measure()
{
	local release=$1 out=$BUILD/bench/$1.txt

	say "$release: instructions per page, move_pages() of ${BENCH_PAGES:-8192} pages of 4 KiB (about a minute)"
	MGX_ICOUNT=1 MGX_APPEND="maxcpus=1 ${MGX_APPEND:-}" "$LAB_SRC/vm.sh" \
		-k "$release" -n "bench-$release" -t 900 \
		"BENCH_PAGES=${BENCH_PAGES:-8192} /src/tests/bench/guest.sh" |
		tee "$out"
}

main()
{
	local release

	build
	if [[ -n ${1:-} ]]; then
		release=$(kernel_release "$1")
		measure "$release"
		return
	fi
	while read -r _ release <&3; do
		measure "$release"
	done 3< <(kernels)
}

main "$@"
