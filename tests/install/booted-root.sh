#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# booted-root.sh: installs the packages of build/deb in a fresh copy of the lab's
# root, which has both kernels' headers, and makes it a root that systemd boots and
# that then runs the lab's command (see guest.sh). TAP. Leaves a list of the files
# that were there before in build/install.
set -uo pipefail
# shellcheck source=packages.sh
. "$(dirname "$0")/packages.sh"

# The machine's first process, and what runs the command of vm.sh.
make_bootable()
{
	local booted
	mapfile -t booted < <(awk '$1 == "booted" { print $2 }' /src/tests/lab/packages-tools)

	apt install "${booted[@]}" || return
	cat >/etc/systemd/system/mgx-lab.service <<-'END'
		[Unit]
		Description=Command of the lab
		After=basic.target
		[Service]
		Type=simple
		ExecStart=/src/tests/install/guest.sh
		[Install]
		WantedBy=multi-user.target
	END
	systemctl enable mgx-lab.service >/tmp/enable.log 2>&1
}

# README's line; nobody is here to say yes.
readme_install()
{
	local line

	line=$(sed -n 's/^    \(apt install .*[^ ]\)  *#.*/\1/p' /src/README.md)
	echo "# $line"
	echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/99yes
	(cd /src && bash -c "$line") >/tmp/apt.log 2>&1 && return
	tail -n 30 /tmp/apt.log | sed 's/^/# /'
	return 1
}

# The lab leaves manuals out.
sed -i '/^path-exclude/d' /etc/dpkg/dpkg.cfg /etc/dpkg/dpkg.cfg.d/*
apt update
make_bootable
ok $? "systemd can be booted"
apt satisfy "$(dpkg-deb -f "$tools" Depends)" "$(dpkg-deb -f "$dkms" Depends)"
ok $? "dependencies can be installed"
mkdir -p /src/build/install
touch /etc/apt/apt.conf.d/99yes
contents >/src/build/install/before

readme_install
ok $? "installed, as README says"
installed "installed" "$version"
for page in mgxctl.8 mgxd.8 mgxtop.8 mgxbench.8 mgxd-api.7 mgx-policy.7 migrate_ext.5; do
	[[ -e /usr/share/man/man${page##*.}/$page.gz ]]
	ok $? "$page is there"
done
getent passwd mgxd >/dev/null
ok $? "the user mgxd exists"
[[ ! -e /etc/systemd/system/multi-user.target.wants/migrate-ext.service ]]
ok $? "nothing is started that nobody asked for"
for unit in migrate-ext mgxd; do
	out=$(systemd-analyze --man=no verify "/usr/lib/systemd/system/$unit.service" 2>&1)
	is "$(grep "$unit" <<<"$out")" "" "systemd-analyze verify $unit.service"
done
done_testing
