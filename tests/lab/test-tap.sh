#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Test of tap.sh: what a test program prints and returns, and what it counts for.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tap.sh
. "$here/tap.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0

# expect "PASSED FAILED SKIPPED" WHY-PATTERN NAME PROGRAM [SECONDS]
expect()
{
	local ok="not ok"

	n=$((n + 1))
	tap_run "${5:-30}" "$dir/log" bash -c "$4"
	# shellcheck disable=SC2053 # a pattern
	[[ "$tap_passed $tap_failed $tap_skipped" == "$1" && $tap_why == $2 ]] && ok=ok
	echo "$ok $n $3"
	[[ $ok == ok ]] || echo "# got $tap_passed $tap_failed $tap_skipped '$tap_why'"
}

expect "2 0 0" "" "all passed" 'echo 1..2; echo ok 1 a; echo ok 2 b'
expect "2 0 0" "" "plan at the end" 'echo ok 1 a; echo ok 2 b; echo 1..2'
expect "1 1 0" "" "one failed" 'echo 1..2; echo ok 1 a; echo not ok 2 b; exit 1'
expect "1 0 1" "" "one skipped" 'echo 1..2; echo ok 1 a; echo "ok 2 b # SKIP no swap"'
expect "1 0 1" "" "kselftest skip" 'echo 1..2; echo ok 1 a; echo "ok 2 # SKIP no swap"; exit 4'
expect "0 0 1" "" "everything skipped" 'echo "1..0 # SKIP no NUMA"; exit 4'
expect "0 0 1" "" "status 4 alone is a skip" 'exit 4'
expect "1 0 1" "" "TODO does not fail" 'echo 1..2; echo ok 1; echo "not ok 2 # TODO later"'
expect "1 0 0" "" "subtests count once, by their parent" 'echo 1..1; echo "    not ok 1 x"; echo ok 1 a'
expect "2 0 0" "" "two programs in one stream" 'echo 1..1; echo ok 1; echo 1..1; echo ok 1'
expect "0 1 0" "printed no plan*" "silence is a failure" 'true'
expect "1 1 0" "printed no plan*" "no plan is a failure" 'echo ok 1'
expect "1 1 0" "ended after 1 of 3*" "fewer tests than planned" 'echo 1..3; echo ok 1'
expect "0 1 0" "ran no test" "a plan of nothing" 'echo 1..0'
expect "1 1 0" "status 3 *" "bad status though all passed" 'echo 1..1; echo ok 1; exit 3'
expect "1 1 0" "died by signal 11" "crash" 'echo 1..2; echo ok 1; kill -SEGV $$'
expect "1 1 0" "bailed out" "bail out" 'echo 1..2; echo ok 1; echo "Bail out! no memory"; exit 1'
expect "1 1 0" "ran out of time*" "time limit" 'echo 1..2; echo ok 1; sleep 20' 2
expect "1 0 0" "" "carriage returns" 'printf "1..1\r\nok 1 a\r\n"'

# which WANT NAME PROGRAM: what the verdict says has failed
which()
{
	local ok="not ok"

	n=$((n + 1))
	tap_run 30 "$dir/log" bash -c "$3"
	[[ $tap_which == "$1" ]] && ok=ok
	echo "$ok $n $2"
	[[ $ok == ok ]] || echo "# got '$tap_which'"
}

which "" "nothing failed" 'echo "# a.c:1:b:Expected 1"; echo ok 1 a; echo 1..1'
which "b" "its name" 'echo ok 1 a; echo not ok 2 b; echo 1..2'
which "f.b (f.c:9:b:Expected 0 (0) == x (1))" "and what was wrong with it first" \
	'echo "# f.c:1:a:Expected 3"; echo ok 1 f.a
	 echo "# f.c:9:b:Expected 0 (0) == x (1)"; echo "# f.c:10:b:Expected 7"; echo not ok 2 f.b; echo 1..2'
# shellcheck disable=SC2016
which "a; b; c; ..." "three are enough" \
	'for i in a b c d; do echo "not ok 1 - $i"; done; echo 1..4'
echo "1..$n"
