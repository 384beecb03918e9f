#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# demo.sh [KERNEL]: the main job, see demo-guest.sh; sets up and builds
# everything first, and says how long it took.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

LAB_TAG=demo
rc=0

# step CMD...: CMD, that ends when we are told to end.
step()
{
	spawn "$@"
	join_children
}

trap stop_children EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
step "$LAB_SRC/setup.sh"
release=$(kernel_release "${1:-}")
step "$LAB_SRC/build.sh" --no-tests
say "booting kernel $release: 4 CPUs on 2 NUMA nodes (after $SECONDS s)"
step "$LAB_SRC/vm.sh" -k "$release" -n "demo-$release-$$" -t "${MGX_TIMEOUT:-600}" \
	/src/tests/lab/demo-guest.sh || rc=$?
result=passed
((rc == 0)) || result=FAILED
say "$result after $((SECONDS / 60)) min $((SECONDS % 60)) s, set-up included"
exit "$rc"
