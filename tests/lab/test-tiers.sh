#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests of what other machines have, in a guest that is one. Demotion wants a second
# memory tier: reasons.demotion, where a third node has memory only, and slow, as its
# HMAT says. Helper threads spread over the caches of a node, and keep off isolated
# CPUs: each CPU has a cache of its own, and the last one is isolated. Needs a lab,
# and what was built for it.
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
	echo "-smp 4,sockets=4,cores=1"
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

# In the guest: "NAME CPUS" of each helper thread, once it runs and has been placed.
# shellcheck disable=SC2016 # the guest's shell expands it
HELPERS='list() {
	for t in /proc/[0-9]*; do
		read -r name <$t/comm
		[[ $name != mgx/* ]] || echo "$name $(sed -n "s/^Cpus_allowed_list:.//p" $t/status)"
	done 2>/dev/null
}
placed() { list | grep -c " [0-9]*$"; }
echo 2 >/sys/module/migrate_ext/parameters/cpu_threads
for ((i = 0; i < 300 && $(placed) < 4; i++)); do sleep 0.1; done
list'

run_guest()
{
	MGX_APPEND="isolcpus=3" MGX_QEMU_ARGS=$(tiers | tr '\n' ' ') \
		"$here/vm.sh" -k "$1" -n "tiers-$1" -t 100 \
		". /src/tests/lab/guest-prepare.sh; load_module; $HELPERS
		 cd /src/build/kselftest && ./reasons -t demotion"
}

# result STATUS WHAT
result()
{
	n=$((n + 1))
	if (($1 == 0)); then
		echo "ok $n $2, $release"
	else
		echo "not ok $n $2, $release"
		sed 's/^/# /' "$LOGS/tiers-$release.log"
	fi
}

# has LINE WHAT: the guest has printed it
has()
{
	local status=0

	grep -qxF "$1" "$LOGS/tiers-$release.log" || status=1
	result "$status" "$2"
}

while read -r _ release; do
	run_guest "$release" </dev/null >"$LOGS/tiers-$release.log" 2>&1
	result $? "the guest ends well, and its kernel has nothing to say"
	has "ok 1 reasons.demotion" "demotion to another memory tier"
	has "mgx/0:0 0" "a helper thread has a cache"
	has "mgx/0:1 1" "and another has another"
	has "mgx/1:0 2" "a helper thread where a CPU is isolated"
	has "mgx/1:1 2" "and another, not on the isolated one"
done < <(kernels)
echo "1..$n"
