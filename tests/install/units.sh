#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# units.sh SERIES: boots the root that booted-root.sh made, with systemd, and runs
# units-guest.sh in it.
set -euo pipefail
# shellcheck source=../lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

layer=$("$LAB_SRC/layer.sh" --new "units-$1")
MGX_LAB_LAYERS=$BUILD/layer/booted:$layer MGX_BOOT_TIMEOUT=600 \
	MGX_APPEND="mgx.init=/lib/systemd/systemd systemd.show_status=no systemd.firstboot=off" \
	exec "$LAB_SRC/vm.sh" -e -k "$1" -n "units-$1" -t 2600 /src/tests/install/units-guest.sh
