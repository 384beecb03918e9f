#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions are called by name
#
# guest.sh [SECONDS]: in the guest: malformed lines for the control socket of a
# mgxd with sanitizers; then Prometheus scrapes mgxd while pages move, and a crowd
# of clients hangs on. Prints TAP.
set -u

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../lab/guest-prepare.sh
. "$here/../lab/guest-prepare.sh"
# shellcheck source=cpu.sh
. "$here/cpu.sh"

seconds=${1:-60}
lines=${LINES_SENT:-10000}
CHANNELS=16
PAGES=3000 # moved at once
channels=/sys/kernel/migrate_ext/channels
url=http://localhost:9465
tmp=$(mktemp -d)
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
	return "$1"
}

# The value of an instant query, without its fraction.
query()
{
	promtool query instant http://localhost:9090 "$1" 2>&1 |
		sed -n 's/.*=> \([0-9.e+]*\) @.*/\1/p' | awk '{ printf "%.0f\n", $1 }'
}

# until_true COMMAND...: two minutes long
until_true()
{
	local end=$((SECONDS + 120))

	while ((SECONDS < end)); do
		"$@" && return
		sleep 0.2
	done
	return 1
}

serving() { curl -s "$url/metrics" | grep -q '^mgx_up 1'; }
scraped() { [[ -n $(query 'sum(mgx_channel_bytes_total)') ]]; }
nr_channels() { find "$channels" -mindepth 1 -maxdepth 1 | wc -l; }

# What move_pages() moved, as the monitor counted it: by channels or the kernel.
QUERY='sum(mgx_batch_copied_bytes_total{reason="syscall"}) + sum(mgx_batch_fallback_bytes_total{reason="syscall"})'
# known: Prometheus has what mgxd serves now, twice the same.
known()
{
	local now

	now=$(curl -s "$url/metrics" | awk '/^mgx_batch_(copied|fallback)_bytes_total{reason="syscall"/ { s += $NF }
		END { printf "%.0f\n", s }')
	[[ $now == "$(query "$QUERY")" ]]
}

prometheus_start()
{
	cat >"$tmp/prometheus.yml" <<-END
		global: { scrape_interval: 2s }
		rule_files: [ "$here/../../user/alerts.yml" ]
		scrape_configs:
		  - job_name: mgxd
		    static_configs: [ { targets: [ "localhost:9465" ] } ]
	END
	prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/tsdb" \
		--web.listen-address=localhost:9090 >"$tmp/prometheus.log" 2>&1 &
	prometheus=$!
}

# The longest time between two samples of the history, in milliseconds.
longest_gap()
{
	curl -s "$url/api/v1/history?max=100000&since=$1" | grep -oE '"time_ms":[0-9]+' |
		awk -F: '{ if (t && $2 - t > m) m = $2 - t; t = $2 } END { print m + 0 }'
}

rss_kb() { awk '/VmRSS/ { print $2 }' "/proc/$1/status"; }

# engines: simulated ones, native and by dmaengine each, as many as CHANNELS lacks;
# fast, or the workload moves little within its time.
engines()
{
	local slot

	insmod "/src/build/$(uname -r)/mgx_sim.ko" slots=$(((CHANNELS + 1 - $(nr_channels)) / 2)) node=0
	for slot in /sys/kernel/mgx_sim/*; do
		echo 1000000 >"$slot/mbps"
		echo 0 >"$slot/latency_ns"
	done
}

# --- malformed lines --------------------------------------------------------------

# One that the sanitizers end is gone, and does not end in good order. What it
# leaks cannot be told here: it has no right to look at itself. Its memory can.
sanitized()
{
	local pid rss

	ASAN_OPTIONS=quarantine_size_mb=4:detect_leaks=0 \
		/src/build/daemon/bin/mgxd >"$tmp/sanitized" 2>&1 &
	pid=$!
	until_true serving
	ok $? "mgxd with sanitizers serves"
	"$here/lines.pl" /run/mgxd/control "$lines" 1 >"$tmp/lines" 2>&1
	ok $? "$lines malformed lines to the control socket"
	sed 's/^#* */# /' "$tmp/lines"
	rss=$(resident_kb "$(pidof mgxd)")
	((rss < 256 * 1024))
	ok $? "$rss KiB resident, of 262144 for both parts and their sanitizers"
	kill "$pid"
	wait "$pid" && ! grep -qE 'Sanitizer|runtime error' "$tmp/sanitized"
	ok $? "nothing that sanitizers object to" || head -n 30 "$tmp/sanitized" | sed 's/^/# /'
}

modprobe ioatdma
load_module || exit 1
echo 1 >/sys/module/migrate_ext/parameters/dmaengine
engines
sanitized
mgxd >"$tmp/log" 2>&1 &
mgxd=$!
until_true serving
ok $? "mgxd serves"
mgxctl load mgx_roundrobin >"$tmp/out" || exit 1
curl -s "$url/metrics" | promtool check metrics >"$tmp/check" 2>&1
ok $? "promtool check metrics" || sed 's/^/# /' "$tmp/check"
promtool check rules "$here/../../user/alerts.yml" >"$tmp/check" 2>&1
ok $? "promtool check rules" || sed 's/^/# /' "$tmp/check"

# --- Prometheus ----------------------------------------------------------------

prometheus_start
until_true scraped
ok $? "Prometheus scrapes it" || tail -n 3 "$tmp/prometheus.log" | sed 's/^/# /'
/src/build/daemon/moved "$PAGES" 1 >/dev/null
until_true known
was=$(query "$QUERY")
moved=$(/src/build/daemon/moved "$PAGES" "$seconds")
# Twice: the first may be from before the last sample.
sleep 3
until_true known
got=$(($(query "$QUERY") - ${was:-0}))
((moved > 0 && got >= moved * 99 / 100 && got <= moved * 101 / 100))
ok $? "PromQL: $got bytes; the workload moved $moved in $seconds s, by its own count"
curl -s "$url/metrics" >"$tmp/metrics"
"$here/../../user/check-metrics.sh" "$tmp/metrics" "$here/../../user/grafana.json" \
	"$here/../../user/alerts.yml" >"$tmp/check"
ok $? "dashboard and alerts name metrics that there are" || grep '^not' "$tmp/check" | sed 's/^/# /'
kill "$prometheus"
wait "$prometheus"

# --- a crowd ---------------------------------------------------------------------

quiet=$(cpu_ns "$(pidof mgxd)")
sleep 20
quiet=$((($(cpu_ns "$(pidof mgxd)") - quiet) / 20000))
since=$(date +%s%3N)
alive=$("$here/crowd.pl" 9465 "$seconds" 200 200)
gap=$(longest_gap "$since")
# Three periods: what the dashboard calls stale.
((gap > 0 && gap < 3000))
ok $? "200 slow clients and 200 streams: at most $gap ms between samples of 1000 ms"
((alive == 200))
ok $? "all streams are fed to the end ($alive)"
rss=$(rss_kb "$mgxd")
((rss < 32 * 1024))
ok $? "$rss KiB resident, of 32768"
echo "# mgxd with $(nr_channels) channels: $quiet us of CPU per s, both parts, no client"
kill "$mgxd"
wait "$mgxd"
ok $? "mgxd ends in good order"
mgxctl unload >"$tmp/out"
rm -rf "$tmp"
echo "1..$n"
exit $failed
