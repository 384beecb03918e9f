# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced: what processes take of the machine.

# cpu_ns "PID...": nanoseconds on a CPU, user and kernel, of all of them.
cpu_ns()
{
	local pid files=()

	for pid in $1; do
		files+=("/proc/$pid/schedstat")
	done
	awk '{ s += $1 } END { printf "%.0f\n", s }' "${files[@]}"
}

# resident_kb "PID...": of all of them; what they share counts once for each.
resident_kb()
{
	local pid files=()

	for pid in $1; do
		files+=("/proc/$pid/status")
	done
	awk '/VmRSS/ { s += $2 } END { print s }' "${files[@]}"
}
