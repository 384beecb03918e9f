#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Test of 1-GiB pages, for which other guests have no room: one is split over
# the channels. Needs a lab, and what was built for it.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"
n=0

# gigantic RELEASE: passed, not skipped
gigantic()
{
	MGX_NODE_MEM=4G MGX_APPEND="nokaslr hugepagesz=1G hugepages=0:1,1:1" \
		"$here/vm.sh" -k "$1" -n "gigantic-$1" -t 300 \
		". /src/tests/lab/guest-prepare.sh; load_module && cd /src/build/kselftest &&
		 ./channels -f gigantic" >"$LOGS/gigantic-$1.log" 2>&1 &&
		grep -q '^ok 1 gigantic.is_split$' "$LOGS/gigantic-$1.log"
}

while read -r _ release; do
	n=$((n + 1))
	if gigantic "$release"; then
		echo "ok $n a 1-GiB page split over channels, $release"
	else
		echo "not ok $n a 1-GiB page split over channels, $release"
		sed 's/^/# /' "$LOGS/gigantic-$release.log"
	fi
done < <(kernels)
echo "1..$n"
