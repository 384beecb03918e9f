#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Test of demotion, which wants a second memory tier: reasons.demotion in a
# guest whose third node has memory only, and slow, as its HMAT says. Needs a
# lab, and what was built for it.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"
n=0

# lb INITIATOR TARGET LATENCY BANDWIDTH: what QEMU is told of a pair of nodes
lb()
{
	local pair=initiator=$1,target=$2,hierarchy=memory

	echo "-numa hmat-lb,$pair,data-type=access-latency,latency=$3"
	echo "-numa hmat-lb,$pair,data-type=access-bandwidth,bandwidth=$4"
}

tiers()
{
	echo "-machine hmat=on -m 2560M"
	echo "-object memory-backend-memfd,share=on,size=512M,id=m2"
	echo "-numa node,nodeid=2,memdev=m2,initiator=0"
	lb 0 0 10 10000M
	lb 0 1 15 8000M
	lb 0 2 300 1000M
	lb 1 0 15 8000M
	lb 1 1 10 10000M
	lb 1 2 300 1000M
}

# demotion RELEASE: passed, not skipped
demotion()
{
	MGX_QEMU_ARGS=$(tiers | tr '\n' ' ') "$here/vm.sh" -k "$1" -n "tiers-$1" -t 100 \
		". /src/tests/lab/guest-prepare.sh; load_module && cd /src/build/kselftest &&
		 ./reasons -t demotion" >"$LOGS/tiers-$1.log" 2>&1 &&
		grep -q '^ok 1 reasons.demotion$' "$LOGS/tiers-$1.log"
}

while read -r _ release; do
	n=$((n + 1))
	if demotion "$release"; then
		echo "ok $n demotion to another memory tier, $release"
	else
		echo "not ok $n demotion to another memory tier, $release"
		sed 's/^/# /' "$LOGS/tiers-$release.log"
	fi
done < <(kernels)
echo "1..$n"
