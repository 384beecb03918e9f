#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh: the guest's side of run.sh: takes the lines "NAME PROGRAM CASE" of
# todo, loads NAME's module, runs the case, removes the module, and appends
# "VERDICT NAME PROGRAM CASE" to results: green, red, complaint (the kernel's),
# time-out, no-load, or nothing, if there was no such case. "running" has the
# line it is at. Ends early when the kernel can no longer be trusted.
set -uo pipefail

dir=/src/build/mutations/$(uname -r)
out=/src/build/logs/mutations-$(uname -r)
module=/src/build/$(uname -r)/migrate_ext.ko
LIMIT=240

# judge LOG CASE: what the program's output says about the case.
judge()
{
	awk -v case="$2" '
		/Test terminated by timeout/ { late = 1 }
		$1 == "not" && $2 == "ok" && (case == "-" || $4 == case) { red = 1 }
		$1 == "ok" && (case == "-" || $3 == case) && !/# *SKIP/ { green = 1 }
		END { print red ? (late ? "time-out" : "red") : green ? "green" : "nothing" }' "$1"
}

# load MODULE: takes the sound one's place, for tests that load it once more.
load()
{
	rm -f /run/migrate_ext.ko # theirs, see lib/module.c
	! mountpoint -q "$module" || umount "$module"
	mount --bind "$1" "$module" && insmod "$module"
}

# What the last process held is let go of a little later.
remove_module()
{
	local i

	for ((i = 0; i < 20; i++)); do
		[[ -d /sys/module/migrate_ext ]] || return 0
		rmmod migrate_ext 2>/dev/null && return
		sleep 0.5
	done
	return 1
}

# run_case PROGRAM CASE LOG
run_case()
{
	local only=()

	[[ $2 == - ]] || only=(-r "$2")
	(cd /src/build/kselftest &&
		timeout -k 10 "$LIMIT" "./$1" ${only[@]+"${only[@]}"}) >"$3" 2>&1 </dev/null
}

# job NAME PROGRAM CASE: sets verdict; fails if nothing more should run here.
job()
{
	local log=$out/$1-$2-$3 status

	dmesg -C
	echo "mgx-lab: begin $*" >/dev/kmsg
	load "$dir/$1.ko" || {
		verdict=no-load
		return
	}
	run_case "$2" "$3" "$log.tap"
	status=$?
	verdict=$(judge "$log.tap" "$3")
	((status != 124)) || verdict=time-out
	remove_module
	status=$?
	dmesg >"$log.dmesg"
	if ! /src/tests/lab/dmesg-check.sh "$log.dmesg" >>"$log.tap" 2>&1; then
		verdict=complaint
		return 1
	fi
	return "$status"
}

# Nothing is broken in a sound module: on a machine that is busy a test may be too
# late once, not twice.
sound_job()
{
	job "$@" || return
	[[ $verdict != green ]] || return 0
	echo "$verdict $*: once more"
	job "$@"
}

while read -r line; do
	echo "$line" >"$dir/running"
	read -r name program case <<<"$line"
	run=job
	[[ $name != sound* ]] || run=sound_job
	"$run" "$name" "$program" "$case" && more=1 || more=
	echo "$verdict $line" >>"$dir/results"
	: >"$dir/running"
	echo "$verdict $line"
	[[ $more ]] || exit 0
	[[ $verdict == green || $name != sound* ]] || exit 1
done <"$dir/todo"
