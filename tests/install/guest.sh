#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The command of vm.sh in a guest that systemd has booted; guest-init.sh does it in
# the others.
# shellcheck source=../lab/guest-run.sh
. /src/tests/lab/guest-run.sh
cd /src || exit
run_command
