#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [-k KERNEL] [NAME...]: breaks one safety check after the other, each
# NAME.patch in a copy of kernel/, and runs the tests that the patch names on
# the module that comes out. A mutation is caught if one of them fails, or if
# the guest dies of it; one that survives fails this run.
set -euo pipefail
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

# shellcheck disable=SC2034 # lib.sh puts it before each message
LAB_TAG=mutations
HERE=$(cd "$(dirname "$0")" && pwd)

tests_of() { sed -n 's/^Tests: //p' "$HERE/$1.patch"; }

# build NAME RELEASE: the broken module.
build()
{
	local dir=$BUILD/mutations/$1 log=$LOGS/mutation-$1-build.log

	rm -rf "$dir"
	mkdir -p "$dir"
	cp -a "$REPO/kernel" "$dir/"
	patch -s -d "$dir" -p1 <"$HERE/$1.patch" ||
		die "$1.patch does not apply; adapt it to the code"
	"$LAB_SRC/enter.sh" make --no-print-directory -C "/src/build/mutations/$1/kernel" \
		"KDIR=/usr/lib/modules/$2/build" "O=/src/build/mutations/$1/$2" >"$log" 2>&1 ||
		die "$1 does not build; see $log"
}

# caught NAME RELEASE: 0 if a test went red.
caught()
{
	local rc=0

	MGX_APPEND="numa_balancing=disable" "$LAB_SRC/vm.sh" -k "$2" -n "mutation-$1" -t 600 \
		"/src/tests/mutations/guest.sh $1 $(tests_of "$1")" \
		>"$LOGS/mutation-$1.log" 2>&1 || rc=$?
	# 3: all its tests passed; 4: the module does not load, which proves nothing
	((rc != 0 && rc != 3 && rc != 4 && rc != 124))
}

main()
{
	local release name all survived=0 nr=0

	release=
	if [[ ${1:-} == -k ]]; then
		release=$2
		shift 2
	fi
	release=$(kernel_release "$release")
	if ((!$#)); then
		mapfile -t all < <(cd "$HERE" && printf '%s\n' *.patch | sed 's/\.patch$//')
		set -- "${all[@]}"
	fi
	mkdir -p "$LOGS"
	for name; do
		[[ -e $HERE/$name.patch ]] || die "there is no mutation $name in tests/mutations"
		build "$name" "$release"
		nr=$((nr + 1))
		if caught "$name" "$release"; then
			printf 'caught    %-10s by: %s\n' "$name" "$(tests_of "$name")"
		else
			printf 'SURVIVED  %-10s %s; see %s\n' "$name" "$(head -n 1 "$HERE/$name.patch")" \
				"$LOGS/mutation-$name.log"
			survived=$((survived + 1))
		fi
	done
	say "$release: $((nr - survived)) of $nr mutations caught"
	((!survived))
}

main "$@"
