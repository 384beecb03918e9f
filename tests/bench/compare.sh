#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# compare.sh [KERNEL]: what 'make bench' has measured last against the committed
# summary of the same series, tests/bench/summary-SERIES.json.
set -euo pipefail
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

# shellcheck disable=SC2034 # lib.sh puts it before each message
LAB_TAG=bench

# compare RELEASE
compare()
{
	local series
	series=$(cut -d . -f 1,2 <<<"$1")

	[[ -e $REPO/tests/bench/summary-$series.json ]] ||
		die "there is no tests/bench/summary-$series.json; copy build/bench/$1.summary.json there"
	"$LAB_SRC/enter.sh" perl /src/tests/bench/compare.pl "/src/tests/bench/summary-$series.json" \
		"/src/build/bench/$1.summary.json"
}

main()
{
	local release failed=0

	if [[ -n ${1:-} ]]; then
		release=$(kernel_release "$1")
		compare "$release"
		return
	fi
	while read -r _ release <&3; do
		compare "$release" || failed=1
	done 3< <(kernels)
	return "$failed"
}

main "$@"
