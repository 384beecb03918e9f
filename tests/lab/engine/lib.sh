# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by vm.sh: the engine of a run. One process serves two functions, one
# on each NUMA node; the guest sees PCI functions and nothing else of it.
#
# The control socket of the run NAME is build/run/NAME.ctl; this machine can
# talk to it by: build/engine/mgx-engine ctl build/run/NAME.ctl COMMAND. The
# counters are printed when the guest has ended, unless MGX_ENGINE_QUIET is set,
# and are in build/logs/NAME.engine.json afterwards. What a program in the guest
# asks for (see guest/lib.sh) a relay carries out meanwhile.

ENGINE_FUNCTIONS=2
ENGINE_PID=
ENGINE_RELAY=
ENGINE_CTL=

engine_ctl() { "$BUILD/engine/mgx-engine" ctl "$ENGINE_CTL" "$@"; }

engine_build()
{
	local log=$LOGS/build-engine.log

	(
		flock 9
		MGX_LAB_LAYERS='' "$LAB_SRC/enter.sh" make --no-print-directory \
			-C /src/tests/lab/engine O=/src/build/engine >"$log" 2>&1
	) 9>"$BUILD/engine.lock" ||
		die "the engine does not build; $log ends with: $(tail -n 1 "$log")"
}

# engine_relay RUN: lets the guest talk to the engine.
engine_relay()
{
	mkdir "$1/mail"
	"$LAB_SRC/engine/relay.sh" "$1/mail" "$ENGINE_CTL" </dev/null >/dev/null 2>&1 &
	ENGINE_RELAY=$!
}

# engine_start NAME RUN: starts the engine and waits until it listens. It needs no
# layers, and two mounts must not share the one that takes what is written. It goes
# before guests: ioatdma gives up an engine that takes 200 ms to reset.
engine_start()
{
	local name=$1 run=/src/build/run/${2##*/} sockets=() i

	engine_build
	ENGINE_CTL=$BUILD/run/$name.ctl
	rm -f "$ENGINE_CTL" "$LOGS/$name.engine.json"
	for ((i = 0; i < ENGINE_FUNCTIONS; i++)); do
		sockets+=("$run/fn$i.sock")
	done
	MGX_LAB_LAYERS='' nice -n -10 "$LAB_SRC/enter.sh" /src/build/engine/mgx-engine serve \
		--control "/src/build/run/$name.ctl" \
		--save "/src/build/logs/$name.engine.json" "${sockets[@]}" \
		</dev/null >"$LOGS/$name.engine.log" 2>&1 &
	ENGINE_PID=$!
	for ((i = 0; i < 200; i++)); do
		if [[ -S $ENGINE_CTL ]]; then
			engine_relay "$2"
			return
		fi
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
	{
		[[ -z $ENGINE_RELAY ]] || kill "$ENGINE_RELAY" || true
		[[ -n ${MGX_ENGINE_QUIET:-} ]] ||
			engine_ctl stat | sed 's/^/# engine: /' || true
		kill -TERM "$pid" || true
		wait "$pid" || true
	} 2>/dev/null
	rm -f "$ENGINE_CTL"
}
