#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# hostile.sh MINUTES [KERNEL]: the kselftest 'hostile' for so long on each kernel
# of the lab, one after the other, or on one: a policy that means no good, while
# memory is migrated whose every byte is verified. Fails if the test does, or if
# the kernel complains.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # lib.sh puts it before each message
LAB_TAG=hostile

# one RELEASE MINUTES
one()
{
	say "$1: $2 minutes"
	MGX_APPEND="numa_balancing=disable ${MGX_APPEND:-}" \
		"$LAB_SRC/vm.sh" -k "$1" -n "hostile-$1" -t $(($2 * 60 + 900)) \
		". /src/tests/lab/lib.sh; . /src/tests/lab/guest-prepare.sh
		load_module && MGX_HOSTILE_SECONDS=$(($2 * 60)) /src/build/kselftest/hostile"
}

main()
{
	local release failed=0 minutes=$1

	[[ $minutes =~ ^([1-9]|[1-5][0-9]|60)$ ]] ||
		die "MINUTES is '$minutes': give a number from 1 to 60"
	if [[ -n ${2:-} ]]; then
		release=$(kernel_release "$2")
		one "$release" "$minutes"
		return
	fi
	while read -r _ release <&3; do
		one "$release" "$minutes" || failed=1
	done 3< <(kernels)
	return "$failed"
}

main "$@"
