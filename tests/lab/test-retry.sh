#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Test of test.sh and soak.sh: what becomes of the programs of a guest that dies,
# of the emulator or of something else, does not boot, or runs out of time. The
# guest is a script here that does what the test wants; all else is as it is.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
lab=$dir/tests/lab
n=0

make_lab()
{
	mkdir -p "$lab" "$dir/build/lab" "$dir/build/logs" "$dir/build/kselftest"
	cp "$here"/{test.sh,soak.sh,lib.sh,tap.sh,tap.awk,emulator-fault.sh} "$lab/"
	echo "9.9 9.9.1" >"$dir/build/lab/kernels"
	printf '%s 60 -\n' one two three >"$dir/build/kselftest/tests.list"
	# shellcheck disable=SC2016 # the stubs expand
	printf '#!/bin/sh\n%s\n' 'exit 0' >"$lab/setup.sh"
	cp "$lab/setup.sh" "$lab/build.sh"
	cp "$lab/setup.sh" "$lab/layer.sh"
	# shellcheck disable=SC2016 # the stub expands it
	printf '#!/bin/sh\n%s\n' 'echo "${ACCEL:-tcg}"' >"$lab/accel.sh"
	cat >"$lab/vm.sh" <<-'END'
		#!/bin/bash
		# vm.sh -k RELEASE -n RUN -t SECONDS "guest-tests.sh RUN PROGRAM...", or
		# "guest-soak.sh SECONDS SEED": then the seed is the program
		logs=$(dirname "$0")/../../build/logs
		run=$4 console=$logs/$4.console
		: >"$console"
		echo "$7" >>"$logs/boots"
		read -ra words <<<"$7"
		for name in "${words[@]:2}"; do
			fate=$(head -n 1 "$logs/$name.fates" 2>/dev/null)
			sed -i 1d "$logs/$name.fates" 2>/dev/null
			[[ $fate != noboot ]] || exit 125
			echo "[ 1.0] mgx-lab: begin $name" >>"$console"
			case $fate in
			stale) printf '[ 2.0] %s\n' 'Oops: int3: 0000 [#1] SMP' 'Code: 90 e8 <87> 1d' >>"$console"; exit 125 ;;
			dies) echo '[ 2.0] Kernel panic - not syncing: x' >>"$console"; exit 125 ;;
			slow) exit 124 ;;
			esac
			echo "ok - $name"
			echo "$name 1 0 0" >>"$logs/$run.results"
		done
	END
	chmod +x "$lab"/*.sh
}

# outcome NAME TOTALS BOOTS: what the last run printed, and how many guests ran
outcome()
{
	local totals boots

	totals=$(tail -n 1 "$dir/out")
	boots=$(wc -l <"$dir/build/logs/boots")
	n=$((n + 1))
	if [[ $totals == "$2" && $boots == "$3" ]]; then
		echo "ok $n $1"
		return
	fi
	echo "not ok $n $1: '$totals', $boots guests"
	sed 's/^/# /' "$dir/out"
}

# run FATES-OF-TWO...: three programs, of which the second has these fates
run()
{
	rm -f "$dir"/build/logs/*
	(($# == 0)) || printf '%s\n' "$@" >"$dir/build/logs/two.fates"
	TESTS='one two three' MGX_BUILD=$dir/build "$lab/test.sh" >"$dir/out" 2>&1
}

# soak FATES-OF-SEED-7 FATES-OF-SEED-8
soak()
{
	rm -f "$dir"/build/logs/*
	echo "$1" >"$dir/build/logs/7.fates"
	echo "$2" >"$dir/build/logs/8.fates"
	MGX_BUILD=$dir/build "$lab/soak.sh" 1 7 >"$dir/out" 2>&1
	echo "status $?" >>"$dir/out"
}

make_lab
run
outcome "all is well" "3 passed, 0 failed, 0 skipped" 1
run stale
outcome "the emulator's fault: once more" "3 passed, 0 failed, 0 skipped" 2
run stale stale stale
outcome "three times" "3 passed, 0 failed, 0 skipped" 4
run stale stale stale stale
outcome "but no more; the rest goes on" "2 passed, 1 failed, 0 skipped" 5
run dies
outcome "a death of its own is a failure" "2 passed, 1 failed, 0 skipped" 2
ACCEL=kvm run stale
outcome "and so is the same with KVM" "2 passed, 1 failed, 0 skipped" 2
run slow
outcome "out of time: it failed, and nothing more runs" "1 passed, 2 failed, 0 skipped" 1
printf '%s\n' noboot >"$dir/first"
rm -f "$dir"/build/logs/*
echo noboot >"$dir/build/logs/one.fates"
TESTS='one two three' MGX_BUILD=$dir/build "$lab/test.sh" >"$dir/out" 2>&1
outcome "a guest that does not boot: nothing ran" "0 passed, 3 failed, 0 skipped" 1
soak '' ''
outcome "soak: all is well" "status 0" 1
soak stale ''
outcome "soak, the emulator's fault: another guest" "status 0" 2
soak stale dies
outcome "soak: which dies by itself" "status 1" 2
ACCEL=kvm soak stale ''
outcome "soak: and so is the same with KVM" "status 1" 1
echo "1..$n"
