#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# soak.sh MINUTES SEED [KERNEL]: kselftests, cells of the matrix of faults and
# suites by others in random order, one after the other, for so long on each kernel
# of the lab, all at once, or on one; see guest-soak.sh. SEED is where it begins,
# empty: anywhere. Fails if a test does, or if a kernel complains.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

LAB_TAG=soak

# guest RELEASE SECONDS SEED
guest()
{
	MGX_LAB_LAYERS=$BUILD/layer/suites MGX_ENGINE=1 MGX_ENGINE_QUIET=1 MGX_RUN_MB=700 \
		MGX_APPEND="numa_balancing=disable ${MGX_APPEND:-}" \
		"$LAB_SRC/vm.sh" -k "$1" -n "soak-$1" -t $(($2 + 1800)) \
		"/src/tests/lab/guest-soak.sh $2 $3"
}

# one RELEASE MINUTES SEED: when the guest dies of the emulator, as in test.sh,
# another goes on for the rest of the time, a minute at least, with the next seed.
one()
{
	local release=$1 end=$((SECONDS + $2 * 60)) seed=$3 left faults=0 rc
	local console=$LOGS/soak-$release.console

	while :; do
		left=$((end - SECONDS)) rc=0
		guest "$release" $((left > 60 ? left : 60)) "$seed" || rc=$?
		((rc)) && emulator_fault "$release" "$console" &&
			((++faults <= MAX_EMULATOR_FAULTS)) || return "$rc"
		cp "$console" "$console.emulator-fault-$faults"
		seed=$(((seed + 1) % 1000000000))
		say "QEMU ran an int3 that is not in memory (see tests/lab/emulator-fault.sh); another guest, SEED=$seed"
	done 2>&1 | sed -u "s/^/${release%%[+-]*}: /"
}

main()
{
	local release minutes=$1 seed=$2

	trap stop_children EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	[[ $minutes =~ ^[1-9][0-9]{0,3}$ ]] ||
		die "MINUTES is '$minutes': give a number from 1 to 9999"
	[[ $seed =~ ^([0-9]{1,9})?$ ]] || die "SEED is '$seed': give a number of up to 9 digits, or none"
	seed=${seed:-$((RANDOM * 32768 + RANDOM))}
	"$LAB_SRC/layer.sh" suites
	say "$minutes minutes, SEED=$seed"
	if [[ -n ${3:-} ]]; then
		release=$(kernel_release "$3")
		one "$release" "$minutes" "$seed"
		return
	fi
	while read -r _ release <&3; do
		spawn one "$release" "$minutes" "$seed"
	done 3< <(kernels)
	join_children || die "it did not hold; see above and $LOGS/soak-*"
}

main "$@"
