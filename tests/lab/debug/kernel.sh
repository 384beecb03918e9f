#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel.sh SERIES...: builds debug kernels, debug-7, debug-6.12, kcsan-7 or
# kcsan-6.12, in the lab's root, from the source package of the lab's kernel of
# that series, with what config says; config.kcsan changes that for KCSAN, which
# does not go with KASAN. A kernel stays in build/debug/RELEASE, with all that
# modules are built against, until the source's version or config changes.
#
# MGX_LINUX_SOURCE: directory with linux-source-*.tar.xz, instead of a download
# of 150 MB for each kernel.
set -euo pipefail
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../source.sh
. "$LAB_SRC/source.sh"

LAB_TAG=debug
NEED_MB=${MGX_DEBUG_MB:-6000}
# What no guest boots without, or the module does not load, or finds nothing.
# Kernels differ in the rest: what one does not know it does not take.
NEEDED="9P_FS OVERLAY_FS VIRTIO_BLK NUMA MIGRATION COMPACTION TRANSPARENT_HUGEPAGE
	HUGETLBFS KSM NUMA_BALANCING DYNAMIC_FTRACE_WITH_DIRECT_CALLS DEBUG_INFO_BTF_MODULES
	INTEL_IOATDMA DEBUG_VM FAILSLAB FAIL_PAGE_ALLOC FAIL_FUNCTION
	FAULT_INJECTION_STACKTRACE_FILTER"
# Of one kind of debug kernel alone:
declare -A NEEDED_OF=(
	[debug]="KASAN PROVE_LOCKING PROVE_RCU DEBUG_ATOMIC_SLEEP PAGE_TABLE_CHECK
		PAGE_OWNER DEBUG_KMEMLEAK DMA_API_DEBUG"
	[kcsan]="KCSAN"
)

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local rc=$?

	trap - EXIT INT TERM HUP
	stop_step
	exit "$rc"
}

# lab_make SRC OBJ ARGUMENT...: the kernel's own make, in the lab's root
lab_make()
{
	"$LAB_SRC/enter.sh" make --no-print-directory -C "/src/build/debug/$1" \
		"O=/src/build/debug/$2" "${@:3}"
}

# --- the kernel --------------------------------------------------------------------

# config KIND: of a value that is given twice, the last one counts
config()
{
	cat "$LAB_SRC/debug/config"
	[[ $1 == debug ]] || cat "$LAB_SRC/debug/config.$1"
}

configure()
{
	local src=$1 obj=$2 kind=$3 symbol missing=''

	mkdir -p "$DEBUG/$obj"
	config "$kind" >"$DEBUG/$obj/allconfig"
	lab_make "$src" "$obj" -s "KCONFIG_ALLCONFIG=/src/build/debug/$obj/allconfig" allnoconfig ||
		return
	for symbol in $NEEDED ${NEEDED_OF[$kind]}; do
		grep -q "^CONFIG_$symbol=[ym]" "$DEBUG/$obj/.config" || missing+=" $symbol"
	done
	[[ -z $missing ]] || {
		echo "error: config does not give$missing"
		return 1
	}
}

# selftest SRC RELEASE: the source's own test of migration, which the guest finds
# in build/debug/RELEASE/selftest; its headers are the lab's.
selftest()
{
	local out=/src/build/debug/$2/selftest

	mkdir -p "$DEBUG/$2/selftest"
	"$LAB_SRC/enter.sh" make --no-print-directory KHDR_INCLUDES= "OUTPUT=$out" \
		-C "/src/build/debug/$1/tools/testing/selftests/mm" "$out/migration"
}

build()
{
	local src=$1 release=$2

	# Nobody's errexit is on where a failure is handled: each step says so itself.
	lab_make "$src" "$release/obj" -j"$(nproc)" bzImage modules &&
		lab_make "$src" "$release/obj" -s INSTALL_MOD_STRIP=1 \
			"INSTALL_MOD_PATH=/src/build/debug/$release" modules_install &&
		cp "$DEBUG/$release/obj/arch/x86/boot/bzImage" "$DEBUG/$release/vmlinuz" &&
		selftest "$src" "$release"
}

# list SERIES RELEASE: enters the kernel in the list that lib.sh reads
list()
{
	{
		debug_kernels | grep -v "^$1 " || true
		echo "$1 $2"
	} | sort -V >"$DEBUG/kernels.new"
	mv "$DEBUG/kernels.new" "$DEBUG/kernels"
}

# one SERIES: debug-7, kcsan-6.12 ...
one()
{
	local kind=${1%%-*} version package release key start=$SECONDS log=$LOGS/$1.log

	version=$(kernel_release "${1#*-}" | grep -oE '^[0-9.]+')
	package=$(source_package "$version")
	release=$version-mgx-$kind
	key="$version $(config "$kind" | sha256sum | cut -d ' ' -f 1)"
	[[ $(cat "$DEBUG/$release/key" 2>/dev/null) != "$key" ]] || {
		list "$1" "$release"
		return 0
	}
	need_mb "$DEBUG" "$NEED_MB" "a debug kernel"
	get_source "$package" "$version"
	rm -f "$DEBUG/$release/key"
	run_step "$1: configuring" "$log" configure "src/$package" "$release/obj" "$kind" ||
		die "cannot configure $1: $(tail -n 1 "$log") (log: $log)"
	MGX_TICK=30 run_step "$1: building" "$log" build "src/$package" "$release" ||
		die "$1 does not build: $(grep -aE 'rror' "$log" | head -n 1) (log: $log)"
	echo "$key" >"$DEBUG/$release/key"
	list "$1" "$release"
	say "$1 is built: $release, $((SECONDS - start)) s"
}

main()
{
	local series

	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir -p "$DEBUG" "$LOGS"
	exec 9>"$DEBUG/lock"
	flock 9
	for series; do
		debug_series "$series" ||
			die "'$series' is no debug kernel; there are debug-7, debug-6.12, kcsan-7 and kcsan-6.12"
		one "$series"
	done
}

main "$@"
