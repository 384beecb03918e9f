#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-pages.sh: migrate_ext(5) knows the module's parameters, and mgx-policy(7)
# the members of struct mgx_ops and the kfuncs, as the sources have them. Prints TAP.
set -u
cd "$(dirname "$0")" || exit
n=0 failed=0

# knows PAGE WORD [OTHER-WORD]
knows()
{
	n=$((n + 1))
	if sed 's/\\-/-/g' "$1" | grep -qE "(^|[^a-z_])($2|${3:-$2})([^a-z_]|\$)"; then
		echo "ok $n - $1 knows $2"
	else
		echo "not ok $n - $1 knows $2"
		failed=1
	fi
}

parameters()
{
	for file in ../kernel/*.c; do
		case $file in
		*/sim*) ;;
		*) sed -nE 's/^module_param(_cb|_array)?\(([a-z_]+),.*/\2/p' "$file" ;;
		esac
	done
}

members() { sed -n '/^struct mgx_ops {/,/^}/p' ../kernel/migrate_ext.h |
	sed -nE 's/.*\(\*([a-z_]+)\).*/\1/p; s/^\t__[us][0-9]+ ([a-z_]+);.*/\1/p; s/^\tchar ([a-z_]+)\[.*/\1/p'; }

kfuncs() { grep -oE '\bmgx_bpf_[a-z_]+\(' ../bpf/mgx_common.bpf.h | tr -d '(' | sort -u; }

for parameter in $(parameters); do
	knows migrate_ext.5 "$parameter"
done
for member in $(members); do
	knows mgx-policy.7 "$member"
done
for kfunc in $(kfuncs); do
	# What a macro calls is known by that macro.
	knows mgx-policy.7 "$kfunc" "mgx_${kfunc#mgx_bpf_}"
done
[ "$n" -gt 25 ] || failed=1
echo "1..$n"
exit $failed
