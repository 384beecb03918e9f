# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the tests of the packages, inside the lab's root.

# shellcheck source=../lab/points.sh
. /src/tests/lab/points.sh

deb=/src/build/deb
# shellcheck disable=SC2034,SC2154 # for who sources this; points.sh has the version
tools=$(echo $deb/migrate-ext_"$version"_*.deb) dkms=$deb/migrate-ext-dkms_${version}_all.deb
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset MGX_POLICY_PATH
mapfile -t releases < <(cut -d ' ' -f 2 /src/build/lab/kernels)

# apt ARGUMENT...: quiet if all is well
apt()
{
	apt-get -q -y --no-install-recommends "$@" >/tmp/apt.log 2>&1 && return
	tail -n 30 /tmp/apt.log | sed 's/^/# /'
	return 1
}

# contents: all files but logs, caches, and what belongs to dpkg itself
contents()
{
	find / -xdev \( -path /src -o -path /lower -o -path /proc -o -path /sys -o -path /dev -o -path /tmp \
		-o -path /run -o -path /var/log -o -path /var/cache -o -path /var/lib/dpkg -o -path /var/lib/apt \
		-o -path /var/lib/systemd \) -prune -o -print 2>/dev/null | sort
}

# modules RELEASE: how many of ours DKMS has put there
modules() { find "/lib/modules/$1/updates/dkms" -name '*.ko*' 2>/dev/null | grep -cE '/(migrate_ext|mgx_sim)\.ko'; }

# module_of RELEASE: a plain copy of the module
module_of()
{
	local file

	file=$(find "/lib/modules/$1/updates/dkms" -name 'migrate_ext.ko*' 2>/dev/null | head -n 1)
	case $file in
	*.xz) xz -dc "$file" ;;
	*.zst) zstd -dc "$file" ;;
	*.ko) cat "$file" ;;
	esac >"/tmp/$1.ko"
	echo "/tmp/$1.ko"
}

# installed LABEL VERSION: modules for both kernels, and tools that find their policies
installed()
{
	local release file

	for release in "${releases[@]}"; do
		is "$(modules "$release")" 2 "$1: DKMS has built both modules for $release"
		file=$(module_of "$release")
		[[ $(readelf -SW "$file") == *' .BTF '* ]]
		ok $? "$1: the module for $release has BTF"
		is "$(modinfo -F vermagic "$file" | cut -d ' ' -f 1)" "$release" "$1: and its vermagic"
		is "$(modinfo -F signer "$file")" "DKMS module signing key" "$1: and a signature"
	done
	is "$(dkms status -m migrate-ext -v "$2" | grep -c ': installed')" "${#releases[@]}" "$1: as version $2"
	like "$(mgxctl --version)" "mgxctl: +$version" "$1: mgxctl runs"
	is "$(mgxctl --json policies | grep -c '"policy"')" \
		"$(find /src/bpf -name '*.bpf.c' ! -name mgx_monitor.bpf.c | wc -l)" "$1: all policies are found"
}
