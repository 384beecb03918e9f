#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh: suspends the guest, as deep as /sys/power/pm_test goes, while the
# kselftest 'bytes' moves pages and verifies them. The lab's root is on virtio-9p,
# whose driver knows no resume: all that runs is copied to a tmpfs before, what
# came out goes to the kernel's log, and the guest ends without its root.
set -euo pipefail
# shellcheck source=../lib.sh
. /src/tests/lab/lib.sh
# shellcheck source=../guest-prepare.sh
. /src/tests/lab/guest-prepare.sh

ROOT=/run/suspend

copy() { mkdir -p "$ROOT$(dirname "$1")" && cp -L "$1" "$ROOT$1"; }

# libraries FILE...: what these link to; some are scripts.
libraries() { { ldd "$@" 2>/dev/null || true; } | grep -o '/[^ ]* (' | tr -d ' (' | sort -u; }

make_root()
{
	local dir name

	mkdir -p "$ROOT"
	mount -t tmpfs none "$ROOT"
	mkdir -p "$ROOT"/{dev,proc,sys,tmp,run,src/build,usr/{bin,sbin,lib,lib64}}
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$ROOT/$dir"
	done
	cp -a /src/build/bin /src/build/bpf "$ROOT/src/build/"
	for name in bash sh sleep cat grep insmod rmmod modprobe mkswap mkfs.ext4; do
		copy "$(command -v "$name")"
	done
	mkdir "$ROOT/src/build/kselftest"
	cp -a /src/build/kselftest/bytes /src/build/kselftest/bpf "$ROOT/src/build/kselftest/"
	# modprobe takes a module that is loaded for what it is, if it finds the index.
	modprobe ext4
	for name in /src/build/"$(uname -r)"/*.ko "/lib/modules/$(uname -r)"/modules.*; do
		copy "$name"
	done
	copy /src/tests/lab/suspend/inside.sh
	libraries "$ROOT"/usr/{bin,sbin}/* "$ROOT"/src/build/bin/* /src/build/kselftest/bytes |
		while read -r name; do
			copy "$name"
		done
	for dir in dev proc sys; do
		mount --rbind "/$dir" "$ROOT/$dir"
	done
}

load_module
make_root
exec chroot "$ROOT" /bin/bash /src/tests/lab/suspend/inside.sh
