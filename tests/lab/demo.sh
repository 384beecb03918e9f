#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# demo.sh [KERNEL]: the main job, see demo-guest.sh; sets up and builds
# everything first, compares what the engine counted outside the guest with what
# the module says, and says how long it took.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

LAB_TAG=demo
rc=0

# step CMD...: CMD, that ends when we are told to end.
step()
{
	spawn "$@"
	join_children
}

# engine_counts JSON: "F.C copies bytes" for each channel of the engine
engine_counts()
{
	sed -nE 's/.*\{"function": ([0-9]+),.*/function \1/p
		s/.*\{"channel": ([0-9]+),.*/channel \1/p
		s/.*"counters": \{"copies": ([0-9]+), "bytes": ([0-9]+),.*/counters \1 \2/p' "$1" |
		awk '/^function/ { f = $2 } /^channel/ { c = $2 } /^counters/ { print f "." c, $2, $3 }'
}

# compare NAME: a table of all channels. Fails if the bytes of an engine's
# channel differ, or if there are none at all.
compare()
{
	engine_counts "$LOGS/$1.engine.json" | awk '
		FILENAME == "-" { copies[$1] = $2; bytes[$1] = $3; next }
		FNR == 1 {
			print "  bytes that each channel copied, as the module counts and as the engine does, outside the guest:"
			printf "  %2s %-10s %-12s %4s %15s %15s %10s\n", "id", "kind",
				"name", "node", "module", "engine", "copies"
		}
		{ printf "  %2d %-10s %-12s %4s %15d", $1, $2, $3, $4, $5 }
		$6 == "-" { print ""; next }
		{
			printf " %15d %10d%s\n", bytes[$6], copies[$6],
				$5 == bytes[$6] ? "" : "  DIFFERENT"
			differ += $5 != bytes[$6]
			module += $5; engine += bytes[$6]; all += copies[$6]
		}
		END {
			printf "  %2s %-28s %15d %15d %10d\n", "", "engine, total",
				module, engine, all
			exit differ || !module
		}' - "$LOGS/$1.channels"
}

trap stop_children EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
step "$LAB_SRC/setup.sh"
release=$(kernel_release "${1:-}")
name=demo-$release-$$
step "$LAB_SRC/build.sh" --no-tests
say "booting kernel $release: 4 CPUs on 2 NUMA nodes, an I/OAT engine on each (after $SECONDS s)"
rm -f "$LOGS/$name.channels"
MGX_ENGINE_QUIET=1 step "$LAB_SRC/vm.sh" -e -k "$release" -n "$name" \
	-t "${MGX_TIMEOUT:-600}" \
	"/src/tests/lab/demo-guest.sh /src/build/logs/$name.channels" || rc=$?
if [[ -s $LOGS/$name.channels ]]; then
	if compare "$name"; then
		say "the engine counted outside the guest what the module says"
	else
		say "error: the engine and the module do not agree, or the engine copied nothing; see $LOGS/$name.engine.json" >&2
		rc=1
	fi
fi
result=passed
((rc == 0)) || result=FAILED
say "$result after $((SECONDS / 60)) min $((SECONDS % 60)) s, set-up included"
exit "$rc"
