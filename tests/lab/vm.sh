#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2054 # commas belong to QEMU's options
#
# vm.sh [-k SERIES] [-n NAME] [-t SECONDS] [-i] [-e] CMD...
#
# Boots a kernel of the lab (4 CPUs, 2 NUMA nodes) and runs CMD in it, by
# bash, as root, with the repository at /src. What CMD prints appears here while
# it runs, its exit status is this script's. 125: the guest did not boot, died,
# or its kernel complained (see dmesg-check.sh); 124: it ran out of time.
#
#   -k SERIES   kernel: 6.12, 7, 7.3 ...; default the newest; debug-6.12, debug-7:
#               a debug kernel (see debug/kernel.sh), all time limits are longer
#   -n NAME     name of the run: console log in build/logs/NAME.console
#   -t SECONDS  time limit for the whole run, default 1800
#   -i          CMD gets this terminal; no time limit
#   -e          gives the guest an I/OAT engine on each node: see engine/lib.sh
#
# Environment: MGX_APPEND (kernel options), MGX_QEMU_ARGS (QEMU options; files
# by their path under /src), MGX_ICOUNT=1 (repeatable instruction counts),
# MGX_ACCEL (kvm or tcg instead of what accel.sh found out), MGX_NODE_MEM (1G,
# 2G with a debug kernel), MGX_DEBUG_FACTOR (of the time limits with one, 8),
# MGX_BOOT_TIMEOUT (seconds to reach init), MGX_ENGINE=1 (the same as -e).
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=engine/lib.sh
. "$LAB_SRC/engine/lib.sh"

LAB_TAG=vm
FAILED=125
TIMED_OUT=124

series='' name='' limit=1800 interactive='' engine=${MGX_ENGINE:-}
while getopts k:n:t:ie opt; do
	case $opt in
	k) series=$OPTARG ;;
	n) name=$OPTARG ;;
	t) limit=$OPTARG ;;
	i) interactive=1 ;;
	e) engine=1 ;;
	*) die "usage: vm.sh [-k SERIES] [-n NAME] [-t SECONDS] [-i] [-e] CMD..." ;;
	esac
done
shift $((OPTIND - 1))
(($#)) || die "no command; usage: vm.sh [-k SERIES] [-n NAME] [-t SECONDS] [-i] [-e] CMD..."

release=$(kernel_release "$series")
factor=$(time_factor "$release")
BOOT_TIMEOUT=$((${MGX_BOOT_TIMEOUT:-120} * factor))
limit=$((limit * factor))
name=${name:-run-$release-$$}
console=$LOGS/$name.console
RUN=
QEMU_PID=
TTY=

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local rc=$?

	trap '' INT TERM HUP
	trap - EXIT
	[[ -z $QEMU_PID ]] || kill -KILL "$QEMU_PID" 2>/dev/null || true
	engine_stop
	[[ -z $TTY ]] || stty "$TTY" </dev/tty
	[[ -z $RUN ]] || as_lab_root rm -rf "$RUN"
	exit "$rc"
}

# --- QEMU's command line -------------------------------------------------------

machine_args()
{
	local mem=${MGX_NODE_MEM:-} accel=$1

	# KASAN and page_owner need memory for what they remember.
	[[ $mem ]] || mem=$(is_debug "$release" && echo 2G || echo 1G)

	QEMU+=(-M q35 -smp 4,sockets=2,cores=2 -nodefaults -no-reboot
		-display none -monitor none
		-object "memory-backend-memfd,share=on,size=$mem,id=m0"
		-object "memory-backend-memfd,share=on,size=$mem,id=m1"
		-numa node,nodeid=0,memdev=m0,cpus=0-1
		-numa node,nodeid=1,memdev=m1,cpus=2-3
		-m "$(($(numfmt --from=iec "$mem") * 2 / 1048576))M")
	# Fast string copies are slow under TCG, ten-fold: they would fake a gain.
	if [[ -n ${MGX_ICOUNT:-} ]]; then
		QEMU+=(-accel tcg,thread=single -cpu max,erms=off,fsrm=off
			-icount shift=0,sleep=off -seed 7
			-rtc base=2026-01-01T00:00:00,clock=vm)
	elif [[ $accel == kvm ]]; then
		QEMU+=(-accel kvm -cpu host)
	else
		QEMU+=(-accel tcg,thread=multi -cpu max,erms=off,fsrm=off)
	fi
}

device_args()
{
	local run=/src/build/run/${RUN##*/} disk

	QEMU+=(-fsdev local,id=root,path=/lower,security_model=none,readonly=on,multidevs=remap
		-device virtio-9p-pci,fsdev=root,mount_tag=labroot
		-fsdev local,id=src,path=/src,security_model=none,multidevs=remap
		-device virtio-9p-pci,fsdev=src,mount_tag=labsrc
		-device virtio-rng-pci
		-chardev "file,id=log,path=/src/build/logs/$name.console"
		-serial chardev:log
		-device virtio-serial-pci)
	for disk in vda vdb; do
		QEMU+=(-drive "if=none,id=$disk,format=raw,cache=unsafe,discard=unmap,file=$run/$disk"
			-device "virtio-blk-pci,drive=$disk,serial=$disk")
	done
	if [[ -n $interactive ]]; then
		QEMU+=(-chardev stdio,id=out,signal=off -device virtconsole,chardev=out)
	else
		QEMU+=(-chardev "file,id=out,path=$run/out"
			-device virtserialport,chardev=out,name=mgx.out)
	fi
}

# What a debug kernel is told: who had a page; patience; scans only when asked.
debug_options()
{
	# identify_cpu() forgets 5-level paging for a moment; KASAN takes an interrupt's
	# memory for wild then.
	# ioat_alloc_ring() allocates 65,536 descriptors without a break; with KASAN and
	# kmemleak that is a CPU for 40 s and more where nothing preempts it (6.12).
	echo "no5lvl page_owner=on watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=300" \
		"workqueue.watchdog_thresh=120 sysctl.kernel.hung_task_timeout_secs=900" \
		"dma_debug_entries=262144"
}

kernel_args()
{
	local image=/boot/vmlinuz-$release
	local append="console=ttyS0 panic=-1 oops=panic mitigations=off random.trust_cpu=on"

	# One host CPU may carry several guest CPUs: a slow one is not a stuck one.
	append+=" watchdog_thresh=30 rcupdate.rcu_cpu_stall_timeout=60"
	# 6.12 panics when its timer seems not to work, on a host that is busy.
	append+=" no_timer_check"
	[[ -z ${MGX_ICOUNT:-} ]] || append+=" nokaslr"
	if is_debug "$release"; then
		image=/src/build/debug/$release/vmlinuz
		append+=" $(debug_options)"
	fi
	QEMU+=(-kernel "$image"
		-initrd "/src/build/lab/initramfs-$release.img"
		-append "$append mgx.run=${RUN##*/} ${MGX_APPEND:-}")
}

qemu_command()
{
	local extra

	QEMU=(qemu-system-x86_64)
	machine_args "$1"
	device_args
	[[ -z $engine ]] || engine_args "$RUN"
	kernel_args
	read -ra extra <<<"${MGX_QEMU_ARGS:-}"
	QEMU+=(${extra[@]+"${extra[@]}"})
}

# --- a run -----------------------------------------------------------------------

make_initramfs()
{
	local img=$LAB/initramfs-$release.img

	[[ $img -nt $LAB_SRC/initramfs.sh && $img -nt $LAB_SRC/initramfs-init &&
		$img -nt $LAB/recipe ]] && return
	"$LAB_SRC/enter.sh" /src/tests/lab/initramfs.sh "$release" \
		"/src/build/lab/initramfs-$release.img"
}

# Directories of runs that were killed without a chance to clean up.
remove_leftovers()
{
	local dir

	for dir in "$BUILD"/run/*/; do
		[[ -e $dir/pid ]] || continue
		kill -0 "$(cat "$dir/pid")" 2>/dev/null || as_lab_root rm -rf "$dir"
	done
}

prepare()
{
	mkdir -p "$BUILD/run" "$LOGS"
	remove_leftovers
	need_mb "$BUILD" "${MGX_RUN_MB:-200}" "a guest's disks"
	RUN=$(mktemp -d "$BUILD/run/$name.XXXXXX")
	echo $$ >"$RUN/pid"
	chmod 755 "$RUN"
	truncate -s 512M "$RUN/vda"
	truncate -s 256M "$RUN/vdb"
	printf '%s\n' "$*" >"$RUN/cmd"
	: >"$RUN/out"
	: >"$console"
	if [[ -n $interactive ]]; then
		stty size >"$RUN/tty" 2>/dev/null || die "there is no terminal; use 'make lab-run CMD=...'"
		TTY=$(stty -g)
	fi
}

fail()
{
	printf '%s: error: %s; console: %s\n' "$LAB_TAG" "$1" "$console" >&2
	"$LAB_SRC/dmesg-check.sh" "$console" || true
	tail -n 15 "$console" | tr -d '\r' | sed 's/^/    /' >&2
	exit "${2:-$FAILED}"
}

# watch START: until QEMU ends; ends it when the guest does not get to its init
# or runs longer than it may.
watch()
{
	while kill -0 "$QEMU_PID" 2>/dev/null; do
		sleep 0.1
		if [[ ! -e $RUN/up ]]; then
			((SECONDS - $1 < BOOT_TIMEOUT)) && continue
			fail "kernel $release did not reach init in $BOOT_TIMEOUT s and was ended"
		fi
		[[ -n $interactive ]] || ((SECONDS - $1 < limit)) ||
			fail "not finished after $limit s and ended (kernel $release)" $TIMED_OUT
	done
}

start_qemu()
{
	if [[ -n $interactive ]]; then
		"$LAB_SRC/enter.sh" "${QEMU[@]}" </dev/tty &
	else
		set -m
		"$LAB_SRC/enter.sh" "${QEMU[@]}" </dev/null >"$RUN/qemu" 2>&1 &
		set +m
	fi
	QEMU_PID=$!
}

run_guest()
{
	local tail_pid rc=0

	start_qemu
	tail -s 0.1 -c +1 -f --pid="$QEMU_PID" "$RUN/out" 2>/dev/null &
	tail_pid=$!
	watch "$SECONDS"
	wait "$QEMU_PID" || rc=$?
	QEMU_PID=
	wait "$tail_pid" || true
	((rc == 0)) || fail "QEMU ended with status $rc: $(head -n 1 "$RUN/qemu" 2>/dev/null)"
}

# verdict: exits as the guest's command did, if its kernel has nothing to say.
verdict()
{
	local rc

	[[ -s $RUN/status ]] || fail "the guest died (kernel $release)"
	rc=$(cat "$RUN/status")
	"$LAB_SRC/dmesg-check.sh" "$console" || {
		echo "$LAB_TAG: error: kernel $release complained; console: $console" >&2
		exit $((rc ? rc : FAILED))
	}
	exit "$rc"
}

main()
{
	local accel

	trap cleanup EXIT
	# Who reads our words may have ended first; clean up all the same.
	trap '' PIPE
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	make_initramfs
	accel=${MGX_ACCEL:-}
	if [[ -z $accel && -z ${MGX_ICOUNT:-} ]]; then
		accel=$("$LAB_SRC/accel.sh" "$release")
	fi
	prepare "$@"
	[[ -z $engine ]] || engine_start "$name" "$RUN"
	qemu_command "$accel"
	run_guest
	verdict
}

main "$@"
