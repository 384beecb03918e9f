#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test.sh [SERIES...]: the slow tests of mgxd: fuzzers of what it parses,
# malformed requests, then, in a guest, Prometheus and a crowd of clients, and in
# one whose clock counts instructions (-icount: one is a nanosecond), what it costs.
set -uo pipefail
# shellcheck source=../lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

RUNS=${RUNS:-100000}
REQUESTS=${REQUESTS:-10000}
PORT=19465
n=0 failed=0

# ok STATUS NAME
ok()
{
	n=$((n + 1))
	if (($1 == 0)); then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

# fuzz NAME SEED-FILE
fuzz()
{
	local log=$LOGS/daemon-$1.log corpus=$BUILD/daemon/corpus-$1

	rm -rf "$corpus"
	mkdir -p "$corpus"
	split -l 1 "$2" "$corpus/seed-"
	"$LAB_SRC/enter.sh" "/src/build/daemon/$1" -runs="$RUNS" -seed=1 -max_len=8192 -timeout=60 \
		-rss_limit_mb=1024 "/src/build/daemon/corpus-$1" >"$log" 2>&1
	ok $? "$1: $RUNS inputs; $log"
}

# In the lab's root: mgxd with sanitizers serves a recording.
malformed()
{
	# A small quarantine: what is freed would count as resident otherwise.
	# shellcheck disable=SC2016 # the inner shell expands
	"$LAB_SRC/enter.sh" bash -c '
		export ASAN_OPTIONS=quarantine_size_mb=4
		/src/build/daemon/bin/mgxd --replay /src/user/recording/sample.jsonl --port "$1" &
		mgxd=$!
		for i in {1..100}; do curl -s -o /dev/null "localhost:$1/api/v1/state" && break; sleep 0.1; done
		/src/tests/daemon/malformed.pl "$1" "$2" 1
		rc=$?
		rss=$(awk "/VmRSS/ { print \$2 }" "/proc/$mgxd/status")
		echo "# resident, with sanitizers: $rss KiB"
		((rss < 128 * 1024)) || rc=1
		kill "$mgxd"
		wait "$mgxd" || rc=1
		exit $rc' malformed "$PORT" "$REQUESTS" >"$LOGS/daemon-malformed.log" 2>&1
	ok $? "$REQUESTS malformed requests; $LOGS/daemon-malformed.log"
	grep '^# resident' "$LOGS/daemon-malformed.log"
}

guest()
{
	local log=$LOGS/daemon-$1.log

	"$LAB_SRC/vm.sh" -k "$1" -e -n "daemon-$1" -t 900 \
		"/src/tests/daemon/guest.sh ${SECONDS_EACH:-60}" >"$log" 2>&1
	local rc=$?
	grep -E '^(not )?ok|^# ' "$log" | grep -v '^# engine' | sed "s/^/    /"
	ok $rc "kernel $1; $log"
}

# One CPU is online, so that nothing else runs on the instruction clock.
cost()
{
	local log=$LOGS/daemon-cost-$1.log

	MGX_ICOUNT=1 MGX_APPEND="maxcpus=1 ${MGX_APPEND:-}" \
		"$LAB_SRC/vm.sh" -k "$1" -n "daemon-cost-$1" -t 900 \
		/src/tests/daemon/cost.sh >"$log" 2>&1
	local rc=$?
	sed -n 's/.*: \(a batch\|mgxd,\)/    # \1/p' "$log"
	ok $rc "kernel $1: cost in instructions; $log"
}

"$LAB_SRC/enter.sh" make --no-print-directory -s -C /src/tests/daemon O=/src/build/daemon \
	>"$LOGS/build-daemon.log" 2>&1 || {
	tail -n 20 "$LOGS/build-daemon.log"
	exit 1
}
printf '%s\n' '{"op":"load","policy":"mgx_cpu","set":{"a.b":1,"c":true}}' '{"op":"unload"}' \
	'localhost:80' >"$BUILD/daemon/requests"
fuzz fuzz_request "$BUILD/daemon/requests"
head -n 3 "$REPO/user/recording/sample.jsonl" >"$BUILD/daemon/samples"
fuzz fuzz_sample "$BUILD/daemon/samples"
malformed
if (($#)); then
	series=("$@")
else
	mapfile -t series < <(cut -d ' ' -f 1 "$LAB/kernels")
fi
for kernel in "${series[@]}"; do
	guest "$kernel"
	cost "$kernel"
done
echo "1..$n"
exit $failed
