#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-soak.sh SECONDS SEED: kselftests in random order until the time is over,
# churn and hostile at greater length than in 'make test'. Each has to pass, and
# verifies every byte that it has moved. Prints a line for each and what came of it
# all: pages migrated, what engines failed on, and what was lost, which is nothing.
set -uo pipefail

# shellcheck source=tap.sh
. /src/tests/lab/tap.sh
# shellcheck source=guest-prepare.sh
. /src/tests/lab/guest-prepare.sh

dir=/src/build/kselftest
events=/sys/kernel/migrate_ext/events
# What the verifier alone decides does not change with time.
STATIC=" insns rejects selfcheck "

# programs: names of those that need no other guest
programs()
{
	local name guest long

	while read -r name _ guest long; do
		[[ $guest == - && -z $long && $name != *.sh && $STATIC != *" $name "* ]] &&
			echo "$name"
	done <"$dir/tests.list"
}

limit_of() { awk -v n="$1" '$1 == n { print 3 * $2 }' "$dir/tests.list"; }

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

one()
{
	local name=$1 log=/tmp/soak.tap before verdict=ok

	mapfile -t before < <(figures)
	mgxctl unload >/dev/null 2>&1
	if load_module >"$log" 2>&1; then
		tap_run "$(limit_of "$name")" "$log" "$dir/$name"
	else
		tap_passed=0 tap_failed=1 tap_skipped=0 tap_time=0 tap_which='' tap_why="the module does not load"
	fi
	add "${before[@]}"
	((tap_failed == 0)) || verdict="not ok"
	passed=$((passed + tap_passed))
	failed=$((failed + tap_failed))
	echo "$verdict - $name # $tap_passed passed, $tap_failed failed, $tap_time s, MGX_SEED=$MGX_SEED${tap_which:+; $tap_which}${tap_why:+; $tap_why}"
	((tap_failed == 0)) || sed 's/^/    /' "$log"
}

end=$1 passed=0 failed=0 rounds=0 sum=(0 0 0 0 0)
RANDOM=$2
mapfile -t names < <(programs)
cd "$dir" || exit
export MGX_STEPS=100 MGX_HOSTILE_SECONDS=30
while ((SECONDS < end)); do
	# Seeds are ours, so that SEED repeats the whole.
	pick=$((RANDOM % ${#names[@]}))
	export MGX_SEED=$RANDOM
	one "${names[pick]}"
	rounds=$((rounds + 1))
done
echo "$rounds programs in $SECONDS s: $passed passed, $failed failed"
echo "${sum[0]} pages migrated, ${sum[1]} of them copied as a policy decided"
echo "survived: ${sum[2]} folios that an engine failed on, ${sum[3]} given up since it was late, ${sum[4]} channels that failed"
((failed == 0)) || exit
echo "nothing lost: every test verified its memory"
