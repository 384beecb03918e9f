#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# host-build.sh: plain 'make': builds for the running kernel, on this machine,
# what its headers and tools allow, and says what is missing for the rest and
# how to get it. Fails only if nothing could be built, or a build broke.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

LAB_TAG="make"
release=$(uname -r)
kdir=${KDIR:-/lib/modules/$release/build}
built=0 broken=0
missing=()

# need CMD PACKAGE: notes a command that is missing.
need() { command -v "$1" >/dev/null || missing+=("$1: apt install $2"); }

# need_lib NAME VERSION PACKAGE
need_lib()
{
	command -v pkg-config >/dev/null || return 0
	pkg-config --exists "$1" || {
		missing+=("$1: apt install $3")
		return 0
	}
	pkg-config --atleast-version "$2" "$1" ||
		missing+=("$1 $2 or newer ($(pkg-config --modversion "$1") is installed): use 'make lab-build'")
}

# build WHAT DIR OUT [MAKE-ARGUMENT...]: builds, or tells why it can't.
build()
{
	local what=$1 dir=$2 out=$3 log=$LOGS/host-build-$2.log line
	shift 3

	if ((${#missing[@]})); then
		for line in "${missing[@]}"; do
			say "$what: not built, missing $line"
		done
	elif make --no-print-directory -C "$REPO/$dir" "O=$out" "$@" >"$log" 2>&1; then
		say "$what: built, $out"
		built=$((built + 1))
	else
		say "$what: does not build here: $(grep -aE 'rror' "$log" | head -n 1) (log: $log)"
		say "$what: 'make lab-build' builds it with the lab's tools"
		broken=$((broken + 1))
	fi
	missing=()
}

headers_remedy()
{
	if apt-cache show "linux-headers-$release" >/dev/null 2>&1; then
		echo "headers of $release: apt install linux-headers-$release"
	else
		echo "headers of $release, which Debian does not have: name their directory by KDIR="
	fi
}

kernel_needs()
{
	local conf

	need make make
	need gcc gcc
	need pahole dwarves
	[[ -d $kdir ]] || missing+=("$(headers_remedy)")
	[[ -e /sys/kernel/btf/vmlinux ]] ||
		missing+=("BTF: this kernel was built without CONFIG_DEBUG_INFO_BTF; use a Debian kernel, 6.12 or newer")
	for conf in "$kdir/.config" "/boot/config-$release"; do
		[[ -r $conf ]] || continue
		grep -q '^CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y' "$conf" ||
			missing+=("ftrace with IPMODIFY: this kernel has no CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS")
		break
	done
	[[ $(printf '%s\n' 6.12 "$release" | sort -V | head -n 1) == 6.12 ]] ||
		missing+=("kernel 6.12 or newer: this is $release; apt install -t $(. /etc/os-release && echo "$VERSION_CODENAME")-backports linux-image-amd64")
}

bpf_needs()
{
	need make make
	need clang clang
	need llvm-strip llvm
	[[ -e /usr/include/bpf/bpf_helpers.h ]] || missing+=("libbpf's headers: apt install libbpf-dev")
}

user_needs()
{
	need make make
	need gcc gcc
	need pkg-config pkgconf
	need_lib libbpf 1.5 libbpf-dev
	need_lib json-c 0.16 libjson-c-dev
	need_lib libmicrohttpd 0.9 libmicrohttpd-dev
	need_lib ncursesw 6 libncurses-dev
	need_lib zlib 1 zlib1g-dev
}

main()
{
	mkdir -p "$LOGS" || die "cannot write to $BUILD; make it writable or set MGX_BUILD"
	kernel_needs
	build "module for $release" kernel "$BUILD/$release" "KDIR=$kdir"
	bpf_needs
	build "policies" bpf "$BUILD/bpf"
	user_needs
	build "tools" user "$BUILD/bin"
	((built)) || die "nothing could be built for this machine; 'make lab-build' needs none of the above, 'make demo' shows it at work"
	((broken == 0))
}

main
