#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# modules.sh: builds the modules of the engine's tests for each kernel of the
# lab, in build/engine/RELEASE: mgx_dmaprobe, and the kernel's own dmatest, whose
# unmodified source comes from Debian's linux-source package.
#
# MGX_LINUX_SOURCE: directory with linux-source-*.tar.xz, or an unpacked
# linux-source-*, instead of a download of 150 MB for each kernel.
set -euo pipefail
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

LAB_TAG=engine
SOURCE=drivers/dma/dmatest.c
OUT=$BUILD/engine

# series_of RELEASE: 6.12.117+deb13-amd64 -> 6.12
series_of() { grep -oE '^[0-9]+\.[0-9]+' <<<"$1"; }

# extract TARBALL: one file to stdout; ends when it is found
extract()
{
	tar -xJO --wildcards --no-wildcards-match-slash --occurrence=1 \
		-f "$1" "*/$SOURCE"
}

download()
{
	local pkg=linux-source-$1 dir=$OUT/deb

	mkdir -p "$dir"
	"$LAB_SRC/enter.sh" bash -c "cd /src/build/engine/deb && apt-get -q download $pkg" &&
		"$LAB_SRC/enter.sh" bash -c "dpkg-deb --fsys-tarfile /src/build/engine/deb/${pkg}_*.deb |
			tar -xO ./usr/src/$pkg.tar.xz" >"$dir/$pkg.tar.xz" &&
		extract "$dir/$pkg.tar.xz"
	as_lab_root rm -rf "$dir"
}

# source_of SERIES: dmatest.c of that kernel, to stdout
source_of()
{
	local from=${MGX_LINUX_SOURCE:-}/linux-source-$1

	if [[ -z ${MGX_LINUX_SOURCE:-} ]]; then
		download "$1"
	elif [[ -e $from/$SOURCE ]]; then
		cat "$from/$SOURCE"
	else
		extract "$from.tar.xz"
	fi
}

get_source()
{
	local file=$OUT/src/$1/dmatest.c

	[[ -s $file ]] && return
	mkdir -p "${file%/*}"
	source_of "$1" >"$file.new" || true
	grep -q dmatest_init "$file.new" ||
		die "cannot get $SOURCE of linux-source-$1; check the network or set MGX_LINUX_SOURCE"
	mv "$file.new" "$file"
}

# Kbuild wants sources and output in one directory: they are copied there.
build()
{
	local release=$1 series dir=$OUT/$1

	series=$(series_of "$release")
	get_source "$series"
	mkdir -p "$dir"
	cp -u "$LAB_SRC"/engine/guest/{Kbuild,mgx_dmaprobe.c} "$OUT/src/$series/dmatest.c" "$dir"
	"$LAB_SRC/enter.sh" make --no-print-directory -C "/usr/lib/modules/$release/build" \
		"M=/src/build/engine/$release" modules
	# Debugging information is most of them, and slow to load.
	"$LAB_SRC/enter.sh" strip --strip-debug /src/build/engine/"$release"/{mgx_dmaprobe,dmatest}.ko
}

main()
{
	local release

	mkdir -p "$OUT" "$LOGS"
	while read -r _ release; do
		build "$release" >"$LOGS/build-engine-$release.log" 2>&1 ||
			die "the modules do not build; $LOGS/build-engine-$release.log ends with: $(tail -n 2 "$LOGS/build-engine-$release.log")"
	done < <(kernels)
}

main
