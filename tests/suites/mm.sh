# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # out is of guest.sh
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

# mm_one SECONDS COMMAND...
mm_one()
{
	local limit=$1 name=${*:2} log=/tmp/mm.out rc=0
	shift 2

	name=${name#./}
	[[ -x ${name%% *} ]] || {
		case_is skip "$name: not of this kernel"
		return
	}
	huge_pages 64
	echo "# $name" >>"$out.log"
	timeout -k 10 "$limit" "./${name%% *}" "$@" </dev/null >"$log" 2>&1 || rc=$?
	cat "$log" >>"$out.log"
	echo "# status $rc" >>"$out.log"
	mm_cases "$name" <"$log" >>"$out.cases"
	case $rc in
	0) case_is pass "$name" ;;
	4) case_is skip "$name" ;;
	124 | 137) case_is fail "$name: out of time" ;;
	*) case_is fail "$name" ;;
	esac
}

suite_mm()
{
	local limit command

	cd "/src/build/suites/$(uname -r)/mm" || die "the tests of mm are not built"
	while read -r limit command; do
		[[ $limit && $limit != '#'* ]] || continue
		# shellcheck disable=SC2086 # a command and its arguments
		mm_one "$limit" $command
	done < <(grep -E "${MGX_MM:-}" /src/tests/suites/mm.list)
	huge_pages 0
	cd / || exit
}
