#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# dmesg-check.sh FILE: looks in a kernel log for signs of a bug, prints the
# lines and fails when there are any. Lines that dmesg-allow lists are no bug.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
allow=${MGX_DMESG_ALLOW:-$here/dmesg-allow}
file=${1:?usage: dmesg-check.sh FILE}
[[ -r $file ]] || { echo "dmesg-check: error: cannot read $file" >&2; exit 2; }

# What the kernel puts before a message: level, time stamp, caller.
stamp='^(<[0-9]+>)?(\[[^]]*\] ?)*'

bad="$stamp(BUG|WARNING|UBSAN|KASAN|KCSAN|KMSAN|KFENCE|ODEBUG|Oops|INFO: lockdep)[: ]
${stamp}DMA-API: .*(device driver|cacheline tracking|exceeded|out of memory)
${stamp}kmemleak: ([0-9]+ new suspected|Cannot |.*disabled)
${stamp}kernel BUG at 
${stamp}(Oops|general protection fault|stack segment|double fault|invalid opcode)[,: ]
${stamp}(Kernel panic|Internal error|Unable to handle kernel)
${stamp}(watchdog: )?BUG: (soft|workqueue) lockup
${stamp}(watchdog: |NMI watchdog: )?Watchdog detected hard LOCKUP
${stamp}INFO: task .* blocked
${stamp}INFO: rcu[a-z_]* .*detected
${stamp}(rcu|rcu_tasks[a-z_]*): (INFO|INFO:) .*stall
${stamp}(INFO|rcu): .*self-detected stall
${stamp}INFO: (possible|suspicious|inconsistent|trying to register)
${stamp}(=+|-+)?(\[ cut here \]|possible (circular|recursive|irq lock))
${stamp}.*: page allocation failure: .*
${stamp}page:.*(dumped because|bad)
${stamp}Bad (page|rss-counter)"

# allowed: the expressions of dmesg-allow, without those that have expired.
allowed()
{
	local until regex today
	today=$(date +%F)
	[[ -e $allow ]] || return 0
	while IFS=$'\t' read -r until regex _; do
		[[ -n $until && $until != '#'* ]] || continue
		if [[ $until < $today ]]; then
			echo "dmesg-check: warning: entry of $allow expired $until: $regex" >&2
			continue
		fi
		printf '%s\n' "$regex"
	done <"$allow"
}

# still_mapped: what a channel may still use that left without having stopped stays
# mapped, on purpose, and DMA_API_DEBUG says so when the engine's driver goes.
still_mapped()
{
	! grep -aqE "${stamp}migrate_ext: channel .* leaves without having stopped" "$file" ||
		printf '%s\n' 'DMA-API: .* has pending DMA allocations while released from device' \
			'WARNING: .*at dma_debug_device_change\+0x'
}

# forwarded: 7.3's dl_server_timer() brings its runqueue up to date, which may start
# the very timer that it forwards next, by 950 ms; hrtimer_forward() warns if a virtual
# CPU stood still for longer in between (kernel/sched/deadline.c of 7.3.4, line 1180).
# All such warnings of a log must have that trace.
forwarded()
{
	local warned traced

	warned=$(grep -acE "${stamp}WARNING: at hrtimer_forward\+0x" "$file" || true)
	traced=$(grep -acE "${stamp} *dl_task_timer\+0x" "$file" || true)
	((warned > traced)) || echo 'WARNING: at hrtimer_forward\+0x'
}

# Data races of the kernel with itself, of which KCSAN finds many, are not ours, and
# that of mgx_race.ko is there on purpose.
others="${stamp}BUG: KCSAN: ([^[]*|data-race in race_main \[mgx_race\].*)$"

hits=$(tr -d '\r' <"$file" | grep -aE "$bad" | grep -avE "$others" || true)
exceptions=$(allowed; still_mapped; forwarded)
if [[ -n $hits && -n $exceptions ]]; then
	# "cut here" belongs to the line that follows.
	hits=$(sed '/\[ cut here \]/{N;s/\n/ /}' <<<"$hits" | grep -avE "$exceptions" || true)
fi
[[ -n $hits ]] || exit 0
printf 'dmesg-check: %s:\n' "$file" >&2
head -n 20 <<<"$hits" | sed 's/^/    /' >&2
exit 1
