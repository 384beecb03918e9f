#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh: runs in a guest that has the engine: the stock ioatdma
# driver, the kernel's dmatest, and what the driver does on each fault. TAP.
#
# What is checked here of "the driver" are facts about ioatdma that users of its
# channels must cope with.
# shellcheck disable=SC2317 # some functions are called by ok()
set -uo pipefail

here=$(dirname "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=tap.sh
. "$here/tap.sh"

CHANNELS="dma0chan0 dma0chan1 dma0chan2 dma0chan3 dma1chan0 dma1chan1 dma1chan2 dma1chan3"

channels() { cd /sys/class/dma && echo dma*; }

# --- the driver finds it -----------------------------------------------------------

test_channels()
{
	local chan good=1

	ok "ioatdma loads" load_driver
	is "$(channels)" "$CHANNELS" "four channels of each function"
	for chan in $CHANNELS; do
		[[ $(</sys/class/dma/"$chan"/device/numa_node) == "${engine_name[$chan]%.*}" ]] || good=0
	done
	is $good 1 "function 0 is on node 0, function 1 on node 1"
	is "$(grep -c ioat-msix /proc/interrupts)" 8 "one MSI-X interrupt for each channel"
	is "$(</sys/module/ioatdma/taint)" "" "the driver is the distribution's own"
	is "$(</sys/class/dma/dma0chan0/quickdata/version)" 3.4 "version 3.4"
}

# --- dmatest -------------------------------------------------------------------------

# dmatest_bytes: adds up, for each channel, what dmatest says it has copied; when
# it is verbose it tells of each copy
dmatest_bytes()
{
	local line

	said=() passed=0
	while read -r line; do
		[[ $line =~ (dma[01]chan[0-3])-copy.*\'test\ passed\'.*\ len=(0x[0-9a-f]+) ]] || continue
		((++passed))
		said[${BASH_REMATCH[1]}]=$((${said[${BASH_REMATCH[1]}]:-0} + BASH_REMATCH[2]))
	done <<<"$log"
}

# run_dmatest ITERATIONS BUFFER-SIZE
run_dmatest()
{
	ask reset counters
	mark dmatest
	load dmatest iterations="$1" test_buf_size="$2" timeout=20000 verbose=1 run=1
	cat /sys/module/dmatest/parameters/wait >/dev/null
	rmmod dmatest
	read_log
	read_counters
}

test_dmatest()
{
	local iterations=$1 size=$2 chan good=1 passed all_said=0 all_counted=0
	local -A said

	run_dmatest "$iterations" "$size"
	dmatest_bytes
	is "$passed" $((8 * iterations)) "dmatest, 8 x $iterations copies of up to $size bytes"
	ok "it finds no failure" no_line 'summary .* [1-9][0-9]* failures|not copied|mismatch|overwritten'
	for chan in $CHANNELS; do
		counter "$chan" bytes
		[[ $count == "${said[$chan]:-0}" ]] || good=0
		((all_said += ${said[$chan]:-0}, all_counted += count))
	done
	is $good 1 "on each channel the engine counted as many bytes as dmatest"
	is $all_counted $all_said "$all_said bytes in all"
}

# --- faults -------------------------------------------------------------------------

# run_fault NAME CHANNEL PROBE-PARAMETERS -- FAULT...: probes a channel that has
# a fault
run_fault()
{
	local parameters=()

	current=$1 channel=$2
	shift 2
	while [[ $1 != -- ]]; do
		parameters+=("$1")
		shift
	done
	shift
	ask reset counters
	ask fault chan "${engine_name[$channel]}" "$@"
	mark "$current"
	probe "$channel" "${parameters[@]}"
	ask clear chan "${engine_name[$channel]}"
	read_log
	read_counters
}

# any_line EXPRESSION: in the kernel's log since the fault began
any_line()
{
	local line

	while IFS= read -r line; do
		[[ ! $line =~ $1 ]] || return 0
	done <<<"$log"
	return 1
}

no_line() { ! any_line "$@"; }

says() { ok "$current: $2" any_line "$1"; }
silent() { ok "$current: nothing in the log" no_line 'Reset channel|CHANSTS|halted'; }

counted()
{
	counter "$channel" "$1"
	is "$count" "$2" "$current: the engine counted $1"
}

# copy N CALLBACK [COOKIE [CONTENT]]: what the probe said of a copy
copy()
{
	says "$channel #$1: callback $2 after .*, cookie ${3:-.*}, ${4:-.*}" \
		"copy $1: callback $2${3:+, cookie $3}${4:+, $4}"
}

later() { says "$channel #$1: later: callback $2, $3" "copy $1 later: $3"; }

# An error that the driver knows how to handle: callbacks tell the truth at
# once. The cookie does not: it is complete for all.
test_error()
{
	run_fault "read error" dma0chan0 copies=4 -- error nth 2
	copy 1 ok complete copied
	copy 2 "read failed" complete untouched
	copy 3 aborted complete untouched
	copy 4 aborted complete untouched
	counted errors 1
	counted bytes 4096
	run_fault "write error" dma0chan1 copies=3 -- error nth 2 code write-data
	copy 2 "write failed" complete "partly copied"
	copy 3 aborted complete untouched
}

# After a reset an idle channel is reset again every 200 ms, for ever: its null
# descriptor completes at the address that the driver thinks it has seen. A copy
# ends that.
test_reset_loop()
{
	local resets

	run_fault "idle after an error" dma0chan2 copies=1 linger_ms=1500 -- error
	resets=$(grep -c 'Reset channel' <<<"$log")
	ok "$current: reset again and again ($resets times)" test "$resets" -gt 3
	run_fault "busy after an error" dma0chan2 copies=4 gap_ms=700 linger_ms=1500 -- error nth 2
	copy 3 ok complete copied
	log=${log##*#4: callback}
	ok "$current: the next copy ends the resets" no_line 'Reset channel'
}

# Other errors: found by the timer, and the failed copy is never called back.
test_other_error()
{
	run_fault "address error" dma1chan1 copies=4 -- error nth 2 code src-addr
	says 'Channel halted \(1\)' "the driver's timer sees it"
	says 'Err\(0\): DMA Transfer Source Address Error' "and says which"
	copy 1 ok complete copied
	copy 2 none complete untouched
	copy 3 aborted complete untouched
	copy 4 aborted complete untouched
}

# The copy that hangs is never called back, those behind it are aborted after
# 400 ms. Its cookie is complete if there was one behind it, and in progress for
# ever if there was none. On a channel that was idle all that takes up to 2.2 s.
test_hang()
{
	run_fault hang dma1chan0 copies=4 linger_ms=500 -- hang nth 2
	says 'CHANSTS: .* CHANERR: 0x0' "the driver's timer sees it"
	says 'Reset channel' "and resets the channel"
	copy 1 ok complete copied
	copy 2 none complete untouched
	copy 3 aborted complete untouched
	later 2 none untouched
	counted hangs 1
	run_fault "hang of the last copy" dma1chan0 copies=2 gap_ms=100 wait_ms=4000 -- hang nth 2
	says 'Reset channel' "a reset"
	copy 2 none "in progress" untouched
}

# Up to 400 ms the driver is patient; then a late copy is a lost one.
test_late()
{
	run_fault "300 ms late" dma1chan2 copies=3 -- late nth 2 ms 300
	copy 2 ok complete copied
	copy 3 ok complete copied
	silent
	run_fault "2000 ms late" dma1chan2 copies=3 linger_ms=2500 wait_ms=1000 -- late nth 2 ms 2000
	copy 2 none complete untouched
	copy 3 aborted complete untouched
	later 2 none untouched
}

# The same, but the data comes, long after all was said to have ended.
test_late_write()
{
	run_fault "late write" dma1chan3 copies=3 linger_ms=3500 wait_ms=1000 -- late-write nth 2 ms 3500
	copy 2 none complete untouched
	copy 3 aborted complete untouched
	later 2 none copied
	later 3 aborted untouched
	counted late_writes 1
	counted stale_bytes 4096
	counted bytes 4096
	run_fault "write without a completion" dma1chan3 copies=3 -- late-write never nth 2 ms 50
	copy 2 none complete copied
	copy 3 aborted complete untouched
}

# A lost interrupt is noticed when the driver's timer runs, which may be after
# 200 ms, after 2 s, or never, or when somebody asks for the state of a cookie.
# Nobody says a word.
test_lost_interrupt()
{
	run_fault "lost interrupts" dma0chan3 copies=3 wait_ms=3000 -- drop-irq nth 2 times always
	copy 1 ok complete copied
	copy 3 ok complete copied
	says '#3: callback ok after ([2-9][0-9]{2}|[0-9]{4}) ms' "the callbacks are late"
	silent
}

# Nothing but a comparison of the bytes finds this one.
test_corrupt()
{
	run_fault corruption dma0chan3 copies=3 -- corrupt nth 2
	copy 2 ok complete wrong
	copy 3 ok complete copied
	silent
}

test_bandwidth()
{
	local ms=0

	ask set chan "${engine_name[dma0chan0]}" mbps 10
	mark bandwidth
	probe dma0chan0 copies=2 order=8
	ask set chan "${engine_name[dma0chan0]}" mbps 0
	read_log
	[[ ! $log =~ \#2:\ callback\ ok\ after\ ([0-9]+)\ ms ]] || ms=${BASH_REMATCH[1]}
	ok "2 MiB at 10 MB/s take 210 ms ($ms ms)" test "$ms" -ge 205
}

# --- removal -------------------------------------------------------------------------

# remove_under_copy FUNCTION: while two copies are under way on dma0chan1
remove_under_copy()
{
	ask reset counters
	ask fault chan "${engine_name[dma0chan1]}" hang
	mark removal
	probe dma0chan1 copies=2 wait_ms=6000 &
	count=0
	while ((count == 0)); do
		read_counters
		counter dma0chan1 hangs
	done
	ask remove fn "$1"
	wait
	ask clear chan all
	read_log
}

# Without a word: reads give ones. The driver resets again and again, 200 ms of a
# CPU's time at a stretch, until it is told.
test_removal()
{
	local dev fn=${engine_name[dma0chan1]%.*}

	dev=$(basename "$(readlink -f /sys/class/dma/dma0chan0/device)")
	current=removal channel=dma0chan1
	remove_under_copy "$fn"
	says 'CHANSTS: 0xffffffffffffffff' "the driver notices"
	says 'Failed to reset: -110' "it cannot reset the channel"
	copy 1 none
	copy 2 aborted
	echo 1 >"/sys/bus/pci/devices/$dev/remove"
	is "$(channels | wc -w)" 4 "told, it gives up four channels"
	ask insert fn "$fn"
	echo 1 >/sys/bus/pci/rescan
	is "$(channels)" "$CHANNELS" "put back, they are there again"
	mark "after removal"
	probe dma0chan1 copies=2
	read_log
	copy 2 ok complete copied
}

test_unload()
{
	ok "the driver unloads" rmmod ioatdma
	is "$(ls /sys/class/dma)" "" "its channels are gone"
	ok "and loads again" modprobe ioatdma
	is "$(channels)" "$CHANNELS" "and they are back"
}

# The serial line is slow: errors and warnings only.
dmesg -n 5
test_channels
test_dmatest 50 16384
test_dmatest 2 2097152
test_bandwidth
test_corrupt
test_lost_interrupt
test_error
test_other_error
test_reset_loop
test_hang
test_late
test_late_write
test_removal
test_unload
done_testing
