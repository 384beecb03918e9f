#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# relay.sh DIR CTL: lets the programs of a test in the guest talk to the engine,
# which the guest itself cannot reach: carries out the commands that they leave
# in DIR/N.ask, and puts exit status and output into DIR/N.answer. Runs until it
# is ended, or DIR is gone. See ask() in guest/lib.sh.
set -uo pipefail

dir=$1 ctl=$2
engine=$(cd "$(dirname "$0")/../../.." && pwd)/build/engine/mgx-engine
[[ -z ${MGX_BUILD:-} ]] || engine=$MGX_BUILD/engine/mgx-engine

answer()
{
	local ask=$1 status=0

	"$engine" ctl "$ctl" "$(cat "$ask")" >"$ask.out" 2>&1 || status=$?
	rm "$ask"
	{
		echo "$status"
		cat "$ask.out"
	} >"${ask%.ask}.new"
	rm "$ask.out"
	mv "${ask%.ask}.new" "${ask%.ask}.answer"
}

while [[ -d $dir ]] && sleep 0.05; do
	for ask in "$dir"/*.ask; do
		[[ ! -e $ask ]] || answer "$ask"
	done
done
