#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test.sh [SERIES...]: what 'make install' and the packages put on a machine. The
# packages are installed, upgraded, removed and purged in a fresh copy of the lab's
# root, the module is built for both kernels by DKMS, the tools are used from where
# they were installed; then a guest boots that root with systemd, and the units run.
# TAP; logs in build/logs/install-*.log.
set -uo pipefail
# shellcheck source=../lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"
# shellcheck source=../lab/tap.sh
. "$LAB_SRC/tap.sh"

results=$LOGS/install.results
n=0

# program NAME SECONDS CMD...: one that prints TAP
program()
{
	local name=$1 limit=$2
	shift 2

	tap_run "$limit" "$LOGS/install-$name.log" "$@"
	n=$((n + 1))
	tap_report "$name" "$LOGS/install-$name.log" "$results" | sed -E "s/^((not )?ok) - /\1 $n - /"
}

# in_layer [-t|-b] NAME CMD...: in a fresh copy of the lab's root; -t: with the
# tools of packaging; -b: of the one that has the packages installed
in_layer()
{
	local layer below=

	case $1 in
	-t) below=$BUILD/layer/tools: ;;
	-b) below=$BUILD/layer/booted: ;;
	esac
	[[ ! $below ]] || shift
	layer=$("$LAB_SRC/layer.sh" --new "$1") || return
	shift
	MGX_LAB_LAYERS=$below$layer "$LAB_SRC/enter.sh" "$@"
}

main()
{
	local series all=()

	mkdir -p "$LOGS"
	: >"$results"
	echo "TAP version 14"
	"$LAB_SRC/layer.sh" || exit
	program files 1200 "$0" --in -t files /src/tests/install/files.sh
	"$LAB_SRC/deb.sh" >"$LOGS/install-deb.log" 2>&1
	n=$((n + 1))
	if tail -n 5 "$LOGS/install-deb.log" | grep -q 'lintian: clean'; then
		echo "ok $n - deb"
		echo "deb 1 0 0" >>"$results"
	else
		echo "not ok $n - deb # $LOGS/install-deb.log"
		echo "deb 0 1 0" >>"$results"
	fi
	program booted-root 1800 "$0" --in booted /src/tests/install/booted-root.sh
	program cycle 1800 "$0" --in -b cycle /src/tests/install/cycle.sh
	(($#)) || mapfile -t all < <(kernels | cut -d ' ' -f 1)
	for series in "${all[@]-}" "$@"; do
		[[ $series ]] || continue
		program "units-$series" 2700 "$(dirname "$0")/units.sh" "$series"
	done
	echo "1..$n"
	awk '{ p += $2; f += $3; s += $4 } END { print p + 0 " passed, " f + 0 " failed, " s + 0 " skipped"
		exit f || !p }' "$results"
}

# timeout(1) starts programs, not functions.
if [[ ${1:-} == --in ]]; then
	shift
	in_layer "$@"
else
	main "$@"
fi
