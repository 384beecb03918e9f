#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# coccinelle.sh DIRECTORY: the kernel's own semantic patches (scripts/coccinelle of
# its source) over DIRECTORY, inside the lab's root with what packages-tools adds.
# Prints a line for each finding, with the patch that has it; the status is 1 if
# there is one, or if a patch cannot be run.
set -uo pipefail
shopt -s globstar nullglob

PATCHES=/src/build/lab/kselftest-src/scripts/coccinelle

# applicable: the patches that report. Two want an OCaml compiler: one is for one
# driver's tables, the other finds what sparse finds, 0 for a pointer.
applicable()
{
	grep -lE 'virtual[[:space:]]+report' "$PATCHES"/**/*.cocci |
		xargs -r grep -LE '^@.*(script|initialize|finalize):ocaml'
}

# report DIRECTORY PATCH
report()
{
	local name=${2#"$PATCHES/"} errors out rc=0
	local -a options

	read -ra options < <(sed -n 's,^// Options: ,,p' "$2")
	errors=$(mktemp)
	out=$(spatch -D report --very-quiet --no-show-diff ${options[@]+"${options[@]}"} \
		--cocci-file "$2" --dir "$1" 2>"$errors") || rc=$?
	((rc == 0)) || out+="$name: spatch ends with status $rc: $(tail -n 1 "$errors")"
	rm "$errors"
	[[ -n $out ]] || return 0
	awk -v name="$name" '{ print $0 " (" name ")" }' <<<"$out"
	return 1
}

if [[ $1 == --one ]]; then
	report "$2" "$3"
	exit
fi
command -v spatch >/dev/null || {
	echo "spatch is missing: it is in the package coccinelle"
	exit 1
}
mapfile -t patches < <(applicable)
((${#patches[@]})) || {
	echo "$PATCHES has no semantic patches: run 'make lab'"
	exit 1
}
printf '%s\0' "${patches[@]}" | xargs -0 -n 1 -P "$(nproc)" "$0" --one "$1"
