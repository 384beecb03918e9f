#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mgxbench.sh: mgxbench from outside: figures are there and agree with the module's
# counters, a copy that is wrong is noticed, and whatever ends it, no policy, no
# setting and no half file stays behind.
# kselftest-timeout: 900
# shellcheck disable=SC2016,SC2317 # Perl; functions are called by name
set -u

# shellcheck source=../lab/engine/guest/tap.sh
. /src/tests/lab/engine/guest/tap.sh

sysfs=/sys/kernel/migrate_ext
thp=/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled
sim=/sys/kernel/mgx_sim/0
tmp=$(mktemp -d)
small=(-m 1M -r 2 -w 0)

cleanup()
{
	mgxctl off >/dev/null 2>&1
	rmmod mgx_sim 2>/dev/null
	echo 500 >/sys/module/migrate_ext/parameters/deadline_ms
	rm -rf "$tmp"
}
trap cleanup EXIT

# like GOT PATTERN NAME
like()
{
	local passed=0

	[[ $1 =~ $2 ]] && passed=1
	point $passed "$3"
	((passed)) || printf '# got: %s\n# want: %s\n' "${1//$'\n'/$'\n'# }" "$2"
}

# quiet CMD...: what it prints goes to $tmp/stdout, and not our own point with it
quiet() { "$@" >"$tmp/stdout"; }

# json FILE EXPRESSION: fails if it is none; $_ is the document
json() { perl -MJSON::PP -e 'local (@ARGV, $/) = ($ARGV[0], undef, $ARGV[1]); my $e = pop; pop;
	local $_ = JSON::PP->new->decode(<>); print eval $e; die $@ if $@' "$@"; }

nothing_left()
{
	is "$(cat $sysfs/state) $(cat $sysfs/hooks)" "none idle" "$1: no policy, hooks idle"
	is "$(ls "$tmp/out")" "" "$1: no file"
}

# refused NAME PATTERN ARGUMENT...: one line on standard error, a status, nothing else
refused()
{
	local name=$1 pattern=$2 status=0
	shift 2

	mgxbench "$@" >"$tmp/stdout" 2>"$tmp/stderr" || status=$?
	like "$status $(wc -l <"$tmp/stderr") $(wc -c <"$tmp/stdout") $(cat "$tmp/stderr")" \
		"^[12] 1 0 mgxbench: .*$pattern" "$name"
}

# row SIDE EXPRESSION: of move.json, $r is its row
row() { json "$tmp/move.json" "my (\$r) = grep { \$_->{side} eq '$1' } @{\$_->{rows}}; $2"; }

move()
{
	ok "move: stock, mgx_cpu, an engine" quiet mgxbench move -s 4K -b 64 "${small[@]}" -p mgx_cpu -p "$engine" \
		-k '<script>alert(1)</script>' -j "$tmp/move.json" -c "$tmp/move.csv"
	for side in stock mgx_cpu "$engine"; do
		is "$(row "$side" '$r->{metrics}{there}{median} > 0 && $r->{metrics}{back}{median} > 0 &&
			@{$r->{metrics}{there}{rounds}} == 2')" 1 "$side: throughput there and back, of 2 rounds"
		is "$(row "$side" '$r->{moved_bytes}')" $((4 << 20)) "$side: all of it moved"
	done
	is "$(row stock '$r->{through_module_bytes}')" 0 "stock: nothing came through the module"
	is "$(row mgx_cpu '"$r->{through_module_bytes} $r->{copied_bytes}{caller} $r->{offloaded_bytes}"')" \
		"$((4 << 20)) $((4 << 20)) 0" "mgx_cpu: the calling CPU copied all"
	like "$(cat "$tmp/stdout")" "nothing was offloaded: 4\.2 MB" "and that is said"
	is "$(row "$engine" '"$r->{copied_bytes}{native} $r->{offloaded_bytes} $r->{channels_used}"')" \
		"$((4 << 20)) $((4 << 20)) 1" "engine: it copied all, alone"
	is "$(wc -l <"$tmp/move.csv") $(awk -F, '{ print NF }' "$tmp/move.csv" | sort -u | wc -l)" "7 2" \
		"CSV: a line per figure; the policy's settings are in quotes"
}

# Each other mode says something that is more than 0.
modes()
{
	ok "latency" quiet mgxbench latency -s 4K -b 32 "${small[@]}" -p mgx_cpu -j "$tmp/latency.json"
	is "$(json "$tmp/latency.json" 'my $n = 0; $n += $_->{metrics}{waits}{max} for @{$_->{rows}}; $n > 0')" 1 \
		"latency: readers met migrations"
	ok "access" quiet mgxbench access -s 4K "${small[@]}" -p mgx_cpu -j "$tmp/access.json"
	is "$(json "$tmp/access.json" '$_->{rows}[1]{metrics}{first}{median} > 0')" 1 "access: it took time"
	ok "cpu" quiet mgxbench cpu -s 4K "${small[@]}" -p mgx_cpu -j "$tmp/cpu.json"
	is "$(json "$tmp/cpu.json" '$_->{rows}[1]{metrics}{caller}{median} > 0')" 1 "cpu: the caller's time"
	ok "app" quiet mgxbench app -s 4K -d 3 -m 1M -r 1 -w 0 -p mgx_cpu -j "$tmp/app.json"
	is "$(json "$tmp/app.json" '$_->{rows}[1]{metrics}{during}{median} > 0 && $_->{rows}[1]{moved_bytes} > 0')" 1 \
		"app: it read while it was moved"
}

report()
{
	local page

	ok "report" mgxbench report -o "$tmp/page.html" -s "$tmp/svg" "$tmp"/{move,latency,access,cpu,app}.json
	page=$(cat "$tmp/page.html")
	like "$page" "<svg .*mgx_roundrobin" "report: a plot"
	like "$page" "&lt;script&gt;alert" "report: text is escaped"
	is "$(grep -ciE '<script|<link|<img|@import|url\(|src=|href=' "$tmp/page.html")" 0 "report: nothing is fetched"
	is "$(grep -oE 'https?://[^"]*' "$tmp/page.html" | sort -u)" http://www.w3.org/2000/svg "report: but SVG's name"
	ok "report: plots as files are XML" perl -e 'local $/; for (glob "$ARGV[0]/*.svg") { open my $f, "<", $_ or die;
		my $x = <$f>; my @s; while ($x =~ m{<(/?)([a-z]+)[^>]*?(/?)>}g) { next if $3;
		if ($1) { die "$_: $2" if pop @s ne $2 } else { push @s, $2 } } die "$_: @s" if @s; $n++ } die unless $n' "$tmp/svg"
	echo '{"program": "mgxbench", "rows": [3, {"metrics": []}, {}]}' >"$tmp/odd.json"
	ok "report: of odd results" quiet mgxbench report "$tmp/odd.json"
	echo '{' >"$tmp/bad.json"
	refused "report: of no JSON" "not results of mgxbench" report -o "$tmp/out/page.html" "$tmp/move.json" "$tmp/bad.json"
	nothing_left "report of no JSON"
}

# A driver that says it copied, and did not.
corruption()
{
	local status=0

	echo off >"$sysfs/channels/$id/verify"
	echo 3 >$sim/faults/wrong_status
	mgxbench move -s 4K -b 64 "${small[@]}" -p "$engine" -j "$tmp/out/a.json" >/dev/null 2>"$tmp/stderr" || status=$?
	is "$(cat $sim/fired/wrong_status)" 1 "a copy was left out by the engine"
	is "$status" 1 "which fails the run"
	like "$(cat "$tmp/stderr")" "DATA CORRUPTION: .* report it" "and is said"
	nothing_left "corruption"
}

# killed SIGNAL STATUS ARGUMENT...: in the midst of a measurement with a policy in charge
killed()
{
	local signal=$1 want=$2 before pid i status=0
	shift 2

	before=$(cat $thp)
	# A job in the background of a script ignores SIGINT; what it starts need not.
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' mgxbench move "$@" -b 16 -m 8M -r 1000 -p mgx_cpu \
		-j "$tmp/out/a.json" >/dev/null 2>&1 &
	pid=$!
	for ((i = 0; i < 600; i++)); do
		[[ $(cat $sysfs/ops) == mgx_cpu && ($* != *-P || $(cat $thp) != "$before") ]] && break
		sleep 0.05
	done
	is "$((i < 600))" 1 "$signal: a policy is in charge"
	kill -"$signal" $pid
	wait $pid || status=$?
	is "$status" "$want" "$signal: status"
	# Nobody waits for the kernel when a process is killed.
	for ((i = 0; i < 200; i++)); do
		[[ $(cat $sysfs/hooks) == idle ]] && break
		sleep 0.05
	done
	nothing_left "$signal"
	is "$(cat $thp)" "$before" "$signal: the machine's settings are as before"
}

bad_input()
{
	local out=$tmp/out/a.json

	refused "a batch of 0" "give numbers of 1 to 8192" move -b 0 -j "$out"
	refused "a range backwards" "give numbers" move -b 8..1 -j "$out"
	refused "an unknown size" "give one of 4K" move -s 3K -j "$out"
	refused "no such policy" "no policy is called" move -p nosuch -j "$out"
	refused "no such setting" "nosuch" move -p mgx_cpu,nosuch=1 -j "$out"
	refused "no such node" "give two nodes" move -n 0,7 -j "$out"
	refused "no bytes" "give 64K or more" move -m 5 -j "$out"
	refused "a directory that is not there" "a directory that can be written" move -j "$tmp/none/a.json"
	refused "no mode" "see 'mgxbench help'"
	refused "a file for a mode" "too many arguments" move file
	refused "a report of nothing" "usage: mgxbench report FILE" report
	mgxctl load mgx_noop >/dev/null
	refused "a policy that is loaded" "policy 'mgx_noop' is in charge; 'mgxctl unload' first" move -j "$out"
	is "$(cat $sysfs/ops)" mgx_noop "it stays"
	mgxctl unload >/dev/null
	nothing_left "bad input"
}

# What this machine cannot have is left out, and the rest is measured.
skipped()
{
	local all

	ok "a size that is not there" quiet mgxbench move -s 4K,huge2M -b 64 "${small[@]}" -j "$tmp/skip.json"
	like "$(cat "$tmp/stdout")" "skipped: it takes 64 huge pages .* are free; use --prepare" "is left out with the reason"
	is "$(json "$tmp/skip.json" '@{$_->{rows}} . " " . @{$_->{skipped}}')" "1 1" "and in the JSON"
	all=$(mgxbench move -s huge2M -b 64 "${small[@]}" 2>&1 >/dev/null)
	like "$all" "nothing could be measured" "nothing at all is an error"
}

anybody()
{
	ok "the stock path takes no root" quiet setpriv --reuid 65534 --regid 65534 --clear-groups \
		mgxbench move -s 4K -b 64 "${small[@]}"
}

mkdir "$tmp/out"
insmod "/src/build/$(uname -r)/mgx_sim.ko" slots=1 node=0
# An engine is a thread here, which may wait for a CPU of a busy machine.
echo 5000 >/sys/module/migrate_ext/parameters/deadline_ms
id=$(basename "$(dirname "$(grep -lx native $sysfs/channels/*/kind)")")
engine=mgx_roundrobin,first=$id,last=$id,width=1,free_cpu=1
move
anybody
modes
report
corruption
bad_input
skipped
killed INT 130 -s 64K -P
killed KILL 137 -s 4K
done_testing
