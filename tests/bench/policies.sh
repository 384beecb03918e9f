#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# policies.sh [KERNEL [CHANNELS...]]: the scenario matrix, see matrix.c, on the
# lab's kernels or on one of them; CHANNELS narrow it. Results are kept in
# build/bench/<release>.policies.json and .policies.txt. Fails if a goal is missed.
set -euo pipefail
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

# shellcheck disable=SC2034 # lib.sh puts it before each message
LAB_TAG=bench

build()
{
	mkdir -p "$BUILD/bench"
	"$LAB_SRC/enter.sh" bash -c 'gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror \
		-I/src/tests/kselftest -I/src/kernel -I/src/bpf -o /src/build/bench/matrix \
		/src/tests/bench/matrix.c /src/build/kselftest/lib/*.o \
		-Wl,--wrap=poll -lbpf -lnuma -luring -lpthread'
}

# measure RELEASE [CHANNELS...]
measure()
{
	local release=$1

	shift
	say "$release: throughput of each policy in each scenario (some 15 minutes)"
	MGX_ICOUNT=1 MGX_APPEND="maxcpus=1 ${MGX_APPEND:-}" \
		"$LAB_SRC/vm.sh" -k "$release" -n "policies-$release" -t 3600 \
		"[[ -d /sys/module/migrate_ext ]] || insmod /src/build/\$(uname -r)/migrate_ext.ko
		/src/build/bench/matrix /src/build/bench/$release.policies.json $*" |
		tee "$BUILD/bench/$release.policies.txt"
}

main()
{
	local release failed=0 kernel=${1:-}

	build
	shift || :
	if [[ -n $kernel ]]; then
		release=$(kernel_release "$kernel")
		measure "$release" "$@"
		return
	fi
	while read -r _ release <&3; do
		measure "$release" "$@" || failed=1
	done 3< <(kernels)
	return "$failed"
}

main "$@"
