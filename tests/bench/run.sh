#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [KERNEL]: instructions per migrated 4-KiB page on the lab's kernels, or
# on one of them; and those of the way to an engine and back, natively and by
# dmaengine, and migrate_ext's own part of it, with few channels and with many;
# and per page with several callers. QEMU counts them (-icount): one is one
# nanosecond of the guest's clock. Last, what several channels do together.
# Results are kept in build/bench/: <release>.txt, <release>.*.json, and what is
# repeatable in <release>.summary.json; see compare.sh.
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
	"$LAB_SRC/enter.sh" bash -c 'gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror \
		-I/src/tests/kselftest -I/src/kernel -I/src/bpf -o /src/build/bench/path \
		/src/tests/bench/path.c /src/build/kselftest/lib/*.o \
		-Wl,--wrap=poll -lbpf -lnuma -luring -lpthread'
}

# counted RELEASE CMD: CMD in a guest, its output also to the results. One CPU is
# online, so that nothing else runs on the instruction clock.
counted()
{
	MGX_ICOUNT=1 MGX_APPEND="maxcpus=1 ${MGX_APPEND:-}" \
		"$LAB_SRC/vm.sh" -k "$1" -n "bench-$1" -t 900 "$2" |
		tee -a "$BUILD/bench/$1.txt"
}

# wall RELEASE: the whole machine, as fast as it goes here
wall()
{
	local accel=${MGX_ACCEL:-}

	accel=${accel:-$("$LAB_SRC/accel.sh" "$1")}
	say "$1: wall clock, under $accel (about two minutes)"
	MGX_ACCEL=$accel MGX_ENGINE_QUIET=1 "$LAB_SRC/vm.sh" -e -k "$1" -n "bench-$1" -t 1200 \
		"/src/tests/bench/wall.sh $accel" | tee -a "$BUILD/bench/$1.txt"
}

measure()
{
	local release=$1

	: >"$BUILD/bench/$release.txt"
	say "$release: instructions per page, move_pages() of ${BENCH_PAGES:-8192} pages of 4 KiB (about a minute)"
	counted "$release" "BENCH_PAGES=${BENCH_PAGES:-8192} /src/tests/bench/guest.sh"
	say "$release: instructions of the ways to a simulated engine and back"
	counted "$release" "/src/tests/bench/paths.sh count"
	say "$release: of these, migrate_ext's own; 1, 16 and 61 channels"
	counted "$release" "cd /src/tests/bench && ./paths.sh core 1 && ./paths.sh core 16 && ./paths.sh core 61 && ./paths.sh dma"
	say "$release: several callers"
	counted "$release" /src/tests/bench/callers.sh
	say "$release: four simulated channels of 100 MB/s together"
	counted "$release" "/src/tests/bench/paths.sh speed"
	wall "$release"
	"$LAB_SRC/enter.sh" bash -c "cd /src/build/bench && perl /src/tests/bench/summary.pl '$release' \
		>'$release.summary.json.part' && mv '$release.summary.json.part' '$release.summary.json'"
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
