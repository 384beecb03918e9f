#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# root.sh STABLE-PACKAGES -- BACKPORTS-PACKAGES: runs inside the lab's new root
# (see setup.sh) and installs everything. Leaves in /lab: kernels (the list of
# kernels) and kselftest-src (headers of kselftest, checkpatch, semantic patches).
set -euo pipefail

stable=() backports=()
list=stable
for arg; do
	if [[ $arg == -- ]]; then
		list=backports
	else
		declare -n to=$list
		to+=("$arg")
	fi
done

# newest_kernel PATTERN: version of linux-image-amd64 that fits, newest first.
newest_kernel()
{
	apt-cache madison linux-image-amd64 | awk '{ print $3 }' |
		grep -E "^$1" | sort -rV | head -n 1
}

# image_of VERSION: the image package that linux-image-amd64 of VERSION wants.
image_of()
{
	apt-cache show "linux-image-amd64=$1" |
		sed -n 's/^Depends:.*\(linux-image-[0-9][^ ,]*\).*/\1/p' | head -n 1
}

k6=$(newest_kernel '6\.12\.') || true
k7=$(newest_kernel '7\.') || true
[[ -n $k6 ]] || { echo "no linux-image-amd64 6.12 in the package lists" >&2; exit 1; }
[[ -n $k7 ]] || { echo "no linux-image-amd64 7.x in the package lists" >&2; exit 1; }
img6=$(image_of "$k6")
img7=$(image_of "$k7")
rel6=${img6#linux-image-}
rel7=${img7#linux-image-}
series7=$(echo "$rel7" | grep -oE '^[0-9]+\.[0-9]+')

# The part of the kernel's source that tests and style checks need; in the
# background, for it keeps one CPU busy for a while.
get_source()
{
	local deb src=linux-source-$series7

	mkdir -p /lab/deb && cd /lab/deb
	apt-get -q download "$src/trixie-backports"
	deb=$(echo "$src"_*.deb)
	mkdir /lab/kselftest-src
	dpkg-deb --fsys-tarfile "$deb" |
		tar -xO "./usr/src/$src.tar.xz" |
		xz -dc |
		tar -x --no-same-owner -C /lab/kselftest-src --strip-components 1 \
			--wildcards --no-wildcards-match-slash \
			'*/tools/testing/selftests/*.h' \
			'*/tools/testing/selftests/lib.mk' \
			'*/tools/testing/selftests/kselftest' \
			'*/tools/testing/selftests/mm' \
			'*/tools/include' \
			'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
			'*/scripts/const_structs.checkpatch' \
			'*/scripts/coccinelle' \
			'*/drivers/dma/dmatest.c' \
			'*/.clang-format'
	cd / && rm -r /lab/deb
}

install()
{
	# INITRD=No: the lab makes its own, far smaller initramfs.
	INITRD=No apt-get -q install -y --no-install-recommends \
		-o Dpkg::Options::=--force-confold "$@"
}

# Services must not start in here.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
mkdir -p /etc/initramfs-tools /lab
echo update_initramfs=no >/etc/initramfs-tools/update-initramfs.conf

get_source >/lab/source.log 2>&1 &
source_pid=$!
# The newer kernel wants a newer linux-base; all else there is in one suite only.
install "${stable[@]}" linux-base/trixie-backports \
	"$img6" "linux-headers-$rel6" "$img7" "linux-headers-$rel7"
install -t trixie-backports "${backports[@]}"
apt-get clean
echo "waiting for the kernel source's headers"
wait "$source_pid" || { cat /lab/source.log >&2; exit 1; }
[[ -s /lab/kselftest-src/tools/testing/selftests/kselftest_harness.h ]] ||
	{ echo "linux-source-$series7 has no kselftest_harness.h" >&2; exit 1; }
printf '%s %s\n' 6.12 "$rel6" 7 "$rel7" >/lab/kernels
