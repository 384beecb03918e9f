#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Test of dmesg-check.sh: each line that is a kernel's cry for help is found,
# no harmless line is; an allow-list entry holds until it expires.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0

check() { "$here/dmesg-check.sh" "$dir/log" >/dev/null 2>&1; }

# result STATUS NAME
result()
{
	local ok=ok

	n=$((n + 1))
	(($1 == 0)) || ok="not ok"
	echo "$ok $n $2"
}

bad_lines()
{
	cat <<'END'
[   12.345678] WARNING: CPU: 1 PID: 234 at mm/migrate.c:1234 migrate_pages+0x12/0x34
[   12.345678] WARNING: mm/migrate.c:1234 at migrate_pages+0x12/0x34, CPU#1: cat/234
[   12.345678] BUG: kernel NULL pointer dereference, address: 0000000000000008
[   12.345678] BUG: unable to handle page fault for address: ffffc90000000000
[   12.345678] BUG: sleeping function called from invalid context at mm/util.c:756
[   12.345678] BUG: Bad page state in process cat  pfn:12345
[   12.345678] BUG: Bad rss-counter state mm:00000000 type:MM_ANONPAGES val:1
[   12.345678] BUG: scheduling while atomic: cat/234/0x00000002
[   12.345678] BUG: KASAN: slab-use-after-free in mgx_batch_copy+0x12/0x34
[   12.345678] BUG: KFENCE: use-after-free read in mgx_batch_copy+0x12/0x34
[   12.345678] kernel BUG at mm/migrate.c:567!
[   12.345678] Oops: 0000 [#1] PREEMPT SMP NOPTI
[   12.345678] Oops: general protection fault, probably for non-canonical address 0x1: 0000 [#1]
[   12.345678] general protection fault, probably for non-canonical address 0xdead: 0000 [#1]
[   12.345678] Kernel panic - not syncing: Fatal exception
[   12.345678] UBSAN: array-index-out-of-bounds in kernel/batch.c:12:3
[   12.345678] watchdog: BUG: soft lockup - CPU#2 stuck for 26s! [cat:234]
[   12.345678] watchdog: Watchdog detected hard LOCKUP on cpu 1
[   12.345678] INFO: task cat:234 blocked for more than 120 seconds.
[   12.345678] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
[   12.345678] rcu: INFO: rcu_preempt self-detected stall on CPU
[   12.345678] INFO: rcu_tasks detected stalls on tasks:
[   12.345678] WARNING: possible circular locking dependency detected
[   12.345678] WARNING: possible recursive locking detected
[   12.345678] WARNING: suspicious RCU usage
[   12.345678] INFO: trying to register non-static key.
[   12.345678] WARNING: inconsistent lock state
[   12.345678] BUG: MAX_LOCKDEP_ENTRIES too low!
[   12.345678] ODEBUG: free active (active state 0) object: 00000000 object type: work_struct
[   12.345678] DMA-API: ioatdma 0000:42:00.0: device driver frees DMA memory with different size
[   12.345678] DMA-API: mgx-sim mgx-sim.0: cacheline tracking EEXIST, overlapping mappings aren't supported
[   12.345678] DMA-API: debugging out of memory - disabling
[   12.345678] BUG: KCSAN: data-race in mgx_channel_put [migrate_ext] / mgx_channel_put [migrate_ext]
[   12.345678] BUG: KCSAN: data-race in migrate_pages / mgx_hook_batch [migrate_ext]
[   12.345678] kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
[   12.345678] kmemleak: Kernel memory leak detector disabled
[   12.345678] ------------[ cut here ]------------
[   12.345678][  T234] WARNING: CPU: 1 PID: 234 at mm/migrate.c:1234
<4>[   12.345678] WARNING: CPU: 1 PID: 234 at mm/migrate.c:1234
WARNING: CPU: 1 PID: 234 at mm/migrate.c:1234 migrate_pages+0x12/0x34
END
}

good_lines()
{
	cat <<'END'
[    0.000000] Command line: console=ttyS0 panic=-1 oops=panic
[    0.000000] x86/fpu: Supporting XSAVE feature 0x001: 'x87 floating point registers'
[    0.010000] RETBleed: WARNING is printed elsewhere
[    0.102931] Spectre V2 : mitigation disabled; BUG not affected
[    0.500000] ACPI BIOS Warning (bug): Optional FADT field
[    0.600000] debug: unmapping init [mem 0xffffffff85800000-0xffffffff85bfffff]
[    0.700000] rcu: Hierarchical RCU implementation.
[    0.710000] rcu: 	RCU event tracing is enabled.
[    0.800000] kfence: initialized - using 2097152 bytes for 255 objects
[    5.100000] migrate_ext: loading out-of-tree module taints kernel.
[    5.100000] migrate_ext: module verification failed: signature and/or required key missing - tainting kernel
[    6.000000] EXT4-fs (vda): mounted filesystem r/w with ordered data mode.
[    1.000000] DMA-API: preallocated 65536 debug entries
[    1.000000] DMA-API: debugging enabled by kernel config
[    2.000000] kmemleak: Kernel memory leak detector initialized (mem pool available: 15000)
[    2.000000] kmemleak: Automatic memory scanning thread started
[    3.000000] lockdep: Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar
[    7.000000] BUG: KCSAN: data-race in __lru_add_drain_all / folios_put_refs
[    7.000000] BUG: KCSAN: data-race in race_main [mgx_race] / race_main [mgx_race]
[    7.000000] mgx-lab: begin WARNING_test
END
}

each()
{
	local line

	while IFS= read -r line; do
		printf '%s\n' "[    1.000000] Linux version" "$line" "[    9.0] end" >"$dir/log"
		if check; then
			result "$1" "$2: $line"
		else
			result $((! $1)) "$2: $line"
		fi
	done
}

allow_list()
{
	echo '[    1.0] WARNING: CPU: 1 PID: 2 at known/place.c:1' >"$dir/log"
	export MGX_DMESG_ALLOW=$dir/allow

	printf '2999-01-01\tWARNING: .* at known/place\ta known bug\n' >"$dir/allow"
	check
	result $? "a line on the allow-list is no hit"
	sed -i '1i [   12.345670] ------------[ cut here ]------------' "$dir/log"
	check
	result $? "nor is the one before it that says where to cut"
	echo "[   12.345690] ------------[ cut here ]------------" >>"$dir/log"
	check
	result $((!$?)) "one that follows it is"
	sed -i '1d;$d' "$dir/log"
	printf '2001-01-01\tWARNING: .* at known/place\ta known bug\n' >"$dir/allow"
	! check
	result $? "an entry that has expired does not count"
	unset MGX_DMESG_ALLOW
}

# What DMA_API_DEBUG says of an engine's driver that goes.
pending_lines()
{
	cat <<'END'
[   12.345678] ------------[ cut here ]------------
[   12.345678] DMA-API: pci 0000:41:00.0: device driver has pending DMA allocations while released from device [count=22]
[   12.345678] WARNING: CPU: 2 PID: 199 at dma_debug_device_change+0x293/0x3a0
END
}

still_mapped()
{
	pending_lines >"$dir/log"
	! check
	result $? "memory that is still mapped when the engine's driver goes is found"
	{
		echo "[   11.0] migrate_ext: channel dma0chan3 leaves without having stopped: memory ..."
		pending_lines
	} >"$dir/log"
	check
	result $? "but not where a channel left without having stopped"
	pending_lines | sed 's/has pending .*/frees DMA memory with different size/' >>"$dir/log"
	! check
	result $? "and nothing else of DMA-API is forgiven for that"
}

# forward_lines FUNCTION: a timer that is queued is forwarded by FUNCTION.
forward_lines()
{
	cat <<END
[   12.345678] ------------[ cut here ]------------
[   12.345678] WARNING: at hrtimer_forward+0xfc/0x180, CPU#0: allocs/874
[   12.345678] Call Trace:
[   12.345678]  <IRQ>
[   12.345678]  $1+0xa4e/0x2520
[   12.345678]  ? dl_task_timer+0x3f0/0x3f0
END
}

forwarded()
{
	forward_lines dl_task_timer >"$dir/log"
	check
	result $? "a warning of the deadline server's own timer is no bug"
	forward_lines mgx_timer >>"$dir/log"
	! check
	result $? "but that of another is, beside it, too"
}

# A guest's program is judged by what the kernel said since it began.
since()
{
	# shellcheck source=guest-prepare.sh
	. "$here/guest-prepare.sh"
	dmesg() { printf '%s\n' "${log[@]}"; }

	log=('[1.0] early' '[2.0] mgx-lab: begin a' '[3.0] WARNING: late')
	[[ $(kernel_log a) == "${log[1]}"$'\n'"${log[2]}" ]]
	result $? "a program's log begins where it began"
	log=('[3.0] WARNING: late')
	[[ $(kernel_log a) == "${log[0]}" ]]
	result $? "it is the whole buffer when that is gone from it"
}

missing_file()
{
	rm -f "$dir/log"
	! check
	result $? "a log that cannot be read is an error"
}

each 1 "found" < <(bad_lines)
each 0 "ignored" < <(good_lines)
allow_list
still_mapped
forwarded
since
missing_file
echo "1..$n"
