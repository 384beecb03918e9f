#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Test of clean.sh: what was built goes, the lab and the debug kernels stay
# unless all is meant.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0

# left ARGUMENT...: what clean.sh leaves of a build directory, files only
left()
{
	rm -rf "$dir/build"
	mkdir -p "$dir"/build/{lab/root,debug/9.9,bin,logs}
	touch "$dir"/build/{lab/root/file,debug/9.9/vmlinuz,bin/mgxctl,logs/log,file}
	MGX_BUILD=$dir/build "$here/clean.sh" "$@"
	find "$dir" -type f -printf '%P\n' | sort | paste -sd ' '
}

# is WHAT NAME WANT
is()
{
	n=$((n + 1))
	if [[ $1 == "$3" ]]; then
		echo "ok $n $2"
	else
		echo "not ok $n $2: left '$1'"
	fi
}

is "$(left)" "what was built goes" "build/debug/9.9/vmlinuz build/lab/root/file"
is "$(left --all)" "all goes" ""
echo "1..$n"
