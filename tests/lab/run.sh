#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [KERNEL] CMD: CMD in the guest with the module loaded.
# run.sh --shell [KERNEL]: a shell there, with the policy mgx_reason attached.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

if [[ ${1:-} == --shell ]]; then
	[[ -t 0 && -t 1 ]] || die "there is no terminal; use: make lab-run CMD='...'"
	release=$(kernel_release "${2:-}")
	say "booting $release; 'exit' ends the guest"
	exec "$LAB_SRC/vm.sh" -i -k "$release" -n "shell-$release-$$" \
		". /src/tests/lab/guest-shell.sh"
fi
[[ -n ${2:-} ]] || die "no command; use: make lab-run CMD='uname -r' [KERNEL=6.12]"
release=$(kernel_release "$1")
exec "$LAB_SRC/vm.sh" -k "$release" -n "run-$release-$$" -t "${MGX_TIMEOUT:-1800}" \
	". /src/tests/lab/guest-prepare.sh && load_module || exit
$2"
