# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced in the guest before a command: loads the module, if it is built.
# MGX_MODULE=no on the kernel's command line leaves it out.

mgx_module=/src/build/$(uname -r)/migrate_ext.ko

# kernel_log NAME: what the kernel said since NAME began: all there is when it said so
# much that this is no longer in its buffer.
kernel_log() { dmesg | sed -n "/mgx-lab: begin $1\$/,\$p" | grep -a . || dmesg; }

# load_module: inserts migrate_ext, if it is not there yet.
load_module()
{
	[[ -d /sys/module/migrate_ext ]] && return
	[[ -e $mgx_module ]] || {
		echo "lab: error: $mgx_module is missing; run 'make lab-build'" >&2
		return 1
	}
	insmod "$mgx_module" || {
		echo "lab: error: migrate_ext does not load; the kernel says:" >&2
		dmesg | tail -n 5 >&2
		return 1
	}
}

# load_policy NAME [--set KEY=VALUE...]: attaches a policy that stays after the
# loader has ended.
load_policy()
{
	command -v mgxctl >/dev/null || {
		echo "lab: error: mgxctl is missing; run 'make lab-build'" >&2
		return 1
	}
	mgxctl load "$@"
}
