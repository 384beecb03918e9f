#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh NAME TEST...: TESTs on the module that mutation NAME has broken.
# Exit status: 1 one failed or the kernel complained, 3 all passed, 4 the
# module does not load.
set -uo pipefail

name=$1
shift
insmod "/src/build/mutations/$name/$(uname -r)/migrate_ext.ko" || exit 4
cd /src/build/kselftest || exit 4
for test; do
	timeout 240 "./$test" || exit 1
done
/src/tests/lab/dmesg-check.sh <(dmesg) || exit 1
exit 3
