#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh: style: shellcheck over the scripts (on this machine, where it is
# installed), checkpatch over the C, a module build with W=1 and sparse.
# shellcheck disable=SC2317 # the steps are called by name
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

LAB_TAG=check
rc=0

scripts()
{
	command -v shellcheck >/dev/null || {
		say "shellcheck is not installed: apt install shellcheck"
		return
	}
	git -C "$REPO" grep -lE '^#!/bin/(ba)?sh|^# shellcheck shell=' |
		(cd "$REPO" && xargs shellcheck -x)
}

# patch IGNORE PATTERN...: checkpatch over the tracked files that fit.
patch()
{
	local ignore=$1
	shift

	git -C "$REPO" ls-files -- "$@" | sed 's,^,/src/,' |
		xargs -r "$LAB_SRC/enter.sh" perl /src/build/lab/kselftest-src/scripts/checkpatch.pl 			--no-tree --strict --terse --no-summary --ignore "$ignore" --file
}

# Trace events and user space have habits of their own.
checkpatch()
{
	local rc=0

	patch NONE 'kernel/*.[ch]' 'bpf/*.[ch]' 'tests/kmod/*.[ch]' ':!kernel/trace.h' || rc=1
	patch OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT kernel/trace.h || rc=1
	patch PREFER_KERNEL_TYPES,USE_NEGATIVE_ERRNO,NEW_TYPEDEFS,VOLATILE,STRCPY,MEMORY_BARRIER \
		'user/*.[ch]' 'tests/*.[ch]' ':!tests/kmod' || rc=1
	return "$rc"
}

warnings()
{
	local rel out

	rel=$(kernel_release "")
	out=/src/build/check
	rm -rf "$BUILD/check"
	"$LAB_SRC/enter.sh" make --no-print-directory -j"$(nproc)" -C /src/kernel "O=$out" \
		"KDIR=/usr/lib/modules/$rel/build" W=1 C=2 >"$LOGS/check.log" 2>&1 || return
	! grep -aE 'obj/.*(warning|error):' "$LOGS/check.log"
}

for step in scripts checkpatch warnings; do
	if "$step"; then
		say "$step: clean"
	else
		say "$step: see above"
		rc=1
	fi
done
exit $rc
