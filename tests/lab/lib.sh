# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the lab's scripts share: paths, messages, progress, the list of kernels.

LAB_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$LAB_SRC/../.." && pwd)
BUILD=${MGX_BUILD:-$REPO/build}
[[ $BUILD == /* ]] || BUILD=$PWD/$BUILD
LAB=$BUILD/lab
# Debug kernels, and how their releases end.
DEBUG=$BUILD/debug
# Read by the scripts that source this file.
# shellcheck disable=SC2034
LOGS=$BUILD/logs ROOT=$LAB/root

say() { printf '%s\n' "${LAB_TAG:-lab}: $*"; }

# die CAUSE-AND-REMEDY: one line on stderr, exit status 1.
die()
{
	printf '%s\n' "${LAB_TAG:-lab}: error: $*" >&2
	exit 1
}

# The child that run_step() waits for; it leads a process group of its own.
STEP_PID=

# stop_step: ends the running step with everything it started.
stop_step()
{
	[[ -n $STEP_PID ]] || return 0
	local pid=$STEP_PID i
	STEP_PID=
	kill -TERM -- "-$pid" 2>/dev/null || return 0
	for ((i = 0; i < 100; i++)); do
		kill -0 -- "-$pid" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL -- "-$pid" 2>/dev/null || true
}

# Groups of processes that spawn() started.
CHILDREN=()

# spawn CMD...: CMD in the background, leader of a process group of its own.
spawn()
{
	set -m
	"$@" &
	CHILDREN+=($!)
	set +m
}

# join_children: waits for all; returns the last status that was not 0.
join_children()
{
	local pid rc=0

	for pid in ${CHILDREN[@]+"${CHILDREN[@]}"}; do
		wait "$pid" || rc=$?
	done
	CHILDREN=()
	return "$rc"
}

# stop_children: ends them; scripts among them clean up behind themselves.
stop_children()
{
	local pid

	for pid in ${CHILDREN[@]+"${CHILDREN[@]}"}; do
		kill -TERM -- "-$pid" 2>/dev/null || true
	done
	join_children 2>/dev/null || true
}

# tick WHAT LOG START: one progress line: seconds gone and the log's last line.
tick()
{
	local last
	last=$(tail -c 400 "$2" 2>/dev/null | tr '\r' '\n' |
		grep -av '^[[:space:]]*$' | tail -n 1) || true
	printf '%s: %4d s  %s: %.90s\n' "${LAB_TAG:-lab}" $((SECONDS - $3)) "$1" "$last"
}

# run_step WHAT LOG CMD...: runs CMD with its output in LOG, shows progress
# every few seconds and returns its status.
run_step()
{
	local what=$1 log=$2 start=$SECONDS next rc=0
	shift 2
	next=$((start + ${MGX_TICK:-10}))
	set -m
	"$@" </dev/null >"$log" 2>&1 &
	STEP_PID=$!
	set +m
	while kill -0 "$STEP_PID" 2>/dev/null; do
		sleep 0.2
		((SECONDS >= next)) || continue
		next=$((SECONDS + ${MGX_TICK:-10}))
		tick "$what" "$log" "$start"
	done
	wait "$STEP_PID" || rc=$?
	STEP_PID=
	return "$rc"
}

# kernels: the lab's kernels, one "<series> <release>" a line.
kernels()
{
	[[ -s $LAB/kernels ]] || die "there is no lab in $LAB; run 'make lab'"
	cat "$LAB/kernels"
}

# debug_kernels: the debug kernels that were built, one "<series> <release>" a
# line, see debug/kernel.sh. None of them is meant unless it is named.
debug_kernels() { cat "$DEBUG/kernels" 2>/dev/null || true; }

# debug_series NAME: debug-7, kcsan-6.12 ...
debug_series() { [[ $1 == @(debug|kcsan)-* ]]; }

# is_debug RELEASE
is_debug() { [[ $1 == *-mgx-@(debug|kcsan) ]]; }

# kernel_dir RELEASE: what modules are built against, as seen in the lab's root.
kernel_dir()
{
	if is_debug "$1"; then
		echo "/src/build/debug/$1/obj"
	else
		echo "/usr/lib/modules/$1/build"
	fi
}

# time_factor RELEASE: how much longer than on a stock kernel all may take.
time_factor()
{
	if is_debug "$1"; then
		echo "${MGX_DEBUG_FACTOR:-8}"
	else
		echo 1
	fi
}

# A guest that dies of the emulator more often than this has failed.
# shellcheck disable=SC2034
MAX_EMULATOR_FAULTS=3

# emulator_fault RELEASE CONSOLE: the guest did not die of anything in it.
emulator_fault()
{
	[[ $("$LAB_SRC/accel.sh" "$1") == tcg ]] && "$LAB_SRC/emulator-fault.sh" "$2"
}

# kernel_list: the releases in one line, for messages.
kernel_list() { kernels | awk '{ printf "%s%s", s, $2; s = ", " }'; }

# kernels_like SERIES: those among which SERIES names one.
kernels_like()
{
	if debug_series "$1" || is_debug "$1"; then
		debug_kernels
	else
		kernels
	fi
}

# kernel_release SERIES: the release that SERIES (6.12, 7, 7.3, debug-7, kcsan-7)
# stands for; the newest without SERIES.
kernel_release()
{
	local want=${1:-} series rel
	[[ -s $LAB/kernels ]] || die "there is no lab in $LAB; run 'make lab'"
	if [[ -z $want ]]; then
		kernels | tail -n 1 | cut -d ' ' -f 2
		return
	fi
	while read -r series rel; do
		[[ $want != "$series" ]] || rel=$want:$rel
		case $rel in
		"$want" | "$want".* | "$want"[-+:]*)
			echo "${rel#*:}"
			return ;;
		esac
	done < <(kernels_like "$1")
	die "no kernel '$1' in the lab; there is: $(kernel_list); 'make test-debug' makes debug-7, kcsan-7 and more"
}

# wanted_kernels: the lab's own, and the debug kernels that KERNELS names.
wanted_kernels()
{
	local series rel

	kernels
	for series in ${KERNELS:-}; do
		debug_series "$series" || continue
		rel=$(kernel_release "$series")
		echo "$series $rel"
	done
}

# need_mb DIR MB WHY: dies unless the file system of DIR has MB MiB free.
need_mb()
{
	local free
	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	((free >= $2)) && return
	die "$3 needs $2 MiB in $1, $free MiB are free; free some or set MGX_BUILD to a directory on a larger disk"
}

# as_lab_root CMD...: CMD as root of the lab's files: the lab of a plain user
# belongs to his subordinate ids, which only a user namespace can change.
as_lab_root()
{
	if ((EUID == 0)); then
		"$@"
	else
		unshare --user --map-root-user --map-auto "$@"
	fi
}
