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

main()
{
	local release failed=0 steps=$1 seed=$2

	[[ $steps =~ ^[1-9][0-9]{0,4}$ ]] || die "STEPS is '$steps': give a number from 1 to 99999"
	[[ $seed =~ ^([0-9]{1,9})?$ ]] || die "SEED is '$seed': give a number of up to 9 digits, or none"
	while read -r _ release <&3; do
		say "$release: $steps steps"
		MGX_APPEND="numa_balancing=disable ${MGX_APPEND:-}" \
			"$LAB_SRC/vm.sh" -k "$release" -n "walk-$release" -t 7200 \
			". /src/tests/lab/lib.sh; . /src/tests/lab/guest-prepare.sh
			load_module && MGX_STEPS=$steps ${seed:+MGX_SEED=$seed} /src/build/kselftest/churn" ||
			failed=1
	done 3< <(if [[ -n ${3:-} ]]; then echo - "$(kernel_release "$3")"; else kernels; fi)
	return "$failed"
}

main "$@"
