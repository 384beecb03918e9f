#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test.sh: all tests, as TAP: on this machine first, then the kselftests in the
# lab on each kernel, those that want an engine in a guest of their own. Sets up
# the lab and builds first. The last line has the totals; the exit status is 0
# only if tests ran and none failed.
#
# TESTS='name ...': these programs only; KERNELS='6.12 7': on these kernels only.
# Debug kernels (KERNELS='debug-6.12 debug-7') run one after the other, and are no
# reason to run what needs no guest.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tap.sh
. "$LAB_SRC/tap.sh"
# In our process group, so that it ends when we are told to.
tap_timeout+=(--foreground)

LAB_TAG='# test'
read -ra tests <<<"${TESTS:-}"
OUT=$LOGS
POINT=$OUT/test.points
# Tests that want it switch it on. Others would flip its static key each time,
# and a guest without KVM dies of that now and then: its CPUs may run an int3
# that is gone already.
TEST_APPEND="numa_balancing=disable"
# What shows by doing it often (lifecycle) is done so much less among all tests.
less=4
((!${#tests[@]})) || less=1

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local rc=$?

	trap - EXIT INT TERM HUP
	stop_children
	exit "$rc"
}

# --- output --------------------------------------------------------------------

# point LINE [LABEL]: prints a test point ("ok - ...") under the next number.
point()
{
	local n

	n=$(($(cat "$POINT") + 1))
	echo "$n" >"$POINT"
	sed -E "s/^((not )?ok) - /\1 $n - ${2:+$2: }/" <<<"$1"
}

# next_line LABEL: the next line of stdin, in line; says now and then what is
# waited for.
next_line()
{
	local part='' rc start=$SECONDS

	line=
	while :; do
		rc=0
		IFS= read -r -t 50 part || rc=$?
		line+=$part
		((rc > 128)) || return "$rc"
		echo "# $1: still $running ($((SECONDS - start)) s)"
	done
}

# merge LABEL: passes a stream of subtests and points on, a block at a time, so
# that guests that run side by side do not mix.
merge()
{
	local line block='' running=starting

	while next_line "$1"; do
		case $line in
		'ok - '* | 'not ok - '*)
			{
				flock 8
				printf '%s' "$block"
				point "$line" "$1"
			} 8>"$POINT.lock"
			block= ;;
		'# running '*)
			running=${line#\# }
			echo "# $1: $running" ;;
		*) block+=$line$'\n' ;;
		esac
	done
	printf '%s' "$block"
}

# failed_point RUN NAME WHY: a failure that no test program could report itself.
failed_point()
{
	echo "not ok - $2 # $3"
	echo "$2 0 1 0" >>"$OUT/$1.results"
}

# --- this machine ----------------------------------------------------------------

host_program()
{
	local name=$1 limit=$2
	shift 2

	tap_run "$limit" "$OUT/test-host-$name.tap" "$@"
	tap_report "$name" "$OUT/test-host-$name.tap" "$OUT/test-host.results"
}

selected()
{
	local want

	((${#tests[@]})) || return 0
	for want in "${tests[@]}"; do
		[[ $1 == "$want" ]] && return 0
	done
	return 1
}

run_host_tests()
{
	local script name

	: >"$OUT/test-host.results"
	if selected unit && [[ -f $REPO/tests/unit/Makefile ]]; then
		host_program unit 300 "$LAB_SRC/enter.sh" make --no-print-directory -s \
			-C /src/tests/unit O=/src/build/host run
	fi
	for script in "$LAB_SRC"/test-*.sh; do
		name=$(basename "$script" .sh)
		! selected "$name" || host_program "$name" 700 "$script"
	done
}

host_tests() { run_host_tests | merge host; }

# --- guests ----------------------------------------------------------------------

# guest_programs [engine|debug]: the selected programs of tests.list, for a guest
# that has an engine, for one that has none, or for a debug kernel alone. Long
# ones have to be named.
guest_programs()
{
	local name guest long

	while read -r name _ guest long; do
		[[ -n $name && $name != '#'* && $guest == "${1:--}" ]] || continue
		[[ -z $long ]] || ((${#tests[@]})) || continue
		! selected "$name" || echo "$name"
	done <"$BUILD/kselftest/tests.list"
}

# missing RUN PROGRAMS: which of them have no result.
missing()
{
	local run=$1 name
	shift

	for name; do
		grep -q "^$name " "$OUT/$run.results" || echo "$name"
	done
}

# guest RUN RELEASE PROGRAMS: one guest that runs them.
guest()
{
	local run=$1 release=$2 limit
	shift 2

	limit=${MGX_TEST_TIMEOUT:-$((3600 * $(time_factor "$release")))}
	MGX_APPEND="$TEST_APPEND mgx.less=$less ${MGX_APPEND:-}" \
		MGX_ENGINE=$engine MGX_ENGINE_QUIET=1 "$LAB_SRC/vm.sh" -k "$release" -n "$run" -t "$limit" \
		"/src/tests/lab/guest-tests.sh $run $*" 2>&1
}

# again RUN RELEASE NAME: NAME's guest has died; 0 if it is to be run once more.
again()
{
	local console=$OUT/$1.console

	emulator_fault "$2" "$console" || return
	((++faults <= MAX_EMULATOR_FAULTS)) || return
	cp "$console" "$OUT/$1.emulator-fault-$faults"
	echo "# $3: QEMU ran an int3 that is not in memory (see tests/lab/emulator-fault.sh); once more"
}

# guests RUN RELEASE PROGRAMS: a guest, and another for what is left when that
# one dies, so that no failure hides others.
guests()
{
	local run=$1 release=$2 console=$OUT/$1.console rc faults=0 left
	shift 2

	while (($#)); do
		rc=0
		guest "$run" "$release" "$@" || rc=$?
		mapfile -t left < <(missing "$run" "$@")
		set -- ${left[@]+"${left[@]}"}
		(($#)) || break
		grep -qs "mgx-lab: begin $1" "$console" || break
		again "$run" "$release" "$1" && continue
		failed_point "$run" "$1" "the guest ended in it (status $rc); see build/logs/$run-$1.console"
		cp "$console" "$OUT/$run-$1.console"
		shift
		((rc == 125)) || break # out of time
	done
	for name; do
		failed_point "$run" "$name" "did not run: the guest ended with status $rc; see build/logs/$run.console"
	done
	(($# || rc == 0)) || failed_point "$run" kernel "the guest ended with status $rc; see build/logs/$run.console"
}

# kernel_programs RELEASE ENGINE: what RELEASE's guest with or without ENGINE runs.
kernel_programs()
{
	guest_programs "$2"
	if is_debug "$1" && [[ -z $2 ]]; then
		guest_programs debug
	fi
}

# one_kernel SERIES RELEASE: the kselftests on one kernel.
one_kernel()
{
	local series=$1 release=$2 run=test-$2 engine programs

	rm -f "$OUT/$run"[.-]*
	for engine in '' engine; do
		run+=${engine:+-engine}
		: >"$OUT/$run.results"
		mapfile -t programs < <(kernel_programs "$release" "$engine")
		((!${#programs[@]})) ||
			guests "$run" "$release" "${programs[@]}" | merge "$series"
	done
}

guest_tests()
{
	local series

	[[ -s $BUILD/kselftest/tests.list ]] || {
		failed_point test-host kselftest "there is no build/kselftest/tests.list" | merge host
		return
	}
	for series in "${series_list[@]}"; do
		spawn one_kernel "$series" "$(kernel_release "$series")"
		! debug_series "$series" || join_children || true
	done
	join_children || true
}

# --- the whole -------------------------------------------------------------------

# choose_kernels: KERNELS, or all the lab has; wrong names end the run here.
choose_kernels()
{
	local series

	read -ra series_list <<<"${KERNELS:-$(kernels | cut -d ' ' -f 1 | paste -sd ' ')}"
	for series in "${series_list[@]}"; do
		kernel_release "$series" >/dev/null || exit
	done
}

# results: the figures that belong to this run.
results()
{
	local series run

	echo "$OUT/test-host.results"
	for series in "${series_list[@]}"; do
		run=$OUT/test-$(kernel_release "$series")
		echo "$run.results"
		echo "$run-engine.results"
	done
}

totals()
{
	local files

	mapfile -t files < <(results)
	cat "${files[@]}" 2>/dev/null |
		awk '{ p += $2; f += $3; s += $4 } END { print p + 0, f + 0, s + 0 }'
}

# unknown_tests: a name in TESTS that no program has is a failure, not a pass.
unknown_tests()
{
	local name files

	mapfile -t files < <(results)
	for name in ${tests[@]+"${tests[@]}"}; do
		grep -qs "^$name " "${files[@]}" ||
			failed_point test-host "$name" "there is no test of this name" | merge host
	done
}

summary()
{
	local passed failed skipped

	read -r passed failed skipped < <(totals)
	echo "1..$(cat "$POINT")"
	echo "# time: $((SECONDS / 60)) min $((SECONDS % 60)) s; logs: $OUT"
	((passed + failed > 0)) || echo "# error: no test ran"
	echo "$passed passed, $failed failed, $skipped skipped"
	((failed == 0 && passed > 0))
}

not_started()
{
	echo "not ok 1 - $1"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}

# stock_meant: not debug kernels alone
stock_meant()
{
	local series

	for series in "${series_list[@]}"; do
		debug_series "$series" || return 0
	done
	return 1
}

main()
{
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	echo "TAP version 14"
	spawn "$LAB_SRC/setup.sh"
	join_children || not_started "the lab cannot be set up"
	spawn "$LAB_SRC/build.sh"
	join_children || not_started "something does not build"
	choose_kernels
	echo 0 >"$POINT"
	rm -f "$OUT"/test-*.results
	if stock_meant; then
		spawn host_tests
		join_children
	fi
	guest_tests
	unknown_tests
	summary
}

main "$@"
