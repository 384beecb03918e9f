# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # out and mode are of guest.sh
# Sourced by guest.sh: the kernel's own tests of mm.

# 2-MiB pages; some tests free them, and want them again.
huge_pages()
{
	local node

	for node in /sys/devices/system/node/node[0-9]*; do
		echo "$1" >"$node/hugepages/hugepages-2048kB/nr_hugepages"
	done
}

# mm_cases NAME: the cases of a TAP output, also of subtests; one that is called
# like one before gets a number. Addresses and counts are no part of a name.
mm_cases()
{
	sed -nE 's/^[# ]*(not ok|ok) [0-9]+ *-? *(.*)$/\1 \2/p' |
		awk -v test="$1" '{
			result = /^not ok/ ? "fail" : /# SKIP/ ? "skip" : "pass"
			sub(/^(not )?ok /, ""); sub(/ *# .*/, ""); gsub(/0x[0-9a-f]+/, "X")
			print result, test ": " $0 (++seen[$0] > 1 ? " #" seen[$0] : "")
		}'
}

mm_name() { echo "${*#./}"; }

# mm_run SECONDS COMMAND...: its cases
mm_run()
{
	local limit=$1 name log=/tmp/mm.out rc=0 start=$SECONDS
	shift

	name=$(mm_name "$@")
	huge_pages 64
	echo "# $name" >>"$out.log"
	timeout -k 10 "$limit" "./${name%% *}" "${@:2}" </dev/null >"$log" 2>&1 || rc=$?
	cat "$log" >>"$out.log"
	echo "# status $rc, $((SECONDS - start)) s" >>"$out.log"
	mm_cases "$name" <"$log"
	case $rc in
	0) echo "pass $name" ;;
	4) echo "skip $name" ;;
	124 | 137) echo "fail $name: out of time" ;;
	*) echo "fail $name" ;;
	esac
}

# mm_of NAME: the cases of a command
mm_of() { awk -v n="$1" '{ c = $0; sub(/^[a-z]+ /, "", c) } c == n || index(c, n ":") == 1'; }

# mm_worse CASES NAME: those that ended worse than without the module, or that
# are not there, for a test that gives up runs no others
mm_worse()
{
	local stock=${out%."$mode"}.stock.cases worse

	[[ $mode != stock && -e $stock ]] || return
	worse=$(
		grep -avxFf "$stock" <(grep -a ^fail "$1")
		mm_of "$2" <"$stock" | grep -av ^fail | grep -avxFf "$1" |
			grep -avxFf <(sed -nE 's/^fail (.*)/pass \1\nskip \1/p' "$1") | sed 's/^/not so: /'
	)
	[[ $worse ]] && echo "$worse"
}

# mm_lost: does the last output say that a byte is not what it was?
mm_lost() { grep -aqiE "corrupt|mismatch|n't match" /tmp/mm.out; }

# Some fail now and then, on any kernel, for want of time; one that does so three
# times only with the module is of another kind, and a byte is lost but once. What
# made it run again is in OUT.again, for the table.
mm_one()
{
	local tries cases=/tmp/mm.cases name=${2#./}

	[[ -x $name ]] || {
		case_is skip "$name: not of this kernel"
		return
	}
	for ((tries = 1; ; tries++)); do
		mm_run "$@" >"$cases"
		((tries < 3)) || break
		! mm_lost || break
		mm_worse "$cases" "$(mm_name "${@:2}")" >/tmp/mm.worse || break
		sed "s/^/$tries: /" /tmp/mm.worse >>"$out.again"
	done
	cat "$cases" >>"$out.cases"
}

suite_mm()
{
	local limit command

	cd "/src/build/suites/$(uname -r)/mm" || die "the tests of mm are not built"
	while read -r limit command; do
		[[ $limit && $limit != '#'* ]] || continue
		# shellcheck disable=SC2086 # a command and its arguments
		mm_one "$limit" $command
	done < <(grep -E "${MGX_CASES:-}" /src/tests/suites/mm.list)
	huge_pages 0
	cd / || exit
}
