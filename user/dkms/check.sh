#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh KERNEL HEADERS: whether the module can be built for that kernel: BTF,
# hooks, tools. If not, one line says why and what to do, and the status is 77,
# which DKMS takes for "not for this kernel".
# check.sh --built DIRECTORY: whether what was built there has BTF. Without, it
# would load and do nothing.
set -u
refused=77

refuse()
{
	echo "migrate-ext: not for kernel $kernel: $1; $2" >&2
	exit $refused
}

# has_btf FILE
has_btf() { readelf -SW "$1" 2>/dev/null | grep -q ' \.BTF '; }

built()
{
	has_btf "$1/migrate_ext.ko" && return
	echo "migrate-ext: the module got no BTF: install pahole, and headers with a vmlinux file" >&2
	exit 1
}

# config OPTION WHY
config()
{
	grep -qx "$1=y" "$headers/.config" ||
		refuse "it was built without $1, $2" "boot another kernel, for example Debian's"
}

# Debian's headers do not have System.map; where none is, none is asked.
hooks()
{
	grep -qw folio_mc_copy "$headers/Module.symvers" ||
		refuse "it does not export folio_mc_copy(), which is hooked" "boot 6.12 or later"
	for map in "$headers/System.map" "/boot/System.map-$kernel"; do
		# A package's is a placeholder.
		grep -q ' [Tt] ' "$map" 2>/dev/null || continue
		grep -q ' [Tt] migrate_pages$' "$map" ||
			refuse "it has no function migrate_pages() to hook" "boot another kernel"
	done
}

if [ "$1" = --built ]; then
	built "$2"
	exit
fi

kernel=$1 headers=$2
[ "$(printf '%s\n' 6.12 "$kernel" | sort -V | head -n 1)" = 6.12 ] ||
	refuse "it is too old" "boot 6.12 or later"
[ -e "$headers/.config" ] ||
	refuse "there are no headers in $headers" "apt install linux-headers-$kernel"
config CONFIG_DEBUG_INFO_BTF "so that BPF programs cannot know its types"
config CONFIG_DEBUG_INFO_BTF_MODULES "so that BPF programs cannot know the module's types"
config CONFIG_BPF_SYSCALL "which policies need"
config CONFIG_BPF_JIT "which policies need"
config CONFIG_MIGRATION "so that there is nothing to decide"
config CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS "so that functions cannot be hooked"
has_btf "$headers/vmlinux" ||
	refuse "its headers have no vmlinux with BTF" "install the headers of its distribution"
command -v pahole >/dev/null ||
	refuse "pahole is missing, which makes the module's BTF" "apt install pahole"
hooks
