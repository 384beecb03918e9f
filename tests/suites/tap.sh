#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tap.sh SUITE CASES SEED: in a guest, those cases of a suite that CASES, an
# extended regular expression, finds, while simulated engines fail at random times
# that SEED says; prints TAP. The module and engines stay as guest.sh leaves them.
set -uo pipefail

out=/tmp/$1
# Others use the disk, too, and leave it mounted.
umount -A /dev/vda 2>/dev/null
rm -f "$out".*
MGX_CASES=$2 /src/tests/suites/guest.sh faults "$1" "$out" "$3"
status=$?
umount -A /dev/vda
touch "$out.cases" "$out.figures"
awk '{
	result = $1
	sub(/^[a-z]+ /, "")
	print (result == "fail" ? "not ok " : "ok ") NR " - " $0 (result == "skip" ? " # SKIP" : "")
} END { print "1.." NR }' "$out.cases"
sed 's/^/# /' "$out.figures"
! grep -q '^fail' "$out.cases" || sed 's/^/# /' "$out.log"
exit "$status"
