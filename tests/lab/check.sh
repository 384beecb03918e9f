#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh: style: shellcheck over the scripts (on this machine, where it is
# installed), clang-format and checkpatch over the C, a module build with W=1
# and sparse, the kernel's semantic patches over the module, licences, spelling,
# manual pages, and what cppcheck and clang-tidy find in the tools.
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

# What checkpatch cannot know: X-macros and attributes made by macros, one
# source for several kernels, continuation lines as clang-format breaks them,
# C11's _Static_assert, kernel functions of one version only.
NOT_OURS=COMPLEX_MACRO,MACRO_ARG_REUSE,MACRO_ARG_UNUSED,MACRO_WITH_FLOW_CONTROL
NOT_OURS+=,LINUX_VERSION_CODE,CONSTANT_COMPARISON,CAMELCASE,OPEN_ENDED_LINE
NOT_OURS+=,PARENTHESIS_ALIGNMENT,LINE_SPACING,ALLOC_WITH_SIZEOF
NOT_OURS+=,TRAILING_SEMICOLON,CONST_STRUCT
# Members have their comments in kernel-doc; BPF has no macros of the kernel.
NOT_OURS+=,UNCOMMENTED_DEFINITION,PREFER_DEFINED_ATTRIBUTE_MACRO
# User space and BPF programs have other types, errnos, barriers and habits.
NOT_KERNEL=PREFER_KERNEL_TYPES,USE_NEGATIVE_ERRNO,NEW_TYPEDEFS,VOLATILE,STRCPY
NOT_KERNEL+=,MEMORY_BARRIER,BIT_MACRO,EMBEDDED_FUNCTION_NAME,PREFER_PRINTF
NOT_KERNEL+=,SPLIT_STRING,MULTIPLE_ASSIGNMENTS,SPACING

# patch IGNORE PATTERN...: checkpatch over the tracked files that fit.
patch()
{
	local ignore=$1 out
	shift

	out=$(git -C "$REPO" ls-files -- "$@" | sed 's,^,/src/,' |
		xargs -r "$LAB_SRC/enter.sh" perl \
			/src/build/lab/kselftest-src/scripts/checkpatch.pl --no-tree \
			--strict --terse --no-summary --ignore "$ignore" --file \
			2>&1 | grep -v 'git: not found')
	rm -f "$REPO"/.checkpatch-camelcase.*
	[[ -z $out ]] || { printf '%s\n' "$out"; return 1; }
}

checkpatch()
{
	local rc=0

	patch "$NOT_OURS" 'kernel/*.[ch]' 'tests/kmod/*.[ch]' || rc=1
	patch "$NOT_OURS,$NOT_KERNEL" 'bpf/*.[ch]' 'user/*.[ch]' 'tests/*.[ch]' \
		':!tests/kmod' || rc=1
	return "$rc"
}

format()
{
	git -C "$REPO" ls-files -- '*.c' '*.h' | sed 's,^,/src/,' |
		xargs "$LAB_SRC/enter.sh" clang-format --dry-run -Werror
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

# Files that say so themselves, or cannot: patches of others, texts without comments.
licences()
{
	local file bad=0

	while read -r file; do
		head -n 5 "$REPO/$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-only' && continue
		echo "$file: no SPDX-License-Identifier: GPL-2.0-only in its first 5 lines"
		bad=1
	done < <(git -C "$REPO" ls-files -- ':!LICENSE' ':!.gitignore' ':!.clang-format' \
		':!*.md' ':!*.patch' ':!*.json' ':!*.jsonl' ':!*.png' ':!user/dashboard/vendor' \
		':!user/debian/changelog' ':!user/debian/copyright' ':!user/debian/*.docs' \
		':!user/debian/source/format')
	return "$bad"
}

# in_tools CMD...: with what packages-tools adds to the lab
in_tools()
{
	"$LAB_SRC/layer.sh" && MGX_LAB_LAYERS=$BUILD/layer/tools "$LAB_SRC/enter.sh" "$@"
}

# "to and fro" is English.
spelling()
{
	git -C "$REPO" ls-files -- ':!user/dashboard/vendor' ':!*.jsonl' ':!*.png' ':!*.table' ':!LICENSE' |
		sed 's,^,/src/,' | (mapfile -t files && in_tools codespell -q 3 -L fro "${files[@]}")
}

# Both see one file at a time: what is wrong, since other files say so, is left out.
ANALYSED='-*,clang-analyzer-*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,
	-bugprone-narrowing-conversions,-bugprone-assignment-in-if-condition,-bugprone-suspicious-string-compare,
	-bugprone-implicit-widening-of-multiplication-result,-bugprone-multi-level-implicit-pointer-conversion,
	-bugprone-switch-missing-default-case,-bugprone-inc-dec-in-conditions,-bugprone-incorrect-roundings,
	-bugprone-sizeof-expression,-clang-analyzer-security.insecureAPI.*'
NOT_SO='mgxd.c:.*core.NullDereference|pin.c:.*unix.StdCLibraryFunctions'

analysis()
{
	local out

	# shellcheck disable=SC2016 # the inner shell expands
	out=$(in_tools bash -c 'cd /src
		command -v cppcheck clang-tidy | wc -l | grep -qx 2 || echo "cppcheck or clang-tidy is missing"
		cppcheck -q --std=c11 --check-level=exhaustive --enable=warning,portability,performance \
			"-DLIBBPF_OPTS(type, name, ...)=struct type name = { __VA_ARGS__ }" \
			"-Dbpf_object__for_each_program(p, o)=while ((p = bpf_object__next_program(o, p)))" \
			"-Dbpf_object__for_each_map(p, o)=while ((p = bpf_object__next_map(o, p)))" \
			--suppress=subtractPointers:user/monitor.c -Iuser -Ikernel -Ibpf user
		clang-tidy --quiet -checks="$1" user/*.c -- -std=gnu11 -D_GNU_SOURCE -Iuser -Ikernel -Ibpf \
			"-DMONITOR_OBJECT=\"\"" 2>/dev/null | grep -E "(warning|error):"' \
		analysis "${ANALYSED//[[:space:]]/}" 2>&1 | grep -vE "$NOT_SO")
	[[ -z $out ]] || { printf '%s\n' "$out"; return 1; }
}

semantic() { in_tools /src/tests/lab/coccinelle.sh kernel; }

# Their date is the release's, which is not made yet.
pages()
{
	local out

	# shellcheck disable=SC2016 # the inner shell expands
	out=$(in_tools bash -c 'mandoc -T lint -W warning /src/user/*.[578]' 2>&1 |
		grep -v 'missing date')
	[[ -z $out ]] || { printf '%s\n' "$out"; return 1; }
}

for step in scripts format checkpatch warnings licences spelling pages analysis semantic; do
	if "$step"; then
		say "$step: clean"
	else
		say "$step: see above"
		rc=1
	fi
done
exit $rc
