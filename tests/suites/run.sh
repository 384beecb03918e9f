#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [KERNEL [SUITE...]]: suites by others, on each kernel of the lab or on
# one: mm (the kernel's own tests), verify (stressapptest, stress-ng, fio ...) and
# database. Each runs three times: without the module, with it, and with engines
# that fail at random times (see guest.sh). Fails if a case ends worse than without
# the module, if the kernel complains, if nothing was migrated through the module,
# or if the engine's own count is not what the module says. A command of mm is run
# again, twice at most, if one of its cases ended worse; the table names them.
#
# MGX_SEED: where the faults begin, default 1.
# MGX_CASES: of each suite, only cases (of mm, commands) in whose names this
# extended regular expression is found; those of PostgreSQL, and those of redis,
# go together. Engines need not have had a part in these.
set -euo pipefail
# shellcheck source=../lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

LAB_TAG=suites
HERE=$(cd "$(dirname "$0")" && pwd)
MODES=(stock adaptive faults)
SUITES=(mm verify database)
failed=0
again=0

# base RELEASE SUITE MODE: where a guest leaves its results
base() { echo "suites/$1/$2.$3"; }

# one RELEASE SUITE MODE
one()
{
	local to engine=1 name=suites-$1-$2-$3 rc=0
	to=$(base "$1" "$2" "$3")

	[[ $3 != stock ]] || engine=
	rm -f "$BUILD/$to".*
	MGX_LAB_LAYERS=$BUILD/layer/suites MGX_ENGINE=$engine MGX_ENGINE_QUIET=1 \
		MGX_RUN_MB=700 "$LAB_SRC/vm.sh" -k "$1" -n "$name" -t 7200 \
		"MGX_CASES='${MGX_CASES:-}' /src/tests/suites/guest.sh $3 $2 /src/build/$to ${MGX_SEED:-1}" || rc=$?
	((rc == 0)) || {
		say "error: $2 on $1, $3: the guest ended with status $rc (log: $BUILD/$to.log)"
		failed=1
	}
	[[ -z $engine ]] || cp "$LOGS/$name.engine.json" "$BUILD/$to.engine.json"
}

# --- the table -------------------------------------------------------------------------

figure() { awk -v n="$2" '$1 == n { print $2; f = 1 } END { if (!f) print 0 }' "$BUILD/$1.figures" 2>/dev/null || echo 0; }

engine_bytes()
{
	sed -nE 's/.*"counters": \{"copies": [0-9]+, "bytes": ([0-9]+),.*/\1/p' "$BUILD/$1.engine.json" |
		awk '{ s += $1 } END { printf "%.0f", s }'
}

# cases RELEASE SUITE MODE [fail]: all that did not fail, or those that did
cases()
{
	local invert=v

	[[ -z ${4:-} ]] || invert=
	grep "-a$invert" '^fail' "$BUILD/$(base "$1" "$2" "$3").cases" | sort || true
}

# worse RELEASE SUITE MODE: what failed with the module alone, or did not end; a
# case that failed on the stock kernel alone is unsteady, and no fault of ours.
worse()
{
	comm -13 <(cases "$1" "$2" stock fail) <(cases "$1" "$2" "$3" fail)
	comm -23 <(cases "$1" "$2" stock) <(cases "$1" "$2" "$3") | sed 's/^/not so: /'
}

unsteady() { comm -23 <(cases "$1" "$2" stock fail) <(cases "$1" "$2" "$3" fail); }

# repeated RELEASE SUITE MODE: "<run>: <case>" of what a command was run again for
repeated() { cat "$BUILD/$(base "$1" "$2" "$3").again" 2>/dev/null || true; }

# engine_more RESULTS MODULE ENGINE: what the engine copied of jobs that were
# given up, for being late on a busy machine, counts for the engine alone.
engine_more()
{
	local errors
	errors=$(figure "$1" ioat_errors)

	((errors && $3 > $2)) || return
	echo "    of the engine's $3 bytes $(($3 - $2)) belong to $errors jobs that were given up"
}

# engine_part RELEASE SUITE MODE: "" if engines had their part, or what is wrong
engine_part()
{
	local to ioat out
	to=$(base "$1" "$2" "$3")

	ioat=$(figure "$to" ioat_bytes)
	out=$(engine_bytes "$to")
	(($(figure "$to" copied) > 0)) || echo "no page was copied through the module"
	((out > 0)) || echo "the engine copied nothing"
	((out == ioat)) || engine_more "$to" "$ioat" "$out" >&2 ||
		echo "the engine counts $out bytes, the module $ioat"
	[[ $3 != faults ]] || (($(figure "$to" faults) > 0)) || echo "no fault happened"
}

row()
{
	local to differ wrong=
	to=$(base "$1" "$2" "$3")

	differ=$(worse "$1" "$2" "$3")
	printf '%-22s %-9s %-9s %6d %6d %6d %9d %9d %10d %10d %7d\n' "$1" "$2" "$3" \
		"$(wc -l <"$BUILD/$to.cases")" "$(grep -c ^fail "$BUILD/$to.cases" || true)" \
		"$(grep -c . <<<"$differ" || true)" \
		"$(figure "$to" migrated)" "$(figure "$to" copied)" "$(figure "$to" sim_bytes)" \
		"$(figure "$to" ioat_bytes)" "$(figure "$to" faults)"
	[[ $3 != stock ]] || return 0
	[[ -n ${MGX_CASES:-} ]] || wrong=$(engine_part "$1" "$2" "$3")
	[[ -z $differ ]] || printf 'worse than without the module:\n%s\n' "$differ" | sed 's/^/    /'
	repeated "$1" "$2" "$3" | sed 's/^/    worse at first, and run again: run /'
	again=$((again + $(repeated "$1" "$2" "$3" | grep -c . || true)))
	unsteady "$1" "$2" "$3" | sed 's/^/    only without the module: /'
	[[ -z $wrong ]] || printf '%s\n' "$wrong" | sed 's/^/    /'
	[[ -z $differ$wrong ]] || failed=1
}

table()
{
	local release suite mode

	printf '%-22s %-9s %-9s %6s %6s %6s %9s %9s %10s %10s %7s\n' kernel suite mode cases \
		fail worse migrated 'by policy' 'simulated' 'engine, B' faults
	for release in "${releases[@]}"; do
		for suite in "${suites[@]}"; do
			for mode in "${MODES[@]}"; do
				[[ -s $BUILD/$(base "$release" "$suite" "$mode").cases ]] || {
					say "error: $suite on $release, $mode: no result"
					failed=1
					continue
				}
				row "$release" "$suite" "$mode"
			done
		done
	done
}

# all_of RELEASE
all_of()
{
	local suite mode

	for suite in "${suites[@]}"; do
		for mode in "${MODES[@]}"; do
			say "$1: $suite, $mode"
			one "$1" "$suite" "$mode"
		done
	done
	exit "$failed"
}

main()
{
	local release suite

	trap stop_children EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	suites=("${@:2}")
	((${#suites[@]})) || suites=("${SUITES[@]}")
	for suite in "${suites[@]}"; do
		[[ " ${SUITES[*]} " == *" $suite "* ]] || die "there is no suite '$suite': there are ${SUITES[*]}"
	done
	if [[ -n ${1:-} ]]; then
		releases=("$(kernel_release "$1")")
	else
		mapfile -t releases < <(kernels | cut -d ' ' -f 2)
	fi
	"$LAB_SRC/layer.sh" suites
	for release in "${releases[@]}"; do
		"$HERE/build.sh" "$release"
		spawn all_of "$release"
	done
	join_children || failed=1
	table
	((!failed)) || die "not as without the module; see above"
	say "no case ended worse than without the module"
	((!again)) || say "but $again did at first, and not when run again: see above"
}

main "$@"
