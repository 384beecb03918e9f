#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test.sh [SERIES...]: tests of the lab's engine in guests, on each kernel of the
# lab or on those named: the stock ioatdma, dmatest, and each fault. TAP. The
# part that needs no guest is tests/lab/test-engine.sh.
set -euo pipefail
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../tap.sh
. "$LAB_SRC/tap.sh"

LAB_TAG='# engine'
VM=
failed=0

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local rc=$?

	trap - EXIT INT TERM HUP
	[[ -z $VM ]] || kill -TERM "$VM" 2>/dev/null || true
	wait
	exit "$rc"
}

# guest RELEASE NAME: runs check.sh in a guest with an engine
guest()
{
	local rc=0

	"$LAB_SRC/vm.sh" -e -k "$1" -n "$2" -t "${MGX_TEST_TIMEOUT:-1200}" \
		/src/tests/lab/engine/guest/check.sh >"$LOGS/$2.tap" 2>&1 &
	VM=$!
	wait "$VM" || rc=$?
	VM=
	return "$rc"
}

test_release()
{
	local name=engine-$1 rc=0 start=$SECONDS

	echo "# running on $1"
	guest "$1" "$name" || rc=$?
	tap_verdict "$LOGS/$name.tap" "$rc"
	tap_time=$((SECONDS - start))
	tap_report "engine on $1" "$LOGS/$name.tap" "$LOGS/engine.results"
	((tap_failed == 0)) || failed=1
}

main()
{
	local series release

	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir -p "$LOGS"
	: >"$LOGS/engine.results"
	"$LAB_SRC/engine/modules.sh"
	(($#)) || mapfile -t series < <(kernels | cut -d ' ' -f 1)
	for release in "${@:-${series[@]}}"; do
		test_release "$(kernel_release "$release")"
	done
	exit $failed
}

main "$@"
