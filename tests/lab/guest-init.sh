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

# option NAME: value of NAME= on the kernel's command line.
option() { tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p" | tail -n 1; }

# out_port: the virtio port that the host reads.
out_port()
{
	local name
	name=$(grep -lx mgx.out /sys/class/virtio-ports/*/name) || return
	echo "/dev/$(basename "$(dirname "$name")")"
}

interactive()
{
	local rows cols
	read -r rows cols <"$run/tty"
	export TERM=xterm-256color LINES=${rows:-24} COLUMNS=${cols:-80}
	# shellcheck disable=SC2016 # the inner shell expands
	setsid -c -w bash -c 'stty rows "$LINES" cols "$COLUMNS"; exec bash "$1"' \
		interactive "$run/cmd" </dev/hvc0 >/dev/hvc0 2>&1
}

mounts
hostname lab
ip link set lo up
run=/src/build/run/$(option mgx.run)
find_modules
cd /src || echo "lab: no /src" >/dev/console
touch "$run/up"
if [[ -e $run/tty ]]; then
	interactive
else
	setsid -w bash "$run/cmd" </dev/null >"$(out_port)" 2>&1
fi
echo $? >"$run/status"
sync -f "$run/status"
echo 0 >/proc/sys/kernel/printk
exec /bin/busybox poweroff -f
