# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by what runs the command of vm.sh in the guest.

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

# run_command: runs it, reports its status, powers off.
run_command()
{
	local run

	run=/src/build/run/$(option mgx.run)
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
}
