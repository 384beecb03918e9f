#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh DIR: the guest's side of live.test.mjs and picture.test.mjs: a policy is in
# charge, which asks engines if there are some, memory is moved to and fro without a
# pause, and mgxd serves, at the guest's loopback interface and by a relay to the host.
# A file DIR/restart restarts mgxd (it is gone until DIR/restart is), DIR/stop ends it
# all. What mgxtop says of all this, to a user without any privilege, is in DIR/mgxtop.
set -euo pipefail
# shellcheck source=../lab/guest-prepare.sh
. /src/tests/lab/guest-prepare.sh

dir=$1
PORT=9465
RELAY=8080 # of vm.sh's hostfwd, see run.sh
MIB=48

network()
{
	modprobe virtio_net
	ip link set lo up
	ip link set eth0 up
	ip addr add 10.0.2.15/24 dev eth0
	# A connection while mgxd is away fails, and says so.
	busybox nc -ll -p "$RELAY" -e busybox nc 127.0.0.1 "$PORT" 2>>"$dir/relay.log" &
}

# Where the guest has engines, these and the helper threads copy, and no caller.
start_policy()
{
	local module=/sys/module/migrate_ext/parameters channels

	modprobe ioatdma
	echo 1 >$module/dmaengine
	# A host that is busy makes an engine slow, not dead.
	echo 5000 >$module/deadline_ms
	channels=(/sys/kernel/migrate_ext/channels/*)
	load_policy mgx_roundrobin --set "last=$((${#channels[@]} - 1))" \
		--set width=4 --set "free_cpu=$((${#channels[@]} > 3))"
}

start_mgxd()
{
	mgxd --port "$PORT" >>"$dir/mgxd.log" 2>&1 &
	mgxd=$!
}

stop_mgxd()
{
	kill "$mgxd"
	wait "$mgxd" || true
}

# Its name stands for what is complete.
watch()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all \
		mgxtop --samples 20 >"$dir/mgxtop.new"
	mv "$dir/mgxtop.new" "$dir/mgxtop"
}

# Memory of a process that does nothing else, between the nodes.
move()
{
	local to=1

	perl -e '$x = "migrate" x ($ARGV[0] * 150000); sleep 100000' "$MIB" &
	while sleep 0.3; do
		migratepages $! all "$to" || true
		to=$((1 - to))
	done
}

network
load_module
start_policy
start_mgxd
move &
watch &
while [[ ! -e $dir/stop ]] && sleep 0.2; do
	[[ -e $dir/restart ]] || continue
	stop_mgxd
	while [[ -e $dir/restart ]]; do sleep 0.2; done
	start_mgxd
done
stop_mgxd
kill %% 2>/dev/null || true
mgxctl unload
