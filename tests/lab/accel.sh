#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# accel.sh RELEASE: prints kvm if a guest with that kernel really boots under
# KVM on this machine, else tcg. A /dev/kvm that exists proves nothing, so the
# first call boots one; the answer is kept in build/lab/accel.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

release=$1
# A debug kernel would be too slow to tell.
! is_debug "$release" || release=$(kernel_release "")
cache=$LAB/accel

kvm_device() { [[ -r /dev/kvm && -w /dev/kvm ]]; }

# What the answer depends on: kernel, CPU, access to the device.
identity()
{
	uname -rv
	grep -m 1 'model name' /proc/cpuinfo || true
	cat /etc/machine-id 2>/dev/null || true
	if kvm_device; then
		echo kvm
	fi
}

probe()
{
	kvm_device || {
		echo tcg
		return
	}
	echo "lab: trying KVM with kernel $release (12 s at most)" >&2
	if MGX_ACCEL=kvm MGX_BOOT_TIMEOUT=12 "$LAB_SRC/vm.sh" -k "$release" \
		-n "probe-kvm-$release" -t 30 true >/dev/null 2>&1; then
		echo kvm
	else
		echo tcg
	fi
}

machine=$(identity | sha256sum | cut -c 1-16)
known=$(awk -v m="$machine" -v r="$release" '$1 == m && $2 == r { print $3 }' \
	"$cache" 2>/dev/null | tail -n 1) || true
if [[ -z $known ]]; then
	known=$(probe)
	echo "$machine $release $known" >>"$cache"
	echo "lab: kernel $release runs under ${known^^} here" >&2
fi
echo "$known"
