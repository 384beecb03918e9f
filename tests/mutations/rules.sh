#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# rules.sh: for each rule of data safety the test cases that prove it and the
# mutations that make them fail, as README's table has them: the patches that begin
# with "Rule N:".
set -euo pipefail
cd "$(dirname "$0")"

rules=(
	"what is copied early cannot change until its turn"
	"a destination that was given back is forgotten"
	"a folio counts as copied when all its bytes are confirmed, once"
	"what a late engine may still write to or read is nobody's until it has stopped"
	"the hot path allocates nothing"
	"calls that nest keep apart"
	"poison ends as it does without the module"
	"nobody is inside when hooks, policies or contexts go"
	"the first error wins, the fallback is immediate"
	"without a policy it costs nothing"
)

# programs N: that have the cases of rule N
programs()
{
	grep -l "^Rule $1:" ./*.patch | xargs sed -n 's/^Tests: //p' | tr ' ' '\n' |
		cut -d : -f 1 | sort -u | paste -sd ' '
}

mutations() { grep -l "^Rule $1:" ./*.patch | sed 's|^./||; s|\.patch$||' | paste -sd ' '; }

for n in "${!rules[@]}"; do
	echo "| $((n + 1)). ${rules[n]} | $(programs $((n + 1))) | $(mutations $((n + 1))) |"
done
