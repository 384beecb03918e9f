#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# off.sh: mgxctl off and restore: back to the stock path, whoever holds the policy
# and whatever hangs; mgxctl load --wait, which units use; migrate_ext(5) knows all
# that the module says about itself. Runs as root in the guest, module loaded.
# kselftest-timeout: 900
set -u

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../lab/points.sh
. "$here/../../tests/lab/points.sh"
bad=$here/bpf
sysfs=/sys/kernel/migrate_ext
pins=/sys/fs/bpf/migrate_ext
tmp=$(mktemp -d)
jobs=()

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local job

	for job in ${jobs[@]+"${jobs[@]}"}; do
		kill -KILL "$job" 2>/dev/null
		wait "$job" 2>/dev/null
	done
	rm -f /sys/fs/bpf/elsewhere
	mgxctl off >/dev/null 2>&1
	rm -rf "$tmp"
}
trap cleanup EXIT

# wait_for SECONDS COMMAND...
wait_for()
{
	local tries=$(($1 * 10))
	shift

	while ((tries--)); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

# job COMMAND...: in the background; sets $job
job()
{
	"$@" >"$tmp/job" 2>&1 &
	job=$!
	jobs+=("$job")
}

in_charge() { [[ $(cat $sysfs/state) == active ]]; }

# migrate: a little memory, there and back
migrate()
{
	perl -e '$m = "x" x (8 << 20); print "up\n"; close STDOUT; sleep 600' >"$tmp/victim" &
	local victim=$!

	jobs+=("$victim")
	wait_for 20 test -s "$tmp/victim"
	migratepages "$victim" 0 1
	migratepages "$victim" 1 0
	kill "$victim"
}

# off_from NAME WANT-ENDED: mgxctl off ends it, in little time, and leaves nothing
off_from()
{
	timeout 30 mgxctl --json off >"$tmp/off" 2>"$tmp/err"
	is $? 0 "$1: off" || sed 's/^/# /' "$tmp/err"
	is "$(sed -n 's/^ *"ended": *"\{0,1\}\([a-z_]*\).*/\1/p' "$tmp/off")" "$2" "$1: it says what it ended"
	is "$(cat $sysfs/state) $(cat $sysfs/hooks)" "none idle" "$1: stock path"
	[[ ! -e $pins/link && ! -e $pins/maps && ! -e $pins/maps-staged ]]
	ok $? "$1: nothing pinned"
}

test_off()
{
	off_from "no policy" null
	mgxctl load mgx_noop >/dev/null
	off_from "a pinned policy" mgx_noop
	like "$(cat $sysfs/exit/kind)" operator "which ended by the operator's word"

	job mgxctl load --foreground mgx_noop
	wait_for 20 in_charge
	kill -STOP "$job"
	off_from "a process that hangs" mgx_noop
	kill -CONT "$job"
	wait "$job"
	is $? 0 "the process notices when it goes on"

	mgxctl load mgx_noop >/dev/null
	mv $pins/link /sys/fs/bpf/elsewhere
	off_from "somebody's pin" mgx_noop
	rm /sys/fs/bpf/elsewhere

	mgxctl load "$bad/bad_end.bpf.o" >/dev/null
	migrate
	wait_for 10 grep -q ejected $sysfs/state
	off_from "a policy that ended by itself" bad_end
}

# A loader that hangs with the lock on the pins.
test_locked()
{
	mgxctl load mgx_noop >/dev/null
	job flock -o $pins sleep 600
	wait_for 10 sh -c "! flock -n $pins true"
	off_from "a loader that hangs" mgx_noop
	kill "$job"
	wait "$job" 2>/dev/null
	mgxctl load mgx_cpu >/dev/null
	is "$? $(cat $sysfs/ops)" "0 mgx_cpu" "a policy can be loaded again"
	mgxctl off >/dev/null
}

# Both processes of a daemon that does not answer.
test_daemon()
{
	job mgxd --run-dir "$tmp/mgxd"
	wait_for 30 test -S "$tmp/mgxd/control"
	mgxctl load mgx_noop >/dev/null
	wait_for 20 test -e $pins/monitor
	kill -STOP "$job" $(pgrep -P "$job")
	off_from "a daemon that hangs" mgx_noop
	kill -KILL "$job" $(pgrep -P "$job")
	wait "$job" 2>/dev/null
}

test_nobody()
{
	mgxctl load mgx_noop >/dev/null
	setpriv --reuid=65534 --regid=65534 --clear-groups mgxctl off >"$tmp/out" 2>&1
	is $? 1 "off: not for everybody"
	like "$(cat "$tmp/out")" "only root may end a policy; run it as root" "which it says"
	in_charge
	ok $? "the policy stays"
	mgxctl off >/dev/null
}

test_wait()
{
	job mgxctl load --wait mgx_noop
	wait_for 20 in_charge
	mgxctl load --replace mgx_cpu >/dev/null
	is "$? $(cat $sysfs/ops)" "0 mgx_cpu" "--wait: the policy can be swapped"
	kill -0 "$job"
	ok $? "--wait: it goes on watching"
	kill "$job"
	wait "$job"
	is "$? $(cat $sysfs/ops)" "0 mgx_cpu" "--wait: SIGTERM leaves the policy"
	job mgxctl load --wait --replace "$bad/bad_end.bpf.o" --set error=1
	wait_for 20 grep -q bad_end $sysfs/ops
	migrate
	wait "$job"
	is $? 1 "--wait: a policy that ends by an error: status 1"
	like "$(cat "$tmp/job")" "error_bpf.*something is wrong" "--wait: and its words"
	is "$(cat $sysfs/state)" none "--wait: nothing of it is left"
	! mgxctl load --wait --foreground mgx_noop >"$tmp/out" 2>&1
	ok $? "--wait and --foreground exclude each other"
	like "$(cat "$tmp/out")" "--foreground and --wait exclude" "which it says"
}

# Whoever waits for the end of a policy is told that one, not the end of the one
# before it, which failed; even if the end takes its time.
test_report()
{
	local how

	for how in --wait --foreground; do
		job mgxctl load --wait "$bad/bad_end.bpf.o" --set error=1
		wait_for 20 in_charge
		migrate
		wait "$job"
		job mgxctl load $how "$bad/t_slow.bpf.o"
		wait_for 20 grep -q t_slow "$tmp/job"
		like "$(mgxctl off)" "ended: +t_slow.*kind: +operator" "off says how it ended"
		wait "$job"
		is $? 0 "$how: what was switched off has not failed"
		like "$(cat "$tmp/job")" "kind: +operator" "$how: it says so"
	done
}

# A supervisor hears from mgxctl and mgxd by the protocol of sd_notify(3).
test_notify()
{
	perl -MSocket -e 'socket(S, PF_UNIX, SOCK_DGRAM, 0); bind(S, sockaddr_un($ARGV[0])) or die;
		$| = 1; print "up\n"; while (defined recv(S, $m, 100, 0)) { print "$m\n" }' "$tmp/notify" >"$tmp/heard" &
	jobs+=("$!")
	wait_for 20 test -s "$tmp/heard"
	NOTIFY_SOCKET=$tmp/notify job mgxctl load --wait mgx_noop
	wait_for 20 grep -q READY=1 "$tmp/heard"
	ok $? "load --wait: READY=1 once the policy is in charge"
	in_charge
	ok $? "and it is"
	kill "$job"
	mgxctl off >/dev/null
	chmod 755 "$tmp"
	chmod 777 "$tmp/notify"
	: >"$tmp/heard"
	NOTIFY_SOCKET=$tmp/notify job mgxd --run-dir "$tmp/mgxd"
	wait_for 30 grep -q READY=1 "$tmp/heard" && wait_for 30 grep -q WATCHDOG=1 "$tmp/heard"
	ok $? "mgxd: READY=1, then WATCHDOG=1, without privileges"
	kill "$job"
	wait "$job"
	wait_for 10 grep -q STOPPING=1 "$tmp/heard"
	ok $? "mgxd: STOPPING=1"
}

# Names below events/ and reasons/ are many, and say themselves what they are.
test_page()
{
	local file

	for file in $(find $sysfs -type f ! -path '*/events/*' ! -path '*/reasons/*' -printf '%f\n' | sort -u); do
		grep -qE "(^|[^a-z_0-9])$file([^a-z_0-9]|\$)" "$here/../../user/migrate_ext.5"
		ok $? "migrate_ext(5) knows $file"
	done
}

test_restore()
{
	mgxctl load mgx_noop >/dev/null
	mgxctl restore >"$tmp/out" 2>&1
	is $? 0 "restore" || sed 's/^/# /' "$tmp/out"
	[[ ! -d /sys/module/migrate_ext ]]
	ok $? "restore: the module has gone"
	mgxctl restore >"$tmp/out" 2>&1
	is $? 0 "restore without the module"
	mgxctl off >"$tmp/out" 2>&1
	is $? 0 "off without the module"
	insmod "$here/../$(uname -r)/migrate_ext.ko"
	insmod "$here/../$(uname -r)/mgx_sim.ko"
	! timeout 60 mgxctl restore >"$tmp/out" 2>&1
	ok $? "restore: the module is in use"
	like "$(cat "$tmp/out")" "cannot be removed: .*; remove first what" "which it says"
	rmmod mgx_sim
}

main()
{
	local job

	echo "TAP version 13"
	mgxctl off >/dev/null 2>&1
	test_off
	test_locked
	test_daemon
	test_nobody
	test_wait
	test_report
	test_notify
	test_page
	test_restore
	done_testing
}

main
