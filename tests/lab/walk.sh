#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# walk.sh STEPS SEED [KERNEL]: the kselftest 'churn' for so many steps on each
# kernel of the lab, one after the other, or on one: a random walk over all that
# comes and goes while memory is migrated whose every byte is verified. SEED is
# where it begins, empty: anywhere. Fails if the test does, or if the kernel
# complains.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # lib.sh puts it before each message
LAB_TAG=walk

# one RELEASE STEPS SEED
one()
{
	say "$1: $2 steps"
	MGX_APPEND="numa_balancing=disable ${MGX_APPEND:-}" \
		"$LAB_SRC/vm.sh" -k "$1" -n "walk-$1" -t 7200 \
		". /src/tests/lab/lib.sh; . /src/tests/lab/guest-prepare.sh
		load_module && MGX_STEPS=$2 ${3:+MGX_SEED=$3} /src/build/kselftest/churn"
}

main()
{
	local release failed=0 steps=$1 seed=$2

	[[ $steps =~ ^[1-9][0-9]{0,4}$ ]] || die "STEPS is '$steps': give a number from 1 to 99999"
	[[ $seed =~ ^([0-9]{1,9})?$ ]] || die "SEED is '$seed': give a number of up to 9 digits, or none"
	if [[ -n ${3:-} ]]; then
		release=$(kernel_release "$3")
		one "$release" "$steps" "$seed"
		return
	fi
	while read -r _ release <&3; do
		one "$release" "$steps" "$seed" || failed=1
	done 3< <(kernels)
	return "$failed"
}

main "$@"
