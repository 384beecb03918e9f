#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Test of the documents: man pages and completion name what the programs have, README
# names files and targets of make that there are. (Its other commands are executed by
# tests/install/units-guest.sh.)
set -uo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=points.sh
. "$repo/tests/lab/points.sh"

"$repo/tests/lab/enter.sh" make --no-print-directory -s -C /src/user \
	O=/src/build/bin check || failed=1 # which say why themselves

cd "$repo" || exit
while read -r line; do
	# The words of CMD='...' need the shell.
	bash -c "make -n ${line#make}" >/dev/null 2>&1
	ok $? "README: $line"
done < <(sed -nE 's/^    (make( [a-z].*)?)$/\1/p' <(sed 's/  *#.*//' README.md))
((n > 15)) || ok 1 "README has commands of make"
while read -r file; do
	[[ -e $file ]]
	ok $? "README: $file is there"
done < <(grep -oE '\]\([^)#:]+\)' README.md | tr -d ']()' | sort -u)
done_testing
