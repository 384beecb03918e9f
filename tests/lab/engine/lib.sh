# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by vm.sh: the engine of a run. One process serves two functions, one
# on each NUMA node; the guest sees PCI functions and nothing else of it.
#
# The control socket of the run NAME is build/run/NAME.ctl; this machine can
# talk to it by: build/engine/mgx-engine ctl build/run/NAME.ctl COMMAND. The
# counters are printed when the guest has ended, and are in
# build/logs/NAME.engine.json afterwards.

ENGINE_FUNCTIONS=2
ENGINE_PID=
ENGINE_CTL=

engine_ctl() { "$BUILD/engine/mgx-engine" ctl "$ENGINE_CTL" "$@"; }

engine_build()
{
	local log=$LOGS/build-engine.log

	(
		flock 9
		"$LAB_SRC/enter.sh" make --no-print-directory \
			-C /src/tests/lab/engine O=/src/build/engine >"$log" 2>&1
	) 9>"$BUILD/engine.lock" ||
		die "the engine does not build; $log ends with: $(tail -n 1 "$log")"
}

# engine_start NAME RUN: starts the engine and waits until it listens.
engine_start()
{
	local name=$1 run=/src/build/run/${2##*/} sockets=() i

	engine_build
	ENGINE_CTL=$BUILD/run/$name.ctl
	rm -f "$ENGINE_CTL" "$LOGS/$name.engine.json"
	for ((i = 0; i < ENGINE_FUNCTIONS; i++)); do
		sockets+=("$run/fn$i.sock")
	done
	"$LAB_SRC/enter.sh" /src/build/engine/mgx-engine serve \
		--control "/src/build/run/$name.ctl" \
		--save "/src/build/logs/$name.engine.json" "${sockets[@]}" \
		</dev/null >"$LOGS/$name.engine.log" 2>&1 &
	ENGINE_PID=$!
	for ((i = 0; i < 200; i++)); do
		[[ ! -S $ENGINE_CTL ]] || return 0
		kill -0 "$ENGINE_PID" 2>/dev/null || break
		sleep 0.05
	done
	die "the engine does not start: $(tail -n 1 "$LOGS/$name.engine.log")"
}

# engine_args RUN: adds the two functions to QEMU's command line, each behind a
# root port of a host bridge that belongs to its node.
engine_args()
{
	local run=/src/build/run/${1##*/} i

	for ((i = 0; i < ENGINE_FUNCTIONS; i++)); do
		QEMU+=(-device "pxb-pcie,id=pxb$i,bus_nr=$((64 + 64 * i)),numa_node=$i,bus=pcie.0"
			-device "pcie-root-port,id=rp$i,bus=pxb$i,chassis=$((i + 1)),slot=$((i + 1))"
			-device "{\"driver\":\"vfio-user-pci\",\"id\":\"fn$i\",\"bus\":\"rp$i\",\"socket\":{\"path\":\"$run/fn$i.sock\",\"type\":\"unix\"}}")
	done
}

# engine_stop: prints and saves the counters, ends the engine. On every exit.
engine_stop()
{
	local pid=$ENGINE_PID

	[[ -n $pid ]] || return 0
	ENGINE_PID=
	engine_ctl stat 2>/dev/null | sed 's/^/# engine: /' || true
	kill -TERM "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	rm -f "$ENGINE_CTL"
}
