#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh RELEASE: what 'make test-suites' runs on a kernel of the lab and is no
# package: the kernel's own tests of mm from the source of that kernel, in
# build/suites/RELEASE/mm, and numactl's own from Debian's source of it, in
# build/suites/numactl. Built in the layer 'suites', unmodified.
set -euo pipefail
# shellcheck source=../lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"
# shellcheck source=../lab/source.sh
. "$LAB_SRC/source.sh"

LAB_TAG=suites
release=$1
out=$BUILD/suites

inside() { MGX_LAB_LAYERS=$BUILD/layer/suites "$LAB_SRC/enter.sh" "$@"; }

# Its headers first: the tests use what the C library's may not know yet.
build_mm()
{
	local src=/src/build/debug/src/$1 to=/src/build/suites/$release

	inside make --no-print-directory -s -C "$src" "O=$to/headers" headers || return
	inside make --no-print-directory -k "-j$(nproc)" \
		-C "$src/tools/testing/selftests/mm" "OUTPUT=$to/mm" \
		"KHDR_INCLUDES=-isystem $to/headers/usr/include" || true
	# One that does not build here is missing in all runs alike, not all of them.
	[[ -x $out/$release/mm/migration && -x $out/$release/mm/cow ]]
}

# shellcheck disable=SC2016 # the inner shell expands
get_numactl='
	set -e
	sed -n "s/^deb /deb-src /p" $(ls /etc/apt/sources.list.d/*.list) >/tmp/src.list
	mv /tmp/src.list /etc/apt/sources.list.d/suites.list
	apt-get -q update
	cd /src/build/suites/numactl
	apt-get -q source --download-only --tar-only numactl
	tar --strip-components 1 --no-same-owner -xf numactl_*.orig.tar.*'

# Each of its tests is one file; their library is the package.
# shellcheck disable=SC2016 # the inner shell expands
build_numactl='
	set -e
	cd /src/build/suites/numactl
	for test in distance ftok mbind_mig_pages migrate_pages move_pages node-parse \
		nodemap pagesize realloc_test tbitmap; do
		[ -e test/$test.c ] || continue
		gcc -O1 -g -I. -Itest -o test/$test test/$test.c $(ls util.c 2>/dev/null) -lnuma ||
			echo "$test does not build"
	done
	[ -x test/move_pages ]'

numactl_tests()
{
	mkdir -p "$out/numactl"
	inside bash -c "$get_numactl" && inside bash -c "$build_numactl"
}

version=$(grep -oE '^[0-9.]+' <<<"$release")
package=$(source_package "$version")
mkdir -p "$out/$release/mm" "$out/$release/headers" "$LOGS"
get_source "$package" "$version"
# Its directories are the same for both kernels.
exec 9>"$out/lock"
flock 9
if [[ ! -e $out/$release/built ]]; then
	run_step "the kernel's tests of mm" "$LOGS/suites-mm-$release.log" build_mm "$package" ||
		die "the kernel's tests of mm do not build (log: $LOGS/suites-mm-$release.log)"
	touch "$out/$release/built"
fi
if [[ ! -e $out/numactl/built ]]; then
	run_step "numactl's tests" "$LOGS/suites-numactl.log" numactl_tests ||
		die "numactl's tests do not build (log: $LOGS/suites-numactl.log)"
	touch "$out/numactl/built"
fi
