#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Test of README's table of the rules of data safety: it has the tests and the
# mutations that there are, and no rule is without.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
readme=$here/../../README.md
n=0 failed=0

echo "TAP version 13"
while IFS= read -r row; do
	n=$((n + 1))
	if [[ $row != *"|  |"* ]] && grep -qxF "$row" "$readme"; then
		echo "ok $n - rule $n"
	else
		echo "not ok $n - rule $n: README's table has to be as tests/mutations/rules.sh prints it: $row"
		failed=1
	fi
done < <("$here/../mutations/rules.sh")
echo "1..10"
exit "$failed"
