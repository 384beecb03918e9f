#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# units-guest.sh: the units, in a guest that systemd has booted from a root where the
# packages are installed (see units.sh): started, stopped, with policies that fail and
# daemons that hang; before that README's commands, on the machine as it was installed,
# and what 'make install' put into a directory. TAP.
set -uo pipefail
# shellcheck source=../lab/points.sh
. /src/tests/lab/points.sh
# shellcheck source=readme.sh
. /src/tests/install/readme.sh

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
sysfs=/sys/kernel/migrate_ext
conf=/etc/default/migrate-ext
bad=/src/build/kselftest/bpf
# Exposure by systemd-analyze, in tenths. What is left is root with CAP_SYS_ADMIN,
# which loading a policy takes, and for mgxd the host's network.
worst_policy=20
worst_mgxd=30

# wait_for SECONDS COMMAND...
wait_for()
{
	local until=$((SECONDS + $1))
	shift

	while ((SECONDS < until)); do
		"$@" && return
		sleep 0.3
	done
	return 1
}

property() { systemctl show -P "$2" "$1"; }
journal() { journalctl -q -o cat -u "$1" --since "@$since" --no-pager; }
main_pid() { property mgxd MainPID; }

# configure POLICY OPTIONS
configure()
{
	printf 'MIGRATE_EXT_POLICY=%s\nMIGRATE_EXT_OPTIONS="%s"\nMIGRATE_EXT_MODULE=%s\n' "$1" "$2" "${3:-}" >$conf
	systemctl reset-failed migrate-ext 2>/dev/null
	since=$(date +%s)
}

# Each start of the service gives the bad policy something to decide.
migrate()
{
	[[ ${victim:-} ]] || {
		perl -e '$m = "x" x (2 << 20); sleep 7200' &
		victim=$!
		sleep 2
	}
	migratepages "$victim" 0 1
	migratepages "$victim" 1 0
}

migrate_until_failed()
{
	migrate
	[[ $(property migrate-ext ActiveState) == failed ]]
}

is_inactive() { [[ $(property migrate-ext ActiveState) == inactive ]]; }

was_restarted() { (($(property mgxd NRestarts) >= 1)); }

# files.sh has left what 'make install' puts into a directory.
test_directory()
{
	local dir=/src/build/install/dest/usr

	modprobe migrate_ext
	is "$($dir/sbin/mgxctl load mgx_cpu --json | grep -o "$dir/[^\"]*")" "$dir/lib/migrate_ext/bpf/mgx_cpu.bpf.o" \
		"from a directory: mgxctl loads the policy beside it"
	migrate
	like "$($dir/sbin/mgxtop --samples 2)" "policy mgx_cpu active" "from a directory: mgxtop shows it"
	$dir/sbin/mgxctl unload >/dev/null
	is "$? $(cat $sysfs/state)" "0 none" "from a directory: mgxctl unload"
	# The unit is to load it, with parameters of its own. A policy that was unloaded
	# keeps it for another grace period or two.
	wait_for 60 rmmod migrate_ext 2>/dev/null
	ok $? "from a directory: the module can be removed"
}

test_policy_unit()
{
	configure mgx_noop "" cpu_threads=0
	systemctl start migrate-ext
	is "$? $(property migrate-ext ActiveState)" "0 active" "migrate-ext: started"
	journal migrate-ext | sed 's/^/# /'
	is "$(cat $sysfs/state $sysfs/ops | xargs)" "active mgx_noop" "the policy of $conf is in charge"
	is "$(cat /sys/module/migrate_ext/parameters/cpu_threads)" 0 "with its parameters of the module"
	like "$(modinfo -n migrate_ext)" "/updates/dkms/" "the module is DKMS'"
	mgxctl load mgx_cpu --replace >/dev/null
	is "$? $(cat $sysfs/ops) $(property migrate-ext ActiveState)" "0 mgx_cpu active" "a hot swap does not end it"
	systemctl stop migrate-ext
	is "$? $(cat $sysfs/state) $(cat $sysfs/hooks)" "0 none idle" "stopped: stock path"
	[[ ! -e /sys/fs/bpf/migrate_ext ]]
	ok $? "stopped: nothing pinned"
	systemctl start migrate-ext
	mgxctl off >/dev/null
	wait_for 60 is_inactive
	ok $? "mgxctl off ends it for good: inactive, not restarted"
}

test_failures()
{
	configure no_such_policy ""
	! systemctl start migrate-ext 2>/dev/null
	ok $? "a policy that does not exist: the start fails"
	like "$(journal migrate-ext)" "no policy is called 'no_such_policy'; there are" "the journal says why"
	systemctl stop migrate-ext
	configure $bad/bad_end.bpf.o "--set error=1"
	systemctl start migrate-ext
	wait_for 240 migrate_until_failed
	ok $? "a policy that fails each time: the service gives up"
	is "$(property migrate-ext NRestarts)" 4 "after so many restarts"
	like "$(journal migrate-ext)" "error_bpf.*something is wrong" "the journal has the policy's own words"
	is "$(cat $sysfs/state)" none "stock path"
}

test_mgxd()
{
	configure mgx_noop ""
	mkdir -p /run/systemd/system/mgxd.service.d
	printf '[Service]\nWatchdogSec=8\nRestartSec=1\n' >/run/systemd/system/mgxd.service.d/fast.conf
	systemctl daemon-reload
	systemctl start migrate-ext mgxd
	is "$? $(property mgxd ActiveState)" "0 active" "mgxd: started"
	like "$(curl -s localhost:9465/api/v1/state)" '"mgx_noop"' "it serves, and knows the policy"
	pid=$(main_pid)
	is "$(stat -c %U "/proc/$pid")" mgxd "as its user"
	like "$(xargs <"/proc/$pid/status")" "CapEff: 0000000000000000.*NoNewPrivs: 1" "without capabilities, for good"
	wait_for 30 test -e /sys/fs/bpf/migrate_ext/monitor/flows
	ok $? "its monitor is attached"
	# shellcheck disable=SC2016 # Perl
	like "$(perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un("/run/mgxd/control")) or die;
		S->autoflush(1); print S qq({"op":"switch","policy":"mgx_cpu"}\n); print scalar <S>' 2>&1)" \
		'"ok":true.*mgx_cpu' "it switches policies, sandbox and all"
	is "$(cat $sysfs/ops)" mgx_cpu "which arrives"
	kill -STOP "$pid"
	mgxctl off >/dev/null
	is "$? $(cat $sysfs/state)" "0 none" "mgxctl off while mgxd hangs"
	wait_for 120 was_restarted && wait_for 60 systemctl -q is-active mgxd
	ok $? "the watchdog has it started anew"
	like "$(curl -s --retry 20 --retry-connrefused --retry-delay 1 localhost:9465/api/v1/state)" '"seq"' "and it serves again"
	systemctl stop mgxd
	is "$(property mgxd Result)" success "mgxd: stopped"
	[[ ! -e /sys/fs/bpf/migrate_ext/monitor && ! -e /run/mgxd ]]
	ok $? "nothing of it is left"
}

# exposure UNIT: in tenths
exposure() { systemd-analyze security --no-pager "$1" 2>/dev/null | sed -nE 's/.*Overall exposure level.*: ([0-9]+)\.([0-9]).*/\1\2/p'; }

test_exposure()
{
	local policy daemon
	policy=$(exposure migrate-ext.service)
	daemon=$(exposure mgxd.service)

	echo "# systemd-analyze security, in tenths: migrate-ext $policy, mgxd $daemon"
	((policy && policy <= worst_policy))
	ok $? "migrate-ext: systemd-analyze security"
	((daemon && daemon <= worst_mgxd))
	ok $? "mgxd: systemd-analyze security"
}

# The packages again, as an upgrade has them, and away with them, while all runs.
test_packages()
{
	local pid deb
	deb=$(echo /src/build/deb/migrate-ext_"$version"_*.deb)
	# The lab's, by which packages start and stop nothing; an operator has none.
	rm -f /usr/sbin/policy-rc.d
	configure mgx_noop ""
	systemctl start migrate-ext mgxd
	pid=$(main_pid)
	dpkg -i "$deb" >/tmp/log 2>&1
	ok $? "upgraded while it runs" || sed 's/^/# /' /tmp/log
	is "$(cat $sysfs/state $sysfs/ops | xargs) $(property migrate-ext ActiveState)" "active mgx_noop active" "the policy stays in charge"
	is "$(property mgxd ActiveState) $(main_pid)" "active $pid" "mgxd stays, until it is restarted"
	dpkg -r migrate-ext >/tmp/log 2>&1
	ok $? "removed while it runs" || sed 's/^/# /' /tmp/log
	is "$(property migrate-ext ActiveState) $(property mgxd ActiveState)" "inactive inactive" "the units have stopped"
	is "$(cat $sysfs/state $sysfs/hooks | xargs)" "none idle" "and the kernel migrates by itself"
}

test_restore()
{
	mgxctl load mgx_noop >/dev/null
	mgxctl restore >/tmp/log 2>&1
	is $? 0 "mgxctl restore" || sed 's/^/# /' /tmp/log
	[[ ! -d /sys/module/migrate_ext ]]
	ok $? "the module has gone"
}

is "$(systemctl is-enabled migrate-ext mgxd 2>/dev/null | xargs)" "disabled disabled" "nothing was enabled by being installed"
test_readme
test_directory
test_policy_unit
test_failures
test_mgxd
test_exposure
test_restore
test_packages
kill "$victim" 2>/dev/null
done_testing
