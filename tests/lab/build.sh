#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh [--no-tests]: builds everything in the lab: the module for each of
# its kernels, and for the debug kernels that KERNELS names, policies, tools and
# kselftests. Prints warnings and errors only;
# the whole output is in build/logs/build-*.log.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

LAB_TAG=build
jobs=$(nproc)
what="module, policies, tools"
tests=
if [[ ${1:-} != --no-tests ]]; then
	tests=1
	what+=", tests"
fi

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local rc=$?
	trap - EXIT INT TERM HUP
	stop_step
	exit "$rc"
}

# The makefile's part PART (kernel, bpf ...) into OUT, if the part exists.
part()
{
	local name=$1 dir=$2 out=$3
	shift 3

	[[ -f $REPO/$dir/Makefile ]] || return 0
	echo "building $name"
	"$LAB_SRC/enter.sh" make --no-print-directory -j"$jobs" \
		-C "/src/$dir" "O=/src/build/$out" "$@" >"$LOGS/build-$name.log" 2>&1 && {
		echo "$name is built"
		return
	}
	echo "$name" >>"$LOGS/build.failed"
	return 1
}

# Parts that need nothing of each other.
first_parts()
{
	local rel pids=() pid rc=0

	while read -r _ rel; do
		part "kernel-$rel" kernel "$rel" "KDIR=$(kernel_dir "$rel")" &
		pids+=($!)
	done < <(wanted_kernels)
	part bpf bpf bpf &
	pids+=($!)
	for pid in "${pids[@]}"; do
		wait "$pid" || rc=1
	done
	return $rc
}

# What tests of engines load: for each kernel its own dmatest.
engine_modules()
{
	local name=engine-modules

	echo "building $name"
	"$LAB_SRC/engine/modules.sh" >"$LOGS/build-$name.log" 2>&1 && return
	echo "$name" >>"$LOGS/build.failed"
	return 1
}

# The modules for tests, for each kernel, and the tests.
test_parts()
{
	local rel

	while read -r _ rel; do
		part "kmod-$rel" tests/kmod "$rel" "KDIR=$(kernel_dir "$rel")" || return 1
	done < <(wanted_kernels)
	engine_modules || return 1
	part kselftest tests/kselftest kselftest
}

all_parts()
{
	first_parts || return 1
	part user user bin || return 1
	[[ -z $tests ]] || test_parts
}

report()
{
	local name

	while read -r name; do
		say "error: $name does not build; $LOGS/build-$name.log ends with:"
		tail -n 30 "$LOGS/build-$name.log"
	done <"$LOGS/build.failed"
}

main()
{
	local start=$SECONDS rc=0

	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	kernels >/dev/null
	mkdir -p "$LOGS" "$BUILD/bin"
	exec 9>"$BUILD/build.lock"
	flock 9
	: >"$LOGS/build.failed"
	run_step "$what" "$LOGS/build.log" all_parts || rc=1
	grep -ahE 'warning:' "$LOGS"/build-*.log | sort -u || true
	if ((rc)); then
		report >&2
		exit 1
	fi
	say "$what for $(wanted_kernels | cut -d ' ' -f 2 | paste -sd ' '): up to date ($((SECONDS - start)) s)"
}

main "$@"
