#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-help.sh PROGRAM MAN-PAGE: the man page knows the options that the
# program's --help lists, and no others. Prints TAP.
set -u

program=$1 man=$2
n=0 failed=0

options=$("$program" --help | sed -n 's/^ *\(-.\), \(--[a-z-]*\).*/\1 \2/p' | tr ' ' '\n' | sort -u)
# Man pages write \- for a dash.
mentioned=$(sed 's/\\-/-/g' "$man" | sed -n 's/^\.BR \(-.\) ", " \(--[a-z-]*\).*/\1 \2/p' | tr ' ' '\n' | sort -u)

for option in $options $mentioned; do
	n=$((n + 1))
	if echo "$options" | grep -qx -- "$option" && echo "$mentioned" | grep -qx -- "$option"; then
		echo "ok $n - $(basename "$man") and $(basename "$program") know $option"
	else
		echo "not ok $n - $(basename "$man") and $(basename "$program") know $option"
		failed=1
	fi
done
[ "$n" -gt 0 ] || failed=1
echo "1..$n"
exit $failed
