#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# modules.sh: builds the modules of the engine's tests for each kernel of the
# lab, in build/engine/RELEASE: mgx_dmaprobe, and the kernel's own dmatest, whose
# source is that of the newest kernel, from Debian's linux-source package.
#
# MGX_LINUX_SOURCE: directory with linux-source-*.tar.xz, or an unpacked
# linux-source-*, instead of a download of 150 MB.
set -euo pipefail
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

LAB_TAG=engine
OUT=$BUILD/engine
FILE=drivers/dma/dmatest.c
DMATEST=$OUT/src/dmatest.c

# series: 7.3 if the newest kernel is 7.3.4+deb13-amd64
series() { kernel_release "" | grep -oE '^[0-9]+\.[0-9]+'; }

# from_tar: the file out of the source's archive on stdin
from_tar()
{
	tar -xJO --wildcards --no-wildcards-match-slash --occurrence=1 "*/$FILE"
}

# Tar stops at the file: who feeds it may die of that.
download()
{
	local pkg

	pkg=linux-source-$(series)
	mkdir -p "$OUT/deb"
	"$LAB_SRC/enter.sh" bash -c "cd /src/build/engine/deb && apt-get -q download $pkg" >&2
	"$LAB_SRC/enter.sh" bash -c "dpkg-deb --fsys-tarfile /src/build/engine/deb/${pkg}_*.deb |
		tar -xO ./usr/src/$pkg.tar.xz" 2>/dev/null | from_tar
}

# source_text: dmatest.c to stdout, from where it is at hand
source_text()
{
	local from

	from=${MGX_LINUX_SOURCE:-/nowhere}/linux-source-$(series)
	if [[ -e $LAB/kselftest-src/$FILE ]]; then
		cat "$LAB/kselftest-src/$FILE"
	elif [[ -e $from/$FILE ]]; then
		cat "$from/$FILE"
	elif [[ -e $from.tar.xz ]]; then
		from_tar <"$from.tar.xz"
	else
		download
	fi
}

get_dmatest()
{
	[[ ! -s $DMATEST ]] || return 0
	mkdir -p "${DMATEST%/*}"
	source_text >"$DMATEST.new" 2>"$LOGS/build-engine-source.log" || true
	as_lab_root rm -rf "$OUT/deb"
	grep -q dmatest_init "$DMATEST.new" ||
		die "cannot get $FILE of linux-source-$(series); check the network or set MGX_LINUX_SOURCE (log: $LOGS/build-engine-source.log)"
	mv "$DMATEST.new" "$DMATEST"
}

# Kbuild wants sources and output in one directory: they are copied there.
build()
{
	local release=$1 dir=$OUT/$1

	mkdir -p "$dir"
	cp -u "$LAB_SRC"/engine/guest/{Kbuild,compat.h,mgx_dmaprobe.c} "$DMATEST" "$dir"
	"$LAB_SRC/enter.sh" make --no-print-directory -C "$(kernel_dir "$release")" \
		"M=/src/build/engine/$release" modules
	# Debugging information is most of them, and slow to load.
	"$LAB_SRC/enter.sh" strip --strip-debug /src/build/engine/"$release"/{mgx_dmaprobe,dmatest}.ko
}

main()
{
	local release log

	mkdir -p "$OUT" "$LOGS"
	get_dmatest
	while read -r _ release; do
		log=$LOGS/build-engine-$release.log
		build "$release" >"$log" 2>&1 ||
			die "the modules do not build; $log ends with: $(tail -n 2 "$log")"
	done < <(wanted_kernels)
}

main
