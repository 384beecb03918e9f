# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by what builds from the source of the lab's kernels, which it puts into
# build/debug/src: Debian's package of it, of the very version.

# source_package RELEASE: its name
source_package() { echo "linux-source-$(grep -oE '^[0-9]+\.[0-9]+' <<<"$1")"; }

# tarball PACKAGE: the source's archive to stdout
tarball()
{
	local have=${MGX_LINUX_SOURCE:-/nowhere}/$1.tar.xz

	if [[ -e $have ]]; then
		cat "$have"
		return
	fi
	mkdir -p "$DEBUG/deb"
	as_lab_root rm -f "$DEBUG/deb/$1"_*.deb
	"$LAB_SRC/enter.sh" bash -c "cd /src/build/debug/deb && apt-get -q download $1" >&2 ||
		return
	"$LAB_SRC/enter.sh" bash -c "dpkg-deb --fsys-tarfile /src/build/debug/deb/$1_*.deb" |
		tar -xO "./usr/src/$1.tar.xz" || return
	as_lab_root rm -f "$DEBUG/deb/$1"_*.deb
}

unpack()
{
	echo "getting and unpacking $1"
	tarball "$1" | xz -dc | tar -x --no-same-owner -C "$DEBUG/src"
}

# get_source PACKAGE VERSION: in build/debug/src, of the lab's kernel's version
get_source()
{
	local dir=$DEBUG/src/$1 version

	if [[ $(cat "$dir/.mgx-version" 2>/dev/null) == "$2" ]]; then
		return
	fi
	rm -rf "$dir"
	mkdir -p "$DEBUG/src"
	run_step "$1" "$LOGS/debug-source.log" unpack "$1" ||
		die "cannot get $1; check the network or set MGX_LINUX_SOURCE (log: $LOGS/debug-source.log)"
	version=$(make -s --no-print-directory -C "$dir" kernelversion)
	[[ $version == "$2" ]] ||
		die "$1 is of $version, the lab's kernel of $2; run 'make lab-update'"
	echo "$2" >"$dir/.mgx-version"
}
