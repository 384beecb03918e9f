#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-metrics.sh METRICS.TXT FILE...: the metrics that the FILEs (dashboard,
# alert rules) name are in METRICS.TXT, as mgxd prints them. Prints TAP.
set -u

metrics=$1
shift
n=0 failed=0

for file; do
	names=$(grep -oE '\bmgx_[a-z_]+' "$file" | sort -u)
	for name in $names; do
		n=$((n + 1))
		if grep -qE "^$name(\{| )" "$metrics"; then
			echo "ok $n - $(basename "$file"): $name is exported"
		else
			echo "not ok $n - $(basename "$file"): $name is exported"
			failed=1
		fi
	done
done
[ "$n" -gt 0 ] || failed=1
echo "1..$n"
exit $failed
