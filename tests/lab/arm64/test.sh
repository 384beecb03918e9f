#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test.sh: on arm64, with engines whose model, driver and kernel are all by others,
# the kselftest "foreign", and those of hook and channels. TAP; the last line has
# the totals.
#
# MACHINES='versal versal-coherent versal-count raspi raspi-bounce raspi-count virt'
# narrows it.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

LAB_TAG='# arm64'
# Engines and channels, then the hook.
TESTS=(foreign channels unhook nested giveback reserve)
RUNS=(versal versal-coherent versal-count raspi raspi-bounce raspi-count virt)
n=0 passed=0 failed=0 skipped=0

# one RUN OPTION...: a guest; its subtests, and a test point for each program.
one()
{
	local run=$1 line rc=0 log=$LOGS/arm64-$1.status seen=''
	shift

	echo "# $run: booting"
	while IFS= read -r line; do
		case $line in
		'ok - '* | 'not ok - '*)
			seen=1
			point "$run" "$line" ;;
		'# running '* | '    '*) echo "$line" ;;
		*) echo "# $line" ;;
		esac
	done < <("$ARM_SRC/run.sh" "$@" 2>&1 || rc=$?; echo "$rc" >"$log")
	rc=$(<"$log")
	[[ $seen && $rc == 0 ]] || point "$run" "not ok - kernel # 0 passed, 1 failed, 0 skipped; status $rc, see build/logs/arm64-$run.console"
}

# point RUN LINE: "ok - NAME # N passed, N failed, N skipped ..." under its number.
point()
{
	local p f s

	n=$((n + 1))
	sed -E "s/^((not )?ok) - /\1 $n - $1: /" <<<"$2"
	read -r p f s < <(sed -E 's/.*# ([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped.*/\1 \2 \3/' <<<"$2")
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

guest()
{
	case $1 in
	versal) one "$1" xlnx-versal-virt "arm64-$1" "${TESTS[@]}" ;;
	versal-coherent) one "$1" -c xlnx-versal-virt "arm64-$1" foreign ;;
	raspi) one "$1" raspi3b "arm64-$1" "${TESTS[@]}" ;;
	# All goes by bounce buffers, as if the engines reached no memory.
	raspi-bounce) one "$1" -a 'swiotlb=16384,force' raspi3b "arm64-$1" foreign ;;
	# What a descriptor costs to submit, in instructions.
	versal-count) one "$1" -i xlnx-versal-virt "arm64-$1" submit ;;
	raspi-count) one "$1" -i raspi3b "arm64-$1" submit ;;
	# No engine, but memory tags, signed return addresses, landing pads.
	virt) one "$1" virt "arm64-$1" tags channels ;;
	*) die "no machine '$1'; there are ${RUNS[*]}" ;;
	esac
}

main()
{
	local run

	echo "TAP version 14"
	in_arm /src/tests/lab/arm64/initramfs.sh "$(arm_release)" /src/build/arm64/initramfs.img
	for run in ${MACHINES:-${RUNS[*]}}; do
		guest "$run"
	done
	echo "1..$n"
	echo "# time: $((SECONDS / 60)) min $((SECONDS % 60)) s; logs: $LOGS"
	echo "$passed passed, $failed failed, $skipped skipped"
	((failed == 0 && passed > 0))
}

main
