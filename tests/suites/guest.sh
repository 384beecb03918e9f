#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh MODE SUITE OUT [SEED]: one suite in a guest, or those cases of it that
# MGX_CASES finds, in one MODE:
#   stock     the kernel as it is, without the module
#   adaptive  four simulated engines, those of I/OAT, and mgx_adaptive
#   faults    the same, and simulated engines fail at random times
# Leaves OUT.cases ("pass|fail|skip <case>"), OUT.figures ("<name> <number>") and
# OUT.log. Fails if the suite could not be run, or the policy was ejected.
set -uo pipefail
# shellcheck source=../lab/guest-prepare.sh
. /src/tests/lab/guest-prepare.sh
# shellcheck source=../lab/engine/guest/lib.sh
. /src/tests/lab/engine/guest/lib.sh
# shellcheck source=verify.sh
. /src/tests/suites/verify.sh
# shellcheck source=mm.sh
. /src/tests/suites/mm.sh
# shellcheck source=database.sh
. /src/tests/suites/database.sh

SIM=/sys/kernel/mgx_sim
ENGINES=4

die()
{
	echo "suites: error: $*" >&2
	exit 1
}

# case_is RESULT NAME
case_is() { echo "$1 $2" >>"$out.cases"; }

# wanted NAME: by what MGX_CASES says
wanted() { [[ $1 =~ ${MGX_CASES:-} ]]; }

# check NAME CMD...: a case that CMD decides; what it prints goes to the log
check()
{
	local name=$1
	shift

	wanted "$name" || return 0
	echo "# $name: $*" >>"$out.log"
	if "$@" >>"$out.log" 2>&1 </dev/null; then
		case_is pass "$name"
	else
		case_is fail "$name"
	fi
}

# --- the module --------------------------------------------------------------------

start_module()
{
	load_module || die "the module does not load"
	load_driver || die "ioatdma does not load"
	insmod "${mgx_module%/*}/mgx_sim.ko" "slots=$ENGINES" node=0,1,0,1 || die "mgx_sim does not load"
	for ((i = 0; i < ENGINES; i++)); do
		echo 20000 >"$SIM/$i/mbps"
	done
	ask reset counters || die "the engine does not answer: $reply"
	echo 1 >/sys/module/migrate_ext/parameters/dmaengine
	if [[ $mode == faults ]]; then
		# A wrong status is found by nothing else.
		for i in /sys/kernel/migrate_ext/channels/*/verify; do
			echo full >"$i"
		done
	fi
	load_policy mgx_adaptive || die "mgx_adaptive does not attach"
}

# One engine fails in one way, every 0.2 s: which and how, SEED says. A fault
# waits for its engine's next descriptors.
inject_faults()
{
	local kinds=(error wrong_status drop_irq late stall) i

	RANDOM=$seed
	for ((i = 0; i < ENGINES; i++)); do
		echo 50 >"$SIM/$i/late_ms"
	done
	while :; do
		echo $((1 + RANDOM % 4)) \
			>"$SIM/$((RANDOM % ENGINES))/faults/${kinds[RANDOM % ${#kinds[@]}]}"
		sleep 0.2
	done
}

sum_of() { cat "$@" 2>/dev/null | awk '{ s += $1 } END { printf "%.0f", s }'; }

# channels FILE [engine]: the sum of I/OAT's channels, or of the simulated ones
channels()
{
	local dir name sum=0

	for dir in /sys/kernel/migrate_ext/channels/*/; do
		name=$(<"$dir/name")
		[[ $(<"$dir/kind") =~ ^(native|dmaengine)$ ]] || continue
		[[ ${engine_name[$name]:+engine} == "${2:-}" ]] || continue
		sum=$((sum + $(<"$dir/$1")))
	done
	echo "$sum"
}

# The engine's own count is taken outside, when the guest has ended.
figures()
{
	local events=/sys/kernel/migrate_ext/events

	echo "migrated $(awk '$1 == "pgmigrate_success" { print $2 }' /proc/vmstat)"
	[[ $mode != stock ]] || return 0
	echo "batches $(<"$events/batches")"
	echo "copied $(<"$events/pages_copied")"
	echo "redone $(<"$events/folios_redone")"
	echo "sim_bytes $(channels bytes)"
	echo "ioat_bytes $(channels bytes engine)"
	echo "ioat_errors $(channels errors engine)"
	echo "faults $(sum_of "$SIM"/*/fired/*)"
}

# The counters stand still once the policy has gone.
stop_module()
{
	[[ $(cat /sys/kernel/migrate_ext/ops) == mgx_adaptive ]] ||
		die "mgx_adaptive is not attached any more: $(mgxctl status 2>&1 | head -n 5)"
	mgxctl unload || die "mgx_adaptive cannot be detached"
}

mode=$1 suite=$2 out=$3 seed=${4:-1}
injector=

: >"$out.cases"
: >"$out.log"
echo 0 >/proc/sys/kernel/numa_balancing
{ mkfs.ext4 -q /dev/vda && mkdir -p /mnt/disk && mount /dev/vda /mnt/disk; } || die "no disk"
chmod 1777 /mnt/disk
[[ $mode == stock ]] || start_module
if [[ $mode == faults ]]; then
	inject_faults 2>/dev/null &
	injector=$!
fi
"suite_$suite"
[[ -z $injector ]] || kill "$injector"
[[ $mode == stock ]] || stop_module
figures >"$out.figures"
[[ -s $out.cases ]] || die "$suite ran no case"
