#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# emulator-fault.sh CONSOLE: 0 if the guest with this console log died because
# QEMU's TCG ran an instruction that memory no longer held. The kernel changes
# its own code by way of int3 and makes all CPUs synchronise; then the int3 is
# gone, and who traps on one all the same has run it from a stale translation:
# QEMU drops the translations of a page before it stores to it
# (accel/tcg/cputlb.c, notdirty_write()), and with a thread per CPU another
# one can translate the old byte in between. The kernel then finds no owner for
# the trap: "Oops: int3", and the byte in front of the marked one in its "Code:"
# line is another than cc. Neither a guest with KVM nor a breakpoint that is in
# memory fits.
#
# tests/lab/stale-int3.sh shows the same without migrate_ext: with 6.12.117 and
# QEMU 11.1 on 2 cores a guest died so after 157 to 220 s, some 2,500 changes.
set -euo pipefail

tr -d '\r' <"${1:?usage: emulator-fault.sh CONSOLE}" | awk '
	/Oops: int3: 0000 \[#1\]/ { oops = 1 }
	oops && !seen && / Code: / {
		seen = 1
		for (i = 2; i <= NF; i++)
			if ($i ~ /^<..>$/)
				stale = $(i - 1) ~ /^[0-9a-f][0-9a-f]$/ && $(i - 1) != "cc"
	}
	END { exit !stale }'
