#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Test of emulator-fault.sh: a trap that memory does not hold is the emulator's,
# and nothing else is.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0

# verdict STATUS NAME: what the log on stdin must be taken for.
verdict()
{
	local rc=0

	cat >"$dir/log"
	"$here/emulator-fault.sh" "$dir/log" || rc=$?
	n=$((n + 1))
	if ((rc == $1)); then
		echo "ok $n $2"
	else
		echo "not ok $n $2: status $rc"
	fi
}

verdict 0 "an int3 that is gone" <<'END'
[  230.698409] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI
[  230.701666] RIP: 0010:folio_mc_copy+0x5/0xd0
[  230.701666] Code: 90 90 f3 0f 1e fa e8 <87> 1d af 05 41 57 41 56
[  230.701666] Kernel panic - not syncing: Fatal exception in interrupt
END
verdict 0 "the same on a serial console" < <(printf '%s\r\n' \
	'[    9.698409] Oops: int3: 0000 [#1] SMP NOPTI' '[    9.701666] Code: fa 0f <1f> 44 00 00')
verdict 1 "an int3 that is there" <<'END'
[  230.698409] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI
[  230.701666] Code: 90 90 f3 0f 1e fa cc <87> 1d af 05 41 57 41 56
END
verdict 1 "another oops" <<'END'
[  230.698409] Oops: 0002 [#1] PREEMPT SMP NOPTI
[  230.701666] Code: 90 90 f3 0f 1e fa e8 <87> 1d af 05 41 57 41 56
END
verdict 1 "an int3 after another oops" <<'END'
[  230.698409] Oops: general protection fault: 0000 [#1] PREEMPT SMP NOPTI
[  230.701666] Code: 90 90 f3 0f 1e fa e8 <87> 1d af 05 41 57 41 56
[  230.801666] Oops: int3: 0000 [#2] PREEMPT SMP NOPTI
[  230.801666] Code: 90 90 f3 0f 1e fa e8 <87> 1d af 05 41 57 41 56
END
verdict 1 "an oops that is cut off" <<'END'
[  230.698409] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI
END
verdict 1 "a healthy guest" <<'END'
[    5.100000] migrate_ext: loading out-of-tree module taints kernel.
END
echo "1..$n"
