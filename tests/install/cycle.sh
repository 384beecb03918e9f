#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# cycle.sh: the life of the packages after their installation (booted-root.sh), in a
# copy of that root: a kernel that is refused, upgrade, removal, purge. TAP.
set -uo pipefail
# shellcheck source=packages.sh
. "$(dirname "$0")/packages.sh"

conf=/etc/default/migrate-ext
next=99.1

# Debian's policy keeps users; depmod and DKMS keep their own files.
known_leftovers='^/etc/(passwd|group|shadow|gshadow|subuid|subgid|\.pwd\.lock)-?$|/modules\.[a-z.]+$|^/var/lib/dkms|\.pyc$|__pycache__$'

# A kernel that has headers, but no BTF.
refused_by_dkms()
{
	local dir=/lib/modules/6.13.0-fake

	mkdir -p $dir/build/include
	sed '/^CONFIG_DEBUG_INFO_BTF=/d' "/lib/modules/${releases[0]}/build/.config" >$dir/build/.config
	cp "/lib/modules/${releases[0]}/build/Module.symvers" $dir/build
	: >$dir/build/Makefile
	dkms build -m migrate-ext -v "$version" -k 6.13.0-fake >/tmp/fake.log 2>&1
	is $? 77 "a kernel without BTF: DKMS skips it"
	like "$(cat "/var/lib/dkms/migrate-ext/$version/build/make.log")" \
		"without CONFIG_DEBUG_INFO_BTF, so that .*; boot another" "and its log says why, and what to do"
	rm -r /var/lib/dkms/migrate-ext/"$version"/build
	/var/lib/dpkg/info/migrate-ext-dkms.postinst configure "$version" >/tmp/postinst.log 2>&1
	is $? 0 "such a kernel does not break the installation" || tail -n 5 /tmp/postinst.log | sed 's/^/# /'
	like "$(cat /tmp/postinst.log)" "not for kernel 6.13.0-fake: it was built without CONFIG_DEBUG_INFO_BTF" \
		"which tells the operator"
	rm -r $dir
}

# Both packages again, under another version.
next_version()
{
	local file dir

	for file in "$tools" "$dkms"; do
		dir=/tmp/next/$(basename "$file" .deb)
		mkdir -p /tmp/next
		dpkg-deb -R "$file" "$dir"
		sed -i "s/^Version: .*/Version: $next/" "$dir/DEBIAN/control"
		grep -rlF "$version" "$dir"/DEBIAN/p* "$dir"/usr/src/*/dkms.conf 2>/dev/null |
			xargs -r sed -i "s/${version//./\\.}/$next/g"
		[[ ! -d $dir/usr/src ]] || mv "$dir/usr/src/migrate-ext-$version" "$dir/usr/src/migrate-ext-$next"
		dpkg-deb -b --root-owner-group "$dir" /tmp/next >/dev/null
	done
}

refused_by_dkms
echo "MIGRATE_EXT_POLICY=mgx_cpu" >>$conf
next_version
apt install /tmp/next/*.deb
ok $? "upgraded"
is "$(dpkg-query -W -f '${Version} ' migrate-ext migrate-ext-dkms)" "$next $next " "to that version"
is "$(tail -n 1 $conf)" "MIGRATE_EXT_POLICY=mgx_cpu" "the operator's settings stay"
installed "upgraded" $next
[[ ! -e /usr/src/migrate-ext-$version ]]
ok $? "the old source has gone"
is "$(dkms status -m migrate-ext -v "$version" 2>/dev/null)" "" "and DKMS has forgotten it"

apt remove migrate-ext migrate-ext-dkms
ok $? "removed"
for release in "${releases[@]}"; do
	is "$(modules "$release")" 0 "removed: the modules of $release have gone"
done
! command -v mgxctl >/dev/null
ok $? "removed: mgxctl has gone"
[[ -e $conf ]]
ok $? "removed: settings stay"
apt purge migrate-ext migrate-ext-dkms
ok $? "purged"
is "$(diff /src/build/install/before <(contents) | sed -n 's/^[<>] //p' | grep -vE "$known_leftovers")" \
	"" "nothing is left, nothing is missing"
done_testing
