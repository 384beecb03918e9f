#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2054 # commas belong to QEMU's options
#
# run.sh [-ci] [-a OPTIONS] [-t SECONDS] MACHINE NAME TEST...: boots the stock arm64
# kernel on a machine of QEMU and runs the kselftests TEST in it. Prints what they
# print. 125: the guest did not boot, died, or its kernel complained (see
# ../dmesg-check.sh); 124: it ran out of time.
#
#   -c          engines see the caches (see tree.sh)
#   -i          one CPU; a nanosecond of the clock is an instruction (-icount)
#   -a OPTIONS  of the kernel
#   -t SECONDS  time limit for the whole run, default 1200
#
# MACHINE is xlnx-versal-virt, raspi3b, or virt, which has no engine, but memory tags
# and all else that QEMU's processors can; NAME is that of the run: its kernel's log
# is build/logs/NAME.console, its tests' build/logs/NAME.out.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

LAB_TAG=arm64
coherent='' count='' append='' limit=1200
while getopts cia:t: opt; do
	case $opt in
	c) coherent=coherent ;;
	i) count=1 ;;
	a) append=$OPTARG ;;
	t) limit=$OPTARG ;;
	*) die "usage: run.sh [-ci] [-a OPTIONS] [-t SECONDS] MACHINE NAME TEST..." ;;
	esac
done
shift $((OPTIND - 1))
(($# >= 3)) || die "usage: run.sh [-ci] [-a OPTIONS] [-t SECONDS] MACHINE NAME TEST..."
machine=$1 name=$2
shift 2
console=$LOGS/$name.console out=$LOGS/$name.out
release=$(arm_release)
QEMU_PID=

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local rc=$?

	trap - EXIT INT TERM HUP
	[[ -z $QEMU_PID ]] || kill -KILL -- "-$QEMU_PID" 2>/dev/null || true
	exit "$rc"
}

fail()
{
	echo "$LAB_TAG: error: $1; console: $console" >&2
	tail -n 15 "$console" | tr -d '\r' | sed 's/^/    /' >&2
	exit "${2:-125}"
}

# Each machine: its processors and memory, the ports of kernel and tests, how many
# channels its engines have, and their driver, if the kernel has none. The Versal
# board counts two processors that Linux does not see.
machine_args()
{
	local ports options="$append panic=-1 oops=panic watchdog_thresh=30 rcupdate.rcu_cpu_stall_timeout=60 numa_balancing=disable"

	QEMU=(qemu-system-aarch64 -M "$machine" -nodefaults -display none -no-reboot)
	case $machine in
	xlnx-versal-virt)
		QEMU+=(-smp 4 -m 2G)
		ports="console=ttyAMA0 mgx.out=ttyAMA1 mgx.driver=zynqmp_dma mgx.engines=8" ;;
	raspi3b)
		QEMU+=(-m 1G)
		ports="console=ttyAMA0 mgx.out=ttyS1 mgx.engines=11" ;;
	virt)
		QEMU+=(-M virt,mte=on,gic-version=3 -cpu max,pauth-impdef=on -smp 2 -m 1G
			-object memory-backend-ram,id=m0,size=512M
			-object memory-backend-ram,id=m1,size=512M
			-numa node,memdev=m0,cpus=0 -numa node,memdev=m1,cpus=1)
		ports="console=ttyAMA0 mgx.out=ttyAMA1" ;;
	*) die "no machine '$machine'; there are xlnx-versal-virt, raspi3b and virt" ;;
	esac
	if [[ $count ]]; then
		QEMU+=(-accel tcg,thread=single -icount shift=0,sleep=off -seed 7)
		options+=" maxcpus=1 nokaslr"
	fi
	[[ $machine == virt ]] || QEMU+=(-dtb "/src/build/arm64/$name.dtb")
	QEMU+=(-kernel "/boot/vmlinuz-$release" -initrd /src/build/arm64/initramfs.img
		-serial "file:/src/build/logs/$name.console" -serial "file:/src/build/logs/$name.out"
		-append "$ports $options mgx.tests=$(IFS=,; echo "$*")")
}

# The last line that init prints; not all machines can power themselves off.
ended() { grep -aq '^mgx-lab: end ' "$out"; }

# watch START: until the tests have ended, or QEMU has.
watch()
{
	while kill -0 "$QEMU_PID" 2>/dev/null && ! ended; do
		sleep 0.5
		((SECONDS - $1 < limit)) || fail "not finished after $limit s and ended" 124
	done
	ended || fail "the guest died"
}

main()
{
	local tail_pid

	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir -p "$LOGS"
	: >"$LOGS/$name.qemu"
	[[ $machine == virt ]] ||
		in_arm /src/tests/lab/arm64/tree.sh "$machine" "/src/build/arm64/$name.dtb" $coherent >"$LOGS/$name.qemu" 2>&1 ||
		die "no device tree: $(tail -n 1 "$LOGS/$name.qemu")"
	machine_args "$@"
	: >"$console"
	: >"$out"
	set -m
	in_arm "${QEMU[@]}" </dev/null >>"$LOGS/$name.qemu" 2>&1 &
	set +m
	QEMU_PID=$!
	tail -s 0.2 -c +1 -f --pid="$QEMU_PID" "$out" 2>/dev/null | sed -u 's,\r$,,' &
	tail_pid=$!
	watch "$SECONDS"
	sleep 2 # what the kernel says when it powers off, and tail reads
	kill -KILL -- "-$QEMU_PID" 2>/dev/null || true
	wait "$QEMU_PID" 2>/dev/null || true
	QEMU_PID=
	wait "$tail_pid" || true
	"$LAB_SRC/dmesg-check.sh" "$console" || fail "the kernel complained"
}

main "$@"
