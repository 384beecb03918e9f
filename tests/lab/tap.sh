# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by whoever runs test programs, on the host and in the guest.

TAP_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

tap_timeout=(timeout -k 10)

# tap_verdict LOG STATUS: judges a program by its output and exit status; sets
# tap_passed, tap_failed, tap_skipped, tap_which (what failed) and, if something
# is wrong with the program itself, tap_why (counted as one failure).
tap_verdict()
{
	local planned bailed seen

	{
		read -r tap_passed tap_failed tap_skipped planned bailed
		IFS= read -r tap_which
	} < <(awk -f "$TAP_HERE/tap.awk" "$1")
	seen=$((tap_passed + tap_failed + tap_skipped))
	tap_why=
	if (($2 == 124 || $2 == 137)); then
		tap_why="ran out of time or was killed"
	elif (($2 > 128)); then
		tap_why="died by signal $(($2 - 128))"
	elif ((bailed)); then
		tap_why="bailed out"
	elif [[ $planned == none ]]; then
		# kselftest: status 4 without a plan means that the program was skipped.
		if (($2 == 4 && seen == 0)); then
			tap_skipped=1
			return
		fi
		tap_why="printed no plan (status $2)"
	elif ((seen < planned)); then
		tap_why="ended after $seen of $planned tests (status $2)"
	elif (($2 != 0 && $2 != 4 && tap_failed == 0)); then
		tap_why="status $2 without a failed test"
	elif ((seen == 0)); then
		tap_why="ran no test"
	fi
	[[ -z $tap_why ]] || tap_failed=$((tap_failed + 1))
}

# tap_run SECONDS LOG CMD...: runs a program with a time limit. The subshell
# keeps the shell's own words about a crash in the log.
tap_run()
{
	local limit=$1 log=$2 rc=0 start=$SECONDS
	shift 2

	(
		"${tap_timeout[@]}" "$limit" "$@"
		exit $?
	) </dev/null >"$log" 2>&1 || rc=$?
	tap_verdict "$log" "$rc"
	tap_time=$((SECONDS - start))
}

# tap_report NAME LOG RESULTS: prints the program's output as a subtest with the
# verdict on it, and appends the figures to RESULTS.
tap_report()
{
	local ok=ok why=

	((tap_failed == 0)) || ok="not ok"
	[[ -z $tap_which ]] || why="; $tap_which"
	[[ -z $tap_why ]] || why+="; $tap_why"
	sed 's/^/    /' "$2"
	printf '%s - %s # %d passed, %d failed, %d skipped, %d s%s\n' "$ok" "$1" \
		"$tap_passed" "$tap_failed" "$tap_skipped" "$tap_time" "$why"
	printf '%s %d %d %d\n' "$1" "$tap_passed" "$tap_failed" "$tap_skipped" >>"$3"
}
