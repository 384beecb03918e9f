#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [-k KERNEL] [NAME...]: breaks one safety check after the other, as
# NAME.patch says, and runs the test cases that the patch names:
#
#	Tests: PROGRAM[:CASE,CASE...]...
#
# with the names that the harness prints; PROGRAM alone is any failure of it,
# unit:PROGRAM a host test built against the broken header. A mutation is caught
# if each of its cases prints "not ok", or the kernel dies or complains in it.
# Before, and once more behind them all, the same cases must pass on a module
# that is built the same way and not broken. One that survives fails this run.
set -euo pipefail
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

# shellcheck disable=SC2034 # lib.sh puts it before each message
LAB_TAG=mutations
HERE=$(cd "$(dirname "$0")" && pwd)
release=

# --- what to run -----------------------------------------------------------------

tests_of() { sed -n 's/^Tests: //p' "$HERE/$1.patch"; }

# jobs_of NAME: its lines "NAME PROGRAM CASE"; "-" is all of a program.
jobs_of()
{
	local entry case cases

	for entry in $(tests_of "$1"); do
		cases=
		[[ $entry != *:* ]] || cases=${entry#*:}
		for case in ${cases//,/ }; do
			echo "$1 ${entry%%:*} $case"
		done
		[[ -n $cases ]] || echo "$1 $entry -"
	done
}

# sound_jobs NAME: the cases of all, under the name of a module that is sound.
sound_jobs()
{
	grep -v ' unit ' "$DIR/jobs" | cut -d ' ' -f 2- | sort -u | sed "s/^/$1 /" || true
}

# todo: jobs of guests that have no result yet, in the order of running.
todo()
{
	{
		sound_jobs sound
		grep -v ' unit ' "$DIR/jobs" || true
		sound_jobs sound-after
	} | grep -vxFf <(cut -d ' ' -f 2- "$DIR/results") || true
}

# --- builds ----------------------------------------------------------------------

# make_in_lab LOG PATH...: PATH is below build/mutations/RELEASE.
make_in_lab()
{
	local log=$1 dir=$2
	shift 2

	"$LAB_SRC/enter.sh" make --no-print-directory -j"$(nproc)" \
		-C "/src/build/mutations/$release/$dir" "$@" >"$log" 2>&1
}

# build_module NAME: what the copied sources give. One after the other in one
# directory, so that only what a patch touches is compiled again.
build_module()
{
	make_in_lab "$OUT/$1-build.log" src/kernel "KDIR=/usr/lib/modules/$release/build" \
		"O=/src/build/mutations/$release/out" ||
		die "$1 does not build; see $OUT/$1-build.log"
	cp "$DIR/out/migrate_ext.ko" "$DIR/$1.ko"
}

# unit_test NAME PROGRAM: a verdict on it with the copied headers.
unit_test()
{
	local log=$OUT/$1-unit-$2.tap rc=0 out=/src/build/mutations/$release/unit

	rm -rf "$DIR/unit"
	make_in_lab "$OUT/$1-build.log" src/tests/unit "O=$out" "$out/$2" ||
		die "$1 does not build; see $OUT/$1-build.log"
	"$LAB_SRC/enter.sh" timeout 120 "$out/$2" >"$log" 2>&1 || rc=$?
	case $rc in
	0) echo green ;;
	124) echo time-out ;;
	*) echo red ;;
	esac
}

# build NAME: its module, and results of its unit tests.
build()
{
	local name program case

	grep " unit " "$DIR/jobs" | grep "^$1 " | while read -r name program case; do
		echo "$(unit_test "$name" "$case") $name $program $case"
	done >>"$DIR/results" || true
	! grep -v " unit " "$DIR/jobs" | grep -q "^$1 " || build_module "$1"
}

break_and_build()
{
	patch -s -d "$DIR/src" -p1 <"$HERE/$1.patch" ||
		die "$1.patch does not apply; adapt it to the code"
	build "$1"
	patch -s -R -d "$DIR/src" -p1 <"$HERE/$1.patch"
}

# sound_units: the unit tests must pass when nothing is broken.
sound_units()
{
	local case

	while read -r case; do
		[[ $(unit_test sound "$case") == green ]] ||
			die "$case fails although nothing is broken; see $OUT/sound-unit-$case.tap"
	done < <(awk '$2 == "unit" { print $3 }' "$DIR/jobs" | sort -u)
}

build_all()
{
	local name

	rm -rf "$DIR/src" "$DIR"/*.ko
	mkdir -p "$DIR/src/tests"
	cp -r "$REPO/kernel" "$REPO/bpf" "$REPO/user" "$DIR/src/"
	cp -r "$REPO/tests/unit" "$DIR/src/tests/"
	sound_units
	if grep -qv ' unit ' "$DIR/jobs"; then
		build_module sound
		cp "$DIR/sound.ko" "$DIR/sound-after.ko"
	fi
	for name; do
		break_and_build "$name"
	done
}

# --- guests ----------------------------------------------------------------------

# guest: runs what is left, until its end or the guest's.
guest()
{
	local rc=0

	rm -f "$DIR/running"
	MGX_APPEND="numa_balancing=disable" "$LAB_SRC/vm.sh" -k "$release" -n "$RUN" -t 2400 \
		/src/tests/mutations/guest.sh >>"$OUT/guests.log" 2>&1 || rc=$?
	return "$rc"
}

# bury JOB STATUS: what the end of the guest says about the job it ran.
bury()
{
	local how=died

	cp "$LOGS/$RUN.console" "$OUT/${1// /-}.console"
	if emulator_fault "$release" "$LOGS/$RUN.console"; then
		faults[$1]=$((${faults[$1]:-0} + 1))
		say "$1: QEMU ran an int3 that is not in memory (see tests/lab/emulator-fault.sh)"
		((faults[$1] > MAX_EMULATOR_FAULTS)) || return 0
		how=emulator
	elif (($2 == 124)); then
		how=time-out
	elif "$LAB_SRC/dmesg-check.sh" "$LOGS/$RUN.console" 2>/dev/null; then
		how=vanished # and its kernel had nothing to say
	fi
	echo "$how $1" >>"$DIR/results"
}

# expect_sound: catches prove nothing if the tests fail without a mutation.
expect_sound()
{
	local bad

	bad=$(grep -E '^[^ ]+ sound(-after)? ' "$DIR/results" | grep -v '^green ' | head -n 1) || true
	[[ -z $bad ]] || die "a test fails although nothing is broken: $bad; see $OUT"
}

run_guests()
{
	local rc before
	local -A faults=()

	while todo >"$DIR/todo" && [[ -s $DIR/todo ]]; do
		before=$(wc -l <"$DIR/todo")
		rc=0
		guest || rc=$?
		if [[ -s $DIR/running ]]; then
			bury "$(cat "$DIR/running")" "$rc"
		elif (($(todo | wc -l) == before)); then
			die "the guest runs nothing (status $rc); see $OUT/guests.log"
		fi
		expect_sound
	done
}

# --- the whole -------------------------------------------------------------------

# verdict NAME: one line; fails if it survived.
verdict()
{
	local how job not=()

	while read -r job; do
		how=$(awk -v j="$job" '{ h = $1; sub(/^[^ ]+ /, "") } $0 == j { print h }' \
			"$DIR/results" | tail -n 1)
		case $how in
		red | died | complaint) ;;
		*) not+=("${job#* } (${how:-not run})") ;;
		esac
	done < <(jobs_of "$1")
	if ((!${#not[@]})); then
		printf 'caught    %-14s by: %s\n' "$1" "$(tests_of "$1")"
		return
	fi
	printf 'SURVIVED  %-14s not red: %s; see %s\n' "$1" "${not[*]}" "$OUT"
	return 1
}

# prepare NAME...: its directories, the list of jobs.
prepare()
{
	local name

	DIR=$BUILD/mutations/$release RUN=mutations-$release
	OUT=$LOGS/$RUN
	mkdir -p "$DIR" "$OUT"
	: >"$DIR/results"
	: >"$DIR/jobs"
	rm -f "${OUT:?}"/*
	for name; do
		[[ -e $HERE/$name.patch ]] || die "there is no mutation $name in tests/mutations"
		[[ -n $(tests_of "$name") ]] || die "$name.patch names no tests"
		jobs_of "$name" >>"$DIR/jobs"
	done
}

main()
{
	local name all survived=0

	if [[ ${1:-} == -k ]]; then
		release=$2
		shift 2
	fi
	release=$(kernel_release "$release")
	if ((!$#)); then
		mapfile -t all < <(cd "$HERE" && printf '%s\n' *.patch | sed 's/\.patch$//')
		set -- "${all[@]}"
	fi
	prepare "$@"
	build_all "$@"
	run_guests
	for name; do
		verdict "$name" || survived=$((survived + 1))
	done
	say "$release: $(($# - survived)) of $# mutations caught ($((SECONDS / 60)) min $((SECONDS % 60)) s)"
	((!survived))
}

main "$@"
