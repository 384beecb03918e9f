#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# cost.sh: in a guest whose clock counts instructions (see test.sh): what the
# monitor adds to a batch, and what both parts of mgxd take for a sample of
# CHANNELS channels, without and with a client that follows events. The parts of
# mgxd are stopped while the monitor is measured. Fails if mgxd takes more than
# its share at a sample a second.
set -euo pipefail

move=/src/build/daemon/move
pages=8192
batch=8 # pages: small batches, so that their cost shows
CHANNELS=${CHANNELS:-16}
SAMPLES=${SAMPLES:-30}
# 0.5 % of a core that does 1000 million a second: a slow one, or one that waits
# for its caches most of the time.
LIMIT=5000000
channels=/sys/kernel/migrate_ext/channels

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=cpu.sh
. "$here/cpu.sh"
# shellcheck source=../lab/guest-prepare.sh
. "$here/../lab/guest-prepare.sh"

# cost: instructions per batch
cost() { awk -v page="$("$move" $pages)" -v batch=$batch 'BEGIN { printf "%.0f\n", page * batch }'; }

attached() { bpftool map dump pinned /sys/fs/bpf/migrate_ext/monitor/status 2>/dev/null | grep -q '"attached": 1'; }

serving() { curl -s localhost:9465/api/v1/state 2>/dev/null | grep -q '"active"'; }

# until_true COMMAND...
until_true()
{
	local i

	for ((i = 0; i < 100; i++)); do
		"$@" && return
		sleep 0.2
	done
	return 1
}

# fill_channels: as many as CHANNELS says; the simulated ones copy.
fill_channels()
{
	local have

	have=$(find "$channels" -mindepth 1 -maxdepth 1 | wc -l)
	insmod "/src/build/$(uname -r)/mgx_sim.ko" slots=$((CHANNELS - have)) node=0
	find "$channels" -mindepth 1 -maxdepth 1 | wc -l
}

# of_samples WHAT: instructions of both parts of mgxd for one sample.
of_samples()
{
	local before after each

	before=$(cpu_ns "$parts")
	sleep "$SAMPLES"
	after=$(cpu_ns "$parts")
	each=$(((after - before) / SAMPLES))
	echo "$(uname -r): mgxd, $nr channels, $1: $each instructions per sample, at most $LIMIT"
	((each > 0 && each <= LIMIT))
}

load_module
nr=$(fill_channels)
mgxctl load mgx_reason --set limit_pages=$batch --set min_bytes=0 >/dev/null
"$move" $pages >/dev/null
without=$(cost)
mgxd >/dev/null &
until_true attached
until_true serving
parts=$(pidof mgxd)
# shellcheck disable=SC2086 # several
kill -STOP $parts
"$move" $pages >/dev/null
with=$(cost)
# shellcheck disable=SC2086 # several
kill -CONT $parts
echo "$(uname -r): a batch of $batch pages takes $without instructions, $with with the monitor: $((with - without)) more"
mgxctl unload >/dev/null
mgxctl load mgx_roundrobin >/dev/null
until_true attached
"$move" $pages >/dev/null
sleep 5
of_samples "no client"
curl -sN localhost:9465/api/v1/events >/dev/null &
client=$!
sleep 5
of_samples "one client"
kill $client
echo "$(uname -r): mgxd, resident: $(resident_kb "$parts") KiB, both parts; a sample is $(curl -s localhost:9465/api/v1/state | wc -c) bytes"
kill %1
wait %1
