#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions are called by name
#
# guest.sh [SECONDS]: in the guest: Prometheus scrapes mgxd while pages move and
# a crowd of clients hangs on. Prints TAP.
set -u

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../lab/guest-prepare.sh
. "$here/../lab/guest-prepare.sh"

seconds=${1:-60}
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

# until_true COMMAND...
until_true()
{
	local i

	for ((i = 0; i < 600; i++)); do
		"$@" && return
		sleep 0.2
	done
	return 1
}

serving() { curl -s "$url/metrics" | grep -q '^mgx_up 1'; }
# scraped BYTES: Prometheus knows of so many at least.
scraped()
{
	local got

	got=$(query 'sum(mgx_channel_bytes_total)')
	[[ -n $got ]] && ((got >= $1))
}
module_bytes() { awk '{ s += $1 } END { print s }' /sys/kernel/migrate_ext/channels/*/bytes; }

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

cpu_ms() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1000 / hz }' "/proc/$1/stat"; }
rss_kb() { awk '/VmRSS/ { print $2 }' "/proc/$1/status"; }

modprobe ioatdma
load_module || exit 1
echo 1 >/sys/module/migrate_ext/parameters/dmaengine
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
until_true scraped 0
first=$(query 'sum(mgx_channel_bytes_total)')
[[ -n $first ]]
ok $? "Prometheus scrapes it" || tail -n 3 "$tmp/prometheus.log" | sed 's/^/# /'
was=$(module_bytes)
want=0
end=$((SECONDS + seconds))
while ((SECONDS < end)); do
	migspeed -p 3000 0 1 >/dev/null 2>&1 && want=$((want + 3000 * 4096))
	sleep 2
done
until_true scraped "$(module_bytes)"
got=$(($(query 'sum(mgx_channel_bytes_total)') - was))
# The kernel migrates for reasons of its own meanwhile, and tells: all counts.
own=$(($(module_bytes) - was))
((got > own * 99 / 100 && got < own * 101 / 100))
ok $? "PromQL: $got bytes in $seconds s, the module says $own, the workload moved $want"
((own > want * 99 / 100))
ok $? "and the workload's are among them"
curl -s "$url/metrics" >"$tmp/metrics"
"$here/../../user/check-metrics.sh" "$tmp/metrics" "$here/../../user/grafana.json" \
	"$here/../../user/alerts.yml" >"$tmp/check"
ok $? "dashboard and alerts name metrics that there are" || grep '^not' "$tmp/check" | sed 's/^/# /'
kill "$prometheus"
wait "$prometheus"

# --- a crowd ---------------------------------------------------------------------

quiet=$(cpu_ms "$mgxd")
sleep 20
quiet=$((($(cpu_ms "$mgxd") - quiet) / 20))
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
echo "# mgxd with $(find /sys/kernel/migrate_ext/channels -mindepth 1 -maxdepth 1 | wc -l) channels: $quiet ms of CPU per s"
kill "$mgxd"
wait "$mgxd"
ok $? "mgxd ends in good order"
mgxctl unload >"$tmp/out"
rm -rf "$tmp"
echo "1..$n"
exit $failed
