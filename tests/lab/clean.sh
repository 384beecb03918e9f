#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# clean.sh [--all]: removes what was built; with --all the lab and the debug
# kernels, too.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[[ -d $BUILD ]] || exit 0
if [[ ${1:-} == --all ]]; then
	as_lab_root find "$BUILD" -xdev -mindepth 1 -delete ||
		die "cannot remove all of $BUILD; its owner is $(stat -c %U "$BUILD"), run as he"
	rmdir "$BUILD" 2>/dev/null || true
else
	as_lab_root find "$BUILD" -mindepth 1 -maxdepth 1 -not -path "$LAB" \
		-not -path "$DEBUG" -exec rm -rf --one-file-system {} +
fi
