#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-soak.sh SECONDS SEED: jobs in random order until the time is over: the
# kselftests, churn and hostile at greater length than in 'make test', of those
# that take long (the matrix of faults) one test at a time; and verifiers and
# databases by others, while engines fail. Each has to pass, and verifies every byte
# that it has moved. Prints a line for each and what came of it all: pages
# migrated, what engines failed on, and what was lost, which is nothing.
set -uo pipefail

# shellcheck source=tap.sh
. /src/tests/lab/tap.sh
# shellcheck source=guest-prepare.sh
. /src/tests/lab/guest-prepare.sh

dir=/src/build/kselftest
events=/sys/kernel/migrate_ext/events
# What the verifier alone decides does not change with time.
STATIC=" insns rejects selfcheck "
SUITE_LIMIT=900

# jobs: a line for each: its limit in seconds, then a command
jobs()
{
	local name limit guest long

	while read -r name limit guest long; do
		[[ $guest == - || $guest == engine ]] || continue
		[[ $name != *.sh && $STATIC != *" $name "* ]] || continue
		echo "$((3 * limit)) ${long:+one_of }./$name"
	done <"$dir/tests.list"
	for name in stressapptest memtester 'stress-ng vm' 'stress-ng numa' \
		'stress-ng userfaultfd' 'stress-ng mremap' 'stress-ng memhotplug' \
		'fio shmem' 'fio ext4 direct' 'fio ext4 mmap'; do
		echo "$SUITE_LIMIT suite verify $name"
	done
	for name in postgresql redis sqlite; do
		echo "$SUITE_LIMIT suite database $name"
	done
}

# The harness prints a table of columns that begin at 1, 22 and 48: fixture, variant,
# test; not each in each row.
tests_of() { "$1" -l 2>&1 | awk '!/^[#-]/ && length > 47 { print substr($0, 48) }'; }

# command_of JOB...: what to run, in the array command, some of it by chance; what to
# call it in label
command_of()
{
	local tests

	case $1 in
	one_of)
		mapfile -t tests < <(tests_of "$2")
		command=("$2" -t "${tests[RANDOM % ${#tests[@]}]}") ;;
	suite) command=(/src/tests/suites/tap.sh "$2" "${*:3}" "$MGX_SEED") ;;
	*) command=("$@") ;;
	esac
	label=${command[*]#./}
	[[ $1 != suite ]] || label=${*:2}
}

# figures: pages migrated since boot; then, since the module was loaded, pages
# copied as a policy decided, folios copied again, given up, channels that failed
figures()
{
	local name

	awk '$1 == "pgmigrate_success" { print $2 }' /proc/vmstat
	for name in pages_copied folios_redone folios_limbo channel_failed; do
		cat "$events/$name" 2>/dev/null || echo 0
	done
}

# add BEFORE...: what a program has added to the figures; some load the module anew
add()
{
	local before=("$@") after i

	mapfile -t after < <(figures)
	for i in "${!after[@]}"; do
		((after[i] >= before[i])) || before[i]=0
		sum[i]=$((sum[i] + after[i] - before[i]))
	done
}

# Who used engines leaves them there, a suite that failed its policy, too; others
# count channels. The module holds channels of dmaengine, mgx_sim holds the module.
tidy()
{
	[[ -d /sys/module/ioatdma || -d /sys/module/mgx_sim ]] || return 0
	mgxctl unload
	echo 0 >/sys/module/migrate_ext/parameters/dmaengine
	rmmod mgx_sim ioatdma dca migrate_ext
} >/dev/null 2>&1

# one LIMIT COMMAND...
one()
{
	local log=/tmp/soak.tap before verdict=ok

	mapfile -t before < <(figures)
	mgxctl unload >/dev/null 2>&1
	if load_module >"$log" 2>&1; then
		tap_run "$1" "$log" "${@:2}"
	else
		tap_passed=0 tap_failed=1 tap_skipped=0 tap_time=0 tap_which='' tap_why="the module does not load"
	fi
	add "${before[@]}"
	tidy
	((tap_failed == 0)) || verdict="not ok"
	passed=$((passed + tap_passed))
	failed=$((failed + tap_failed))
	echo "$verdict - $label # $tap_passed passed, $tap_failed failed, $tap_time s, MGX_SEED=$MGX_SEED${tap_which:+; $tap_which}${tap_why:+; $tap_why}"
	((tap_failed == 0)) || sed 's/^/    /' "$log"
}

end=$1 passed=0 failed=0 rounds=0 sum=(0 0 0 0 0)
RANDOM=$2
cd "$dir" || exit
mapfile -t all < <(jobs)
export MGX_STEPS=100 MGX_HOSTILE_SECONDS=30
while ((SECONDS < end)); do
	# Seeds are ours, so that SEED repeats the whole.
	read -ra job <<<"${all[RANDOM % ${#all[@]}]}"
	export MGX_SEED=$RANDOM
	command_of "${job[@]:1}"
	one "${job[0]}" "${command[@]}"
	rounds=$((rounds + 1))
done
echo "$rounds programs in $SECONDS s: $passed passed, $failed failed"
echo "${sum[0]} pages migrated, ${sum[1]} of them copied as a policy decided"
echo "survived: ${sum[2]} folios that an engine failed on, ${sum[3]} given up since it was late, ${sum[4]} channels that failed"
((failed == 0)) || exit
echo "nothing lost: every test verified its memory"
