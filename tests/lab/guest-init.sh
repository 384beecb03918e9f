#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Process 1 of the guest, started by initramfs-init: mounts what programs
# expect, runs the command of this run (see vm.sh), reports its status, powers off.

export PATH=/src/build/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LANG=C.UTF-8 TERM=linux

mounts()
{
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mkdir -p /dev/pts /dev/shm /dev/hugepages
	mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs shm /dev/shm
	mount -t tmpfs tmp /tmp
	mount -t tmpfs -o mode=755 run /run
	mount -t securityfs securityfs /sys/kernel/security
	mount -t debugfs debugfs /sys/kernel/debug
	mount -t tracefs tracefs /sys/kernel/tracing
	mount -t bpf -o mode=755 bpffs /sys/fs/bpf
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mount -t hugetlbfs hugetlbfs /dev/hugepages
	ln -sfn /proc/self/fd /dev/fd
	ln -sfn /proc/self/fd/0 /dev/stdin
	ln -sfn /proc/self/fd/1 /dev/stdout
	ln -sfn /proc/self/fd/2 /dev/stderr
}

# A debug kernel's modules are where it was built.
find_modules()
{
	local dir

	dir=/lib/modules/$(uname -r)
	[[ -e $dir ]] || ln -s "/src/build/debug/$(uname -r)$dir" "$dir"
}

mounts
hostname lab
ip link set lo up
find_modules
cd /src || echo "lab: no /src" >/dev/console
# shellcheck source=guest-run.sh
. /src/tests/lab/guest-run.sh
run_command
